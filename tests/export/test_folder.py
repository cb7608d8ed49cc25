"""The exported folder is what the hub's own library reads, and the same every time."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from simula.composition import Cell, cells
from simula.errors import StoreError
from simula.export import export
from simula.generation import Candidate
from simula.stages.cell import run_cell
from simula.stages.keys import rows_key
from simula.stages.taxonomy import TREES
from simula.store.benchmarks.item import checksum
from simula.store.rows import COUNTS, ROWS, read_rows
from simula.taxonomy import Taxonomies
from simula.taxonomy.document import Document, read_form


def mine(cell: Cell) -> Path | None:
    """The folder of the domain's file."""
    folder = cell.config.paths.root.parent / "mine"
    return folder if folder.is_dir() else None


def exported(cell: Cell) -> Path:
    assert export([cell], mine(cell)) == 0
    return cell.config.paths.export / rows_key(cell.config)


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`datasets.load_dataset`, offline and with a cache of its own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    import datasets

    datasets.disable_progress_bars()

    def load(folder: Path, *names: str) -> Any:
        return datasets.load_dataset(str(folder), *names, cache_dir=str(tmp_path / "cache"))

    return load


def test_the_hub_s_library_loads_the_rows_and_by_name_the_refused(
    cell: Cell, publish: Any, load: Any, accepted: list[Candidate], turned_down: list[Candidate]
) -> None:
    publish()
    folder = exported(cell)
    rows = load(folder)
    assert {name: split.num_rows for name, split in rows.items()} == {"train": 3}
    assert rows["train"].column_names == [
        *("slot", "question", "options", "answer", "reasoning", "messages", "factors", "strategy"),
        *("scenario", "plain_scenario", "complex", "parents", "operation", "verdicts", "refinements"),
        *("models", "tokens"),
    ]
    first = rows["train"][1]
    example = accepted[1].example
    assert example is not None
    assert first["question"] == example.question
    assert first["options"] == list(example.options)
    assert first["plain_scenario"] == "물가에서"
    assert first["factors"][1] == {"factor": "mood", "node": ["calm", "very calm"]}
    assert first["models"] == ["teacher-1-001", "teacher-1-002"]
    assert first["tokens"] == 1050
    refused = load(folder, "refused")["refused"]
    assert [(one["slot"], one["status"], one["reason"]) for one in refused] == [
        (one.slot, one.status, one.reason) for one in turned_down
    ]
    assert refused[2]["question"] is None


def test_messages_are_what_a_student_is_trained_on(
    cell: Cell, publish: Any, accepted: list[Candidate]
) -> None:
    publish()
    folder, domain = exported(cell), cell.config.domain
    text = (folder / "messages.jsonl").read_bytes().decode()
    assert "수수께끼" in text  # not escaped
    lines = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    assert lines == [
        {
            "messages": [
                {"role": "user", "content": domain.question(row.example)},
                {"role": "assistant", "content": domain.answer(row.example)},
            ]
        }
        for row in accepted
        if row.example
    ]


def test_messages_are_the_same_in_the_table(cell: Cell, publish: Any, load: Any) -> None:
    publish()
    folder = exported(cell)
    lines = (folder / "messages.jsonl").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert load(folder)["train"]["messages"][:] == [json.loads(line)["messages"] for line in lines]


def test_the_same_bytes_every_time_and_checksums_of_all(cell: Cell, publish: Any) -> None:
    publish()
    first = contents(exported(cell))
    assert sorted(first) == [
        *("README.md", "SHA256SUMS", "configuration.yaml", "data/refused.parquet", "data/train.parquet"),
        *("messages.jsonl", "taxonomies.yaml"),
    ]
    sums = dict(reversed(line.split("  ")) for line in first["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(data).hexdigest() for name, data in first.items() if name != "SHA256SUMS"
    }
    assert contents(exported(cell)) == first
    shutil.rmtree(cell.config.paths.export)
    assert contents(exported(cell)) == first


def test_files_of_one_s_own_stay_and_nothing_half_written_does(cell: Cell, publish: Any) -> None:
    publish()
    folder = exported(cell)
    (folder / ".gitattributes").write_text("mine")
    (folder / "README.md").write_text("old")
    assert exported(cell) == folder
    assert (folder / ".gitattributes").read_text() == "mine"
    assert (folder / "README.md").read_text() != "old"
    assert [path.name for path in folder.parent.iterdir()] == ["n3"]


def test_trees_and_settings_go_along(cell: Cell, publish: Any, tree: Taxonomies) -> None:
    publish()
    folder = exported(cell)
    assert read_form((folder / TREES).read_text(encoding="utf-8"), TREES, Document).trees() == tree
    settings = yaml.safe_load((folder / "configuration.yaml").read_text(encoding="utf-8"))
    assert settings["domain"]["instructions"] == "글자로 답하십시오."
    assert (settings["size"], settings["complexity"]["fraction"]) == (3, 0.5)


def test_trees_that_were_changed_by_hand_are_not_passed_on(cell: Cell, publish: Any) -> None:
    publish()
    (path,) = cell.config.paths.store.glob(f"taxonomy/*/{TREES}")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(StoreError, match="changed after it was published"):
        export([cell], mine(cell))
    assert not any(cell.config.paths.export.rglob("*.parquet"))


def test_where_nothing_was_refused_there_is_no_such_file(cell: Cell, publish: Any, load: Any) -> None:
    publish(refused=[])
    folder = exported(cell)
    assert not (folder / "data" / "refused.parquet").exists()
    assert "refused.parquet" not in (folder / "README.md").read_text(encoding="utf-8")
    assert load(folder)["train"].num_rows == 3


def test_what_is_not_there_is_one_sentence_with_the_command(
    cell: Cell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export([cell], mine(cell)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"there is no data set {rows_key(cell.config)}" in line
    assert line.endswith(
        f"simula generate --config-dir {mine(cell)} domain=riddles benchmark=arithmetic benchmark.items=7 "
        "teacher=simulated size=3 system=full"
    )
    assert not cell.config.paths.root.exists()


def test_one_that_stopped_short_is_pointed_to(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    short = cell.config.paths.store / "short" / rows_key(cell.config)
    short.mkdir(parents=True)
    (short / COUNTS).write_text("{}")
    assert export([cell], mine(cell)) == 1
    assert f"stopped short, {short} keeps what there was" in capsys.readouterr().err


def test_a_sweep_exports_each_data_set_once(
    cell: Cell, publish: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    publish()
    swept = cells([*cell.overrides, "training.epochs=1,2", "size=3,4"], sweep=True, extra_folder=mine(cell))
    assert export(swept, mine(cell)) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(cell.config.paths.export / rows_key(cell.config))]
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("system", ["full", "self_instruct"])
def test_what_generate_makes_can_be_exported(tmp_path: Path, load: Any, system: str) -> None:
    overrides = ["domain=arithmetic", "teacher=simulated", f"system={system}", "size=12", "tracking=none"]
    (cell,) = cells([*overrides, f"paths.root={tmp_path / 'outputs'}"], sweep=False)
    assert run_cell(cell.config, "generate") is None
    folder = exported(cell)
    rows = read_rows(cell.config.paths.store / "dataset" / rows_key(cell.config) / ROWS)
    assert load(folder)["train"]["question"][:] == [row.example.question for row in rows if row.example]
    assert (folder / TREES).exists() == (system == "full")
    compared = checksum(cell.config.benchmark.load(cell.config.paths.benchmarks))
    assert f"checksum of the items: {compared}" in (folder / "README.md").read_text(encoding="utf-8")
