"""Stage 3: measures of the data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simula.metrics import assess
from simula.stages.bench import Bench
from simula.stages.dataset import read_dataset
from simula.stages.keys import assessment_key, rows_key
from simula.stages.taxonomy import read_taxonomies

STAGE = "assess"


def assess_dataset(bench: Bench) -> dict[str, Any]:
    """The manifest of the measures, which are in it under `measures`."""
    config = bench.config

    def make(_: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        taxonomies = read_taxonomies(bench) if config.draws_mixes else None
        measures = assess(read_dataset(bench), taxonomies, config.assessment)
        log(measures)
        return {"measures": measures}

    return bench.build(STAGE, assessment_key(config), {"dataset": rows_key(config)}, make)
