"""The embedded benchmark: which observed examples of the catalogue become items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.utils import instantiate
from omegaconf import OmegaConf

from simula.errors import BenchmarkError
from simula.store import cwe
from simula.store.cwe import Observation, select

CONF = Path(__file__).parents[2] / "conf"
CHOSEN = ("CWE-416", "CWE-667")
PARENTS = {"CWE-416": {"CWE-825"}, "CWE-413": {"CWE-667"}, "CWE-667": {"CWE-662"}, "CWE-362": {"CWE-691"}}


def kept(*observations: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    found = select([Observation(*one) for one in observations], PARENTS, CHOSEN)
    return [(one.weakness, one.report, one.text) for one in found]


def test_only_the_chosen_weaknesses_are_kept() -> None:
    good = ("CWE-416", "CVE-1", "An object is used after its deletion.")
    assert kept(good, ("CWE-362", "CVE-2", "A race.")) == [good]


def test_a_cve_under_two_chosen_weaknesses_has_no_right_answer() -> None:
    assert kept(("CWE-416", "CVE-1", "One line."), ("CWE-667", "CVE-1", "Another line.")) == []


def test_a_weakness_below_a_chosen_one_counts_as_that_one() -> None:
    assert kept(("CWE-416", "CVE-1", "One line."), ("CWE-413", "CVE-1", "Another line.")) == []
    assert kept(("CWE-416", "CVE-2", "A lock is missing (CWE-413), so memory is reused.")) == []


def test_a_text_under_two_chosen_weaknesses_has_no_right_answer() -> None:
    assert kept(("CWE-416", "CVE-1", "A crash."), ("CWE-667", "CVE-2", "a crash.")) == []


def test_repeats_count_once() -> None:
    first = ("CWE-667", "CVE-1", "Deadlock.")
    assert kept(first, ("CWE-667", "CVE-2", "deadlock."), ("CWE-667", "CVE-1", "It hangs.")) == [first]


def test_ids_in_parentheses_are_taken_out_and_others_drop_the_line() -> None:
    chain = ("CWE-416", "CVE-1", "Chain: a race (CWE-362) leads to use of freed memory (CWE-416, CWE-825).")
    named = ("CWE-667", "CVE-2", "This is not quite CWE-412, but close.")
    assert kept(chain, named) == [("CWE-416", "CVE-1", "Chain: a race leads to use of freed memory.")]


def configured() -> Any:
    return instantiate(OmegaConf.load(CONF / "benchmark/cwe_examples.yaml"), _convert_="all")


def test_the_configured_benchmark_gives_no_answer_away() -> None:
    settings = configured()
    items = settings.load(Path("nowhere"))
    assert len(items) == 257
    assert {item.example.answer for item in items} == set(settings.weaknesses)
    assert not [item.id for item in items if "CWE" in item.example.question]
    assert len({item.example.question.casefold() for item in items}) == len(items)


def test_the_weaknesses_are_the_most_frequent_but_two_and_none_is_below_another() -> None:
    chosen = set(configured().weaknesses)
    observations, parents = cwe.read(cwe.catalogue())
    assert len(observations) == 2967
    count = {name: sum(one.weakness == name for one in observations) for name in parents}
    others = {name: number for name, number in count.items() if name not in chosen}
    assert {name for name, number in others.items() if number >= min(count[name] for name in chosen)} == {
        "CWE-20",
        "CWE-41",
    }
    below = {name: parents[name] for name in chosen}
    while any(below.values()):
        assert not [name for name, above in below.items() if above & chosen]
        below = {name: {up for one in above for up in parents.get(one, ())} for name, above in below.items()}


def test_the_domain_offers_exactly_the_benchmark_s_weaknesses() -> None:
    domain = yaml.safe_load((CONF / "domain/cwe_examples.yaml").read_text(encoding="utf-8"))
    choices = domain["task"]["choices"]
    assert list(choices) == list(configured().weaknesses)
    (weakness,) = [factor for factor in domain["factors"] if factor["name"] == "weakness"]
    assert [child["name"] for child in weakness["children"]] == [
        f"{key}: {name}" for key, name in choices.items()
    ]


def test_another_choice_of_weaknesses_is_told_apart() -> None:
    fewer = configured().model_copy(update={"weaknesses": ("CWE-416", "CWE-667")})
    with pytest.raises(BenchmarkError, match=r"cwec_v4\.14\.xml holds \d+ items .* where 257 are expected"):
        fewer.load(Path("nowhere"))


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cwe, "package_folder", lambda name: None)
    with pytest.raises(BenchmarkError, match=r"pip install cwe2==3\.0\.0"):
        cwe.catalogue()


@pytest.mark.parametrize(
    "content", ["<Weakness_Catalog><Weaknesses>", '<x xmlns="u"><Weakness Name="n"/></x>']
)
def test_another_file_is_not_taken_for_the_catalogue(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cwec.xml"
    path.write_text(content)
    with pytest.raises(BenchmarkError, match=r"cwec\.xml is not MITRE's catalogue"):
        cwe.read(path)
