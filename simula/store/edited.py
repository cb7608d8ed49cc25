"""Trees that a person edited, from their file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from simula.errors import ConfigurationError
from simula.mix.check import contradictions
from simula.taxonomy.document import Document, from_yaml


def read_edited(path: Path) -> Document:
    """The edited trees in a file; read once while the file stays as it is.

    Args:
        path: the file; a relative one counts from where the command was started.

    Raises:
        ConfigurationError: with every problem, each naming file and line.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise ConfigurationError(
            f"taxonomy.expansion.edited={path}: {error.strerror} (relative paths count from {Path.cwd()})"
        ) from error
    return _read(path.absolute(), str(path), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, name: str, changed: int, size: int) -> Document:
    """A sweep asks for the same file some times a cell."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"taxonomy.expansion.edited={name}: it is not a readable text ({error})"
        ) from error
    found = from_yaml(text, name)
    if problems := contradictions(found.trees()):
        raise ConfigurationError(*(f"{name} {problem}" for problem in problems))
    return found
