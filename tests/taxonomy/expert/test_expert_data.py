"""The shipped expert taxonomies: what can be checked of their facts, and their form."""

from __future__ import annotations

import re

import pytest

from simula.domain.names import folded
from simula.store.expert import read_expert, shipped
from simula.taxonomy.tree import Path

FORM = r"(?P<symbol>[A-Z][a-z]?), number (?P<number>\d+)(, group (?P<group>\d+))?, period (?P<period>\d)"
NOBLE = [0, 2, 10, 18, 36, 54, 86, 118]
"""The last number of each period."""


def place(number: int) -> tuple[int, int | None]:
    """Period and group, from how long the periods are; None inside the two series."""
    period = next(at for at, last in enumerate(NOBLE) if number <= last)
    offset, length = number - NOBLE[period - 1], NOBLE[period] - NOBLE[period - 1]
    if offset <= 2 and not (period == 1 and offset == 2):
        return period, offset
    if length == 32 and offset <= 17:
        return period, None
    return period, 18 - (length - offset)


def elements() -> dict[str, tuple[str, int, int | None, int, str]]:
    """Name to symbol, number, group, period, and category."""
    found = {}
    for branch in read_expert("elements").taxonomy.children:
        for node in branch.children:
            said = re.fullmatch(FORM, node.description)
            assert said is not None, node
            group = said["group"]
            found[node.name] = (
                *(said["symbol"], int(said["number"]), int(group) if group else None),
                *(int(said["period"]), branch.name),
            )
    return found


def test_all_118_elements_are_there_once_each_in_its_place() -> None:
    found = elements()
    assert sorted(number for _, number, *_ in found.values()) == list(range(1, 119))
    assert len(found) == len({symbol for symbol, *_ in found.values()}) == 118
    assert all(place(number) == (period, group) for _, number, group, period, _ in found.values())
    # By hand, one of each kind of place.
    assert found["hydrogen"] == ("H", 1, 1, 1, "reactive nonmetals")
    assert found["helium"] == ("He", 2, 18, 1, "noble gases")
    assert found["gadolinium"] == ("Gd", 64, None, 6, "lanthanides")
    assert found["lutetium"] == ("Lu", 71, None, 6, "lanthanides")
    assert found["hafnium"] == ("Hf", 72, 4, 6, "transition metals")
    assert found["tennessine"] == ("Ts", 117, 17, 7, "halogens")


def test_categories_of_elements_follow_from_groups_where_they_do() -> None:
    by_category: dict[str, set[int | None]] = {}
    for _, number, group, _, category in elements().values():
        if number > 1:
            by_category.setdefault(category, set()).add(group)
    assert by_category["alkali metals"] == {1}
    assert by_category["alkaline earth metals"] == {2}
    assert by_category["transition metals"] == set(range(3, 13))
    assert by_category["halogens"] == {17}
    assert by_category["noble gases"] == {18}
    assert by_category["lanthanides"] == by_category["actinides"] == {None}


@pytest.mark.parametrize("name", shipped())
def test_each_says_what_it_is_and_repeats_no_name(name: str) -> None:
    expert = read_expert(name)
    assert expert.description
    assert expert.kind
    assert expert.source
    assert expert.taxonomy.description
    names = [folded(path[-1]) for path, _ in expert.taxonomy.nodes]
    assert len(set(names)) == len(names)
    assert expert.taxonomy.repeated == []
    assert all(node.description for _, node in expert.taxonomy.nodes)


@pytest.mark.parametrize(
    ("name", "levels", "known"),
    [
        ("animals", [33, 94], ("Chordata", "Mammalia")),
        ("elements", [10, 118], ("transition metals", "iron")),
        ("minerals", [10, 108, 45], ("silicates", "tectosilicates", "albite")),
        ("fallacies", [2, 13, 72], ("informal fallacies", "diversions", "straw man")),
    ],
)
def test_their_sizes_and_a_node_of_each(name: str, levels: list[int], known: Path) -> None:
    taxonomy = read_expert(name).taxonomy
    assert [len(level) for level in taxonomy.levels] == levels
    assert known in [path for path, _ in taxonomy.nodes]
