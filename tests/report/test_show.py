"""`simula show`: the whole of a row, as text, within 80 columns."""

import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from written_rows import write_rows

from simula.critique import Verdict
from simula.domain import Domain, Example
from simula.errors import ConfigurationError
from simula.generation import NO_MIX, Candidate
from simula.mix import Choice, Mix
from simula.prompts import Spent
from simula.report.show import list_datasets, show
from simula.report.story import print_story
from simula.store.rows import COUNTS, REFUSED, ROWS

DOMAIN = Domain.model_validate(
    {
        "name": "cyber",
        "description": "Questions.",
        "instructions": "Give the letter.",
        "task": {"type": "multiple_choice"},
    }
)
SPENT = Spent(
    model="teacher-1",
    answered=("teacher-1-002",),
    calls=7,
    prompt=1200,
    cached=300,
    completion=80,
    usd=0.0123,
)
WHOLE = Candidate(
    slot=5,
    status="accepted",
    mix=Mix(
        strategy=2,
        choices=(
            Choice(
                factor="attack",
                path=("network", "denial of service"),
                description="Floods of [bold]packets[/].",
            ),
            Choice(factor="주제", path=("암호",), description="암호화된 통신에 관한 질문 " * 9),
        ),
    ),
    scenario="A flood in the night, and two routers fail one after the other.",
    plain_scenario="A flood in the night.",
    complex=True,
    earlier_scenarios=3,
    example=Example(
        question="What is [red]this[/red]? \x1b[31mred\x1b[0m \x9b31m",
        options=("one", "two | three", "four", "five"),
        answer="B",
        reasoning="It is two, since three follows.",
    ),
    drafts=(Example(question="A first try.", options=("a", "b", "c", "d"), answer="C"),),
    verdicts=(
        Verdict(
            critic="requirements", verdict="no", explanation="Nothing is flooded.", refinement=0, model="m"
        ),
        Verdict(critic="requirements", verdict="yes", explanation="Now it is.", refinement=1),
        Verdict(critic="correct", verdict="undecided", explanation="cut off", refinement=1),
        Verdict(critic="incorrect", verdict="no", explanation="It is right.", refinement=1),
    ),
    refinements=1,
    calls=7,
    repaired=1,
    asked_again=2,
    spent=(SPENT,),
    templates={"write_sample": "0123456789ab"},
)
PLAIN = Example(question="Why?", options=("a", "b", "c", "d"), answer="A")
EVOLVED = Candidate(slot=7, status="accepted", mix=NO_MIX, parents=(5,), operation="deepen", example=PLAIN)
TWIN = Candidate(slot=6, status="duplicate", reason="like row of slot 5", mix=NO_MIX, example=PLAIN)
MANIFEST = {
    "rows": 2,
    "target": 2,
    "candidates": 3,
    "refused": {"duplicate": 1},
    "right_letters": {"A": 1, "B": 1},
    "teachers": {"teacher-1": SPENT.model_dump(mode="json", exclude={"model"})},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset" / "cyber-all-k5-1234" / "n2"
    folder.mkdir(parents=True)
    write_rows(folder / ROWS, [WHOLE, EVOLVED])
    write_rows(folder / REFUSED, [TWIN])
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    record = {
        "artifacts": {"dataset": "dataset/cyber-all-k5-1234/n2"},
        "axes": {"taxonomy": "all_levels", "critic": "double", "judge": "null"},
    }
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "one.json").write_text(json.dumps(record))
    return tmp_path


