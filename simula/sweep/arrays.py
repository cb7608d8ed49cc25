"""Tasks packed into job arrays: few calls of sbatch, and each task waits for exactly what it is made from.

Two ways to wait are Slurm's: all of an array for certain jobs (`afterok`), and the i-th of an array for the
i-th of another (`aftercorr`). By the second a column of a sweep is one array, whatever its length: the data
sets of one size, each behind the same at the next smaller size; the students of one seed, each behind its
data set. An array's elements are numbered from 0 without gaps, so that it takes two arrays that agree. Where
another sweep's job makes the same, its end is waited for, whatever that is (`afterany`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from simula.sweep.tasks import Task

_Waits = tuple[int, ...]
"""Places of the tasks that one waits for, or of some tasks."""
_Others = tuple[tuple[str, ...], tuple[str, ...]]
"""What other sweeps' jobs make: that some tasks are made from, and that they make, too."""
_Group = tuple[frozenset[int], _Others, tuple[int, int]]
"""Tasks that may share arrays: the arrays that they wait for, what they wait for elsewhere, likeness."""


@dataclass(frozen=True, slots=True)
class Array:
    """Tasks that are submitted together."""

    gpu: bool
    tasks: tuple[int, ...]
    """Places in the list of tasks."""
    after: tuple[int, ...] = ()
    """Places of the tasks that all of these wait for."""
    along: tuple[int, ...] = ()
    """Places, in the list of arrays, of those whose i-th task the i-th of these waits for."""
    elsewhere: tuple[str, ...] = ()
    """What all of these wait for and none of the tasks makes: another sweep's job does."""
    beside: tuple[str, ...] = ()
    """What these make and another sweep's job makes, too: they begin when that has ended, well or not."""


def arrays(
    tasks: Sequence[Task], published: Collection[str], limit: int, live: Collection[str] = ()
) -> list[Array]:
    """Pack tasks into arrays of at most `limit`, each behind those that it waits for.

    Args:
        tasks: those to submit, each behind what it waits for.
        published: places that nobody needs to wait for.
        limit: tasks of an array at most.
        live: places that jobs in the queue make.
    """
    makers = {place: at for at, task in enumerate(tasks) for place in task.makes}
    missing = [[place for place in task.needs if place not in published] for task in tasks]
    waits = [tuple(sorted({makers[place] for place in places if place in makers})) for places in missing]
    elsewhere = [tuple(sorted(place for place in places if place not in makers)) for places in missing]
    twice = frozenset(live).difference(published)
    beside = [tuple(place for place in task.makes if place in twice) for task in tasks]
    alike = _alike([task.gpu for task in tasks], waits)
    packing = _Packing(limit)
    for level in _levels(waits):
        groups: dict[_Group, dict[_Waits, list[int]]] = defaultdict(lambda: defaultdict(list))
        for at in level:
            above = frozenset(packing.element[one][0] for one in waits[at])
            groups[above, (elsewhere[at], beside[at]), alike[at]][waits[at]].append(at)
        for (_, others, _), group in groups.items():
            packing.add(tasks[next(iter(group.values()))[0]].gpu, group, others)
    return packing.packed


def _levels(waits: Sequence[_Waits]) -> list[list[int]]:
    """The tasks by the length of the longest chain of others that they wait for."""
    depth: list[int] = []
    levels: dict[int, list[int]] = defaultdict(list)
    for at, before in enumerate(waits):
        depth.append(1 + max((depth[one] for one in before), default=-1))
        levels[depth[at]].append(at)
    return [levels[number] for number in sorted(levels)]


def _alike(gpu: Sequence[bool], waits: Sequence[_Waits]) -> list[tuple[int, int]]:
    """For each task two numbers; those of two tasks agree where they could stand in one array.

    The first tells the form of all that follows: behind tasks of one form others again fill whole arrays. The
    second tells tasks apart that are waited for together, such as the shards of one data set.
    """
    followers: list[list[int]] = [[] for _ in waits]
    for at, before in enumerate(waits):
        for one in before:
            followers[one].append(at)
    forms: dict[object, int] = {}
    form = [0] * len(waits)
    for at in reversed(range(len(waits))):
        said = (gpu[at], *sorted(form[one] for one in followers[at]))
        form[at] = forms.setdefault(said, len(forms))
    twins: dict[object, int] = defaultdict(int)
    found = []
    for at, after in enumerate(followers):
        name = (form[at], waits[at], tuple(after))
        found.append((form[at], twins[name] if after else 0))
        twins[name] += 1
    return found


@dataclass(slots=True)
class _Packing:
    """What is packed so far."""

    limit: int
    packed: list[Array] = field(default_factory=list)
    element: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Task to its array, by place, and its own place in that."""

    def add(self, gpu: bool, group: dict[_Waits, list[int]], others: _Others) -> None:
        """Pack tasks, given by what they wait for, which are tasks of the same arrays.

        Those that wait for the same are one array, or the first of each are one, the second of each are
        another; whichever is fewer.
        """
        columns = self._columns(group) if max(map(len, group.values())) < len(group) else None
        for members, after, along in columns or self._rows(group):
            for place, task in enumerate(members):
                self.element[task] = (len(self.packed), place)
            self.packed.append(Array(gpu, members, after, along, *others))

    def _rows(self, group: dict[_Waits, list[int]]) -> Iterator[tuple[_Waits, _Waits, _Waits]]:
        """Arrays of tasks that wait for the same: the tasks, and those."""
        for after, members in group.items():
            for start in range(0, len(members), self.limit):
                yield tuple(members[start : start + self.limit]), after, ()

    def _columns(self, group: dict[_Waits, list[int]]) -> list[tuple[_Waits, _Waits, _Waits]] | None:
        """Arrays across what is waited for: tasks, what all wait for, the arrays that they go along.

        None where some array would not agree with one that it goes along.
        """
        found = []
        # What is waited for as (array, element), in the order of the elements.
        ordered = sorted((sorted(self.element[one] for one in waits), waits) for waits in group)
        if len({len(elements) for elements, _ in ordered}) > 1:
            return None
        for rank in range(max(map(len, group.values()))):
            rows = [(elements, group[waits][rank]) for elements, waits in ordered if rank < len(group[waits])]
            after, along = [], []
            for column in zip(*(elements for elements, _ in rows), strict=True):
                array, element = column[0]
                if len(set(column)) == 1:
                    after.append(self.packed[array].tasks[element])
                elif column == tuple((array, at) for at in range(len(self.packed[array].tasks))):
                    along.append(array)
                else:
                    return None
            found.append((tuple(task for _, task in rows), tuple(after), tuple(along)))
        return found
