"""`simula cancel`: the end of a sweep's jobs, but of none that another sweep waits for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from simula.durable import own_name
from simula.errors import ConfigurationError, unknown
from simula.progress import counted
from simula.stages.keys import made_up_to
from simula.store.artifacts import Store
from simula.sweep import slurm
from simula.sweep.folder import Submission, submissions, swept_cells
from simula.sweep.state import AtWork, jobs_at_work


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of a sweep's jobs."""

    sweep: str
    ended: int
    kept: int
    """Jobs that another sweep waits for."""
    others: int
    """Jobs ended beside its own: of sweeps cancelled before, which had gone on for this one."""

    def sentence(self) -> str:
        """For who cancelled."""
        others = f" and {self.others} of sweeps cancelled before, which went on for it" if self.others else ""
        kept = f"; {counted(self.kept, 'job')} kept, for which another sweep waits" if self.kept else ""
        said = f"sweep {self.sweep}: cancelled {counted(self.ended, 'job')}{others}{kept}"
        return f"{said}; what they made is kept, simula run -m goes on"


def cancel(store: Store, sweep: str | None) -> Cancelled:
    """End every job of a sweep that is queued or running, but of none that another sweep waits for.

    That the sweep is given up is kept until it is submitted again: it holds up no other one's end from then
    on. Its jobs that go on end with the last sweep that waits for them, if that is cancelled.

    Args:
        store: where the sweep is.
        sweep: its name; None: the only one that has jobs.

    Raises:
        ConfigurationError: there is no such sweep, or several have jobs and none is named.
        SlurmUnavailable: Slurm is not there or refuses.
    """
    live = jobs_at_work(store)
    name = sweep if sweep is not None else _only({work.submission.sweep for work in live})
    newest = {one.sweep: one for one in submissions(store)}
    known = sorted(newest)
    if name not in known:
        raise ConfigurationError(unknown(name, known, "sweep"))
    given_up = {name, *(one.sweep for one in newest.values() if one.given_up)}
    awaited = _awaited(store, live, newest, given_up)
    own = [work for work in live if work.submission.sweep == name]
    ended = [work for work in live if work.submission.sweep in given_up and work.job.id not in awaited]
    tasks: dict[Submission, list[int]] = {newest[name]: []}
    for work in ended:
        tasks.setdefault(work.submission, []).append(work.place)
    # Written first: that a job ended without a word is then no riddle.
    for submission, places in tasks.items():
        submission.cancel(
            secrets.token_hex(6), {"by": own_name(), "at": time.time(), "tasks": sorted(places)}
        )
    slurm.cancel(sorted(work.job.id for work in ended))
    of_it = sum(work.submission.sweep == name for work in ended)
    return Cancelled(name, of_it, len(own) - of_it, len(ended) - of_it)


def _only(sweeps: set[str]) -> str:
    if len(sweeps) == 1:
        return sweeps.pop()
    if not sweeps:
        raise ConfigurationError("there is no job of any sweep in the queue")
    raise ConfigurationError(f"there are jobs of {', '.join(sorted(sweeps))}; name one")


def _awaited(
    store: Store, live: Sequence[AtWork], newest: Mapping[str, Submission], given_up: Collection[str]
) -> set[str]:
    """The jobs of sweeps that are given up which make what a sweep at work that is not still needs.

    That is what its jobs are made from, and what it was submitted for and none of its kind makes; and what
    these jobs are made from in turn.
    """
    wanting = [work for work in live if work.submission.sweep not in given_up]
    wanted = {place for work in wanting for place in work.task.needs}
    for name in {work.submission.sweep for work in wanting}:
        stages = made_up_to(newest[name].said()["until"])
        for cell in swept_cells(store, name):
            wanted.update(place for stage, place in cell["artifacts"].items() if stage in stages)
    wanted -= {place for work in wanting for place in work.task.makes}
    makers = {place: work for work in live if work.submission.sweep in given_up for place in work.task.makes}
    found: set[str] = set()
    left = list(wanted)
    while left:
        place = left.pop()
        work = makers.get(place)
        if work is not None and work.job.id not in found and not store.has(place):
            found.add(work.job.id)
            left.extend(work.task.needs)
    return found
