from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.composition import cells
from simula.sweep.arrays import Array, arrays
from simula.sweep.tasks import Task, tasks_of


def task(kind: str, makes: str, *needs: str) -> Task:
    return Task(kind, (makes,), needs)  # type: ignore[arg-type]


def checked(
    tasks: Sequence[Task], published: Collection[str], limit: int, live: Collection[str] = ()
) -> list[Array]:
    """The arrays, by which each task waits for exactly what it needs, whatever else is true of them."""
    packed = arrays(tasks, published, limit, live)
    assert sorted(at for array in packed for at in array.tasks) == list(range(len(tasks)))
    submitted: set[int] = set()
    for place, array in enumerate(packed):
        assert 1 <= len(array.tasks) <= limit
        assert all(one < place for one in array.along)
        for element, at in enumerate(array.tasks):
            before = {*array.after, *(packed[one].tasks[element] for one in array.along)}
            assert before <= submitted
            made = {made for one in before for made in tasks[one].makes}
            assert made | {*array.elsewhere} | {*published} >= {*tasks[at].needs}
            assert all({*tasks[one].makes} & {*tasks[at].needs} for one in before)
            assert {*array.elsewhere} <= {*tasks[at].needs} - {*published}
            assert {*array.beside} == {*tasks[at].makes} & {*live} - {*published}
            assert tasks[at].gpu == array.gpu
        # aftercorr is between arrays: a single job is none.
        assert not array.along or len(array.tasks) > 1
        assert all(len(packed[one].tasks) == len(array.tasks) for one in array.along)
        submitted.update(array.tasks)
    return packed


def test_arrays_by_hand() -> None:
    """What waits for the same is one array, at most two of its tasks in each; CPU and GPU are apart."""
    tasks = [
        task("taxonomy", "t"),
        task("dataset", "a", "t"),
        task("dataset", "b", "t"),
        task("dataset", "c", "t"),
        task("measures", "m", "a"),
        task("student", "s", "a"),
        task("student", "u", "a"),
        task("student", "v", "elsewhere"),
        task("student", "w", "there"),
    ]
    packed = checked(tasks, {"there"}, 2)
    assert packed == [
        Array(False, (0,)),
        Array(True, (7,), elsewhere=("elsewhere",)),
        Array(True, (8,)),
        Array(False, (1,), after=(0,)),
        Array(False, (2, 3), after=(0,)),
        Array(False, (4,), after=(1,)),
        Array(True, (5, 6), after=(1,)),
    ]


def test_columns_by_hand() -> None:
    """Three data sets grow together; the students of one seed are one array, each behind its own data set."""
    tasks = [
        task("taxonomy", "t"),
        *(task("dataset", f"{name}1", "t") for name in "abc"),
        *(task("dataset", f"{name}2", "t", f"{name}1") for name in "abc"),
        *(task("student", f"{name}1 {seed}", f"{name}1") for name in "abc" for seed in range(2)),
    ]
    assert checked(tasks, (), 1000) == [
        Array(False, (0,)),
        Array(False, (1, 2, 3), after=(0,)),
        Array(False, (4, 5, 6), after=(0,), along=(1,)),
        Array(True, (7, 9, 11), along=(1,)),
        Array(True, (8, 10, 12), along=(1,)),
    ]


def test_what_another_job_makes_too_is_waited_for_by_its_own_task_alone() -> None:
    """Two adapters are in the queue already, of which one is there by now; the third student is like that."""
    tasks = [
        task("dataset", "d"),
        *(Task("student", (f"adapter {name}", f"answers {name}"), ("d",)) for name in "abc"),
    ]
    assert checked(tasks, {"adapter b"}, 1000, {"adapter a", "adapter b", "others"}) == [
        Array(False, (0,)),
        Array(True, (1,), after=(0,), beside=("adapter a",)),
        Array(True, (2, 3), after=(0,)),
    ]


def test_what_does_not_agree_waits_one_by_one() -> None:
    """Where b is done in part, its students are not behind the second of the array."""
    tasks = [
        *(task("dataset", name) for name in "abc"),
        *(task("measures", f"both {name}", "a", name) for name in "bc"),
    ]
    packed = checked(tasks, (), 1000)
    assert [(array.tasks, array.after) for array in packed] == [
        ((0,), ()),
        ((1, 2), ()),
        ((3, 4), (0,)),
    ]
    assert packed[2].along == (1,)
    crossed = [
        *(task("dataset", name) for name in "abc"),
        *(task("measures", f"{name}{other}", name, other) for name, other in ("ab", "bc", "ca")),
    ]
    packed = checked(crossed, (), 1000)
    assert [array.tasks for array in packed] == [(0, 1, 2), (3,), (4,), (5,)]


def test_shards_of_several_data_sets_are_columns_too() -> None:
    tasks = [
        *(task("shard", f"{name}/{shard}") for name in "abcd" for shard in range(3)),
        *(task("dataset", name, *(f"{name}/{shard}" for shard in range(3))) for name in "abcd"),
    ]
    packed = checked(tasks, (), 1000)
    assert len(packed) == 4
    assert packed[3] == Array(False, (12, 13, 14, 15), along=(0, 1, 2))


@pytest.mark.parametrize("extra", [(), ("dataset.shards=3",)])
def test_a_grid_takes_an_array_a_size_and_seed(extra: tuple[str, ...]) -> None:
    """Not one a data set: 5 systems, 3 sizes, 4 seeds, 2 data seeds have 30 data sets and 120 students."""
    words = ("domain=arithmetic", "teacher=simulated", "system=baseline,local,global,local_global,full")
    grid = ("size=16,32,64", "seed=range(0,4)", "data_seed=0,1")
    tasks = tasks_of([cell.config for cell in cells([*words, *grid, *extra], sweep=True)], "evaluate")
    packed = checked(tasks, (), 1000)
    # Taxonomy, untuned student; of each size data sets, shards, measures and the students of each seed.
    assert len(packed) == 2 + 3 * (1 + 3 * len(extra) + 1 + 4)
    assert len(tasks) == 2 + 30 * (1 + 3 * len(extra) + 1 + 4)
    for limit in (1, 7, 64):
        checked(tasks, (), limit)


@given(st.data())
def test_every_task_waits_for_what_it_needs_and_for_nothing_else(data: st.DataObject) -> None:
    """Any tasks, however unevenly they are made from each other, some of it done or made elsewhere."""
    made = ["elsewhere", "done"]
    tasks = []
    for at in range(data.draw(st.integers(1, 24))):
        needs = data.draw(st.lists(st.sampled_from(made), unique=True, max_size=3))
        kind = data.draw(st.sampled_from(["dataset", "student"]))
        tasks.append(task(kind, str(at), *needs))
        made.append(str(at))
    live = data.draw(st.sets(st.sampled_from(made)))
    checked(tasks, {"done"}, data.draw(st.sampled_from([1, 2, 3, 1000])), live)


@given(st.data())
def test_a_grid_that_is_done_in_part_is_packed_rightly(data: st.DataObject) -> None:
    """Of three levels of columns, any part of which is there."""
    names = "abcde"
    tasks = [
        *(task("dataset", f"{name}1") for name in names),
        *(task("dataset", f"{name}2", f"{name}1") for name in names),
        *(task("student", f"{name}2 {seed}", f"{name}2") for name in names for seed in range(3)),
    ]
    places = st.sets(st.sampled_from([one.makes[0] for one in tasks]))
    there, live = data.draw(places), data.draw(places)
    checked([one for one in tasks if one.makes[0] not in there], there, 1000, live)
