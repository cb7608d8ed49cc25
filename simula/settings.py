"""The base of every settings object, and what of it belongs to an artifact's identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Frozen, validated data; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def identity(self) -> dict[str, Any]:
        """The fields that decide what comes out, without those marked `incidental`."""
        # The cells of a sweep share settings; each of some ten keys of a cell asks for several identities.
        return dict(_deciding(self))


def _without_password(address: str) -> str:
    if "@" in urlsplit(address).netloc:
        raise ValueError(
            "a password in an address would be kept in files; key_variable names a key's variable"
        )
    return address


Address = Annotated[str, AfterValidator(_without_password)]
"""Where a server is; never who asks it."""


def incidental(default: Any = ..., **constraints: Any) -> Any:
    """A field that changes how fast, where or how loudly something is made, never what is made."""
    return Field(default, json_schema_extra={"incidental": True}, **constraints)


def fingerprint(value: Any, digits: int = 12) -> str:
    """The first hexadecimal digits of SHA-256 over the canonical JSON of `value`."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


A = TypeVar("A")
B = TypeVar("B")


class OfObject(Generic[A, B]):
    """A function of an object that nobody changes, such as a reply's schema: computed once for each object.

    Told by identity, since a schema's content takes longer to compare than most of what is made of it. An
    equal object is another one and costs what the function costs.
    """

    def __init__(self, function: Callable[[A], B], most: int = 256) -> None:
        """Remember the results for `most` objects, and keep these alive: an identity is never another's."""
        self._function = function
        self._most = most
        self._known: dict[int, tuple[A, B]] = {}

    def __call__(self, thing: A) -> B:
        """The function's value."""
        if (known := self._known.get(id(thing))) is not None:
            return known[1]
        value = self._function(thing)
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[id(thing)] = (thing, value)
        return value


def _decides(settings: Settings) -> dict[str, Any]:
    return {"kind": type(settings).__name__} | {
        name: _plain(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("incidental"))
    }


_deciding = OfObject(_decides, most=2048)


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.identity()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
