"""`simula doctor`: whether what a configuration needs is there, and what to do where it is not."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import anyio
from packaging.requirements import Requirement
from rich.console import Console
from rich.text import Text

from simula.config import Config
from simula.embedding.settings import EmbeddingSettings
from simula.errors import SimulaError
from simula.student.settings import HubWeights
from simula.sweep import slurm
from simula.sweep.settings import Slurm
from simula.teacher.port import Reply, Request
from simula.teacher.settings import (
    EmbeddedTeacher,
    GeminiBatchTeacher,
    GeminiTeacher,
    Remote,
    TeacherSettings,
)

State = Literal["ok", "note", "wrong"]
"""`note`: not there, and this configuration does not need it."""

_SHOWN = ("torch", "transformers", "lightning", "peft", "google-genai", "wandb", "submitit")
_LEAST_FREE = 2e9
"""Bytes below which a disk is said to be nearly full: a merged student of 1B parameters."""
_TIMEOUT_S = 30.0
_STYLE = {"ok": "green", "note": "yellow", "wrong": "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    said: str
    """What was found, and where it is not as it must be, what to do."""


def doctor(config: Config, launcher: Slurm | None, *, as_json: bool) -> int:
    """Look at everything that a cell needs and print it; each teacher is asked for one word.

    Args:
        config: the cell.
        launcher: the site's settings where its sweeps go to Slurm.
        as_json: print all findings as JSON.

    Returns:
        0, or 1 where something that the cell needs is not as it must be.
    """
    console = Console()
    found: list[Finding] = []
    for what, look in _looks(config, launcher).items():
        # Libraries tell every try to reach the hub; what comes of it is the finding.
        with console.status(f"{what} …"), redirect_stderr(StringIO()):
            findings = _looked(what, look)
        found += findings
        if not as_json:
            for one in findings:
                line = Text.assemble((f"{one.state:<6}", _STYLE[one.state]), f"{one.what}: {one.said}")
                console.print(line, soft_wrap=True)
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], indent=1))
    return int(any(finding.state == "wrong" for finding in found))


def _looks(config: Config, launcher: Slurm | None) -> dict[str, Callable[[], str | list[Finding]]]:
    """What is looked at, and how: a sentence where it is as it must be, or findings."""
    teachers = {role: partial(_asked, teacher) for role, teacher in _teachers(config).items()}
    return {
        "versions": _versions,
        "disk": lambda: _disk(config.paths.root),
        "keys": lambda: list(_keys(config)),
        **teachers,
        "embedding": lambda: _embedded(config.embedding),
        "benchmark": lambda: _items(config),
        "machine": lambda: _machine(config),
        "weights": lambda: _weights(config),
        **({"engine": lambda: _engine(config)} if config.evaluation.engine != "transformers" else {}),
        "Slurm": lambda: [_slurm(launcher)],
    }


def _looked(what: str, look: Callable[[], str | list[Finding]]) -> list[Finding]:
    try:
        said = look()
    except SimulaError as error:
        return [Finding(what, "wrong", str(error))]
    except OSError as error:  # such as of a disk that cannot be written, which the others may need, too
        return [Finding(what, "wrong", f"cannot be looked at: {error}")]
    return [Finding(what, "ok", said)] if isinstance(said, str) else said


def _versions() -> str:
    """Every library that the package asks for, in the version that it asks for."""
    wrong, fitting = [], 0
    for line in requires("simula") or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            there = "not there"
        if there == "not there" or not wanted.specifier.contains(there, prereleases=True):
            wrong.append(f"{wanted.name} is {there}, and {wanted.specifier} is wanted")
        else:
            fitting += 1
    if wrong:
        raise SimulaError(f"{'; '.join(wrong)}: pip install --upgrade simula, or make again")
    shown = ", ".join(f"{name} {version(name)}" for name in _SHOWN)
    python = f"Python {platform.python_version()}"
    return f"simula {version('simula')}, {python}, {shown}; all {fitting} as wanted"


def _disk(root: Path) -> str:
    there = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x" * 4096)
            file.flush()
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise SimulaError(
            f"{root} cannot be written ({error}); SIMULA_ROOT or paths.root names another"
        ) from error
    said = f"{root.absolute()} can be written, {free / 1e9:,.1f} GB free"
    if free < _LEAST_FREE:
        raise SimulaError(f"{said}: a full disk stops every stage; free some, or set SIMULA_ROOT")
    return said


def _keys(config: Config) -> Iterator[Finding]:
    """Which variables hold a key; never the key."""
    asked = [*_teachers(config).values(), config.embedding]
    named = {getattr(one, "key_variable", None) for one in asked if not getattr(one, "vertex", False)}
    for name in sorted(filter(None, named)):
        there = bool(os.environ.get(name, "").strip())
        said = "is set" if there else f"is not set: export {name}=…"
        yield Finding(f"key {name}", "ok" if there else "wrong", said)
    if config.tracking.mode != "disabled":
        there = bool(os.environ.get("WANDB_API_KEY"))
        without = (
            "is not set: runs are kept in files, which `simula track sync` sends later; or tracking=none"
        )
        yield Finding("key WANDB_API_KEY", "ok" if there else "note", "is set" if there else without)
    if isinstance(config.student.weights, HubWeights):
        there = bool(os.environ.get("HF_TOKEN"))
        without = "is not set: weights that are gated, such as Gemma's, need it or `hf auth login`"
        yield Finding("key HF_TOKEN", "ok" if there else "note", "is set" if there else without)


def _teachers(config: Config) -> dict[str, TeacherSettings]:
    """Role to who has it, each teacher once."""
    roles = {"teacher": config.teacher}
    named = {"judge": config.judge, "double_judge": config.double_judge, "scorer": config.scorer}
    return roles | {role: one for role, one in named.items() if one is not None and one not in roles.values()}


def _asked(teacher: TeacherSettings) -> str:
    """One word asked of a model: what answers shows in its reply alone."""
    if isinstance(teacher, GeminiBatchTeacher):
        teacher = GeminiTeacher(**{name: getattr(teacher, name) for name in GeminiTeacher.model_fields})
    if isinstance(teacher, Remote):
        teacher = teacher.model_copy(update={"attempts": 1, "timeout": min(teacher.timeout, _TIMEOUT_S)})
    elif not isinstance(teacher, EmbeddedTeacher):
        return "is in this process, or answers from a record; nothing was asked"
    reply = anyio.run(_reply, teacher)
    spent = teacher.price.of(reply.usage)
    cost = f", ${spent:.6f}" if spent else ""
    return f"{reply.model} answered ({reply.usage.total} tokens{cost})"


async def _reply(settings: TeacherSettings) -> Reply:
    request = Request(
        template="doctor",
        system="You answer in JSON.",
        prompt='Answer with the word "ready".',
        schema={"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]},
        values={},
        seed=0,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
    )
    teacher = settings.connect()
    try:
        return await teacher.ask(request)
    finally:
        await teacher.close()


def _embedded(embedding: EmbeddingSettings) -> str:
    async def vectors(cache: Path) -> Any:
        model = embedding.connect(cache)
        try:
            return await model.embed(["A word.", "Another word."])
        finally:
            await model.close()

    with tempfile.TemporaryDirectory() as cache:
        made = anyio.run(vectors, Path(cache))
    return f"gives vectors of {made.vectors.shape[1]} numbers"


def _items(config: Config) -> str:
    return f"{len(config.benchmark.load(config.paths.benchmarks)):,} items to examine with"


def _machine(config: Config) -> str:
    """What students are tuned on here."""
    import torch

    from simula.student.hardware import fits, found

    hardware = found(config.trainer, config.training)
    fits(config.student, config.training, hardware)
    if hardware.device == "cuda":
        gpu = torch.cuda.get_device_properties(0)
        where = f"{torch.cuda.device_count()} × {gpu.name}, {gpu.total_memory / 1e9:.0f} GB"
    else:
        where = f"{hardware.device}, {os.cpu_count()} cores"
    return f"{where}; students are tuned by {hardware.processes} process(es), attention {hardware.attention}"


def _weights(config: Config) -> str:
    """Its configuration is read, from the hub where the weights are there; no weight is loaded."""
    from simula.student.weights import check

    check(config.student, config.training.method)
    weights = config.student.weights
    return f"{weights.id} can be had" if isinstance(weights, HubWeights) else "its weights are installed"


def _engine(config: Config) -> str:
    """What asks the student: a package, or a server, which is asked one item."""
    from simula.evaluation.engine import check_engine

    items = config.benchmark.load(config.paths.benchmarks)
    check_engine(config.domain, items, config.student, config.evaluation, config.paths.cache)
    if config.evaluation.engine == "server":
        return f"{config.evaluation.url} answered as {config.evaluation.served_untuned}"
    return f"{config.evaluation.engine} is installed"


def _slurm(launcher: Slurm | None) -> Finding:
    wanted: State = "note" if launcher is None else "wrong"
    if not slurm.present():
        without = (
            "no squeue here: sweeps run in this process; on a login node of a cluster see slurm/README.md"
        )
        return Finding("Slurm", wanted, without)
    try:
        limit = slurm.array_limit()
        said = slurm.ask("sinfo", "--noheader", "--format=%R|%a|%D")
    except SimulaError as error:
        *_, reason = str(error).splitlines()
        return Finding("Slurm", wanted, f"its controller does not answer ({reason}); scontrol ping says more")
    partitions = {line.split("|")[0] for line in said.splitlines() if "|up|" in line}
    asked = {name for one in (launcher, launcher and launcher.cpu_jobs) if one for name in _named(one)}
    if absent := sorted(asked - partitions):
        known = ", ".join(sorted(partitions)) or "none"
        return Finding("Slurm", "wrong", f"no partition {', '.join(absent)} is up; there are: {known}")
    return Finding(
        "Slurm", "ok", f"partitions {', '.join(sorted(partitions))}; arrays of up to {limit:,} jobs"
    )


def _named(launcher: Slurm) -> list[str]:
    return launcher.partition.split(",") if launcher.partition else []
