"""The cluster that all tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Cluster, started


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("slurm")) as running:
        yield running
