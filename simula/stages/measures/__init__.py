"""Stage 3: measures of a data set, each an artifact of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simula.metrics import Measure
from simula.stages.bench import Bench
from simula.stages.measures.complexity import measure_complexity
from simula.stages.measures.coverage import measure_coverage
from simula.stages.measures.critics import measure_critics
from simula.stages.measures.diversity import measure_diversity
from simula.stages.measures.taxonomy_quality import measure_taxonomy
from simula.stages.measures.validity import measure_validity

TAKEN: Mapping[Measure, Callable[[Bench], dict[str, Any]]] = {
    "diversity": measure_diversity,
    "coverage": measure_coverage,
    "taxonomy": measure_taxonomy,
    "critics": measure_critics,
    "complexity": measure_complexity,
    "validity": measure_validity,
}
"""Measure to what takes it and returns its manifest."""


def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Take the chosen measures; measure to manifest, each with its numbers under `measures`."""
    return {name: TAKEN[name](bench) for name in bench.config.assessment.taken}
