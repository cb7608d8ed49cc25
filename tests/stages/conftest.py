"""The expert taxonomy that the tests of taxonomies' quality share."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_taxonomies import EXPERT


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("expert") / "stuff.txt"
    path.write_text(EXPERT)
    return path
