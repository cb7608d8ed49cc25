"""What critics are tried on: questions with a right answer, that answer made wrong, and the writer's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from simula.concurrency import each, run
from simula.config import Config
from simula.critique import Corruption, as_shown, corrupt
from simula.critique.corruption import SYSTEM
from simula.domain import Example, MultipleChoice
from simula.draws import entropy
from simula.errors import RequestLost, SimulaError, TeacherUnavailable
from simula.evaluation.answer import Answer, limited
from simula.evaluation.teacher import examine
from simula.metrics import Point
from simula.prompts import Tally
from simula.scoring import rate
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.keys import trials_key
from simula.stages.measures.points import answers_known, inputs, measured_set, read_set
from simula.stages.scoring import score_examples
from simula.store.benchmarks import TestItem
from simula.store.trials import Trial, read_trials, write_trials

S = TypeVar("S")
T = TypeVar("T")
STAGE = "trials"
_THIRDS = ("low", "middle", "high")


def build_trials(bench: Bench) -> dict[str, Any]:
    """The manifest of the trials, which every critic of this writer and these points shares.

    Raises:
        SimulaError: the points have no answers, or are of another form than the domain's.
        UnreadableReply: the teacher answered no question at all, or the scorer no batch
            (assessment.critics.rated=false does without its ratings).
        TeacherUnavailable: no further call can succeed, or calls were lost; what was answered is recorded.
    """

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, bench, folder, log)

    return bench.build(STAGE, trials_key(bench.config), inputs(bench.config), make)


def stored_trials(bench: Bench) -> list[Trial]:
    """The published trials of the cell."""
    return read_trials(bench.store.folder(STAGE, trials_key(bench.config)))


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config = bench.config
    measured = read_set(bench)
    points = _questions(config, measured.points)
    items = [TestItem(point.id, as_shown(config.domain, point.example)) for point in points]
    tally = Tally()
    answers, corruptions = await _asked(bench, items, tally)
    rated = config.assessment.critics.rated
    elo = await _rated(bench, items, tally, log) if rated else [None] * len(items)
    thirds = _thirds(elo)
    trials = [
        Trial(
            id=item.id,
            groups=_groups(point, config.scoring.attribute, third),
            right=item.example,
            corrupted=corruption.example,
            lost=corruption.reason,
            refused=corruption.refused,
            own=(own := _own(config, item.example, answer)),
            own_right=own is not None and config.domain.task.right(own.answer, item.example),
            elo=rating,
        )
        for point, item, answer, corruption, rating, third in zip(
            points, items, answers, corruptions, elo, thirds, strict=True
        )
    ]
    write_trials(folder, trials)
    said = {
        "questions": len(trials),
        "unanswered": sum(trial.own is None for trial in trials),
        "own_right": sum(trial.own_right for trial in trials),
        "corruptions_refused": sum(trial.refused for trial in trials),
        "corruptions_lost": sum(trial.corrupted is None for trial in trials),
        "unrated": sum(rating is None for rating in elo) if rated else None,
    }
    log({name: value for name, value in said.items() if value is not None})
    return {
        **measured.said,
        "teacher": config.teacher.model,
        "answers_known": answers_known(config),
        **said,
        **cost(tally.spent, tally),
    }


def _questions(config: Config, points: Sequence[Point]) -> list[Point]:
    """The points that critics are tried on, in their order. Raises SimulaError where there are none."""
    where, task = measured_set(config), config.domain.task
    answered = [point for point in points if point.example.answer]
    if not answered:
        raise SimulaError(f"the points of {where} have no answers: critics cannot be tried on them")
    if isinstance(task, MultipleChoice) and not all(point.example.options for point in answered):
        raise SimulaError(
            f"points of {where} have no options, and the answers of domain={config.domain.name} are letters "
            "of options; assessment.columns.options says where they are"
        )
    drawn = limited(
        [TestItem(point.id, point.example) for point in answered], config.assessment.critics.questions
    )
    names = {item.id for item in drawn}
    return [point for point in answered if point.id in names]


async def _asked(
    bench: Bench, items: Sequence[TestItem], tally: Tally
) -> tuple[list[Answer], list[Corruption]]:
    """The writer's own answers, as in its examination, and the right ones made wrong by it."""
    config, at_once = bench.config, bench.config.dataset.concurrency
    async with bench.asker(config.teacher) as asker:
        with bench.progress.bar("critics: answered, then corrupted") as meter:

            def on_answer(done: int, total: int) -> None:
                meter(done, 2 * total, "", lambda: paid_now(tally))

            # Critics tell values apart, not forms: what can be read as an answer is one, and right by value.
            reasoning = config.evaluation.teacher_reasoning
            answers = await examine(
                config.domain, items, asker, reasoning, "strict_first", at_once, tally, on_answer
            )
            corruptor, done = replace(asker, system=SYSTEM), len(items)

            async def corrupted(item: TestItem) -> Corruption:
                nonlocal done
                attempts, seed = config.assessment.critics.attempts, entropy("corruption", item.id)
                found = await corrupt(config.domain, item.example, corruptor, attempts, seed, tally)
                done += 1
                meter(done, 2 * len(items), "", lambda: paid_now(tally))
                return found

            return answers, await each_answered(corrupted, items, at_once)


