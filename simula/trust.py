"""What a configuration that somebody else wrote may do: choose settings. It starts no code and reads no key.

A folder of `--config-dir`, a configuration frozen for a job and a launcher's file are all data of strangers.
What they can still decide is whom a teacher's key is sent to (`base_url`, `key_variable`), which files are
read, and which commands a launcher's jobs run (`setup`, `python`): `docs/threats.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.resolvers import oc
from pydantic import BaseModel

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
"""In the name of an environment variable that no file may come to hold."""
_PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")
"""Where Hydra takes launchers and sweepers from, and from nowhere else."""
_OF_PLUGINS = ("hydra.launcher._target_", "hydra.sweeper._target_")
_LOGGING = ("handlers", "formatters", "filters", "loggers")
"""Parts of a logging configuration that may name any callable."""


def settings_class(target: str) -> type[BaseModel]:
    """The class of settings that a `_target_` names.

    Raises:
        ValueError: it names none of simula's; nothing outside of simula is imported to find out.
    """
    module, _, name = target.rpartition(".")
    found = None
    if _own(module):
        with suppress(ImportError):
            found = getattr(import_module(module), name, None)
    if not (isinstance(found, type) and issubclass(found, BaseModel) and _own(found.__module__)):
        raise ValueError(f"{target} is no class of simula's settings, and no other code is run")
    return found


def foreign(node: Any, key: str) -> list[str]:
    """A sentence for each `_target_` in a group that is none of simula's settings.

    Args:
        node: plain dictionaries and lists.
        key: the group's name.
    """
    return list(_problems(_targets(node, key)))


def foreign_hydra(composed: DictConfig) -> list[str]:
    """A sentence for each thing in Hydra's own node that would run code or change the environment.

    Args:
        composed: a configuration with that node, or without it.
    """
    hydra: Any = OmegaConf.to_container(composed.get("hydra") or OmegaConf.create({}), resolve=False)
    named = _targets(hydra, "hydra")
    problems = list(_problems(pair for pair in named if not (pair[0] in _OF_PLUGINS and _plugin(pair[1]))))
    problems += [f"hydra.callbacks.{name}: no other code is run" for name in hydra.get("callbacks") or ()]
    for name in ("job_logging", "hydra_logging"):
        said = hydra.get(name) or {}
        problems += [f"hydra.{name}.{part}: no other code is run" for part in _LOGGING if said.get(part)]
    if (hydra.get("job") or {}).get("env_set"):
        problems.append("hydra.job.env_set: export variables before the command, not in a file")
    return problems


def environment(name: str, *default: Any) -> str | None:
    """`${oc.env:NAME}` and `${oc.env:NAME,default}` without the variables that hold keys.

    Raises:
        ValueError: it would write a key into a file, or into a prompt.
    """
    if _SECRET.search(name):
        raise ValueError(f"the environment's {name} is not read into a configuration, which is kept in files")
    found: str | None = oc.env(name, *default)
    return found


def _own(module: str) -> bool:
    return module.partition(".")[0] == "simula"


def _plugin(target: Any) -> bool:
    return str(target).startswith(_PLUGINS)


def _problems(targets: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for where, target in targets:
        try:
            settings_class(str(target))
        except ValueError as error:
            yield f"{where}: {error}"


def _targets(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        if "_target_" in node:
            yield f"{key}._target_", node["_target_"]
        for name, value in node.items():
            yield from _targets(value, f"{key}.{name}")
    elif isinstance(node, list | tuple):
        for place, value in enumerate(node):
            yield from _targets(value, f"{key}.{place}")


OmegaConf.register_new_resolver("oc.env", environment, replace=True)
