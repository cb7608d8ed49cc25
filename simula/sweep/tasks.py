"""The tasks of a sweep: which artifacts its cells are made of, each once, and what waits for what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from simula.config import Config
from simula.stages.keys import MEASURES, artifact_keys, dataset_key
from simula.stages.shards import shards_of

Kind = Literal["taxonomy", "shard", "dataset", "measures", "rate", "teacher", "untuned", "student"]
KINDS: tuple[Kind, ...] = (
    "taxonomy",
    "shard",
    "dataset",
    "measures",
    "rate",
    "teacher",
    "untuned",
    "student",
)
"""In the direction of the data."""
MAX_ARRAY = 1000
"""Tasks of an array by Slurm's default (MaxArraySize=1001)."""
ON_GPU = frozenset({"untuned", "student"})
"""Kinds that load a student; all others ask a teacher or only compute."""
_FROM: Mapping[str, tuple[Kind, ...]] = {
    "taxonomy": ("taxonomy",),
    "generate": KINDS[:3],
    "assess": KINDS[:4],
    "train": (*KINDS[:5], "student"),
    "evaluate": KINDS,
}
"""The last stage that is wanted, to the kinds of task that lead there."""


STAGES = tuple(_FROM)
"""The last stages that may be wanted, in the direction of the data."""


@dataclass(slots=True)
class Task:
    """One job's work: artifacts of one kind that are made together."""

    kind: Kind
    makes: tuple[str, ...]
    """`stage/key` of each artifact."""
    needs: tuple[str, ...]
    """What must be published before, as far as the sweep makes it."""
    cells: list[int] = field(default_factory=list)
    """Places of the cells that use it; the first one's configuration says how it is made."""
    size: int = 0
    """Rows of the data set behind it."""
    serves: str = ""
    """The one artifact that it is made for; where that exists, it need not."""

    @property
    def gpu(self) -> bool:
        """Whether it is for a GPU node."""
        return self.kind in ON_GPU

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.kind} {self.makes[0].partition('/')[2]}"


def tasks_of(configs: Sequence[Config], until: str) -> list[Task]:
    """Every task of the cells, shared ones once, each behind those that it waits for.

    A data set of one size waits for the next smaller one of the same mechanism, from which it grows: their
    common rows are made once, and students of the smaller one start as soon as that is complete.

    Args:
        configs: the cells.
        until: the last stage, as `simula.arguments` names it.
    """
    found: dict[tuple[Kind, tuple[str, ...]], Task] = {}
    sizes: dict[str, dict[int, Task]] = defaultdict(dict)
    for place, config in enumerate(configs):
        for task in _of_cell(config, until):
            # Students are one by their adapter; measures by all of them, as some depend on no rows.
            name = task.makes if task.kind == "measures" else task.makes[:1]
            known = found.setdefault((task.kind, name), task)
            # Cells that share an adapter may ask its student in different ways.
            known.makes = tuple(dict.fromkeys((*known.makes, *task.makes)))
            known.cells.append(place)
            if task.kind == "dataset":
                sizes[dataset_key(config)].setdefault(config.scalars.size, known)
    before: dict[str, tuple[str, ...]] = {}
    for by_size in sizes.values():
        ordered = [by_size[size] for size in sorted(by_size)]
        before |= {larger.makes[0]: smaller.makes for smaller, larger in pairwise(ordered)}
    for task in found.values():
        task.needs = (*task.needs, *before.get(task.serves or task.makes[0], ()))
    return sorted(found.values(), key=_place)


def _place(task: Task) -> tuple[int, int, int]:
    """Behind all that it may wait for: a data set and its shards behind those of smaller sizes."""
    kind = KINDS.index(task.kind)
    return (KINDS.index("dataset") if task.kind == "shard" else kind, task.size, kind)


def missing_of(tasks: Sequence[Task], published: Collection[str]) -> list[Task]:
    """The tasks that are still to be done, where these artifacts are there."""
    there = frozenset(published)
    return [task for task in tasks if not there.issuperset(task.makes) and task.serves not in there]


def _of_cell(config: Config, until: str) -> list[Task]:
    """The tasks of one cell. Raises ConfigurationError where it measures a file that is not there."""
    wanted: _Wanted
    keys, size = artifact_keys(config), config.scalars.size
    measures = tuple(dict.fromkeys(keys[stage] for stage, _ in MEASURES.values() if stage in keys))
    taxonomy = (keys["taxonomy"],) if "taxonomy" in keys else ()
    if config.only_measured:
        wanted = {"taxonomy": (taxonomy, ()), "measures": (measures, taxonomy)}
        return _tasks(wanted, until, 0)
    rows = (keys["dataset"],)
    rate = (keys["rate"],) if "rate" in keys else ()
    shards = shards_of(config)
    students = (keys["train"], keys["evaluate"]) if until == "evaluate" else (keys["train"],)
    wanted = {
        "taxonomy": (taxonomy, ()),
        "dataset": (rows, (*taxonomy, *shards)),
        "measures": (measures, rows),
        "rate": (rate, rows),
        "teacher": ((keys["teacher"],) if "teacher" in keys else (), ()),
        "untuned": ((keys["untuned"],), ()),
        "student": (students, (*rows, *rate)),
    }
    tasks = _tasks(wanted, until, size)
    if "shard" in _FROM[until]:
        tasks += [Task("shard", (shard,), taxonomy, size=size, serves=rows[0]) for shard in shards]
    return tasks


_Wanted = dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]]
"""What tasks of a kind make and need."""


def _tasks(wanted: _Wanted, until: str, size: int) -> list[Task]:
    kinds = [kind for kind in _FROM[until] if kind in wanted and wanted[kind][0]]
    return [Task(kind, *wanted[kind], size=size) for kind in kinds]
