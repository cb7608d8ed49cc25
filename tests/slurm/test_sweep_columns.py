"""Arrays of a sweep that wait element by element (aftercorr), on a real Slurm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cluster import Cluster
from swept import BRIEFLY, LAB, SMALL, Swept, tiny, undisturbed

from simula.student.settings import StudentSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HELD = "+hydra.launcher.cpu_jobs.additional_parameters.hold=true"


def test_each_waits_for_its_own_and_none_for_another(
    cluster: Cluster, tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    """The large data set of the one system is made while the small one of the other is held back.

    When that is cancelled its large one ends with it, and the same command submits both again.
    """
    cells = (*LAB, *tiny(tiny_gemma), *BRIEFLY, "system=baseline,full", "size=24,60")
    sweep = Swept(cluster, tmp_path / "cluster", cells, "generate")
    assert "submitted 5 jobs in 3 arrays" in sweep.said("generate", "-m", *SMALL, *cells, HELD)
    jobs = made_by(sweep)
    held = jobs["full", 24]
    released = [job for job in jobs.values() if job != held]
    assert "aftercorr" in cluster.job(jobs["full", 60])["Dependency"]
    cluster.ask("scontrol", "release", ",".join(released))
    sweep.wait("the large data set of baseline", lambda: jobs["baseline", 60] not in sweep.jobs)
    assert sweep.built == {"taxonomy": 1, "dataset": 2}
    assert sweep.jobs == {held: "PENDING", jobs["full", 60]: "PENDING"}
    cluster.ask("scancel", held)
    sweep.ended()
    assert "submitted 2 jobs in 2 arrays" in sweep.submit()
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == undisturbed(tmp_path / "alone", *cells)


def made_by(sweep: Swept) -> dict[tuple[str, int], str]:
    """System and size of each data set, and the taxonomy as of no system, to the job that makes it."""
    (folder,) = (sweep.root / "store" / "sweeps").glob("*/0")
    tasks = json.loads((folder / "tasks.json").read_text())["tasks"]
    found = {}
    for path in folder.glob("array-*.json"):
        array = json.loads(path.read_text())
        for element, at in enumerate(array["tasks"]):
            kind, made = tasks[at]["kind"], tasks[at]["makes"][0]
            system = {"taxonomy": "", "dataset": "full" if "-all-" in made else "baseline"}[kind]
            job = f"{array['job']}_{element}" if len(array["tasks"]) > 1 else str(array["job"])
            found[system, tasks[at]["size"]] = job
    return found
