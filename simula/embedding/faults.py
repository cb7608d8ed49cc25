"""The teachers' faults, for embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simula.errors import TeacherUnavailable

WITHOUT_KEY = "choose an embedding without one, such as embedding=local"


@contextmanager
def own_keys() -> Iterator[None]:
    """Errors raised inside name the keys of the group `embedding`; the teachers' boundary says `teacher`."""
    try:
        yield
    except TeacherUnavailable as error:
        raise TeacherUnavailable(str(error).replace("teacher.", "embedding.")) from None