async def each_answered(work: Callable[[S], Awaitable[T]], items: Sequence[S], at_once: int) -> list[T]:
    """What `work` returns of every item; all others are asked before a lost one ends the run.

    Raises:
        TeacherUnavailable: faults that pass took every attempt of some calls, of which nothing is known.
    """

    async def answered(item: S) -> T | RequestLost:
        try:
            return await work(item)
        except RequestLost as lost:
            return lost

    found = await each(answered, items, at_once)
    if lost := [one for one in found if isinstance(one, RequestLost)]:
        raise TeacherUnavailable(
            f"{len(lost)} of {len(items)} got no answer; the first: {lost[0]}; the same command asks these "
            "again, and no others"
        )
    return [one for one in found if not isinstance(one, RequestLost)]


async def _rated(
    bench: Bench,
    items: Sequence[TestItem],
    tally: Tally,
    log: Callable[[Mapping[str, float]], None],
) -> list[float | None]:
    """Elo of each question, all of them compared with one another; None where no batch could be read."""
    settings, seed = bench.config.scoring, entropy("critics", "rate")
    examples = [item.example for item in items]
    scored = await score_examples(bench, "critics", examples, settings, seed, tally, log)
    ratings = rate(scored.batches, len(items), settings.elo)
    return [rating.elo if rating.appearances else None for rating in ratings]


def _own(config: Config, right: Example, answer: Answer) -> Example | None:
    """The question with the writer's own answer, as critics see it."""
    if answer.prediction is None:
        return None
    reasoning = answer.text.rpartition("\n")[0] if config.evaluation.teacher_reasoning else ""
    said = right.model_copy(update={"answer": answer.prediction, "reasoning": reasoning.strip()})
    return as_shown(config.domain, said)


def _groups(point: Point, attribute: str, third: str | None) -> dict[str, str]:
    """What a question belongs to: nodes it was made from, what people said of it, how hard it is."""
    found: dict[str, str] = {}
    if point.mix is not None:
        found |= {choice.factor: choice.path[0] for choice in point.mix.choices}
        found["complex"] = "yes" if point.complex else "no"
    found |= point.labels
    return found if third is None else found | {f"{attribute} third": third}


def _thirds(elo: Sequence[float | None]) -> list[str | None]:
    """Low, middle or high by rank among the rated; None where a question is not rated."""
    rated = sorted((rating, at) for at, rating in enumerate(elo) if rating is not None)
    found: list[str | None] = [None] * len(elo)
    for rank, (_, at) in enumerate(rated):
        found[at] = _THIRDS[3 * rank // len(rated)]
    return found
