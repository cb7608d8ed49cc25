"""The command on the card makes the very data set, and names nothing that it does not depend on."""

import shlex
from pathlib import Path

import pytest

from simula.composition import Cell, cells
from simula.export.command import command
from simula.stages.keys import rows_key

LAB = ["domain=arithmetic", "teacher=simulated", "system=full", "size=9"]


def cell_of(*overrides: str) -> Cell:
    (found,) = cells(overrides, sweep=False)
    return found


@pytest.mark.parametrize(
    ("needed", "others"),
    [
        (
            LAB,
            ["seed=4", "tracking=none", "student=gemma3_4b_pt", "paths.root=/elsewhere", "training.epochs=2"],
        ),
        ([*LAB, "critic=none", "complexity.fraction=0.25"], ["dataset.concurrency=3"]),
        ([*LAB, "teacher@judge=gemini_flash", "data_seed=7"], ["experiment=lab"]),
        ([*LAB, "domain.instructions='Solve | it, \"now\"'"], ["evaluation.batch_size=1"]),
    ],
)
def test_it_makes_the_same_data_set(needed: list[str], others: list[str]) -> None:
    mixed = cell_of(*others, *needed)
    words = shlex.split(command(mixed, None, "taxonomies.yaml"))
    assert words[:2] == ["simula", "generate"]
    again = cell_of(*words[2:])
    assert rows_key(again.config) == rows_key(mixed.config)
    assert again.config.domain == mixed.config.domain
    assert words[2:] == [line for line in mixed.overrides if line in needed or line.startswith("dataset.")]


def test_edited_trees_are_those_of_the_folder(tmp_path: Path) -> None:
    trees = tmp_path / "my_tree.yaml"
    trees.write_text(
        "taxonomies:\n- {factor: size, children: [{name: small}, {name: large}]}\n"
        "strategies:\n- {factors: [size], weight: 1}\n"
    )
    cell = cell_of(*LAB, f"taxonomy.expansion.edited={trees}")
    words = shlex.split(command(cell, None, "taxonomies.yaml"))
    assert words[-1] == "taxonomy.expansion.edited=taxonomies.yaml"
