"""What a killed run left of its candidates: whole lines in slot order, whatever a crash did to the rest."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from simula.domain import Example
from simula.errors import StoreError
from simula.generation import Candidate
from simula.mix import Choice, Mix
from simula.prompts import Spent
from simula.store.settled import Settled


def candidate(slot: int, text: str = "How many?", path: tuple[str, ...] = ("a", "b")) -> Candidate:
    return Candidate(
        slot=slot,
        status="rejected" if slot % 3 == 1 else "accepted",
        mix=Mix(strategy=0, choices=(Choice(factor="f", path=path, description=text),)),
        example=Example(question=text, answer="5"),
        spent=(
            Spent(model="m", answered=("m-1",), calls=1, prompt=7, cached=0, completion=3, usd=0.1 + 0.2),
        ),
        templates={"write_sample": "abc"},
    )


def left(path: Path, count: int) -> list[Candidate]:
    """A run that ends without removing its file."""
    made = [candidate(slot) for slot in range(count)]
    with Settled(path) as settled:
        for one in made:
            settled.add(one)
    return made


def test_an_earlier_run_is_counted_read_and_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "n5.jsonl"
    made = left(path, 5)
    with Settled(path) as settled:
        assert (settled.count, settled.accepted) == (5, 3)
        for one in settled:
            settled.add(one)
        settled.add(candidate(5))
    with Settled(path) as settled:
        assert list(settled) == [*made, candidate(5)]
        settled.remove()
    assert not path.exists()


texts = some.text() | some.text('{}",:\\mixscenario')


@given(text=texts, reason=texts)
@example(text='}]},"scenario":"', reason=',"mix":{')
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, text: str, reason: str
) -> None:
    path = tmp_path_factory.mktemp("settled") / "n5.jsonl"
    one = candidate(0, text, ("a", text)).model_copy(update={"reason": reason})
    with Settled(path) as settled:
        settled.add(one)
    with Settled(path) as settled:
        assert list(settled) == [one]
        assert list(settled.drawn()) == [[("f", ["a", text])]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [*lines[:3], lines[3][:-20]],
        lambda lines: [*lines[:3], lines[3][:40] + b"\0" * 40 + lines[3][80:], *lines[4:]],
        lambda lines: [*lines[:3], *lines[4:]],
    ],
    ids=["torn", "zeros", "a gap"],
)
def test_what_a_crash_spoiled_is_made_again(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "n5.jsonl"
    made = left(path, 6)
    assert callable(damage)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with Settled(path) as settled:
        assert list(settled) == made[:3]
        for one in made[3:]:
            settled.add(one)
    with Settled(path) as settled:
        assert list(settled) == made


def test_candidates_of_another_version_are_made_again(tmp_path: Path) -> None:
    path = tmp_path / "n5.jsonl"
    left(path, 3)
    path.write_bytes(path.read_bytes().replace(b'"operation"', b'"process"'))
    with Settled(path) as settled:
        assert settled.count == 0


def test_an_odd_line_among_good_ones_is_named(tmp_path: Path) -> None:
    path = tmp_path / "n5.jsonl"
    left(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b'"operation"', b'"process"') + lines[2])
    with Settled(path) as settled, pytest.raises(StoreError, match=r"line 2 of .* is no candidate; delete"):
        list(settled)
