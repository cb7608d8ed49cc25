"""Answers stream to disk, survive a kill, and do not depend on the batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.domain import Domain, Example, Identifier, Number
from simula.errors import StudentError
from simula.evaluation.engine import Answer, answer_items, limited
from simula.store.benchmarks import TestItem
from simula.student.settings import EvaluationSettings, HubWeights, StudentSettings

CWE = Domain(
    name="cwe",
    description="Weaknesses.",
    task=Identifier(pattern=r"CWE-\d+", choices={"CWE-78": "command", "CWE-787": "write", "CWE-22": "path"}),
    instructions="Which weakness?",
)
SUMS = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
ITEMS = [
    TestItem(id=f"item-{i}", example=Example(question=f"{'a report ' * (i % 4)}{i}", answer="CWE-22"))
    for i in range(10)
]


def asked(
    student: StudentSettings, folder: Path, domain: Domain = CWE, batch: int = 4, adapter: Path | None = None
) -> list[Answer]:
    evaluation = EvaluationSettings(batch_size=batch, max_new_tokens=8)
    return answer_items(domain, ITEMS, student, adapter, evaluation, folder, folder, lambda *_: None)


def test_answers_come_in_the_order_of_the_items(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    answers = asked(tiny_llama, tmp_path)
    assert [answer.item for answer in answers] == [item.id for item in ITEMS]
    for answer in answers:
        assert answer.prediction == max(answer.logprobs, key=answer.logprobs.__getitem__)
        assert answer.right == (answer.prediction == "CWE-22")


@pytest.mark.parametrize("domain", [CWE, SUMS], ids=["closed", "generated"])
def test_the_batch_size_does_not_matter(tiny_llama: StudentSettings, tmp_path: Path, domain: Domain) -> None:
    one, many = (asked(tiny_llama, tmp_path / str(size), domain, size) for size in (1, 7))
    assert [a.text for a in one] == [a.text for a in many]
    for a, b in zip(one, many, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


def test_a_killed_evaluation_asks_only_what_is_missing(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    whole = asked(tiny_llama, tmp_path)
    path = tmp_path / "answers.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    # A kill in the middle of the seventh line; an answer changed by hand shows that it is not asked again.
    kept = [lines[0].replace(b'"text": "', b'"text": "kept '), *lines[1:6]]
    path.write_bytes(b"".join(kept) + lines[6][:20])
    again = asked(tiny_llama, tmp_path)
    assert sum(answer.text.startswith("kept ") for answer in again) == 1
    assert [answer.prediction for answer in again] == [answer.prediction for answer in whole]
    assert len(path.read_bytes().splitlines()) == 10


def test_a_complete_evaluation_loads_no_model(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    answers = asked(tiny_llama, tmp_path)
    nowhere = StudentSettings(name="gone", weights=HubWeights(id=str(tmp_path / "gone")))
    assert asked(nowhere, tmp_path) == answers


def test_progress_counts_items(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    evaluation = EvaluationSettings(batch_size=4, limit=6)
    answer_items(
        CWE, ITEMS, tiny_llama, None, evaluation, tmp_path, tmp_path, lambda *done: seen.append(done)
    )
    assert seen == [(4, 6), (6, 6)]


def test_unanswered_is_apart_from_wrong(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    answers = asked(tiny_llama, tmp_path, SUMS)
    assert any(answer.prediction is None for answer in answers)
    assert not any(answer.right for answer in answers if answer.prediction is None)
    assert all(answer.logprobs == {} for answer in answers)


def test_a_smaller_limit_takes_a_part_of_a_larger_ones_items() -> None:
    three, six = limited(ITEMS, 3), limited(ITEMS, 6)
    assert {item.id for item in three} < {item.id for item in six}
    assert six == [item for item in ITEMS if item in six]
    assert six != ITEMS[:6]
    assert limited(ITEMS, None) == limited(ITEMS, 99) == ITEMS


def test_a_missing_adapter_is_one_sentence(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"there is no tuned student in .*nowhere: train it first"):
        asked(tiny_llama, tmp_path, adapter=tmp_path / "nowhere")
