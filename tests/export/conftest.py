"""A small data set in a store of its own, with text that tries to break tables, YAML and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from written_rows import write_rows

from simula.composition import Cell, cells
from simula.critique import Verdict
from simula.domain import Example
from simula.durable import write_json
from simula.generation import Candidate
from simula.metrics.shift import NodeCounts, shifts
from simula.mix import Choice, Mix, planned
from simula.prompts import Spent
from simula.settings import fingerprint
from simula.stages.keys import rows_key, taxonomy_key
from simula.stages.taxonomy import FILE, TREES
from simula.store.rows import REFUSED, ROWS
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.document import to_yaml

Publish = Callable[..., Path]

DOMAIN = """
_target_: simula.domain.Domain
name: riddles
description: 'Riddles: what is it? | # - "quoted"'
instructions: 글자로 답하십시오.
task: {type: multiple_choice, options: 2}
language: Korean
languages: [ko]
"""
TREE = Taxonomies(
    taxonomies=(
        Taxonomy(factor="topic | *kind*", children=(Node(name="sea `x`"), Node(name="<b>sky</b>"))),
        Taxonomy(
            factor="mood", children=(Node(name="calm", children=(Node(name="very calm"),)), Node(name="wild"))
        ),
    ),
    strategies=(Strategy(factors=("topic | *kind*", "mood"), weight=1),),
)
TEACHER = Spent(
    model="teacher-1",
    answered=("teacher-1-001", "teacher-1-002"),
    calls=4,
    prompt=1000,
    cached=100,
    completion=50,
    usd=0.25,
)


def candidate(slot: int, status: str = "accepted", reason: str = "", *, topic: str = "sea `x`") -> Candidate:
    """A data point with its text in Korean, or none where it is unusable."""
    example = Example(
        question=f'수수께끼 {slot}번: "바다"는 무엇입니까?\n| # --- \u2028 줄',
        options=("물", "불 | 불"),
        answer="AB"[slot % 2],
        reasoning="바다는 물이다.",
    )
    return Candidate.model_validate(
        {
            "slot": slot,
            "status": status,
            "reason": reason,
            "mix": Mix(
                strategy=0,
                choices=(
                    Choice(factor="topic | *kind*", path=(topic,)),
                    Choice(factor="mood", path=("calm", "very calm"), description="quiet"),
                ),
            ),
            "scenario": "바다에서",
            "complex": slot == 2,
            "plain_scenario": "물가에서" if slot == 2 else "",
            "example": None if status == "unusable" else example,
            "verdicts": (Verdict(critic="correct", verdict="yes", explanation="맞습니다."),),
            "spent": (TEACHER,),
        }
    )


ACCEPTED = [candidate(0), candidate(2), candidate(5, topic="<b>sky</b>")]
TURNED_DOWN = [
    candidate(1, "foreign", "in en"),
    candidate(3, "rejected", "correctness", topic="<b>sky</b>"),
    candidate(4, "unusable", "cut off: no end"),
]


@pytest.fixture
def accepted() -> list[Candidate]:
    """The rows."""
    return ACCEPTED


@pytest.fixture
def turned_down() -> list[Candidate]:
    """The refused candidates."""
    return TURNED_DOWN


@pytest.fixture
def tree() -> Taxonomies:
    """What the mixes are drawn from."""
    return TREE


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    """A cell of the domain above; its overrides hold some on which the data set does not depend."""
    folder = tmp_path / "mine" / "domain"
    folder.mkdir(parents=True)
    (folder / "riddles.yaml").write_text(DOMAIN, encoding="utf-8")
    overrides = ["domain=riddles", "benchmark=arithmetic", "benchmark.items=7", "teacher=simulated", "size=3"]
    overrides += ["system=full", "seed=3", "tracking=none", f"paths.root={tmp_path / 'outputs'}"]
    (found,) = cells(overrides, sweep=False, extra_folder=tmp_path / "mine")
    return found


@pytest.fixture
def publish(cell: Cell) -> Publish:
    """Put the data set into the cell's store, with what a test says otherwise of its manifest."""

    def put(refused: list[Candidate] | None = None, **otherwise: Any) -> Path:
        store, key = cell.config.paths.store, taxonomy_key(cell.config)
        trees = store / "taxonomy" / key
        trees.mkdir(parents=True, exist_ok=True)
        (trees / FILE).write_text(TREE.model_dump_json(), encoding="utf-8")
        (trees / TREES).write_text(to_yaml(TREE, key, TREES), encoding="utf-8")
        sums = {name: fingerprint((trees / name).read_text(encoding="utf-8")) for name in (FILE, TREES)}
        spent = TEACHER.model_dump(mode="json", exclude={"model"})
        write_json(trees / "manifest.json", {"files": sums, "teachers": {"teacher-1": spent}})
        rest = TURNED_DOWN if refused is None else refused
        folder = store / "dataset" / rows_key(cell.config)
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(folder / ROWS, ACCEPTED)
        write_rows(folder / REFUSED, rest)
        said = _said(rows_key(cell.config), key, len(rest))
        drawn, kept = (NodeCounts(one.mix for one in found) for found in ([*ACCEPTED, *rest], ACCEPTED))
        moved = shifts(planned(TREE, cell.config.taxonomy), drawn, kept)
        said["shift"] = [factor.to_json() for factor in moved]
        write_json(folder / "manifest.json", json.loads(json.dumps(said | otherwise)))
        return folder

    return put


def _said(key: str, taxonomy: str, refused: int) -> dict[str, Any]:
    counts = {"foreign": 1, "rejected: correctness": 1, "unusable: cut off": 1} if refused else {}
    return {
        "stage": "dataset",
        "key": key,
        "inputs": {"taxonomy": taxonomy},
        "rows": 3,
        "target": 3,
        "ended_by": "size",
        "candidates": 3 + refused,
        "refused": counts,
        "refinements": 2,
        "complex_rows": 1,
        "test_items_compared_with": 7,
        "test_items_checksum": "0123456789ab",
        "templates": {"write_sample": "0123456789ab"},
        "teachers": {"teacher-1": TEACHER.model_dump(mode="json", exclude={"model"})},
        "right_letters": {"A": 2, "B": 1},
        "made": {
            "git_revision": "abc1234",
            "versions": {"simula": "1.2.3", "numpy": "9.9"},
            "started": "now",
        },
    }
