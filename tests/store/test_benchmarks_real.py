"""The configured benchmarks on the real files, where they are: none of them is in the repository."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from simula.domain import Number
from simula.store.benchmarks import Expected, GlobalMmlu, Mmlu, Source, TestItem

REPOSITORY = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("SIMULA_BENCHMARKS", REPOSITORY.parent / "shared" / "data"))


def file(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; set SIMULA_BENCHMARKS to the folder with the original files")
    return path


@pytest.mark.parametrize(
    ("benchmark", "name", "items"),
    [
        ("cti_mcq", "cti-bench/cti-mcq.tsv", 2500),
        ("cti_rcm", "cti-bench/cti-rcm.tsv", 1000),
        ("gsm8k", "gsm8k/test.jsonl", 1319),
        ("lexam", "lexam/MCQs_test.xlsx", 1660),
        ("mmlu", "mmlu/test/college_physics_test.csv", 1436),
    ],
)
def test_the_original_file_is_the_configured_one(benchmark: str, name: str, items: int) -> None:
    file(name)
    settings = instantiate(OmegaConf.load(REPOSITORY / f"conf/benchmark/{benchmark}.yaml"), _convert_="all")
    loaded = settings.load(FOLDER)
    assert len(loaded) == items
    assert all(item.example.question for item in loaded)


def test_cti_mcq_has_its_known_odd_rows() -> None:
    file("cti-bench/cti-mcq.tsv")
    settings = instantiate(OmegaConf.load(REPOSITORY / "conf/benchmark/cti_mcq.yaml"), _convert_="all")
    items = settings.load(FOLDER)
    assert [item.id for item in items if "" in item.example.options] == [
        f"cti-mcq/{row}" for row in (57, 1031, 1310, 1408, 2236)
    ]
    assert Counter(item.example.answer for item in items) == {"A": 374, "B": 813, "C": 928, "D": 385}


def test_the_published_schema_of_global_mmlu_is_read() -> None:
    name = "global-mmlu/global_mmlu_dev_en.json"
    file(name)
    configured = OmegaConf.load(REPOSITORY / "conf/benchmark/global_mmlu_en.yaml")
    settings = GlobalMmlu(
        source=Source(file=name, origin="-"),
        subjects=tuple(configured.subjects),
        expected=Expected(items=40),  # five examples in each of the eight subjects
    )
    assert Counter(item.id.split("/")[0] for item in settings.load(FOLDER)) == dict.fromkeys(
        configured.subjects, 5
    )


def test_gsm8k_s_own_solutions_are_right_by_both_readings() -> None:
    """So no right answer of the file is out of the rules' reach; its last number is always the answer."""
    name = "gsm8k/test.jsonl"
    rows = [json.loads(line) for line in file(name).read_text(encoding="utf-8").splitlines()]
    settings = instantiate(OmegaConf.load(REPOSITORY / "conf/benchmark/gsm8k.yaml"), _convert_="all")
    for row, item in zip(rows, settings.load(FOLDER), strict=True):
        found = Number().read(row["answer"], item.example)
        assert found.strict.right
        assert found.lenient.right
        assert Number().read(Number().answer(item.example), item.example) == found


def test_lexam_s_items_say_their_language() -> None:
    file("lexam/MCQs_test.xlsx")
    settings = instantiate(OmegaConf.load(REPOSITORY / "conf/benchmark/lexam.yaml"), _convert_="all")
    assert Counter(item.labels["language"] for item in settings.load(FOLDER)) == {"en": 619, "de": 1041}


def test_mmlu_has_the_questions_of_global_mmlu_under_the_same_ids() -> None:
    """Of the development questions, which are there in both forms."""
    file("mmlu/dev/college_physics_dev.csv")
    file("global-mmlu/global_mmlu_dev_en.json")
    configured = OmegaConf.load(REPOSITORY / "conf/benchmark/global_mmlu_en.yaml")
    subjects, count = tuple(configured.subjects), Expected(items=40)
    same = GlobalMmlu(
        source=Source(file="global-mmlu/global_mmlu_dev_en.json", origin="-"),
        subjects=subjects,
        expected=count,
    )
    own = Mmlu(source=Source(file="mmlu/dev/{part}_dev.csv", origin="-"), subjects=subjects, expected=count)

    def said(items: list[TestItem]) -> dict[str, tuple[str, str]]:
        return {
            item.id.replace("/test/", "/dev/"): (" ".join(item.example.text.split()), item.example.answer)
            for item in items
        }

    assert said(own.load(FOLDER)) == said(same.load(FOLDER))


def test_mmlu_has_its_known_odd_rows() -> None:
    file("mmlu/test/college_physics_test.csv")
    settings = instantiate(OmegaConf.load(REPOSITORY / "conf/benchmark/mmlu.yaml"), _convert_="all")
    items = settings.load(FOLDER)
    assert [item.id for item in items if len({*item.example.options}) < 4] == [
        "elementary_mathematics/test/113",
        "high_school_physics/test/99",
    ]
    texts = Counter(item.example.text for item in items)
    assert sum(count - 1 for count in texts.values()) == 12
