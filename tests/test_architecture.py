"""docs/architecture.md says what is: its picture is that of the code, and what it names exists."""

from __future__ import annotations

import re

from tools.draw_architecture import ROOT, drawn, imports, told

TEXT = (ROOT / "docs" / "architecture.md").read_text()


def test_the_picture_is_that_of_the_code() -> None:
    """`make architecture` draws it anew."""
    assert drawn() == told(imports())


def test_every_file_it_names_exists() -> None:
    named = set(re.findall(r"`([a-z]+/[\w./*]*)`", TEXT))
    assert len(named) > 30
    assert not [name for name in named if not _found(name)]


def _found(name: str) -> bool:
    return any(any((ROOT / top).glob(name.rstrip("/"))) for top in ("", "simula"))
