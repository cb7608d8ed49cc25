"""A sweep to Slurm: what is missing and nobody is at work on, as arrays of jobs, and back at once."""

from __future__ import annotations

import platform
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simula.claims import Claim
from simula.config import Config
from simula.durable import own_name, write_json
from simula.errors import StoreError
from simula.permissions import open_to_others
from simula.progress import counted
from simula.settings import fingerprint
from simula.stages.bench import axes
from simula.stages.cell import check_benchmark, check_student, opened_bench, stages_of
from simula.stages.keys import artifact_keys, cell_key
from simula.stages.record import SWEPT
from simula.store.artifacts import Store
from simula.sweep import slurm
from simula.sweep.arrays import Array, arrays
from simula.sweep.folder import Submission, next_submission, sweeps_folder
from simula.sweep.frozen import freeze
from simula.sweep.job import Work
from simula.sweep.settings import Slurm
from simula.sweep.state import jobs_at_work
from simula.sweep.tasks import Task, missing_of, tasks_of
from simula.teacher import Spending

if TYPE_CHECKING:
    import submitit

_SILENT_S = 2.0
"""How long another submitter is waited for without a word."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a sweep."""

    sweep: str
    cells: int
    tasks: tuple[Task, ...]
    """What was submitted now."""
    arrays: int
    published: int
    """Tasks whose artifacts all exist."""
    at_work: int
    """Tasks that some job is at work on, or that one in the queue will be."""

    def sentences(self) -> str:
        """What is told to who submitted."""
        gpu = sum(task.gpu for task in self.tasks)
        there = f"{self.published} done, {self.at_work} queued or running already"
        if not self.tasks:
            return f"sweep {self.sweep}: nothing to submit; of {self.published + self.at_work} tasks {there}"
        return (
            f"sweep {self.sweep}, {counted(self.cells, 'cell')}: submitted "
            f"{counted(len(self.tasks), 'job')} in {counted(self.arrays, 'array')}, "
            f"{len(self.tasks) - gpu} for CPU nodes and {gpu} for GPUs; {there}\n"
            f"simula status tells how far they are, simula cancel {self.sweep} ends them; the same command "
            "again submits what is missing then"
        )


def submit(configs: Sequence[Config], until: str, settings: Slurm) -> Submitted:
    """Submit what is missing of the cells and no job makes.

    Args:
        configs: the cells, of one store.
        until: the last stage.
        settings: the site's.

    Raises:
        SlurmUnavailable: Slurm is not there or refuses; what was submitted before that goes on.
        StoreError: others may write where jobs' pickles are.
        SimulaError: a benchmark or a student that the cells need cannot be had.
    """
    store = Store(configs[0].paths.store)
    check_writers(sweeps_folder(store), (configs[0].paths.root, store.root))
    for config in configs:
        stages_of(config, until)
    tasks = tasks_of(configs, until)
    _check(configs, missing_of(tasks, _published(store, tasks)), until)
    limit = slurm.array_limit()
    with _alone(store):
        # In this order: what a job that ends meanwhile has made is seen, where the job is no longer.
        live = _live(store)
        published = _published(store, tasks)
        missing = missing_of(tasks, published)
        wanted = [task for task in missing if not (published | live.keys()).issuperset(task.makes)]
        packed = arrays(wanted, published, limit, live)
        sweep = sweep_name(configs, until)
        if wanted:
            _write_cells(store, sweep, configs)
            folder = next_submission(store, sweep)
            said = {"until": until, "command": own_name(), "host": platform.node(), "at": time.time()}
            folder.write(freeze(configs), wanted, said)
            _Submitter(folder, settings, live).submit(wanted, packed)
    counts = (len(tasks) - len(missing), len(missing) - len(wanted))
    return Submitted(sweep, len(configs), tuple(wanted), len(packed), *counts)


def check_writers(place: Path, own: Sequence[Path]) -> None:
    """Nobody else may put a pickle of theirs where a job reads one.

    Of folders above the results, which may be a group's, it is only told.

    Args:
        place: the folder of the jobs' pickles, there or not.
        own: the folders of results.

    Raises:
        StoreError: others may write into one of these, or below it on the way to `place`.
    """
    for folder in open_to_others(place):
        if any(folder.is_relative_to(path.resolve()) for path in own):
            raise StoreError(
                f"others may write into {folder}, and so decide what your jobs run: chmod go-w {folder}"
            )
        print(
            f"simula: others may write into {folder}, and could put a folder of theirs in the place of your "
            "results and decide what your jobs run; SIMULA_ROOT names another place",
            file=sys.stderr,
        )


def sweep_name(configs: Sequence[Config], until: str) -> str:
    """The same cells up to the same stage are the same sweep, whoever asks for them."""
    keys = sorted(cell_key(config) for config in configs)
    return f"{configs[0].scalars.experiment}-{fingerprint([until, keys], 6)}"


def _live(store: Store) -> dict[str, list[str]]:
    """What jobs in the queue make, to these jobs."""
    found: dict[str, list[str]] = defaultdict(list)
    for work in jobs_at_work(store):
        for place in work.task.makes:
            found[place].append(work.job.id)
    return found


def _published(store: Store, tasks: Sequence[Task]) -> set[str]:
    """What is there now of all that the tasks make."""
    return {place for task in tasks for place in task.makes if store.has(place)}


