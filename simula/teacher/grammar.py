"""Schemas for a small model: every free text bounded, no white space between the parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIRST = r"[^\x00-\x20\x7f-\xa0!-#%-\x27)-/:-@\[-`{-~]"
"""A text begins with a letter of any script, a digit, `$` or `(`: no punctuation, quotes or brackets."""
_REST = r"[^\x00-\x20\x7f-\xa0\x22\x5b-\x5d\x60{-~]"
"""Anything but white space, double quotes, backquotes, backslashes, square and curly brackets."""
_INNER = r"[^\x00-\x1f\x7f-\xa0\x22\x5b-\x5d\x60{-~]"
"""The same, or a space."""
_WORD = 24
"""Characters in a word at most; longer ones are noise."""
_MEAN_WORD = 7
"""Characters in a word and the space after it, where a bound in words becomes one in characters."""
_LONGEST_LEAST = 16
"""Up to here the grammar engine accepts `minLength` beside a pattern; it gives up on longer ones."""


def bounded(schema: Mapping[str, Any], words: int, letters: str = "") -> dict[str, Any]:
    """`schema` with each free string held to `words` words, and written without white space.

    Where `letters` are given, such as `가-힣`, a text begins with one of them, or with a digit.

    A string with an enumeration or a pattern stays as it is; `minLength` and `maxLength` hold beside the
    bound. llguidance, which xllamacpp's grammars are made for, decides by deterministic automata: the bound
    costs nothing measurable, unlike a large `maxLength` in llama.cpp's own grammars.
    """
    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    first = f"[0-9{letters}]" if letters else _FIRST
    return {**_bound(schema, words, first), "x-guidance": compact}


def _bound(value: Any, words: int, first: str) -> Any:
    if isinstance(value, Mapping):
        if value.get("type") == "string" and not {"enum", "const", "pattern", "format"} & value.keys():
            return _text(value, words, first)
        return {key: _bound(item, words, first) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bound(item, words, first) for item in value]
    return value


def _text(schema: Mapping[str, Any], words: int, first: str) -> dict[str, Any]:
    least = schema.get("minLength", 0)
    if least <= _LONGEST_LEAST:
        pattern = f"^{first}{_REST}{{0,{_WORD - 1}}}( {_REST}{{1,{_WORD}}}){{0,{words - 1}}}$"
        return {**schema, "pattern": pattern}
    most = max(least, min(schema.get("maxLength", words * _MEAN_WORD), words * _MEAN_WORD))
    return {"type": "string", "pattern": f"^{first}{_INNER}{{{least - 1},{most - 1}}}$"}
