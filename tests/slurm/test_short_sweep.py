"""A sweep of four cells on a real Slurm, one of whose jobs is preempted: what continuous integration runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cluster import Cluster
from swept import LAB, Swept, undisturbed

CELLS = (*LAB, "system=baseline,full", "size=40,400")


@pytest.mark.timeout(280)
def test_four_cells_of_which_one_is_preempted(cluster_if_any: Cluster, tmp_path: Path) -> None:
    sweep = Swept(cluster_if_any, tmp_path / "cluster", CELLS, "generate")
    said = sweep.submit()
    assert "4 cells: submitted 5 jobs in" in said
    assert "5 for CPU nodes and 0 for GPUs" in said
    # Nobody waits: the command has ended, the jobs have not, and asking again submits none of them twice.
    assert sweep.jobs
    again = sweep.submit()
    assert re.search(r"nothing to submit; of 5 tasks \d done, \d queued or running already", again), again
    large = "dataset/arithmetic-all"
    sweep.wait("the large data set of full", lambda: _begun(sweep, f"{large}.*/n400"))
    (job,) = _begun(sweep, f"{large}.*/n400")
    cluster_if_any.ask("scancel", "--signal=USR2", job)
    sweep.wait("a requeue", lambda: "Requeued job" in sweep.log)
    sweep.ended()
    status = sweep.status()
    assert {cell["state"] for cell in status} == {"waiting"}, "generate ends before students are tuned"
    assert all("dataset" not in cell["missing"] for cell in status)
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.results == undisturbed(tmp_path / "alone", "generate", *CELLS)
    assert "nothing to submit; of 5 tasks 5 done" in sweep.submit()


def _begun(sweep: Swept, artifact: str) -> list[str]:
    """The jobs that make it now."""
    return [
        record["who"]["slurm_job"]
        for record in sweep.records
        if record["status"] == "running" and re.match(artifact, record["makes"][0])
    ]
