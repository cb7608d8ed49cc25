from __future__ import annotations

from collections import Counter

import pytest

from simula.composition import cells
from simula.config import Config
from simula.stages.keys import artifact_keys, made_up_to
from simula.sweep.tasks import KINDS, STAGES, missing_of, tasks_of

LAB = ("domain=arithmetic", "teacher=simulated")


def configs(*overrides: str) -> list[Config]:
    return [cell.config for cell in cells([*LAB, *overrides], sweep=True)]


@pytest.fixture(scope="module")
def grid() -> list[Config]:
    """Two systems, three sizes, two seeds, and one of the systems once more with a selection by rating."""
    plain = configs("system=baseline,full", "size=64,16,32", "seed=0,1")
    return plain + configs("system=full", "selection=low", "size=32", "seed=0")


def test_every_artifact_of_the_cells_is_made_by_one_task(grid: list[Config]) -> None:
    tasks = tasks_of(grid, "evaluate")
    makers = Counter(place for task in tasks for place in task.makes)
    wanted = {place for config in grid for place in artifact_keys(config).values()}
    assert makers == Counter(wanted)
    kinds = Counter(task.kind for task in tasks)
    assert kinds == {"taxonomy": 1, "dataset": 6, "measures": 6, "rate": 1, "untuned": 1, "student": 13}
    assert {task.kind for task in tasks if task.gpu} == {"untuned", "student"}


def test_tasks_stand_behind_what_they_need(grid: list[Config]) -> None:
    made: set[str] = set()
    for task in tasks_of(grid, "evaluate"):
        assert made.issuperset(task.needs), task
        made.update(task.makes)


def test_a_student_waits_for_its_own_rows_alone(grid: list[Config]) -> None:
    rated = 0
    for task in tasks_of(grid, "evaluate"):
        if task.kind == "student":
            keys = artifact_keys(grid[task.cells[0]])
            assert set(task.needs) == {keys[name] for name in ("dataset", "rate") if name in keys}
            rated += "rate" in keys
    assert rated == 1


def test_a_data_set_waits_for_the_next_smaller_one(grid: list[Config]) -> None:
    sizes = {task.makes[0]: task for task in tasks_of(grid, "generate") if task.kind == "dataset"}
    for place, task in sizes.items():
        before = {"n64": "n32", "n32": "n16", "n16": None}[place.rpartition("/")[2]]
        rows = [need for need in task.needs if need.startswith("dataset/")]
        assert rows == ([] if before is None else [f"{place.rpartition('/')[0]}/{before}"])


@pytest.mark.parametrize(
    ("until", "last"),
    [("taxonomy", "taxonomy"), ("generate", "dataset"), ("assess", "measures"), ("train", "student")],
)
def test_nothing_is_made_beyond_the_last_stage(grid: list[Config], until: str, last: str) -> None:
    tasks = tasks_of(grid, until)
    assert max(KINDS.index(task.kind) for task in tasks) == KINDS.index(last)
    assert not any(place.startswith("evaluate/") for task in tasks for place in task.makes)


def test_cells_that_share_an_adapter_are_one_task() -> None:
    both = configs("size=16", "evaluation.limit=8,9")
    (student,) = [task for task in tasks_of(both, "evaluate") if task.kind == "student"]
    assert student.cells == [0, 1]
    assert set(student.makes) == {
        artifact_keys(config)[name] for config in both for name in ("train", "evaluate")
    }


def test_shards_stand_between_taxonomies_and_their_data_set() -> None:
    both = configs("size=32,16", "dataset.shards=3")
    tasks = tasks_of(both, "generate")
    assert [(task.kind, task.size) for task in tasks] == [
        ("taxonomy", tasks[0].size),
        *[("shard", 16)] * 3,
        ("dataset", 16),
        *[("shard", 32)] * 3,
        ("dataset", 32),
    ]
    made: set[str] = set()
    for task in tasks:
        assert made.issuperset(task.needs)
        made.update(task.makes)
    assert set(tasks[4].needs) >= {place for task in tasks[1:4] for place in task.makes}
    # Whose data set is there already needs none.
    there = {tasks[0].makes[0], tasks[4].makes[0]}
    assert [task.kind for task in missing_of(tasks, there)] == ["shard", "shard", "shard", "dataset"]


@pytest.mark.parametrize("until", STAGES)
def test_what_is_made_up_to_a_stage_is_what_its_tasks_make(until: str) -> None:
    words = ("selection=low", "evaluation.teacher=true", "assessment.measures=[diversity,coverage,critics]")
    (config,) = configs("system=full", *words)
    made = {place for task in tasks_of([config], until) for place in task.makes}
    names = {name for name, place in artifact_keys(config).items() if place in made}
    assert names
    # A measure's own steps are made with it, and are no task's.
    steps = {"trials"} if STAGES.index(until) >= STAGES.index("assess") else set()
    assert names | steps == set(made_up_to(until)).intersection(artifact_keys(config))
