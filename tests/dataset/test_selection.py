"""Complexity splits: the same number of rows from each taxonomy node, low and high apart."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.dataset.selection import SelectionSettings, group_rows, select
from simula.domain import Example
from simula.errors import ConfigurationError
from simula.generation import Candidate
from simula.mix import Choice, Mix

PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map(tuple)


def row(slot: int, *choices: tuple[str, tuple[str, ...]]) -> Candidate:
    mix = Mix(strategy=0, choices=tuple(Choice(factor=factor, path=path) for factor, path in choices))
    return Candidate(slot=slot, status="accepted", mix=mix, example=Example(question=f"q {slot}", answer="1"))


@st.composite
def rated_rows(draw: st.DrawFn) -> tuple[list[Candidate], dict[int, float]]:
    """Rows of some slots, with a topic or without one; most of them rated, some equally."""
    slots = draw(st.lists(st.integers(0, 200), unique=True, max_size=60).map(sorted))
    rows = []
    for slot in slots:
        topic = [("topic", draw(PATHS))] if draw(st.integers(0, 9)) else []
        rows.append(row(slot, *topic, ("form", draw(PATHS))))
    rated = [slot for slot in slots if draw(st.integers(0, 9))]
    return rows, {slot: float(draw(st.integers(390, 410))) for slot in rated}


SETTINGS = st.builds(
    dict, share=st.sampled_from([0.1, 0.4, 0.5]), min_rows=st.integers(1, 8), factor=st.just(None)
)


def split(
    which: str, made: tuple[list[Candidate], dict[int, float]], settings: dict[str, object], seed: int = 0
) -> list[int]:
    chosen = select(*made, SelectionSettings(which=which, **settings), seed)
    assert chosen.counts["rows"] == len(chosen.rows)
    return [row.slot for row in chosen.rows]


def group_of(
    made: tuple[list[Candidate], dict[int, float]], settings: dict[str, object]
) -> dict[int, object]:
    rated = [row for row in made[0] if row.slot in made[1]]
    groups = group_rows(rated, SelectionSettings(**settings))
    return {row.slot: path for path, members in groups.rows.items() for row in members}


@given(rated_rows(), SETTINGS, st.integers(0, 5))
def test_the_splits_are_of_equal_size_in_every_group_and_low_and_high_are_disjoint(
    made: tuple[list[Candidate], dict[int, float]], settings: dict[str, object], seed: int
) -> None:
    low, high, mixed = (split(which, made, settings, seed) for which in ("low", "high", "mixed"))
    groups, ratings = group_of(made, settings), made[1]
    sizes = Counter(groups.values())
    for chosen in (low, high, mixed):
        assert chosen == sorted(set(chosen))
        taken = Counter(groups[slot] for slot in chosen)
        for group, rows in sizes.items():
            assert taken[group] == min(rows // 2, int(settings["share"] * rows + 0.5))
    assert not set(low) & set(high)
    assert set(mixed) <= {*low, *high}
    for group in sizes:
        here = {slot for slot, of in groups.items() if of == group}
        below, above, both = here & set(low), here & set(high), here & set(mixed)
        middle = here - below - above
        assert max((ratings[slot] for slot in below), default=0) <= min(
            ratings[slot] for slot in here - below
        )
        if above:
            assert min(ratings[slot] for slot in above) >= max(
                (ratings[slot] for slot in below | middle), default=0
            )
        assert abs(len(both & below) - len(both & above)) <= 1


@given(rated_rows(), SETTINGS)
def test_everything_is_every_rated_row_in_slot_order(
    made: tuple[list[Candidate], dict[int, float]], settings: dict[str, object]
) -> None:
    assert split("everything", made, settings) == sorted(made[1])
    counts = select(*made, SelectionSettings(which="low"), 0).counts
    assert counts["rows_before"] == len(made[0])
    assert counts["unrated_rows"] == len(made[0]) - len(made[1])


@given(rated_rows(), SETTINGS)
def test_small_nodes_join_their_parents_and_no_row_is_lost(
    made: tuple[list[Candidate], dict[int, float]], settings: dict[str, object]
) -> None:
    rows = made[0]
    groups = group_rows(rows, SelectionSettings(**settings))
    assert sorted(row.slot for members in groups.rows.values() for row in members) == [
        row.slot for row in rows
    ]
    moved = 0
    for path, members in groups.rows.items():
        if path:
            assert len(members) >= int(settings["min_rows"])
        for one in members:
            own = next((choice.path for choice in one.mix.choices if choice.factor == groups.factor), None)
            # Every row stands in its own node or in one above it; those without the factor by themselves.
            assert (path is None and own is None) or (
                path is not None and own is not None and own[: len(path)] == path
            )
            moved += path != own
    assert groups.merged_rows == moved


def test_a_hand_worked_example() -> None:
    rows = [row(slot, ("topic", ("a", "x"))) for slot in range(5)]
    rows += [row(slot, ("topic", ("a", "y"))) for slot in (5, 6)]
    rows += [row(slot, ("topic", ("a",))) for slot in (7, 8, 9)]
    rows += [row(10, ("topic", ("b",)))]
    ratings = {slot: float(slot) for slot in range(11)}
    groups = group_rows(rows, SelectionSettings())
    # y has two rows and joins a; a has then five; b has one and is the rest of the factor.
    assert {path: [one.slot for one in members] for path, members in groups.rows.items()} == {
        ("a", "x"): [0, 1, 2, 3, 4],
        ("a",): [7, 8, 9, 5, 6],
        (): [10],
    }
    assert (groups.merged_nodes, groups.merged_rows) == (2, 3)
    low = select(rows, ratings, SelectionSettings(which="low"), 0)
    high = select(rows, ratings, SelectionSettings(which="high"), 0)
    assert [one.slot for one in low.rows] == [0, 1, 5, 6]
    assert [one.slot for one in high.rows] == [3, 4, 8, 9]
    assert low.counts == {
        "which": "low",
        "rows_before": 11,
        "rows": 4,
        "unrated_rows": 0,
        "factor": "topic",
        "groups": 3,
        "groups_too_small": 1,
        "merged_nodes": 2,
        "merged_rows": 3,
        "rows_without_factor": 0,
    }


def test_the_factor_is_the_first_that_every_row_has_or_the_one_named() -> None:
    rows = [
        row(0, ("rare", ("r",)), ("topic", ("a",)), ("form", ("f",))),
        row(1, ("topic", ("a",)), ("form", ("g",))),
    ]
    assert group_rows(rows, SelectionSettings()).factor == "topic"
    assert group_rows(rows, SelectionSettings(factor="rare")).rows[None] == [rows[1]]
    with pytest.raises(ConfigurationError, match="there is no factor 'from'; did you mean form"):
        group_rows(rows, SelectionSettings(factor="from"))


def test_rows_without_any_factor_are_one_group() -> None:
    rows = [row(slot) for slot in range(10)]
    low = select(rows, {slot: -slot for slot in range(10)}, SelectionSettings(which="low"), 0)
    assert [one.slot for one in low.rows] == [6, 7, 8, 9]
    assert (low.counts["groups"], low.counts["rows_without_factor"]) == (1, 10)


def test_mixed_draws_by_its_seed_alone() -> None:
    rows = [row(slot, ("topic", (f"t{slot % 4}",))) for slot in range(200)]
    made = (rows, {slot: float(slot * 7 % 200) for slot in range(200)})
    assert split("mixed", made, {}, 1) == split("mixed", made, {}, 1)
    assert split("mixed", made, {}, 1) != split("mixed", made, {}, 2)
    # Of 50 rows a group 20 low, 20 high: ten of either.
    assert len(set(split("mixed", made, {}, 1)) & set(split("low", made, {}))) == 40
