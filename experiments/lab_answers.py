"""What the laboratory's students write: which step of a calculation goes wrong, and where they stop."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from scipy.special import stdtrit

from simula.stages.evaluate import ANSWERS
from simula.teacher.simulated.problem import Operator, Problem, calculate

MEASURES = {
    "right": "right answers",
    "stopped": "right answers, had the student stopped after as many steps as the problem takes",
    "first": "first step right: operation, numbers and result",
    "setup": "first step set up right, whatever its result",
    "sums": "first steps whose result is that of what is written, whatever the problem",
    "more": "more steps written than the problem takes",
    "fewer": "fewer steps written than the problem takes",
    "form": "answers with the line that begins with ####",
    "one": "right answers to problems of one step",
    "several": "right answers to problems of more steps",
}
"""What is counted, each a share of the answers, the last two of those to such problems."""
_EQUATION = re.compile(r"(\d+) ?([-+*/]) ?(\d+) ?= ?(-?\d+)")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer beside its problem."""

    problem: Problem
    text: str
    right: bool

    @property
    def equations(self) -> list[tuple[int, Operator, int, int]]:
        """Number, operator, number and result of each step that is written before the answer."""
        found = _EQUATION.findall(self.text.split("####")[0])
        return [
            (int(first), cast(Operator, sign), int(second), int(result))
            for first, sign, second, result in found
        ]

    @property
    def setup(self) -> bool:
        """Whether the first step has the problem's operation and numbers."""
        if not self.equations:
            return False
        first, sign, second, _ = self.equations[0]
        operator, number = self.problem.steps[0]
        wanted = (self.problem.numbers[0], number)
        return sign == operator and (
            (first, second) == wanted or (sign in "+*" and (second, first) == wanted)
        )

    @property
    def sums(self) -> bool:
        """Whether the first step's result is that of its own numbers."""
        if not self.equations:
            return False
        first, sign, second, result = self.equations[0]
        try:
            return calculate(first, sign, second) == result
        except ValueError:
            return False

    @property
    def first(self) -> bool:
        """Whether the first step is right: the problem's operation and numbers, and their result."""
        return self.setup and self.sums

    @property
    def more(self) -> bool:
        """Whether more steps are written than the problem takes."""
        return len(self.equations) > len(self.problem.steps)

    @property
    def stopped(self) -> bool:
        """Whether it would be right, had it stopped after as many steps as the problem takes."""
        if not self.more:
            return self.right
        *_, result = self.equations[len(self.problem.steps) - 1]
        return result == self.problem.truth

    @property
    def fewer(self) -> bool:
        """Whether fewer steps are written than the problem takes."""
        return len(self.equations) < len(self.problem.steps)


def read_answers(folder: Path, problems: Mapping[str, Problem], items: Sequence[str]) -> list[Written]:
    """The answers of an evaluation.

    Args:
        folder: of the published evaluation.
        problems: test item to its problem.
        items: in which order the answers are wanted.
    """
    lines = (folder / ANSWERS).read_text("utf-8").splitlines()
    said = {one["item"]: one for one in map(json.loads, lines)}
    return [Written(problems[item], said[item]["text"], said[item]["right"]) for item in items]


def counted_answers(written: Sequence[Written]) -> dict[str, float | None]:
    """The measures of these answers."""
    one = [answer.right for answer in written if len(answer.problem.steps) == 1]
    several = [answer.right for answer in written if len(answer.problem.steps) > 1]
    return {
        "right": _mean([answer.right for answer in written]),
        "stopped": _mean([answer.stopped for answer in written]),
        "first": _mean([answer.first for answer in written]),
        "setup": _mean([answer.setup for answer in written]),
        "sums": _mean([answer.sums for answer in written]),
        "more": _mean([answer.more for answer in written]),
        "fewer": _mean([answer.fewer for answer in written]),
        "form": _mean(["####" in answer.text for answer in written]),
        "one": _mean(one),
        "several": _mean(several),
    }


def worth_of_seeing(answers: Iterable[tuple[Written, bool]]) -> tuple[float, float, float] | None:
    """What it is worth that the rows of a student have a problem's wording, with its 95 % interval.

    Right answers, had the student stopped in time: the share among students that saw the wording minus that
    among the others, wording by wording, so that no wording's own difficulty is in it; then their mean,
    weighted by n·m/(n+m) of n and m answers. The interval is t's, by how the wordings differ.

    Args:
        answers: each with whether its student saw the wording.

    Returns:
        None where fewer than two wordings were seen by some students and not by others.
    """
    parted: defaultdict[tuple[str, ...], tuple[list[bool], list[bool]]] = defaultdict(lambda: ([], []))
    for answer, seen in answers:
        parted[answer.problem.wording.path][seen].append(answer.stopped)
    both = [(np.array(without), np.array(seen)) for without, seen in parted.values() if without and seen]
    if len(both) < 2:
        return None
    differences = np.array([seen.mean() - without.mean() for without, seen in both])
    weights = np.array([len(seen) * len(without) / (len(seen) + len(without)) for without, seen in both])
    weights /= weights.sum()
    mean = float(weights @ differences)
    half = float(stdtrit(len(both) - 1, 0.975) * np.sqrt(weights**2 @ (differences - mean) ** 2))
    return mean, mean - half, mean + half


def _mean(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None
