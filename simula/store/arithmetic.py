"""The laboratory's test items: problems drawn over the whole world, by nobody's habit."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from simula.domain.example import Example
from simula.draws import generator
from simula.settings import Settings
from simula.store.benchmarks import TestItem
from simula.teacher.simulated.imagination import imagine
from simula.teacher.simulated.ontology import leaves_of, world
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.scenario import Harder, Scenario
from simula.teacher.simulated.text import render
from simula.teacher.simulated.wishes import Wishes

_DIFFICULTIES: tuple[tuple[Harder, ...], ...] = (
    *((),) * 15,
    *(("step",), ("detail",)) * 2,
    ("larger",),
)
"""Three items in four are as the wording has them; of the others few go beyond ninety-nine."""


class ArithmeticBenchmark(Settings):
    """Held-out word problems with right answers, uniform over all leaves of every factor, easy to hard.

    An item's level is the number of its steps, "1" to "3".
    """

    items: int = Field(300, ge=1)
    """Number of test items; fewer are the first of more."""
    seed: int = 0
    """Which items; shared by all cells that are compared."""

    def load(self, folder: Path) -> list[TestItem]:  # the signature of all benchmarks
        """The items; no question occurs twice. They are computed: `folder` is not read."""
        found: dict[str, TestItem] = {}
        draw_number = 0
        while len(found) < self.items:
            problem = self._problem(draw_number)
            draw_number += 1
            question = render(problem)
            if question not in found:
                example = Example(
                    question=question, answer=str(problem.truth), reasoning=problem.reasoning(problem.truth)
                )
                name, steps = f"arithmetic-{self.seed}-{len(found):05d}", len(problem.steps)
                found[question] = TestItem(id=name, example=example, labels={"level": str(steps)})
        return list(found.values())

    def _problem(self, number: int) -> Problem:
        draw = generator(self.seed, number, "arithmetic benchmark")
        leaves = {factor: leaves_of(factor) for factor in world().varying}
        nodes = {factor: nodes[int(draw.integers(len(nodes)))] for factor, nodes in leaves.items()}
        harder = _DIFFICULTIES[int(draw.integers(len(_DIFFICULTIES)))]
        return imagine(Wishes(nodes, (), Scenario(harder=harder)), 0.0, draw)
