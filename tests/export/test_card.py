"""The card says how the data set was made, in a form that the hub and a reader can use."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from simula.composition import Cell, cells
from simula.export import export
from simula.stages.keys import rows_key

GOLDEN = Path(__file__).parent / "golden" / "card.md"


def card_of(cell: Cell, folder: Path) -> str:
    assert export([cell], folder) == 0
    return (cell.config.paths.export / rows_key(cell.config) / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def front_matter(card: str) -> dict[str, Any]:
    _, text, _ = card.split("---\n", 2)
    return dict(yaml.safe_load(text))


def test_the_whole_card(cell: Cell, publish: Any, mine: Path) -> None:
    publish()
    card = re.sub(r"\b[0-9a-f]{12}\b", "<hash>", card_of(cell, mine)).replace(str(mine), "mine")
    if os.environ.get("SIMULA_UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(card, encoding="utf-8")
    assert card == GOLDEN.read_text(encoding="utf-8")


def test_every_table_row_has_as_many_cells_as_its_head(cell: Cell, publish: Any, mine: Path) -> None:
    publish()
    blocks = [block for block in card_of(cell, mine).split("\n\n") if block.startswith("|")]
    assert len(blocks) >= 7
    for block in blocks:
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(bars) == 1, block
        assert not re.search(r"(?<!\\)[<`*]", block), block


def test_the_hub_s_fields(cell: Cell, publish: Any, mine: Path) -> None:
    publish()
    said = front_matter(card_of(cell, mine))
    assert (said["license"], said["language"], said["size_categories"]) == ("unknown", ["ko"], ["n<1K"])
    assert "synthetic" in said["tags"]
    assert [one["config_name"] for one in said["configs"]] == ["default", "refused"]


def test_a_licence_is_the_user_s_to_say(cell: Cell, publish: Any, mine: Path) -> None:
    publish()
    assert "**No licence is stated.**" in card_of(cell, mine)
    (stated,) = cells([*cell.overrides, "++domain.license=cc-by-4.0"], sweep=False, extra_folder=mine)
    assert rows_key(stated.config) == rows_key(cell.config)
    card = card_of(stated, mine)
    assert front_matter(card)["license"] == "cc-by-4.0"
    assert "No licence" not in card
    assert "domain.license=cc-by-4.0" in card


def test_the_benchmark_s_checksum_is_that_of_the_items_compared_with(
    cell: Cell, publish: Any, mine: Path
) -> None:
    publish(test_items_checksum="feedfeedfeed")
    said = "the 7 items of the benchmark arithmetic (checksum of the items: feedfeedfeed)"
    assert said in card_of(cell, mine)


def test_without_a_benchmark_the_card_says_so(cell: Cell, publish: Any, mine: Path) -> None:
    publish(test_items_compared_with=0)
    assert "compared with no test items" in card_of(cell, mine)
