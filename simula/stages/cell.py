"""One cell through every stage that is still missing, and the record of how far it came."""

from __future__ import annotations

import os
import platform
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from simula.config import Config
from simula.durable import overwrite_json, write_json
from simula.errors import BenchmarkError, ConfigurationError, ShortOfTarget, SimulaError, StoreError
from simula.progress import Progress, thinking
from simula.stages.bench import Bench, axes
from simula.stages.dataset import STAGE as DATASET
from simula.stages.dataset import build_dataset
from simula.stages.evaluate import check_answering, evaluate_student, evaluate_teacher
from simula.stages.keys import adapter_key, artifact_keys, cell_key, rows_key
from simula.stages.measures import measure
from simula.stages.rate import rate_selected
from simula.stages.record import other_at_work, read_record
from simula.stages.taxonomy import build_taxonomies
from simula.stages.train import STAGE as TRAIN
from simula.stages.train import train_student
from simula.store.artifacts import Store
from simula.teacher import Spending
from simula.teacher.simulated.settings import beyond

Stage = Callable[[Bench], Mapping[str, Any]]
STAGES: dict[str, tuple[Stage, ...]] = {
    "taxonomy": (lambda bench: build_taxonomies(bench) if bench.config.needs_taxonomies else {},),
    "generate": (build_dataset,),
    "assess": (measure,),
    "train": (rate_selected, train_student),
    "evaluate": (
        lambda bench: evaluate_student(bench, tuned=False),
        evaluate_teacher,
        lambda bench: evaluate_student(bench, tuned=True),
    ),
}
"""Command to its stages, in the direction of the data."""


def run_cell(config: Config, until: str, spending: Spending | None = None) -> str | None:
    """Run a cell up to and including the stages of the command `until`.

    It never raises for a failure of the cell, since that would end the other cells of a sweep: the
    failure is recorded and returned as one sentence.

    Args:
        config: the cell.
        until: the command.
        spending: the account of all cells that this process works through, for `config.budget`.

    Returns:
        None where all is done, else why not.
    """
    bench = opened_bench(config, spending or Spending())

    def work() -> None:
        check_benchmark(bench, until)
        check_student(bench, until)
        if unknown_domain := beyond(config.teacher, config.domain):
            bench.progress.line(unknown_domain)
        for command, stages in stages_of(config, until).items():
            for stage in stages:
                stage(bench)
            if command == until:
                break

    said = {
        "key": cell_key(config),
        "axes": axes(config),
        "until": until,
        "artifacts": artifact_keys(config),
    }
    return recorded(bench, bench.store.cells / f"{said['key']}.json", said, work)[0]


def _keep(record: Path, said: Mapping[str, Any]) -> None:
    """Write the record, on a full disk into the room that it has; if not even that, the terminal tells."""
    try:
        write_json(record, said)
    except OSError:
        with suppress(OSError):
            overwrite_json(record, said)


def opened_bench(config: Config, spending: Spending) -> Bench:
    """A cell's tools."""
    return Bench(config, Store(config.paths.store), Progress(_label(config)), spending)


def recorded(
    bench: Bench, record: Path, said: Mapping[str, Any], work: Callable[[], None]
) -> tuple[str | None, int]:
    """Do some work of a cell and keep a record of how it goes; of the work only KeyboardInterrupt is raised.

    Args:
        bench: the cell's tools.
        record: the file.
        said: what the record says besides.
        work: what is done.

    Returns:
        None and 0 where it was done, else why not and the exit code.
    """
    config = bench.config
    reason, code = None, 0
    before = None
    with suppress(StoreError):
        before = read_record(record)
    try:
        write_json(record, {**said, "status": "running", "who": _who()})
        _share(bench)
        work()
    except SimulaError as error:
        reason, code = str(error), error.exit_code
    except OSError as error:
        reason, code = f"{config.paths.root} cannot be written or read: {error}", 1
    except KeyboardInterrupt:
        stopped = {**said, "status": "interrupted", "reason": "stopped by hand (Ctrl-C)", "who": _who()}
        # Another process may be at work on the same cell: this one only waited for it, and that goes on.
        _keep(record, before if before is not None and other_at_work(before) else stopped)
        raise
    except Exception as error:  # noqa: BLE001 - a cell must not end its sweep; the traceback is kept
        reason, code = f"{type(error).__name__}: {error}", 1
        with suppress(OSError):
            _keep_traceback(record)
    finally:
        # Also where a signal ends this process: what it paid is paid.
        with suppress(SimulaError):
            _share(bench)
    status = "done" if reason is None else "stopped" if code == ShortOfTarget.exit_code else "failed"
    _keep(record, {**said, "status": status, "reason": reason or "", "exit_code": code, "who": _who()})
    if reason:
        bench.progress.line(f"{'stopped short' if status == 'stopped' else status}: {reason}")
    return reason, code


def stages_of(config: Config, until: str) -> Mapping[str, tuple[Stage, ...]]:
    """All stages, or of a cell that is only measured, the measures and what they need alone.

    Raises:
        ConfigurationError: it is asked for more than measures.
    """
    if not config.only_measured:
        return STAGES
    if until != "assess":
        named = config.assessment.dataset or f"[{', '.join(config.assessment.measures)}]"
        of = "dataset" if config.assessment.dataset else "measures"
        raise ConfigurationError(f"assessment.{of}={named} is measured by simula assess alone")
    return {name: STAGES[name] for name in ("taxonomy", until)}


def _share(bench: Bench) -> None:
    """The processes that one command starts pay from one budget. Raises StoreError."""
    if bench.config.budget.limited:
        bench.spending.share(bench.config.paths.root / "spending")


def check_benchmark(bench: Bench, until: str) -> None:
    """A benchmark that is missing or of another domain is an error before taxonomies are paid for, not after.

    Raises:
        BenchmarkError: it is.
    """
    config = bench.config
    own = not config.only_measured
    if own and until != "taxonomy" and bench.store.manifest(DATASET, rows_key(config)) is None:
        for item in config.benchmark.load(config.paths.benchmarks):
            said = config.domain.answer(item.example)
            if not config.domain.task.read(said, item.example).strict.right:
                raise BenchmarkError(
                    f"benchmark item {item.id}: its right answer {item.example.answer!r} is none in the form "
                    f"of domain={config.domain.name} (task.type={config.domain.task.type}); another domain's "
                    "benchmark, or another column of answers?"
                )


def check_student(bench: Bench, until: str) -> None:
    """A student that cannot be had or asked is an error before rows are paid for. Raises StudentError."""
    config = bench.config
    if until in ("train", "evaluate") and bench.store.manifest(TRAIN, adapter_key(config)) is None:
        from simula.student.weights import check

        with thinking(f"looking for the weights of {config.student.name} …"):
            check(config.student, config.training.method)
    if until == "evaluate":
        check_answering(bench)


def _label(config: Config) -> str:
    scalars = config.scalars
    return f"{config.domain.name} {scalars.system} n={scalars.size} seed={scalars.seed}"


def _who() -> dict[str, Any]:
    job = {"slurm_job": slurm_job()}
    return {"host": platform.node(), "pid": os.getpid(), **job, "at": round(time.time())}


def slurm_job() -> str | None:
    """The job of Slurm's that this process is of, as its commands name it: `12`, or `12_3` of an array."""
    array, element = (os.environ.get(f"SLURM_ARRAY_{name}") for name in ("JOB_ID", "TASK_ID"))
    return f"{array}_{element}" if array and element else os.environ.get("SLURM_JOB_ID")


def _keep_traceback(record: Path) -> None:
    record.with_suffix(".traceback.txt").write_text(traceback.format_exc())
