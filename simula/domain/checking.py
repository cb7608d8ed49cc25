"""Does a reply fit its schema? JSON Schema decides; replies that plainly fit are told without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simula.settings import OfObject

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Fits = Callable[[Any], bool]
"""True only where a value certainly fits; False says nothing."""


def problem(value: Any, schema: Mapping[str, Any]) -> str:
    """What keeps a value from its schema, in a sentence; empty where it fits."""
    if _plain(schema)(value):
        return ""
    from jsonschema.exceptions import best_match

    found = best_match(_validator(schema).iter_errors(value))
    return "" if found is None else str(found.message)


def plainly_fits(schema: Mapping[str, Any]) -> Fits:
    """A check of the few keywords that reply schemas use; of a schema with others it says nothing.

    A validator walks the schema anew for each reply, some 0.2 ms; this is the schema as nested functions.
    """
    kind = schema.get("type")
    known = _KNOWN.get(kind) if isinstance(kind, str) else None
    if known is None:
        return lambda value: False
    check, keywords = known
    return check(schema) if schema.keys() <= keywords else lambda value: False


def _text(schema: Mapping[str, Any]) -> Fits:
    least, most = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    pattern = re.compile(schema["pattern"]).search if "pattern" in schema else None
    allowed = schema.get("enum")

    def fits(value: Any) -> bool:
        return (
            type(value) is str
            and least <= len(value) <= most
            and (allowed is None or value in allowed)
            and (pattern is None or pattern(value) is not None)
        )

    return fits if {*schema} != {"type"} else lambda value: type(value) is str


def _whole_number(schema: Mapping[str, Any]) -> Fits:
    least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    # Neither True, which is an int here, nor 3.0, which is an integer there: JSON Schema decides those.
    return lambda value: type(value) is int and least <= value <= most


def _list(schema: Mapping[str, Any]) -> Fits:
    least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
    item = plainly_fits(schema.get("items", {}))
    return lambda value: type(value) is list and least <= len(value) <= most and all(map(item, value))


def _object(schema: Mapping[str, Any]) -> Fits:
    properties = {name: plainly_fits(inner) for name, inner in schema.get("properties", {}).items()}
    names = properties.keys()
    if schema.get("additionalProperties") is not False or {*schema.get("required", ())} != {*names}:
        return lambda value: False

    def fits(value: Any) -> bool:
        if type(value) is not dict or value.keys() != names:
            return False
        return all(check(value[name]) for name, check in properties.items())

    return fits


_KNOWN: Mapping[str, tuple[Callable[[Mapping[str, Any]], Fits], frozenset[str]]] = {
    "string": (_text, frozenset({"type", "minLength", "maxLength", "pattern", "enum"})),
    "integer": (_whole_number, frozenset({"type", "minimum", "maximum"})),
    "array": (_list, frozenset({"type", "items", "minItems", "maxItems"})),
    "object": (_object, frozenset({"type", "properties", "required", "additionalProperties"})),
}
"""Type to its check, and the keywords that this check knows."""


def _made(schema: Mapping[str, Any]) -> Draft202012Validator:
    # Imported where a reply does not plainly fit: most runs see none, and it is a tenth of their start.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(dict(schema))


_plain = OfObject(plainly_fits)
_validator = OfObject(_made)
