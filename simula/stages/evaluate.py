"""Stage 5: answers of a student, tuned or untuned, and of the teacher, to the benchmark's real items."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.config import Config
from simula.durable import write_json
from simula.errors import BenchmarkError, ConfigurationError
from simula.evaluation.answer import Answer, limited
from simula.prompts import Tally
from simula.settings import fingerprint
from simula.stages.bench import Bench, cost
from simula.stages.examining import examined
from simula.stages.keys import adapter_key, evaluation_key, teacher_key
from simula.stages.overlap import overlap
from simula.stages.train import STAGE as TRAIN
from simula.store.artifacts import Store
from simula.store.benchmarks import TestItem

STAGE = "evaluate"
FILE = "results.json"
ANSWERS = "answers.jsonl"


def evaluate_teacher(bench: Bench) -> dict[str, Any]:
    """The manifest of the teacher's evaluation; empty, and nothing is asked, where none is wanted."""
    config = bench.config
    if not config.evaluation.teacher:
        return {}
    whose = " (teacher)"

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        tally = Tally()
        items = limited(_items(config), config.evaluation.limit)
        answers = run(examined, bench, config.teacher, f"{STAGE}{whose}: items answered", items, tally)
        with (folder / ANSWERS).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in answers)
        said = _said(config, items, answers, folder)
        log(said)
        return {**said, **cost(tally.spent, tally)}

    return bench.build(STAGE, teacher_key(config), {}, make, whose)


def check_answering(bench: Bench) -> None:
    """Whether what will ask the students is there; nothing is looked at where both have answered.

    Raises:
        StudentError: a package is missing; a server does not answer, or not as it must.
    """
    config = bench.config
    keys = [evaluation_key(config, tuned=tuned) for tuned in (False, True)]
    if config.evaluation.engine == "transformers" or all(bench.store.manifest(STAGE, key) for key in keys):
        return
    from simula.evaluation.engine import check_engine

    check_engine(config.domain, _items(config), config.student, config.evaluation, config.paths.cache)


def check_served(configs: Sequence[Config]) -> None:
    """Whether a server can tell the students of these cells apart; those that have answered do not count.

    Raises:
        ConfigurationError: several students would be asked under one name, of which a server has one.
    """
    named: dict[tuple[str, str | None, str | None], set[str]] = {}
    for config in configs:
        asked, store = config.evaluation, Store(config.paths.store)
        if asked.engine != "server":
            continue
        whose = {
            "served": (asked.served.replace("{adapter}", adapter_key(config)), adapter_key(config)),
            "served_untuned": (asked.served_untuned, fingerprint(config.student.identity())),
        }
        for setting, (name, student) in whose.items():
            if store.manifest(STAGE, evaluation_key(config, tuned=setting == "served")) is None:
                named.setdefault((setting, name, asked.url), set()).add(student)
    if problems := [
        f"evaluation.{setting}={name}: {len(students)} different students would be asked for by this one "
        f"name, and {url} would answer for all of them with one; "
        + (
            "put {adapter} into it, the name of each one's folder in the store, or evaluate one at a time"
            if setting == "served"
            else "evaluate one at a time"
        )
        for (setting, name, url), students in named.items()
        if len(students) > 1
    ]:
        raise ConfigurationError(*problems)


def evaluate_student(bench: Bench, *, tuned: bool) -> dict[str, Any]:
    """The manifest of the student's evaluation; item by item in `results.json`."""
    config = bench.config
    whose = "" if tuned else " (untuned student)"

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        from simula.evaluation.engine import answer_items

        items = _items(config)
        kept = bench.store.folder(TRAIN, adapter_key(config)) / config.training.result if tuned else None
        with bench.progress.bar(f"{STAGE}{whose}: items answered") as meter:
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
        said = _said(config, items, answers, folder)
        log(said)
        if tuned:
            right = {answer.item: answer.right for answer in answers}
            said["contamination"] = overlap(bench, items, right)
        return said

    inputs = {TRAIN: adapter_key(config)} if tuned else {}
    return bench.build(STAGE, evaluation_key(config, tuned=tuned), inputs, make, whose)


def _items(config: Config) -> list[TestItem]:
    """The benchmark. Raises BenchmarkError where there is none."""
    items = config.benchmark.load(config.paths.benchmarks)
    if not items:
        raise BenchmarkError("benchmark=none has no items to examine anybody on; choose another benchmark=")
    return items


def _said(
    config: Config, items: Sequence[TestItem], answers: Sequence[Answer], folder: Path
) -> dict[str, Any]:
    """Write the answers item by item; what the manifest says of them.

    What counts is `right`; how many are right by each way of reading them is beside it, where it was read so.
    """
    right = [answer.right for answer in answers]
    answered = [answer.prediction is not None for answer in answers]
    names = [answer.item for answer in answers]
    read = {
        "right_strict": [answer.right_strict for answer in answers],
        "right_lenient": [answer.right_lenient for answer in answers],
        "right_logprob": [answer.right_logprob for answer in answers],
    }
    by_way = {way: found for way, found in read.items() if any(each is not None for each in found)}
    write_json(folder / FILE, {"items": names, "right": right, "answered": answered, **by_way})
    return {
        **{way: sum(each is True for each in found) for way, found in by_way.items()},
        "items": len(answers),
        "right": sum(right),
        "unanswered": len(answers) - sum(answered),
        "accuracy": sum(right) / max(1, len(answers)),
        "chance": _chance([config.domain.task.answers(item.example) for item in items]),
    }


def _chance(closed: Sequence[tuple[str, ...]]) -> float:
    """The share of right answers that blind guessing among the possible ones reaches; 0 without a list."""
    return sum(1 / len(answers) for answers in closed if answers) / max(1, len(closed))
