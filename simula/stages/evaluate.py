"""Stage 5: answers of a student, tuned or untuned, to the benchmark's real items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simula.durable import write_json
from simula.errors import BenchmarkError
from simula.stages.bench import Bench
from simula.stages.keys import adapter_key, evaluation_key
from simula.stages.train import STAGE as TRAIN

STAGE = "evaluate"
FILE = "results.json"


def evaluate_student(bench: Bench, *, tuned: bool) -> dict[str, Any]:
    """The manifest of the student's evaluation; item by item in `results.json`."""
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        from simula.evaluation.engine import answer_items

        items = config.benchmark.load(config.paths.benchmarks)
        if not items:
            raise BenchmarkError(
                "benchmark=none has no items to examine a student on; choose another benchmark="
            )
        kept = bench.store.folder(TRAIN, adapter_key(config)) / config.training.result if tuned else None
        with bench.progress.bar("evaluate: items answered") as meter:
            answers = answer_items(
                config.domain,
                items,
                config.student,
                kept,
                config.evaluation,
                folder,
                config.paths.cache,
                meter,
            )
        right = [answer.right for answer in answers]
        answered = [answer.prediction is not None for answer in answers]
        names = [answer.item for answer in answers]
        write_json(folder / FILE, {"items": names, "right": right, "answered": answered})
        said = {
            "items": len(answers),
            "right": sum(right),
            "unanswered": len(answers) - sum(answered),
            "accuracy": sum(right) / max(1, len(answers)),
            "chance": _chance([config.domain.task.answers(item.example) for item in items]),
        }
        log(said)
        return said

    inputs = {TRAIN: adapter_key(config)} if tuned else {}
    return bench.build(STAGE, evaluation_key(config, tuned=tuned), inputs, make)


def _chance(closed: Sequence[tuple[str, ...]]) -> float:
    """The share of right answers that blind guessing among the possible ones reaches; 0 without a list."""
    return sum(1 / len(answers) for answers in closed if answers) / max(1, len(closed))
