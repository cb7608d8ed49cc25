"""The taxonomy stage: all forms of its artifact, and trees that a person edited."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from simula.composition import cells
from simula.config import Config
from simula.errors import ConfigurationError, StoreError
from simula.progress import Progress
from simula.prompts import Asker
from simula.report.tree import print_trees
from simula.stages.bench import Bench, axes
from simula.stages.keys import TAXONOMY_PROMPTS, artifact_keys, taxonomy_key
from simula.stages.taxonomy import FILE, PAGE, TREES, build_taxonomies, read_taxonomies
from simula.store.artifacts import Store

LAB = ["domain=arithmetic", "teacher=simulated", "system=full", "tracking=none"]
SMALL = ["taxonomy.expansion.depth=2", "taxonomy.expansion.proposals=1"]


def bench(root: Path, *overrides: str) -> Bench:
    (cell,) = cells([*LAB, *SMALL, f"paths.root={root}", *overrides], sweep=False)
    quiet = Console(file=io.StringIO())
    return Bench(cell.config, Store(cell.config.paths.store), Progress("", console=quiet))


def config(*overrides: str) -> Config:
    return cells([*LAB, *overrides], sweep=False)[0].config


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = bench(tmp_path_factory.mktemp("lab"))
    build_taxonomies(made)
    return made


def folder(bench: Bench) -> Path:
    return bench.store.folder("taxonomy", taxonomy_key(bench.config))


def edited(built: Bench, file: Path, *changes: tuple[str, str]) -> Bench:
    """A bench that names an edited copy of the built taxonomies."""
    text = (folder(built) / TREES).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return bench(built.config.paths.root, f"taxonomy.expansion.edited={file}")


def test_the_artifact_has_all_forms_and_tells_what_happened(built: Bench) -> None:
    manifest = build_taxonomies(built)
    assert {path.name for path in folder(built).iterdir()} == {FILE, TREES, PAGE, "manifest.json"}
    found = read_taxonomies(built)
    assert manifest["nodes"] == sum(manifest["nodes_by_level"]) == sum(len(t.nodes) for t in found.taxonomies)
    assert set(manifest["review"]["factors"]) == {"kept", "edited", "added", "rejected"}
    children = manifest["review"]["children"]
    assert children["proposed"] == children["kept"] + children["edited"] + children["rejected"]
    assert manifest["nodes"] == children["kept"] + children["edited"] + children["added"]
    assert manifest["calls"] > 0


def test_edited_trees_are_an_artifact_of_their_own_without_calls(built: Bench, tmp_path: Path) -> None:
    before = (folder(built) / FILE).read_bytes()
    mine = edited(built, tmp_path / "my tree.yaml", ("name: addition", "name: 'adding: on'"))
    manifest = build_taxonomies(mine)
    assert manifest["calls"] == 0
    assert manifest["edited"]["from"] == taxonomy_key(built.config)
    below = sum(path[0] == "addition" for tree in read_taxonomies(built).taxonomies for path, _ in tree.nodes)
    assert manifest["edited"] == {
        "from": taxonomy_key(built.config),
        "added": below,
        "removed": below,
        "described_anew": 0,
    }
    names = {path[0] for tree in read_taxonomies(mine).taxonomies for path, _ in tree.nodes}
    assert "adding: on" in names
    assert "addition" not in names
    assert (folder(built) / FILE).read_bytes() == before


def test_a_parent_elsewhere_is_named_all_the_same(built: Bench, tmp_path: Path) -> None:
    copy = edited(built, tmp_path / "a.yaml")
    away = bench(tmp_path / "other", f"taxonomy.expansion.edited={copy.config.taxonomy.expansion.edited}")
    assert build_taxonomies(away)["edited"] == {"from": taxonomy_key(built.config)}


def test_the_key_is_what_the_file_says_and_nothing_else(built: Bench, tmp_path: Path) -> None:
    same = edited(built, tmp_path / "a.yaml").config
    key = taxonomy_key(same)
    assert key != taxonomy_key(built.config)
    other = tmp_path / "b.yaml"
    other.write_text("# mine\n" + (tmp_path / "a.yaml").read_text().replace("made_by:", "made_by: x"))
    for overrides in (
        [f"taxonomy.expansion.edited={other}"],
        ["teacher.skill=1"],
        ["taxonomy.expansion.depth=4"],
        ["domain.description=Other"],
        ["system=baseline"],
    ):
        assert taxonomy_key(config(f"taxonomy.expansion.edited={tmp_path / 'a.yaml'}", *overrides)) == key
    # What is made with the trees still depends on who writes, and on the description.
    at = f"taxonomy.expansion.edited={tmp_path / 'a.yaml'}"
    rows = {
        artifact_keys(config(at, *more))["dataset"]
        for more in ([], ["teacher.skill=1"], ["domain.description=Other"])
    }
    assert len(rows) == 3


def test_a_change_of_the_file_makes_a_new_key_and_another_arm(built: Bench, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    before = edited(built, file).config
    after = edited(built, file, ("name: addition", "name: adding up")).config
    assert len({taxonomy_key(c) for c in (built.config, before, after)}) == 3
    assert len({axes(c)["mechanism"] for c in (built.config, before, after)}) == 3


def test_mistakes_are_named_before_any_call_with_all_others(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("taxonomies: []\nstrategies: []\n")
    with pytest.raises(ConfigurationError) as caught:
        config(f"taxonomy.expansion.edited={file}", "size=0")
    assert list(caught.value.problems) == [
        "size=0: input should be greater than or equal to 1",
        f"{file} line 1: taxonomies is empty; at least one is needed",
        f"{file} line 2: strategies is empty; at least one is needed",
    ]
    with pytest.raises(
        ConfigurationError, match=r"edited=none.yaml: No such file .*relative paths count from"
    ):
        config("taxonomy.expansion.edited=none.yaml")
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="it is not a readable text"):
        config(f"taxonomy.expansion.edited={file}")


def test_exclusions_that_leave_nothing_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    trees = [{"factor": name, "children": [{"name": f"{name} 1"}]} for name in ("a", "b")]
    strategy = {"factors": ["a", "b"], "weight": 1, "excluded": [{"a": ["a 1"], "b": ["b 1"]}]}
    file.write_text(json.dumps({"taxonomies": trees, "strategies": [strategy]}))
    with pytest.raises(ConfigurationError, match=r"a.yaml strategy 1 \(a, b\): no mix is left"):
        config(f"taxonomy.expansion.edited={file}")


@pytest.mark.parametrize("name", [FILE, TREES])
def test_an_edit_in_place_is_noticed(tmp_path: Path, name: str) -> None:
    made = bench(tmp_path, "taxonomy.expansion.depth=1")
    build_taxonomies(made)
    file = folder(made) / name
    file.write_text(file.read_text().replace("setting", "place"))
    with pytest.raises(StoreError, match=rf"{name} was changed after .* taxonomy.expansion.edited=that_file"):
        read_taxonomies(made)
    # And what it tells to do is possible.
    mine = tmp_path / "mine"
    mine.write_text(file.read_text())
    copy = bench(tmp_path, f"taxonomy.expansion.edited={mine}")
    build_taxonomies(copy)
    assert "place" in [tree.factor for tree in read_taxonomies(copy).taxonomies]


def test_caps_that_bite_are_printed_as_warnings(tmp_path: Path) -> None:
    made = bench(tmp_path, "taxonomy.expansion.max_frontier=2", "taxonomy.expansion.max_factors=2")
    manifest = build_taxonomies(made)
    said = printed(made)
    for what, count in manifest["warnings"].items():
        assert f"warning: {what}: {count:,} " in said
    assert "taxonomy.expansion.max_frontier, of one level" in said


def printed(made: Bench) -> str:
    manifest = build_taxonomies(made)
    console = Console(file=io.StringIO(), width=200)
    print_trees(read_taxonomies(made), manifest, folder(made), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_small_tree_is_printed_whole_with_counts_by_level(built: Bench) -> None:
    said = printed(built)
    for tree in read_taxonomies(built).taxonomies:
        assert f"{tree.factor}  {' / '.join(str(len(level)) for level in tree.levels)}  " in said
        for _, node in tree.nodes:
            assert node.name in said
    assert "below)" not in said
    assert f"cp {folder(built) / TREES} my_tree.yaml" in said


def test_of_a_large_tree_two_levels_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    deep = [{"name": f"deep {i}", "children": [{"name": "deeper"}]} for i in range(150)]
    tree = {
        "factor": "[red]f",
        "children": [{"name": "top", "children": [{"name": "mid", "children": deep}]}],
    }
    file.write_text(json.dumps({"taxonomies": [tree], "strategies": [{"factors": ["[red]f"], "weight": 1}]}))
    said = printed(bench(tmp_path, f"taxonomy.expansion.edited={file}"))
    assert "[red]f  1 / 1 / 150 / 150" in said
    assert "mid  (+300 below)" in said
    assert "─ deep" not in said
    assert "302 nodes: the first 2 levels are shown, the files hold all" in said


def test_the_sample_is_in_every_taxonomy_call_and_in_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simula.stages.dataset import build_dataset

    systems: dict[str, set[bool]] = {}
    ask = Asker.ask

    async def spy(self: Asker, template: str, *arguments: Any, **named: Any) -> dict[str, Any]:
        systems.setdefault(template, set()).add("A seed of the sample" in self.system)
        return await ask(self, template, *arguments, **named)

    monkeypatch.setattr(Asker, "ask", spy)
    made = bench(tmp_path, "+domain.seeds=['A seed of the sample']", "size=3")
    build_taxonomies(made)
    taxonomy = dict(systems)
    assert taxonomy == {name: {True} for name in TAXONOMY_PROMPTS}
    build_dataset(made)
    assert {template: seen for template, seen in systems.items() if template not in taxonomy}
    assert all(seen == {template in taxonomy} for template, seen in systems.items())
