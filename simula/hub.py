"""The hub of Hugging Face, without its client's remarks: what comes of its tries is told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_hub() -> Iterator[None]:
    """Without a line for each try to reach it."""
    from huggingface_hub import logging

    log: Any = logging
    verbosity = log.get_verbosity()
    log.set_verbosity_error()
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
