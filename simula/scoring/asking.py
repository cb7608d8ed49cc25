"""Put batches to the teacher: the items of one are scored relative to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simula.concurrency import in_order
from simula.draws import entropy
from simula.errors import RequestFailed, RequestLost, TeacherUnavailable, UnreadableReply
from simula.prompts import Asker, Tally, replies
from simula.scoring.schedule import Batch
from simula.scoring.settings import HIGHEST, LOWEST, ScoringSettings

Status = Literal["scored", "unreadable", "failed", "lost"]


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """What the teacher said of one batch."""

    items: Batch
    scores: tuple[int, ...]
    """One an item, in the order of `items`, from 1 to 100; empty where the batch is left out."""
    status: Status = "scored"
    reason: str = ""
    """Why it is left out: no reply could be read, the teacher refused, or nobody answered."""


async def score_batches(
    batches: Sequence[Batch],
    examples: Sequence[Mapping[str, Any]],
    settings: ScoringSettings,
    asker: Asker,
    seed: int,
    tally: Tally,
    on_batch: Callable[[ScoredBatch], None] = lambda batch: None,
) -> list[ScoredBatch]:
    """One call a batch; results in the order of `batches`, whatever the order in which calls return.

    Args:
        batches: items by number.
        examples: the items, as prompt files read them: the whole data point with its answer is shown.
        settings: attribute and guidance.
        asker: the teacher that scores.
        seed: of the teacher's sampling.
        tally: counts the calls.
        on_batch: told of each batch when it is back.

    Raises:
        TeacherUnavailable: no further call can succeed, or faults that pass took every attempt of some
            batches, of which nothing is known; all others are asked before, and recorded.
    """
    found: dict[int, ScoredBatch] = {}
    waiting = iter(range(len(batches)))

    async def work() -> None:
        # All workers take from one iterator: half a million batches need no task each.
        for number in waiting:
            batch = batches[number]
            shown = [examples[item] for item in batch]
            found[number] = await _score(batch, shown, settings, asker, entropy(seed, "score", number), tally)
            on_batch(found[number])

    await in_order([work] * min(settings.concurrency, len(batches)))
    if lost := [batch for batch in found.values() if batch.status == "lost"]:
        raise TeacherUnavailable(
            f"{len(lost)} of {len(batches)} batches got no answer; the first: {lost[0].reason}; the same "
            "command asks for these again, and for no others"
        )
    return [found[number] for number in range(len(batches))]


async def _score(
    batch: Batch,
    shown: Sequence[Mapping[str, Any]],
    settings: ScoringSettings,
    asker: Asker,
    seed: int,
    tally: Tally,
) -> ScoredBatch:
    values = {
        "examples": shown,
        "attribute": settings.attribute,
        "guidance": settings.guidance,
        "lowest": LOWEST,
        "highest": HIGHEST,
    }
    schema = replies.scores(len(batch), LOWEST, HIGHEST)
    try:
        reply = await asker.ask("score_complexity", schema, values, seed=seed, tally=tally)
    except UnreadableReply as error:
        return ScoredBatch(batch, (), "unreadable", str(error))
    except RequestFailed as error:
        return ScoredBatch(batch, (), "failed", str(error))
    except RequestLost as error:
        return ScoredBatch(batch, (), "lost", str(error))
    return ScoredBatch(batch, tuple(reply["scores"]))
