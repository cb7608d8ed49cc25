"""A teacher's answers to items: its examination, and the scorer's of a measured set."""

from __future__ import annotations

from collections.abc import Sequence

from simula.evaluation.answer import Answer
from simula.evaluation.teacher import examine
from simula.prompts import Tally
from simula.stages.bench import Bench, paid_now
from simula.store.benchmarks import TestItem
from simula.teacher.settings import TeacherSettings


async def examined(
    bench: Bench, teacher: TeacherSettings, label: str, items: Sequence[TestItem], tally: Tally
) -> list[Answer]:
    """What a teacher answers to each item, as `evaluation` says; equal calls are recorded once.

    Args:
        bench: the cell's tools.
        teacher: who is asked.
        label: named on the terminal.
        items: in the order of the answers.
        tally: counts the calls.
    """
    config = bench.config
    async with bench.asker(teacher) as asker:
        with bench.progress.bar(label) as meter:

            def on_answer(done: int, total: int) -> None:
                meter(done, total, "", lambda: paid_now(tally))

            asked, at_once = config.evaluation, config.dataset.concurrency
            reasoning, extraction = asked.teacher_reasoning, asked.extraction
            return await examine(
                config.domain, items, asker, reasoning, extraction, at_once, tally, on_answer
            )
