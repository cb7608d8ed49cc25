"""A student examined: the answers to a benchmark's items, streamed to disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from simula.domain import Domain
from simula.evaluation.answer import Answer, limited
from simula.evaluation.engines.port import Engine, Examinee
from simula.store.benchmarks import TestItem
from simula.student.marking import Said
from simula.student.settings import EvaluationSettings, StudentSettings


def answer_items(
    domain: Domain,
    items: Sequence[TestItem],
    student: StudentSettings,
    kept: Path | None,
    evaluation: EvaluationSettings,
    folder: Path,
    cache: Path,
    progress: Callable[[int, int], None],
) -> list[Answer]:
    """Ask a student every item; the answers are in the order of the items.

    Answers are written to `folder/answers.jsonl` as they come, so that an evaluation that was killed and is
    called again repeats one batch at most, or a server's items in flight; a complete one loads no model.

    Args:
        domain: how a question is put and an answer is read.
        items: the benchmark; ids must differ.
        student: the model.
        kept: folder of what its training kept; None: the untuned student.
        evaluation: how it is asked.
        folder: where the answers go.
        cache: folder for converted weights.
        progress: called with items answered and items in all.

    Raises:
        StudentError: weights that are missing, or what training should have kept; a server that is gone.
    """
    asked = limited(items, evaluation.limit)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "answers.jsonl"
    wanted = {item.id for item in asked}
    known = {name: answer for name, answer in _restored(path).items() if name in wanted}
    missing = [item for item in asked if item.id not in known]
    if not missing:
        return [known[item.id] for item in asked]

    def keep(answers: Sequence[Said]) -> None:
        new = [_answer(missing[said.index], said) for said in answers]
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in new))
        known.update({answer.item: answer for answer in new})
        progress(len(known), len(asked))

    _engine(Examinee(domain, student, kept, evaluation, cache)).answer(
        [item.example for item in missing], keep
    )
    return [known[item.id] for item in asked]


def _answer(item: TestItem, said: Said) -> Answer:
    return Answer(
        item.id,
        said.prediction,
        said.right,
        said.text,
        said.logprobs,
        said.right_strict,
        said.right_lenient,
        said.right_logprob,
    )


def check_engine(
    domain: Domain,
    items: Sequence[TestItem],
    student: StudentSettings,
    evaluation: EvaluationSettings,
    cache: Path,
) -> None:
    """Whether what asks a student is there, before anything is spent.

    A server is asked one item, as the untuned student.

    Raises:
        StudentError: the engine's package is not installed; the server does not answer, or not as it must.
    """
    if evaluation.engine == "vllm":
        from simula.evaluation.engines.vllm import check

        check()
    if evaluation.engine == "server" and items:
        from simula.evaluation.engines.server import Server

        Server(Examinee(domain, student, None, evaluation, cache)).check(items[0].example)


def _engine(examinee: Examinee) -> Engine:
    if examinee.evaluation.engine == "server":
        from simula.evaluation.engines.server import Server

        return Server(examinee)
    if examinee.evaluation.engine == "vllm":
        from simula.evaluation.engines.vllm import Vllm

        return Vllm(examinee)
    from simula.evaluation.engines.local import Local

    return Local(examinee)


def _restored(path: Path) -> dict[str, Answer]:
    """The answers of an earlier call; a line that a kill cut off is taken from the file."""
    if not path.exists():
        return {}
    whole = path.read_bytes().rpartition(b"\n")[0]
    with path.open("r+b") as file:
        file.truncate(len(whole) + 1 if whole else 0)
    answers = (Answer(**json.loads(line)) for line in whole.splitlines())
    return {answer.item: answer for answer in answers}
