"""Expert taxonomies from where they are: shipped with the package, or in a file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from simula.errors import ConfigurationError, unknown
from simula.taxonomy.expert import FORMS, Expert, from_text


@cache
def shipped() -> tuple[str, ...]:
    """Names of the expert taxonomies that come with the package, sorted."""
    names = (Path(item.name) for item in files("simula.taxonomy.expert").iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml"))


def read_expert(name: str) -> Expert:
    """The expert taxonomy of a name, or of a file; a relative path counts from where the command was started.

    Raises:
        ConfigurationError: there is none, or with every problem of its file.
    """
    if name in shipped():
        return _shipped(name)
    path = Path(name)
    if not path.suffix and path.name == name and not path.is_file():
        missing = unknown(name, list(shipped()), "shipped taxonomy")
        raise ConfigurationError(
            f"assessment.taxonomy.expert={name}: {missing}, or a file ending in {', '.join(FORMS)}"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"assessment.taxonomy.expert={name}: {error.strerror} (relative paths count from {Path.cwd()})"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"assessment.taxonomy.expert={name}: it is not a text in UTF-8") from error
    return from_text(text, name)


@cache
def _shipped(name: str) -> Expert:
    return from_text(
        (files("simula.taxonomy.expert") / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml"
    )
