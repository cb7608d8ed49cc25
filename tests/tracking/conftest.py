"""A client that knows nothing of the machine that runs the test, and a server of each test's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from wandb_server import Server

from simula.tracking import tracker


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No key, no settings and no earlier failure."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    tracker._unusable.clear()
    tracker._offline.clear()
    yield
    if "wandb" in sys.modules:
        with suppress(ConnectionError):  # of a client that has died
            sys.modules["wandb"].teardown()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, server: Server) -> str:
    """A key of the server, in the environment."""
    monkeypatch.setenv("WANDB_API_KEY", "a1" * 20)
    monkeypatch.setenv("WANDB_BASE_URL", server.address)
    return "a1" * 20
