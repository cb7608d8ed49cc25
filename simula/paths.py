"""Where files go; none of it is part of any identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator

from simula.errors import ConfigurationError
from simula.help import conf_folder
from simula.settings import Settings, incidental


class Paths(Settings):
    """Folders; relative ones count from where the command was started."""

    root: Path = incidental()
    """Everything below is here unless it says otherwise."""
    store: Path = incidental()
    """Artifacts; cells on several machines share it."""
    ledger: Path = incidental()
    """Recorded teacher calls; shared like the store."""
    cache: Path = incidental()
    """Converted weights, vectors of texts, settled candidates; can be deleted at any time."""
    benchmarks: Path = incidental()
    """Original benchmark files, for those that are not embedded or taken from the hub."""
    report: Path = incidental()
    """Where `simula report` writes."""
    export: Path = incidental()
    """Where `simula export` writes, one folder a data set and size."""
    tracking: Path = incidental()
    """W&B's local files."""

    @field_validator("root", mode="before")
    @classmethod
    def _is_a_folder(cls, root: Any) -> Any:
        path = Path(str(root))
        if (
            str(root) == ""
            or str(root).startswith("~")
            or any(one.is_file() for one in (path, *path.parents))
        ):
            raise ValueError(f"{str(root)!r} is no folder; SIMULA_ROOT or paths.root names one, without ~")
        return root


def default_paths() -> Paths:
    """Where files go if nothing is said but SIMULA_ROOT; a tenth of what composing takes.

    Raises:
        ConfigurationError: the root is no folder.
    """
    from omegaconf import OmegaConf

    said = OmegaConf.to_container(OmegaConf.load(conf_folder() / "paths" / "default.yaml"), resolve=True)
    assert isinstance(said, dict)
    try:
        return Paths.model_validate({name: value for name, value in said.items() if name != "_target_"})
    except ValidationError as error:
        raise ConfigurationError(*(str(one["ctx"]["error"]) for one in error.errors())) from error
