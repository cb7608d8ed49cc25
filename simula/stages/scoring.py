"""Scores of items from the teacher, which ratings of rows and measures of sets are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simula.domain import Example
from simula.errors import UnreadableReply
from simula.prompts import Tally
from simula.scoring import Schedule, ScoredBatch, ScoringSettings, count_parts, schedule, score_batches
from simula.stages.bench import Bench, paid_now


@dataclass(frozen=True, slots=True)
class Scored:
    """What the teacher said of some items, by their place."""

    items: int
    plan: Schedule
    batches: list[ScoredBatch]

    @property
    def parts(self) -> int:
        """Sets of items that no chain of scored batches connects."""
        return count_parts(self.items, [batch.items for batch in self.batches if batch.status == "scored"])

    def counts(self) -> dict[str, Any]:
        """What a manifest says of the batches."""
        left_out = Counter(batch.status for batch in self.batches if batch.status != "scored")
        return {
            "batches": len(self.batches),
            "batches_scored": len(self.batches) - left_out.total(),
            "batches_left_out": dict(sorted(left_out.items())),
            "places_filled_up": self.plan.filled_up,
        }


async def score_examples(
    bench: Bench,
    stage: str,
    examples: Sequence[Example],
    settings: ScoringSettings,
    seed: int,
    tally: Tally,
    log: Callable[[Mapping[str, float]], None],
) -> Scored:
    """Put the examples to the scorer in batches of varied company.

    Args:
        bench: the cell's tools; its scorer is asked.
        stage: named on the terminal.
        examples: at least one.
        settings: attribute, guidance, batch size, appearances.
        seed: of the schedule and the teacher's sampling; with the same examples and settings it gives the
            same calls, which are then recorded.
        tally: counts the calls.
        log: told of batches done.

    Raises:
        UnreadableReply: no batch at all could be read.
        TeacherUnavailable: no further call can succeed.
    """
    plan = schedule(len(examples), settings.batch_size, settings.appearances, seed)
    shown = [example.model_dump(mode="json") for example in examples]
    lost = Counter[str]()
    async with bench.asker(bench.config.scored_by) as asker:
        with bench.progress.bar(f"{stage}: batches scored") as meter:
            done = 0

            def on_batch(batch: ScoredBatch) -> None:
                nonlocal done
                done += 1
                lost[batch.status] += batch.status != "scored"
                note = f"{lost.total()} left out" if lost.total() else ""
                meter(done, len(plan.batches), note, lambda: paid_now(tally))
                log({"batches": done, "left_out": lost.total()})

            batches = await score_batches(plan.batches, shown, settings, asker, seed, tally, on_batch)
    if lost.total() == len(batches):
        raise UnreadableReply(
            f"none of {len(batches)} batches could be rated; the first: {batches[0].reason}"
        )
    return Scored(len(examples), plan, batches)
