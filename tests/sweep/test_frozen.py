from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from simula.composition import cells
from simula.config import Config
from simula.stages.bench import axes
from simula.stages.keys import artifact_keys, cell_key
from simula.sweep.frozen import freeze, thaw


def same(one: Config, other: Config) -> None:
    for field in fields(Config):
        if field.name != "paths":
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert artifact_keys(one) == artifact_keys(other)
    assert cell_key(one) == cell_key(other)
    assert axes(one) == axes(other)


def thawed(config: Config) -> Config:
    return thaw(json.loads(json.dumps(freeze([config]))), 0)


@pytest.mark.parametrize(
    "overrides",
    [
        (
            "domain=lexam",
            "system=full",
            "teacher=gemini_flash_batch",
            "student=gemma3_4b_it",
            "training=paper",
        ),
        ("domain=cti_rcm", "system=self_instruct", "teacher=vertex", "embedding=gemini"),
        ("domain=arithmetic", "teacher=simulated", "selection=mixed", "teacher@judge=gemini_flash"),
        (
            "assessment.measures=[diversity,coverage,critics,complexity]",
            "domain=gsm8k",
            "assessment.pooled=true",
        ),
        ("domain=gsm8k", "teacher=openai_compatible", "teacher.base_url=http://x/v1", "teacher.model=m"),
        (
            "system=evol_instruct",
            "dataset.tokens=1000",
            "budget.usd=3",
            "student=hub",
            "student.weights.id=x/y",
        ),
    ],
)
def test_a_configuration_comes_back_as_it_was(overrides: tuple[str, ...]) -> None:
    (cell,) = cells(overrides, sweep=False)
    same(cell.config, thawed(cell.config))


def test_folders_become_absolute() -> None:
    (cell,) = cells(["paths.root=some/where"], sweep=False)
    assert not cell.config.paths.store.is_absolute()
    assert thawed(cell.config).paths.store == cell.config.paths.store.absolute()


def test_parts_that_cells_share_are_stored_once() -> None:
    found = [cell.config for cell in cells(["seed=range(0,50)", "size=16,32"], sweep=True)]
    frozen = freeze(found)
    # A hundred cells differ in their top-level numbers alone.
    assert len(frozen["parts"]) < 100 + 40
    for place in (0, 57, 99):
        same(found[place], thaw(frozen, place))


def test_edited_trees_are_kept_by_content(tmp_path: Path) -> None:
    trees = tmp_path / "trees.yaml"
    trees.write_text(
        "taxonomies:\n- factor: place\n  children:\n  - name: shop\n  - name: home\n"
        "strategies:\n- weight: 1\n  factors: [place]\n"
    )
    overrides = ["domain=arithmetic", "teacher=simulated", f"taxonomy.expansion.edited={trees}"]
    (cell,) = cells(overrides, sweep=False)
    frozen = json.loads(json.dumps(freeze([cell.config])))
    trees.write_text("something else")
    same(cell.config, thaw(frozen, 0))


def test_no_class_of_others_is_made() -> None:
    (cell,) = cells([], sweep=False)
    frozen = freeze([cell.config])
    part = frozen["parts"][frozen["cells"][0]["domain"]]
    part["class"] = "subprocess.Popen"
    with pytest.raises(ValueError, match="no class of simula's"):
        thaw(frozen, 0)
