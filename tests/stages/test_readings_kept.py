"""A student's results hold every way of reading its answers, and say which one counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simula.composition import cells
from simula.errors import ConfigurationError
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.evaluate import evaluate_student
from simula.store.artifacts import Store
from simula.student.settings import StudentSettings

WAYS = ("right_strict", "right_lenient", "right_logprob")


def examined(
    root: Path, student: StudentSettings, domain: str, *overrides: str
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The manifest, the results and the answers of an untuned tiny student."""
    chosen = [f"domain={domain}", "student=gemma3_4b_it", "tracking=none", f"paths.root={root}"]
    chosen += ["evaluation.limit=6", "evaluation.max_new_tokens=12", *overrides]
    config = replace(cells(chosen, sweep=False)[0].config, student=student)
    manifest = evaluate_student(Bench(config, Store(config.paths.store), Progress("test")), tuned=False)
    (folder,) = (root / "store" / "evaluate").iterdir()
    lines = (folder / "answers.jsonl").read_text().splitlines()
    return manifest, json.loads((folder / "results.json").read_text()), [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("domain", "overrides", "ways"),
    [
        ("cwe_examples", (), WAYS),
        ("cwe_examples", ("evaluation.choice=letter", "evaluation.extraction=lenient"), WAYS),
        ("cwe_examples", ("evaluation.choice_tokens=0",), WAYS[2:]),
        ("arithmetic", ("evaluation.extraction=strict",), WAYS[:2]),
    ],
)
def test_all_readings_are_kept_and_one_counts(
    tmp_path: Path,
    tiny_llama: StudentSettings,
    domain: str,
    overrides: tuple[str, ...],
    ways: tuple[str, ...],
) -> None:
    manifest, results, answers = examined(tmp_path, tiny_llama, domain, *overrides)
    by_item = {answer["item"]: answer for answer in answers}
    assert [way for way in WAYS if way in results] == [*ways]
    for way in ways:
        assert results[way] == [by_item[item][way] for item in results["items"]]
        assert None not in results[way]
        assert manifest[way] == sum(results[way])
    for way in {*WAYS} - {*ways}:
        assert all(answer[way] is None for answer in answers)
        assert way not in manifest
    assert results["right"] == [by_item[item]["right"] for item in results["items"]]
    assert results["answered"] == [by_item[item]["prediction"] is not None for item in results["items"]]
    assert manifest["unanswered"] == results["answered"].count(False)
    counting = {"choice=letter": "right_lenient", "extraction=strict": "right_strict"}
    named = [way for word, way in counting.items() if any(word in override for override in overrides)]
    assert results["right"] == results[named[0] if named else "right_logprob"]


def test_letters_that_are_not_generated_cannot_count() -> None:
    with pytest.raises(ConfigurationError, match="choice_tokens must be 1 or more"):
        cells(["evaluation.choice=letter", "evaluation.choice_tokens=0"], sweep=False)
