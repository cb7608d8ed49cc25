"""What later slots need of earlier ones, kept small: half a million rows are not held in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Protocol

from simula.domain import Example
from simula.generation.candidate import Candidate
from simula.generation.settings import Recipe, Scenarios, Simula


class Texts(Protocol):
    """Texts by their number, the first being 0: a list, or a file."""

    def append(self, text: str, /) -> None:
        """Add the text of the next number."""
        ...

    def __getitem__(self, number: int, /) -> str:
        """The text of a number."""
        ...


class History:
    """The settled candidates of a data set, in slot order, as far as the recipe looks back at them.

    One text a candidate is kept, in `texts`: in the sequential mode its scenario, for recipes that show
    earlier data points the accepted ones; beside it, 8 bytes for an accepted one.
    """

    def __init__(self, recipe: Recipe, scenarios: Scenarios, texts: Texts) -> None:
        """Begin with none."""
        self._shows_rows = not isinstance(recipe, Simula)
        self._shows_scenarios = not self._shows_rows and looks_back(scenarios)
        self._texts = texts
        self._accepted = array("q")
        self._settled = 0

    def __len__(self) -> int:
        return self._settled

    def add(self, candidate: Candidate) -> None:
        """Remember the next candidate."""
        self._settled += 1
        if self._shows_scenarios:
            self._texts.append(candidate.plain_scenario or candidate.scenario)
        elif self._shows_rows:
            example = candidate.example if candidate.status == "accepted" else None
            if example is not None:
                self._accepted.append(candidate.slot)
            self._texts.append("" if example is None else example.model_dump_json())

    def scenario(self, slot: int) -> str:
        """The scenario of a slot before any harder rewriting; empty where none was written."""
        return self._texts[slot]

    def accepted_before(self, slot: int) -> int:
        """How many accepted candidates come before a slot."""
        return bisect_left(self._accepted, slot)

    def accepted_slot(self, number: int) -> int:
        """The slot of the accepted candidate of this number, the first being 0."""
        return self._accepted[number]

    def example(self, slot: int) -> Example:
        """The data point of an accepted candidate."""
        return Example.model_validate_json(self._texts[slot])


Drawn = Sequence[tuple[str, Sequence[str]]]
"""What tells a mix from others: the path that it holds of each factor."""


class SeenMixes:
    """Which slots drew the same mix: 12 bytes a slot, and two numbers a distinct mix.

    A mix is told by its hash, of 64 bits, which is this process's own: two of a million distinct
    ones share it once in 30 million data sets.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._latest: dict[int, int] = {}
        self._previous = array("q")
        self._times = array("i")

    def draw(self, mix: Drawn) -> int:
        """Note the mix of the next slot; how many slots drew it before."""
        parts: list[str | int] = []
        for factor, path in mix:
            parts += (len(path), factor, *path)
        slot, name = len(self._previous), hash(tuple(parts))
        previous = self._latest.get(name, -1)
        self._latest[name] = slot
        self._previous.append(previous)
        self._times.append(self._times[previous] + 1 if previous >= 0 else 0)
        return self._times[slot]

    def before(self, slot: int) -> Iterator[int]:
        """The earlier slots with the mix of this one, the latest first."""
        while (slot := self._previous[slot]) >= 0:
            yield slot


def looks_back(scenarios: Scenarios) -> bool:
    """Whether new scenarios may see earlier ones of their mix (the sequential mode)."""
    return bool(scenarios.count) and scenarios.sequential_after is not None
