"""What changes while a sweep is submitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slurm_stub import Stub

from simula.claims import Claim
from simula.config import Config
from simula.store.artifacts import Store
from simula.sweep import submit as submitting
from simula.sweep.folder import submissions
from simula.sweep.job import run_task
from simula.sweep.settings import Slurm
from simula.sweep.submit import submit


def waits(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None], times: int = 1) -> None:
    """The claim on submitting is refused so often; something happens each time."""
    take, left = Claim.take, iter(range(times))

    def refused(claim: Claim) -> bool:
        if claim.path.name != "submit" or next(left, None) is None:
            return take(claim)
        meanwhile()
        return False

    monkeypatch.setattr(Claim, "take", refused)


def asked(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> None:
    """Something happens when the queue has just been read."""
    queue = submitting.jobs_at_work

    def read(store: Store) -> Any:
        found = queue(store)
        then()
        return found

    monkeypatch.setattr(submitting, "jobs_at_work", read)


@pytest.mark.parametrize("moment", [waits, asked])
def test_a_job_that_ends_meanwhile_is_not_submitted_again(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch, moment: Callable[..., None]
) -> None:
    """The taxonomies' job is in the queue at first; and ends while the submitter waits, or later."""
    submit(grid, "taxonomy", Slurm())
    slurm.queue(state="RUNNING", reason="None", node="node7")
    (submission,) = submissions(Store(grid[0].paths.store))

    def ends() -> None:
        assert run_task(submission, 0) == 0
        slurm.says("squeue")

    moment(monkeypatch, ends)
    said = submit(grid, "taxonomy", Slurm())
    assert (len(said.tasks), said.published, said.at_work) == (0, 1, 0)
    assert len(slurm.scripts) == 1


def test_a_long_wait_for_another_submitter_is_told_once(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits(monkeypatch, lambda: None, times=3)
    submit(grid, "taxonomy", Slurm())
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(submitting, "_SILENT_S", -1.0)
    waits(monkeypatch, lambda: None, times=3)
    submit(grid, "taxonomy", Slurm())
    said = "simula: waiting for somebody who just ended, which submits to the same store\n"
    assert capsys.readouterr().err == said
