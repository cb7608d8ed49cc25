"""What every stage works with: the store, progress on the terminal, tracking, the teacher."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from simula.config import Config
from simula.progress import Paid, Progress
from simula.prompts import Asker, Spent, Tally, system_prompt, total
from simula.settings import fingerprint
from simula.stages.told import configuration, numbers, stored
from simula.store.artifacts import Store
from simula.store.measured_sets import BENCHMARK, REAL
from simula.teacher import Spending, connect
from simula.teacher.settings import TeacherSettings


@dataclass(frozen=True, slots=True)
class Bench:
    """One cell's tools; a stage takes it and returns its artifact's manifest."""

    config: Config
    store: Store
    progress: Progress
    spending: Spending = field(default_factory=Spending)
    """The command's account, which all of its cells share."""

    def build(
        self,
        stage: str,
        key: str,
        inputs: Mapping[str, str],
        make: Callable[[Path, Callable[[Mapping[str, float]], None]], Mapping[str, Any]],
        whose: str = "",
    ) -> dict[str, Any]:
        """The manifest of an artifact, which is built, tracked and published where it does not exist.

        Args:
            stage: kind of artifact.
            key: its identity.
            inputs: stage to key of what it is made from.
            make: writes into a folder, logs numbers on the way, returns what the manifest says of it.
            whose: what the terminal says beside the stage, where a cell goes through it several times.
        """

        def tracked(folder: Path) -> Mapping[str, Any]:
            from simula.tracking import Stored, open_run

            started, clock = datetime.now(UTC), time.perf_counter()
            with open_run(
                self.config.tracking,
                folder=self.config.paths.tracking,
                stage=stage,
                key=key,
                group=self.config.scalars.experiment,
                config=configuration(self.config, axes(self.config), stage, key, inputs),
            ) as run:
                said = make(folder, run.log)
                said = {**said, **per_row(said)}
                if run.tracked:
                    run.summary(numbers(self.config, self.store, stage, key, said))
                    used = [stored(self.store, *one) for one in inputs.items()]
                    published = self.store.folder(stage, key)
                    run.artifacts(Stored(stage, key, published, folder, said), [one for one in used if one])
            seconds = round(time.perf_counter() - clock, 3)
            self.progress.line(f"{stage}{whose}: done in {seconds:.1f} s")
            return {
                "stage": stage,
                "key": key,
                "inputs": dict(inputs),
                **said,
                "seconds": seconds,
                "made": _provenance(started),
            }

        return self.store.build(stage, key, tracked, self.progress.line)

    @asynccontextmanager
    async def asker(self, settings: TeacherSettings, run: str = "") -> AsyncIterator[Asker]:
        """The way to ask a teacher: through the ledger and within its limits.

        Args:
            settings: which teacher.
            run: recorded apart under this name: what other runs were answered does not count.
        """
        budget, say = self.config.budget, self.progress.line
        teacher = connect(settings, self.config.paths.ledger, budget, self.spending, say, run)
        try:
            yield Asker(
                teacher=teacher,
                system=system_prompt(self.config.domain),
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
                attempts=self.config.dataset.attempts,
                price=settings.price,
            )
        finally:
            await teacher.close()


UNNAMED = "custom"
"""The system of a cell whose mechanism is no preset's."""
MECHANISM = ("recipe", "taxonomy", "scenarios", "complexity", "critic")
"""The recipe, and the four axes that a system chooses."""


PANEL = ("experiment", "domain", "student", "teacher", "training", "embedding", "variant")
"""Axes whose values are never compared with each other: each combination is a panel."""
ARM = (
    "system",
    "recipe",
    "taxonomy",
    "scenarios",
    "complexity",
    "critic",
    "judge",
    "double_judge",
    "tokens",
    "selection",
    "learning_rate",
    "mechanism",
)
"""Axes of the mechanism: what is compared."""
REPLICATE = ("data_seed", "seed")
"""The luck: which draw of the data, and which training on it."""


def _common(config: Config) -> list[Any]:
    """What cells must share to be compared: all that is neither mechanism, size nor seed.

    The learning rate is no part of it: of several that are tried a report chooses one a system and size.
    """
    names = ("domain", "benchmark", "dataset", "teacher", "student", "training", "evaluation", "embedding")
    parts = {name: getattr(config, name).identity() for name in names}
    parts["training"].pop("learning_rate")
    return list(parts.values())


