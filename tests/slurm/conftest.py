"""The cluster that all tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Cluster, install, started, why_not


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="session")
def cluster_if_any(request: pytest.FixtureRequest) -> Cluster:
    """The same, where this machine can have one and Debian's packages can be had."""
    if reason := why_not():
        pytest.skip(reason)
    try:
        install()
    except AssertionError as error:
        pytest.skip(str(error))
    found = request.getfixturevalue("cluster")
    assert isinstance(found, Cluster)
    return found
