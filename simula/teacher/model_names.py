"""Whether the model that answered is the one that was asked."""

from __future__ import annotations

import re
from functools import lru_cache

UNKNOWN = "unknown"
"""The model of an answer that does not say which one gave it."""


@lru_cache(maxsize=256)
def one_of(answered: str, asked: tuple[str, ...]) -> bool:
    """Whether `answered` is one of the models asked for, or may be: an answer without a name is believed.

    A dated or numbered version of the same name ("gemini-2.5-flash-001", "gemini-2.5-flash-09-2025") is the
    same model; a preview ("gemini-2.5-flash-preview-09-2025") has other weights and is another one.
    """
    return answered == UNKNOWN or any(
        answered == name or re.fullmatch(re.escape(name) + r"-v?\d[\d-]*", answered) for name in asked
    )
