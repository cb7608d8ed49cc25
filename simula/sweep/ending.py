"""`simula cancel`: the end of a sweep's jobs, but of none that another sweep waits for."""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from dataclasses import dataclass

from simula.durable import own_name
from simula.errors import ConfigurationError, unknown
from simula.store.artifacts import Store
from simula.sweep import slurm
from simula.sweep.folder import Submission, submissions, swept_cells
from simula.sweep.state import AtWork, at_work


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a sweep's jobs."""

    sweep: str
    ended: int
    kept: int
    """Jobs that another sweep waits for."""

    def sentence(self) -> str:
        """For who cancelled."""
        kept = f"; {self.kept} go on, since another sweep waits for them" if self.kept else ""
        said = f"sweep {self.sweep}: cancelled {self.ended} jobs{kept}"
        return f"{said}; what they made is kept, simula run -m goes on"


def cancel(store: Store, sweep: str | None) -> Cancelled:
    """End every job of a sweep that is queued or running.

    Args:
        store: where the sweep is.
        sweep: its name; None: the only one that has jobs.

    Raises:
        ConfigurationError: there is no such sweep, or several have jobs and none is named.
        SlurmUnavailable: Slurm is not there or refuses.
    """
    live = {work.job.id: work for work in at_work(store).values()}
    name = sweep if sweep is not None else _only({work.submission.sweep for work in live.values()})
    known = sorted({one.sweep for one in submissions(store)})
    if name not in known:
        raise ConfigurationError(unknown(name, known, "sweep"))
    own = {job: work for job, work in live.items() if work.submission.sweep == name}
    awaited = _awaited(store, live, own)
    ended = {job: work for job, work in own.items() if job not in awaited}
    tasks: dict[Submission, list[int]] = defaultdict(list)
    for work in ended.values():
        tasks[work.submission].append(work.place)
    # Written first: that a job ended without a word is then no riddle.
    for submission, places in tasks.items():
        submission.cancel(
            secrets.token_hex(6), {"by": own_name(), "at": time.time(), "tasks": sorted(places)}
        )
    slurm.cancel(sorted(ended))
    return Cancelled(name, len(ended), len(own) - len(ended))


def _only(sweeps: set[str]) -> str:
    if len(sweeps) == 1:
        return sweeps.pop()
    found = f"jobs of {', '.join(sorted(sweeps))}; name one" if sweeps else "no job of any sweep in the queue"
    raise ConfigurationError(f"simula cancel: there are {found}")


def _awaited(store: Store, live: dict[str, AtWork], own: dict[str, AtWork]) -> set[str]:
    """The jobs of a sweep that make what cells of another sweep at work are made of, or what these need."""
    makers = {place: job for job, work in own.items() for place in work.task.makes}
    others = {work.submission.sweep for job, work in live.items() if job not in own}
    wanted = [
        place for name in others for cell in swept_cells(store, name) for place in cell["artifacts"].values()
    ]
    found: set[str] = set()
    while wanted:
        job = makers.get(wanted.pop())
        if job is not None and job not in found:
            found.add(job)
            wanted.extend(own[job].task.needs)
    return found
