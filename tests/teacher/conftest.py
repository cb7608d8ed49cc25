"""Real engines that the teacher tests share, loaded once, and ledgers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import llama_cpp_server
import pytest
from both_adapters import KINDS, Kind

from simula.teacher import Ledger
from simula.teacher.settings import EmbeddedTeacher, ServerTeacher
from simula.teacher.weights import fast_copy, shipped


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model's weights, converted for speed."""
    return fast_copy(shipped(EmbeddedTeacher()), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def llama_server(converted: Path) -> Iterator[ServerTeacher]:
    """How to ask a real llama.cpp server over HTTP."""
    server = llama_cpp_server.llama_server(converted)
    yield ServerTeacher(model=str(converted), base_url=f"{server.listening_address}/v1", concurrency=2)
    del server


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """Each adapter of a real provider, and its key where `settings_of` has it read."""
    monkeypatch.setenv("SOME_KEY", "the-key")
    return "gemini" if request.param == "gemini" else "server"


@pytest.fixture
def open_ledger() -> Iterator[Callable[[Path], Ledger]]:
    """Opens ledgers, and closes them all in the end."""
    with ExitStack() as stack:

        def opened(folder: Path) -> Ledger:
            return stack.enter_context(closing(Ledger(folder)))

        yield opened
