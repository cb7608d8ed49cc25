"""What a model or a person names is content: no file is made, read or removed by such a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.composition import cells
from simula.stages.cell import opened_bench
from simula.stages.taxonomy import build_taxonomies
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.document import to_yaml
from simula.teacher import Spending

NAMES = ["../../escaped", "/escaped", "~/escaped", "a/../../escaped", ".hidden", "con:escaped", "-rf escaped"]


@pytest.mark.parametrize("name", NAMES)
def test_a_node_is_no_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Taxonomy(factor=name, description=name, children=(Node(name=name), Node(name="other")))
    trees = Taxonomies(taxonomies=(tree,), strategies=(Strategy(factors=(name,), weight=1),))
    edited = tmp_path / "mine.yaml"
    edited.write_text(to_yaml(trees, "key", "mine.yaml"))
    root = tmp_path / "some" / "where" / "deep"
    overrides = ["domain=arithmetic", "teacher=simulated", "tracking=none", f"paths.root={root}"]
    (cell,) = cells([*overrides, f"taxonomy.expansion.edited={edited}"], sweep=False)
    build_taxonomies(opened_bench(cell.config, Spending()))
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file() and path != edited]
    assert made
    assert all(path.is_relative_to("some/where/deep") for path in made)
    assert not [path for path in made if "escaped" in path.name or "hidden" in path.name]
