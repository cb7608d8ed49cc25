"""Output: what a model or a server wrote shows on a terminal and steers nothing; a reader may be gone."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path


def visible(text: str) -> str:
    """The text with each control character as a sign that can be seen; line ends and tabs stay."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if unicodedata.category(character) != "Cc" or character in "\n\t":
        return character
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\u2421"


def empty(folder: Path) -> str:
    """A folder in which nothing is found, and whether that is because it is not there."""
    return f"{folder}" if folder.is_dir() else f"{folder}, which is not there"


def fall_silent() -> None:
    """The reader of our output (`| head`) is gone: say nothing more, not even at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
