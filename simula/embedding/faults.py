"""The teachers' faults, for embeddings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from simula.errors import TeacherUnavailable


@contextmanager
def own_keys() -> Iterator[None]:
    """Errors raised inside name the keys of the group `embedding`; the teachers' boundary says `teacher`."""
    try:
        yield
    except TeacherUnavailable as error:
        raise TeacherUnavailable(str(error).replace("teacher.", "embedding.")) from None


def secret_in(variable: str | None, model: str) -> str:
    """The key from the environment; empty where none is wanted.

    Raises:
        TeacherUnavailable: the variable is not set.
    """
    secret = os.environ.get(variable, "") if variable else ""
    if variable and not secret:
        raise TeacherUnavailable(
            f"{model} needs a key and {variable} is not set: "
            f"export {variable}=…, or choose an embedding without one, such as embedding=local"
        )
    return secret
