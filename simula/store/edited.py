"""Trees that a person edited, or brought, from their file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from simula.errors import ConfigurationError
from simula.mix.check import contradictions
from simula.taxonomy import Strategy, Taxonomies
from simula.taxonomy.document import Document, read_form


class Trees(Document):
    """A file of trees that nothing is drawn from: it may leave the strategies out."""

    strategies: tuple[Strategy, ...] = ()


def read_edited(path: Path) -> Document:
    """The edited trees in a file; read once while the file stays as it is.

    Args:
        path: the file; a relative one counts from where the command was started.

    Raises:
        ConfigurationError: with every problem, each naming file and line.
    """
    return _found(path, "taxonomy.expansion.edited", Document)


def read_covered(path: Path) -> Taxonomies:
    """The trees that coverage is measured on: a file as `read_edited` reads it, or one without strategies.

    Raises:
        ConfigurationError: with every problem, each naming file and line.
    """
    return _found(path, "assessment.coverage.taxonomy", Trees).trees()


def _found(path: Path, setting: str, form: type[Document]) -> Document:
    try:
        state = path.stat()
    except OSError as error:
        raise ConfigurationError(
            f"{setting}={path}: {error.strerror} (relative paths count from {Path.cwd()})"
        ) from error
    return _read(path.absolute(), str(path), state.st_mtime_ns, state.st_size, setting, form)


@lru_cache(maxsize=64)
def _read(path: Path, name: str, changed: int, size: int, setting: str, form: type[Document]) -> Document:
    """A sweep asks for the same file some times a cell."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{setting}={name}: it is not a readable text ({error})") from error
    found = read_form(text, name, form)
    if problems := contradictions(found.trees()):
        raise ConfigurationError(*(f"{name} {problem}" for problem in problems))
    return found
