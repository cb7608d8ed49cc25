"""A person's text files, which settings name."""

from __future__ import annotations

from pathlib import Path

from simula.errors import ConfigurationError


def read_text(path: Path, named: str) -> str:
    """What is in a file, without the mark that some editors begin a text with.

    Args:
        path: a relative one counts from where the command was started.
        named: the setting and its value, for the sentence.

    Raises:
        ConfigurationError: it is not there, or no text in UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"{named}: {error.strerror} (relative paths count from {Path.cwd()})"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{named}: it is not a text in UTF-8") from error
