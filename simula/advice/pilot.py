"""The pilot: the first candidates of the system `full`, each question answered once more by its teacher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simula.advice.estimate import Point
from simula.dataset import Filling
from simula.evaluation.teacher import examine
from simula.generation import Candidate, DatasetSettings, Mechanism
from simula.prompts import Tally
from simula.store.benchmarks import TestItem


@dataclass(frozen=True, slots=True)
class Pilot:
    """What was tried."""

    points: tuple[Point, ...]
    """The candidates whose data point could be read, and whose second answer too."""
    tried: int
    unusable: int
    """Candidates without a data point, refused calls and unreadable replies."""
    unanswered: int
    """Data points to which the teacher gave no second answer."""
    calls_before_critics: int
    """Calls that write scenarios and data points, without refinements."""
    again: Tally
    """The second answers' calls."""
    filling: Tally
    """The candidates' calls."""


async def pilot(
    mechanism: Mechanism,
    settings: DatasetSettings,
    points: int,
    reasoning: bool,
    progress: Callable[[int, int], None],
) -> Pilot:
    """Try so many candidates, and answer each data point's question once more.

    Args:
        mechanism: the system `full`; the requests are those of a data set of it, so that it repeats none.
        settings: of that data set.
        points: candidates.
        reasoning: the second answer is reasoned, as an examination's.
        progress: called with candidates and second answers so far, and with their number in all.

    Raises:
        TeacherUnavailable: no further call can succeed.
    """
    found: list[Candidate] = []
    filling = Filling(
        mechanism,
        settings.model_copy(update={"candidates_per_row": 1.0, "tokens": None}),
        points,
        on_change=lambda now: progress(now.kept, 2 * points),
        keep=found.append,
    )
    await filling.run()
    written = [one for one in found if one.example is not None and one.status != "unusable"]
    again, limit = Tally(), settings.concurrency
    items = [TestItem(str(one.slot), one.example) for one in written if one.example is not None]
    answers = await examine(
        mechanism.domain,
        items,
        mechanism.writer,
        reasoning,
        "strict_first",
        limit,
        again,
        lambda done, total: progress(len(found) + done, len(found) + total),
    )
    # Two answers agree by their values: an examination may tell 18.00 from 18.
    said = [
        Point(
            one.complex,
            one.status not in ("rejected", "undecided"),
            mechanism.domain.task.right(answer.prediction, item.example),
        )
        for one, item, answer in zip(written, items, answers, strict=True)
        if answer.prediction is not None
    ]
    return Pilot(
        points=tuple(said),
        tried=len(found),
        unusable=len(found) - len(written),
        unanswered=len(written) - len(said),
        calls_before_critics=sum(bool(mechanism.scenarios.count) + one.complex + 1 for one in found),
        again=again,
        filling=filling.tally,
    )