def story(candidate: Candidate, domain: Domain | None = None) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_story(candidate, domain, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_row_is_told_in_the_order_in_which_it_came_to_be() -> None:
    said = " ".join(story(WHOLE, DOMAIN).split())
    expected = [
        "attack network > denial of service",
        "Floods of [bold]packets[/].",
        "주제 암호",
        "strategy number 2",
        "harder yes",
        "3 earlier scenarios of the same mix",
        "at first A flood in the night.",
        "made harder A flood in the night, and two",
        "draft: A first try. a b c d / C",
        "does it meet the requirements? no m Nothing is flooded.",
        "refinement 1: written again",
        "does it meet the requirements? yes Now it is.",
        "is it correct? undecided cut off",
        "is it incorrect? no It is right.",
        "What is [red]this[/red]?",
        "A one",
        "B (right) two | three",
        "reasoning It is two",
        "answer B",
        "status accepted",
        "refinements 1",
        "is shown Give the letter. What is",
        "learns B",
        "teacher-1; answered: teacher-1-002",
        "7 calls, 1,200 tokens read (300 cached), 80 written, $0.0123",
        "repaired 1",
        "asked again 2",
        "write_sample 0123456789ab",
    ]
    places = [said.find(part) for part in expected]
    assert -1 not in places, [part for part in expected if part not in said]
    assert places == sorted(places)


def test_it_fits_80_columns_and_no_text_commands_the_terminal() -> None:
    said = story(WHOLE, DOMAIN)
    assert max(map(cell_len, said.splitlines())) <= 80
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert "␛[31mred␛[0m ␡31m" in said.replace("\n", "")


def test_without_its_domain_nothing_is_guessed_of_what_a_student_sees() -> None:
    assert "student" not in story(WHOLE)


def test_other_recipes_and_refusals() -> None:
    assert "from slots 5 by deepen" in " ".join(story(EVOLVED).split())
    assert "duplicate: like row of slot 5" in story(TWIN)
    assert "from the description alone" in story(TWIN)


@pytest.mark.parametrize(
    ("row", "candidate"), [("0", WHOLE), ("1", EVOLVED), ("slot:6", TWIN), ("slot:7", EVOLVED)]
)
def test_as_json_a_row_is_the_candidate(
    root: Path, capsys: pytest.CaptureFixture[str], row: str, candidate: Candidate
) -> None:
    assert show(root, "cyber", row, None, as_json=True) == 0
    assert Candidate.model_validate(json.loads(capsys.readouterr().out)) == candidate


def test_a_data_set_shows_mechanism_counts_refusals_cost_and_rows(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert show(root, "cyber", None, None, as_json=False) == 0
    said = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in said.splitlines()]
    for line in ("taxonomy all_levels", "critic double", "rows 2", "candidates 3", "right letters A 1, B 1"):
        assert line in lines
    assert "duplicate 1 33.3" in lines
    assert any(line.endswith("7 1,200 300 80 0.0123") for line in lines)
    assert "0 What is [red]this[/red]? ␛[31mred␛[0m ␡31m → B" in lines
    assert "judge" not in said
    assert "\x1b" not in said


def test_a_data_set_as_json_is_its_manifest(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(root, "cyber", None, None, as_json=True)
    assert json.loads(capsys.readouterr().out) == MANIFEST


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2", "there is no row 2: n2 holds 2, counted from 0"),
        ("slot:4", "there is no slot 4: n2 tried 3"),
        ("five", "'five' is not a row: its number, such as 17, or slot:17 is expected"),
    ],
)
def test_a_row_that_is_not_there_is_a_sentence(root: Path, row: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        show(root, "cyber", row, None, as_json=False)


def test_another_domain_is_refused(root: Path) -> None:
    other = DOMAIN.model_copy(update={"name": "law"})
    with pytest.raises(ConfigurationError, match="is not a data set of the domain 'law'"):
        show(root, "cyber", "0", other, as_json=False)


def test_without_words_every_data_set_is_listed_by_the_name_that_shows_it(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    record = {
        "artifacts": {"dataset": "dataset/cyber-all-k5-1234/n2"},
        "axes": {"system": "full", "taxonomy": "all_levels"},
    }
    for cell in root.glob("cells/*.json"):
        cell.write_text(json.dumps(record))
    short = root / "short" / "cyber-all-k5-1234" / "n9"
    short.mkdir(parents=True)
    write_rows(short / ROWS, [WHOLE])
    (short / COUNTS).write_text(json.dumps(MANIFEST | {"rows": 1}))
    assert list_datasets(root, as_json=False) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["cyber-all-k5-1234/n2", "2", "full"] in lines
    assert ["short/cyber-all-k5-1234/n9", "1"] in lines
    list_datasets(root, as_json=True)
    listed = json.loads(capsys.readouterr().out)
    for one in listed:
        assert show(root, one["dataset"], None, None, as_json=True) == 0
        assert json.loads(capsys.readouterr().out)["rows"] == one["rows"]


def test_a_store_without_data_sets_says_how_one_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list_datasets(tmp_path, as_json=False) == 0
    assert "simula generate makes one" in capsys.readouterr().out
