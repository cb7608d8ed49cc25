"""A cell's validated configuration as plain data, and back: what a job was submitted with, it keeps.

A job that starts, or starts again, reads this and composes nothing: changed files in conf/ change no job
that is queued. Parts that cells share are stored once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simula.config import Config
from simula.paths import Paths
from simula.settings import fingerprint
from simula.store.measured_sets import content_of
from simula.store.own_items import OwnItems
from simula.trust import settings_class


def freeze(configs: Sequence[Config]) -> dict[str, Any]:
    """The configurations as what JSON holds: the parts they have, for each cell the names of its parts, and
    the content's digits of each file that they name.

    Relative folders become absolute: a job may start elsewhere.
    """
    parts: dict[str, Any] = {}
    known: dict[int, str] = {}

    def name_of(value: Any) -> str:
        if id(value) not in known:
            plain = _plain(value)
            known[id(value)] = fingerprint(plain)
            parts[known[id(value)]] = plain
        return known[id(value)]

    resolved: dict[int, Paths] = {}
    cells = []
    for config in configs:
        paths = resolved.setdefault(id(config.paths), _absolute(config.paths))
        # The objects stay alive in `configs` and `resolved`, so that an identity is never another's.
        config = replace(config, paths=paths)
        cells.append({field.name: name_of(getattr(config, field.name)) for field in fields(Config)})
    read = {path.absolute() for config in configs for path in _files(config)}
    return {"parts": parts, "cells": cells, "files": {str(path): content_of(path) for path in sorted(read)}}


def changed_files(frozen: Mapping[str, Any]) -> list[str]:
    """The files of a person's own that the configurations name and that are no longer as they were."""
    known = ((Path(name), content) for name, content in frozen.get("files", {}).items())
    return [str(path) for path, content in known if not path.is_file() or content_of(path) != content]


def _files(config: Config) -> list[Path]:
    """Those whose content is a part of some key: what they say is read when a job runs, and not frozen."""
    asked = config.assessment
    named = [asked.dataset, asked.coverage.taxonomy, asked.taxonomy.labels]
    if isinstance(config.benchmark, OwnItems):
        named.append(config.benchmark.path)
    return [Path(name) for name in named if name is not None and Path(name).is_file()]


def thaw(frozen: Mapping[str, Any], cell: int) -> Config:
    """One of the configurations.

    Raises:
        ValueError: a part is not what its class takes: the code has changed since.
    """
    return Config(**{name: _made(frozen["parts"][part]) for name, part in frozen["cells"][cell].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        kind = type(value)
        return {
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "fields": value.model_dump(mode="json", exclude_unset=True),
        }
    return dict(value) if isinstance(value, Mapping) else value


def _made(plain: Any) -> Any:
    if not isinstance(plain, Mapping) or "class" not in plain:
        return plain
    return settings_class(str(plain["class"])).model_validate(plain["fields"])


def _absolute(paths: Paths) -> Paths:
    return Paths(**{name: getattr(paths, name).absolute() for name in Paths.model_fields})
