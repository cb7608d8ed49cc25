"""A handler as a job on a cluster has one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest
from quiz import Requeued

from simula.student.preemption import number


@pytest.fixture
def launcher() -> Iterator[list[int]]:
    """A handler as submitit installs it; the signals that it got."""
    got: list[int] = []

    def requeue(signum: int, _: FrameType | None) -> None:
        got.append(signum)
        raise Requeued

    before = signal.signal(number(), requeue)
    yield got
    signal.signal(number(), before)
