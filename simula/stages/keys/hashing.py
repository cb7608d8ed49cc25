"""How a key is made: a readable prefix, and a hash of what determines the artifact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

from simula.config import Config
from simula.prompts import template_hash
from simula.settings import OfObject, fingerprint

FORMAT = 2
"""Raised when what a stage writes changes its meaning, so that older artifacts are not reused."""
_KEPT = 1024
"""Keys kept of each kind."""


def key(prefix: str, **parts: Any) -> str:
    """The prefix and the hash of the parts, by whatever order they are named."""
    return f"{prefix}-{fingerprint({'format': FORMAT, **parts})}"


def once(made: Callable[[Config], str]) -> Callable[[Config], str]:
    """A key that neither size nor seed are in, worked out once for all cells that are made of the same parts.

    Parts are told apart by their identity, which is theirs alone while the cell is held here.
    """
    parts = [field.name for field in fields(Config) if field.name != "scalars"]
    known: dict[tuple[int, ...], tuple[Config, str]] = {}

    @wraps(made)
    def found(config: Config) -> str:
        names = (config.scalars.data_seed, *(id(getattr(config, part)) for part in parts))
        if names not in known:
            if len(known) >= _KEPT:
                known.clear()
            known[names] = (config, made(config))
        return known[names][1]

    return found


def of_cell(made: Callable[[Config], str]) -> Callable[[Config], str]:
    """A key that several others of a cell hold, worked out once for each cell."""
    return wraps(made)(OfObject(made, _KEPT))


def described(config: Config) -> dict[str, Any]:
    """The part of a domain that generation sees: the students' instructions are not in it."""
    return {
        name: value
        for name, value in config.domain.identity().items()
        if name in {"description", "language", "factors", "strategies", "seeds"}
    }


def prompts(templates: tuple[str, ...]) -> list[str]:
    """The content of prompt files, and of those that all of them include."""
    return [template_hash(template) for template in ("system", "_mix", "_example", *templates)]
