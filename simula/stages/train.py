"""Stage 4: a student tuned on the data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.dataset.selection import select
from simula.errors import StudentError
from simula.generation import Candidate
from simula.stages.bench import Bench
from simula.stages.dataset import read_dataset
from simula.stages.keys import adapter_key, rating_key, rows_key
from simula.stages.rate import read_selecting

STAGE = "train"


def train_student(bench: Bench) -> dict[str, Any]:
    """The manifest of the cell's adapter."""
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        from simula.student.training import train

        rows, selected = selected_rows(bench)
        examples = [row.example for row in rows if row.example is not None]
        with bench.progress.bar("train: steps") as meter:
            summary = train(
                config.domain,
                examples,
                config.student,
                config.training,
                config.scalars.seed,
                folder,
                config.paths.cache,
                log,
                meter,
                config.trainer,
            )
        return {**asdict(summary), **selected}

    inputs = {"dataset": rows_key(config)}
    if config.selection.rated:
        inputs["rate"] = rating_key(config)
    return bench.build(STAGE, adapter_key(config), inputs, make)


def selected_rows(bench: Bench) -> tuple[list[Candidate], dict[str, Any]]:
    """The rows that the cell trains on, and what the manifest says of a selection."""
    config, rows = bench.config, read_dataset(bench)
    if not config.selection.rated:
        return rows, {}
    found = select(rows, read_selecting(bench), config.selection, config.scalars.data_seed)
    if not found.rows:
        raise StudentError(
            f"selection={config.selection.which} of {len(rows)} rows is empty ({found.counts}); "
            "raise size, selection.share or selection.min_rows"
        )
    return found.rows, {"selection": found.counts}
