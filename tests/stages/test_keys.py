"""A key holds what determines an artifact, and nothing else."""

import pytest

from simula.composition import cells
from simula.stages.keys import artifact_keys

BASE = ["domain=arithmetic", "teacher=simulated", "system=full"]
BEHIND_ROWS = {"dataset", "assess", "train", "evaluate"}
EVERYTHING = {"taxonomy", "untuned", *BEHIND_ROWS}


def keys(*overrides: str) -> dict[str, str]:
    (cell,) = cells([*BASE, *overrides], sweep=False)
    return artifact_keys(cell.config)


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("size=5", BEHIND_ROWS),
        ("data_seed=1", BEHIND_ROWS),
        ("critic=none", BEHIND_ROWS),
        ("complexity.fraction=0.25", BEHIND_ROWS),
        ("taxonomy.levels=top", BEHIND_ROWS),
        ("teacher@judge=embedded", BEHIND_ROWS),
        ("+domain.languages=[en]", BEHIND_ROWS),
        ("seed=1", {"train", "evaluate"}),
        ("training.epochs=3", {"train", "evaluate"}),
        ("assessment.diversity.neighbours=5", {"assess"}),
        ("embedding=local", {"assess"}),
        ("evaluation.max_new_tokens=7", {"untuned", "evaluate"}),
        ("domain.instructions=Solve", {"untuned", "train", "evaluate"}),
        ("benchmark.items=9", {"untuned", *BEHIND_ROWS}),
        ("taxonomy.expansion.depth=2", {"taxonomy", *BEHIND_ROWS}),
        ("teacher.skill=1", {"taxonomy", *BEHIND_ROWS}),
        ("domain.description=Other", {"taxonomy", *BEHIND_ROWS}),
        ("student=gemma3_1b_pt", {"untuned", "train", "evaluate"}),
    ],
)
def test_a_setting_changes_the_keys_behind_it_and_no_other(override: str, changed: set[str]) -> None:
    before, after = keys(), keys(override)
    assert {name for name in EVERYTHING if before[name] != after[name]} == changed


def test_what_is_incidental_changes_no_key() -> None:
    incidental = [
        "dataset.concurrency=1",
        "evaluation.batch_size=1",
        "evaluation.teacher=false",
        "+training.micro_batch_size=2",
        "tracking=none",
        "paths.root=/elsewhere",
        "teacher.price.input=3",
        "student.shape.layers=7",
    ]
    assert keys(*incidental) == keys()


def test_sizes_of_one_data_set_share_its_key() -> None:
    small, large = keys("size=5")["dataset"], keys("size=500")["dataset"]
    assert small.rsplit("/", 1) == [large.rsplit("/", 1)[0], "n5"]


def test_systems_share_taxonomies_and_the_untuned_student() -> None:
    full, baseline = keys(), keys("system=baseline")
    assert {name for name in full if full[name] == baseline[name]} == {"taxonomy", "untuned"}