def _check(configs: Sequence[Config], missing: Sequence[Task], until: str) -> None:
    """Say here, before a job is submitted, what cannot be had."""
    seen = set()
    for config in (configs[task.cells[0]] for task in missing if task.kind in ("dataset", "student")):
        said = fingerprint([config.student.identity(), config.training.method, config.benchmark.identity()])
        if said not in seen:
            seen.add(said)
            bench = opened_bench(config, Spending())
            check_benchmark(bench, until)
            check_student(bench, "train" if until == "evaluate" else until)


def _write_cells(store: Store, sweep: str, configs: Sequence[Config]) -> None:
    cells = [
        {"key": cell_key(config), "axes": axes(config), "artifacts": artifact_keys(config)}
        for config in configs
    ]
    write_json(sweeps_folder(store) / sweep / SWEPT, cells)


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One submitter at a time: two sweeps that are submitted together share their jobs, too."""
    claim = Claim(store.root / "claims" / "submit")
    late, said = time.monotonic() + _SILENT_S, False
    while not claim.take():
        if not said and time.monotonic() > late:
            print(f"simula: waiting for {claim.holder()}, which submits to the same store", file=sys.stderr)
            said = True
        time.sleep(0.2)
    with claim.held():
        yield


@dataclass(slots=True)
class _Submitter:
    """Submits the arrays of one submission."""

    folder: Submission
    settings: Slurm
    live: Mapping[str, Sequence[str]]
    """What jobs in the queue make, to these jobs."""
    jobs: dict[int, str] = field(default_factory=dict)
    """Task to its job, of those that are submitted."""
    arrays: list[str] = field(default_factory=list)
    """Slurm's numbers of the arrays that are submitted."""

    def submit(self, tasks: Sequence[Task], packed: Sequence[Array]) -> None:
        for count, array in enumerate(packed):
            try:
                self._one(array)
            except RuntimeError as error:
                reason = f"sbatch refused array {count + 1} of {len(packed)} ({' '.join(str(error).split())})"
                self.folder.refuse(reason)
                raise slurm.SlurmUnavailable(
                    f"{reason}; "
                    f"{len(self.jobs)} of {len(tasks)} jobs are submitted and go on; simula run -m submits "
                    "the rest"
                ) from error

    def _one(self, array: Array) -> None:
        name, settings = secrets.token_hex(6), self.settings if array.gpu else self.settings.for_cpu
        said = {"tasks": array.tasks, "gpu": array.gpu}
        # Written before, so that the jobs' name says what they are even where this process ends here.
        self.folder.write_array(name, said)
        after = [self.jobs[task] for task in array.after]
        after += self._jobs_of(array.elsewhere)
        along = [self.arrays[place] for place in array.along]
        waits = _dependency(list(dict.fromkeys(after)), along, self._jobs_of(array.beside))
        executor = _executor(self.folder, settings, name, waits)
        jobs = executor.submit_array([Work(str(self.folder.path), task) for task in array.tasks])
        self.jobs |= {task: job.job_id for task, job in zip(array.tasks, jobs, strict=True)}
        self.arrays.append(jobs[0].job_id.partition("_")[0])
        self.folder.write_array(name, {**said, "job": self.arrays[-1]})

    def _jobs_of(self, places: Sequence[str]) -> list[str]:
        """The jobs in the queue that make these, each once."""
        return list(dict.fromkeys(job for place in places for job in self.live.get(place, ())))


def _dependency(after: Sequence[str], along: Sequence[str], ends: Sequence[str]) -> str | None:
    """In Slurm's words: all wait for those jobs, the i-th of an array also for the i-th of each of these.

    All also wait for the last ones, but only for their end, however they end.
    """
    kinds = {"afterok": after, "aftercorr": along, "afterany": ends}
    return ",".join(":".join((kind, *jobs)) for kind, jobs in kinds.items() if jobs) or None


def _executor(
    folder: Submission, settings: Slurm, array: str, dependency: str | None
) -> submitit.SlurmExecutor:
    """submitit's executor for one array."""
    from submitit import SlurmExecutor

    executor = SlurmExecutor(folder.jobs, max_num_timeout=settings.max_num_timeout, python=settings.python)
    further: dict[str, Any] = dict(settings.additional_parameters)
    if settings.requeue:
        further.setdefault("requeue", True)
    if dependency:
        # What waits for something that has failed would stay in the queue for ever.
        further.setdefault("kill-on-invalid-dep", "yes")
    executor.update_parameters(
        job_name=slurm.job_name(settings.name, folder.sweep, array),
        time=settings.timeout_min,
        cpus_per_task=settings.cpus_per_task,
        mem=None if settings.mem_gb is None else f"{round(1024 * settings.mem_gb)}M",
        partition=settings.partition,
        account=settings.account,
        qos=settings.qos,
        constraint=settings.constraint,
        exclude=settings.exclude,
        gres=settings.gres,
        signal_delay_s=settings.signal_delay_s,
        array_parallelism=settings.array_parallelism,
        mail_type=settings.mail_type,
        mail_user=settings.mail_user,
        setup=list(settings.setup),
        # From Slurm 22.05 on srun no longer takes this from the job.
        srun_args=[f"--cpus-per-task={settings.cpus_per_task}", *settings.srun_args],
        dependency=dependency,
        additional_parameters=further,
    )
    return executor