def _mechanism(config: Config) -> list[Any]:
    """What decides the rows that a student sees, besides what all cells share."""
    decided: list[Any] = [getattr(config, name).identity() for name in MECHANISM]
    if config.selection.rated:
        decided += [part.identity() for part in (config.selection, config.scoring, config.scored_by)]
    if config.edited:
        decided.append(config.edited.trees().content())
    return decided


def axes(config: Config) -> dict[str, str | int | float]:
    """The cell's place in the grid, flat, as tables and W&B name it."""
    named = ("domain", *MECHANISM, "teacher", "training", "embedding")
    scalars = config.scalars
    return {
        **{name: config.choices.get(name, "") for name in named},
        "student": config.student.name,
        "judge": config.choices.get("teacher@judge", "null"),
        "double_judge": config.choices.get("teacher@double_judge", "null"),
        "tokens": config.dataset.tokens or "unlimited",
        "learning_rate": config.training.learning_rate,
        "selection": config.choices.get("selection", "everything"),
        "variant": fingerprint(_common(config))[:6],
        "mechanism": fingerprint(_mechanism(config))[:6],
        "experiment": scalars.experiment,
        "system": scalars.system,
        "measured": _measured(config),
        "size": scalars.size,
        "seed": scalars.seed,
        "data_seed": scalars.data_seed,
    }


def _measured(config: Config) -> str:
    """Whose data points measures are of: the system's, `real` for the benchmark's, or another set's name."""
    name = config.assessment.dataset
    return config.scalars.system if name is None else REAL if name == BENCHMARK else name


def cost(spent: Sequence[Spent], tally: Tally) -> dict[str, Any]:
    """Calls, tokens and price of some work, for its manifest.

    Args:
        spent: what the work cost, whoever paid for it.
        tally: the calls that were made for it now, of which some may have been recorded before.
    """
    calls, sent = sum(one.calls for one in spent), tally.calls - tally.recorded
    return {
        "calls": calls,
        # A token budget may drop candidates whose calls were sent: those are in no row.
        "recorded_calls": max(0, calls - sent),
        "repaired": tally.repaired,
        "asked_again": tally.asked_again,
        "prompt_tokens": sum(one.prompt for one in spent),
        "cached_tokens": sum(one.cached for one in spent),
        "completion_tokens": sum(one.completion for one in spent),
        "price_usd": sum(one.usd for one in spent),
        "paid_now_usd": tally.paid_now_usd,
        # Billed now for answers that could not be used, such as empty ones; in no row's price.
        "unusable_tokens": tally.unusable_tokens,
        "templates": dict(sorted(tally.templates.items())),
        "teachers": {one.model: one.model_dump(exclude={"model"}, mode="json") for one in total(spent)},
    }


def per_row(said: Mapping[str, Any]) -> dict[str, float]:
    """Price and tokens of one accepted row, those of the refused ones included; taxonomies are apart."""
    if not said.get("rows") or "price_usd" not in said:
        return {}
    tokens = said["prompt_tokens"] + said["completion_tokens"]
    return {"usd_per_row": said["price_usd"] / said["rows"], "tokens_per_row": tokens / said["rows"]}


def paid_now(tally: Tally) -> Paid:
    """Of some work the part that is paid for now, for the terminal."""
    sent = tally.calls - tally.recorded
    return Paid(sent, tally.fresh_tokens, tally.paid_now_usd, tally.unusable_tokens)


def _provenance(started: datetime) -> dict[str, Any]:
    return {
        "started": started.isoformat(timespec="seconds"),
        "host": platform.node(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "git_revision": _revision(),
        "versions": _versions(),
        "python": platform.python_version(),
    }


@cache
def _revision() -> str | None:
    """The checkout's revision; None where the package is installed or git is not there."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@cache
def _versions() -> dict[str, str]:
    """Versions of what can change a result."""
    found = {}
    for name in (
        "simula",
        "torch",
        "transformers",
        "peft",
        "lightning",
        "xllamacpp",
        "faiss-cpu",
        "vllm",
        "numpy",
        "pyarrow",
    ):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
