"""A data set is found by what a person types."""

import json
from pathlib import Path

import pytest

from simula.errors import ConfigurationError, StoreError
from simula.store.artifacts import MANIFEST
from simula.store.datasets import find_dataset, stored_datasets
from simula.store.rows import COUNTS, ROWS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for place in (
        "dataset/maths-all-1111/n9",
        "dataset/maths-all-1111/n100",
        "dataset/maths-all-1111/n200.work",
        "dataset/maths-top-2222/n10",
        "short/maths-all-1111/n1000",
        "short/law-all-3333/n50",
        "taxonomy/maths-4444/n1",
    ):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / ROWS).touch()
        name = COUNTS if place.startswith("short") else MANIFEST
        (folder / name).write_text(json.dumps({"place": place}))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("maths-all-1111/n9", "dataset/maths-all-1111/n9"),
        ("maths-all-1111", "dataset/maths-all-1111/n100"),
        ("maths-a", "dataset/maths-all-1111/n100"),
        ("maths-a/n9", "dataset/maths-all-1111/n9"),
        ("maths-all-1111/n1000", "short/maths-all-1111/n1000"),
        ("dataset/maths-top-2222/n10", "dataset/maths-top-2222/n10"),
        ("short/maths", "short/maths-all-1111/n1000"),
        ("law", "short/law-all-3333/n50"),
    ],
)
def test_keys_sizes_and_beginnings(root: Path, name: str, expected: str) -> None:
    found = find_dataset(root, name)
    assert found.folder == root / expected
    assert found.short == expected.startswith("short")
    assert found.said() == {"place": expected}


def test_folders_of_any_store(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    folder = root / "dataset" / "maths-all-1111"
    assert find_dataset(elsewhere, str(folder / "n9")).folder == folder / "n9"
    assert find_dataset(elsewhere, str(folder)).folder == folder / "n100"


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("maths", ["'maths' is how 2 data sets begin:", "maths-all-1111", "maths-top-2222"]),
        ("math-all-1111", ["there is no data set 'math-all-1111'; did you mean maths-all-1111?"]),
        ("maths-top/n11", ["there is no size of maths-top-2222 'n11'; did you mean n10?"]),
    ],
)
def test_what_is_not_one_data_set_is_a_sentence(root: Path, name: str, problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_dataset(root, name)
    assert caught.value.problems == tuple(problems)


def test_an_empty_store_says_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="simula generate makes one"):
        find_dataset(tmp_path, "maths")


def test_what_is_being_built_is_not_listed(root: Path) -> None:
    assert not any("work" in one.size for one in stored_datasets(root))
    work = find_dataset(root, str(root / "dataset/maths-all-1111/n200.work"))
    (work.folder / MANIFEST).unlink()
    with pytest.raises(StoreError, match="only its rows can be shown"):
        work.said()
