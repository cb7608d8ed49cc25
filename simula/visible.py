"""Texts of others on a terminal: what a model or a server wrote shows, and steers nothing."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """The text with each control character as a sign that can be seen; line ends and tabs stay."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if unicodedata.category(character) != "Cc" or character in "\n\t":
        return character
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\u2421"
