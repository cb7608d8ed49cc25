"""One contract for all engines: the same items, the same student, the same answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import vllm_stand_in
from student_server import StudentServer

from simula.domain import Domain, Example, Identifier, MultipleChoice, Number
from simula.errors import StudentError
from simula.evaluation.answer import Answer
from simula.evaluation.engine import answer_items, check_engine
from simula.store.benchmarks import TestItem
from simula.student.adapter import adapted, merged, save
from simula.student.settings import EvaluationSettings, Lora, StudentSettings
from simula.student.weights import load

QUIZ = Domain(name="quiz", description="A quiz.", task=MultipleChoice(), instructions="Answer by a letter.")
SUMS = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
CWE = Domain(
    name="cwe",
    description="Weaknesses.",
    task=Identifier(pattern=r"CWE-\d+", choices={"CWE-78": "command", "CWE-787": "write", "CWE-22": "path"}),
    instructions="Which weakness?",
)
LETTERS = "ABCDEF"
QUESTIONS = [
    TestItem(
        id=f"question-{i}",
        example=Example(
            question=f"{'How many? ' * (i % 4)}{i}",
            options=tuple(str(i + place) for place in range(2 + i % 5)),
            answer=LETTERS[i % (2 + i % 5)],
        ),
    )
    for i in range(12)
]
PROBLEMS = [
    TestItem(id=f"sum-{i}", example=Example(question=f"{'and ' * (i % 3)}{i} + 1", answer=str(i + 1)))
    for i in range(9)
]
REPORTS = [
    TestItem(id=f"report-{i}", example=Example(question=f"report {i}", answer="CWE-22")) for i in range(4)
]
KINDS = {"quiz": (QUIZ, QUESTIONS), "sums": (SUMS, PROBLEMS), "reports": (CWE, REPORTS)}
ENGINES = ["transformers", "vllm", "server"]

Examine = Callable[..., list[Answer]]


@pytest.fixture(scope="module")
def kept(tiny_llama: StudentSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that changes answers, as training keeps it."""
    folder = tmp_path_factory.mktemp("train") / "sums-tiny-n8-s0-abc" / "adapter"
    folder.parent.mkdir()
    model = adapted(load(tiny_llama, folder)[0], Lora(rank=4, alpha=32), seed=0)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.2)
    save(model, folder)
    return folder


@pytest.fixture(scope="module")
def models(tiny_llama: StudentSettings, kept: Path) -> dict[str, Any]:
    untuned, tuned = (load(tiny_llama, kept)[0] for _ in range(2))
    return {"tiny": untuned, kept.parent.name: merged(tuned, kept)}


@pytest.fixture
def server(models: dict[str, Any], tokenizer: Any) -> Iterator[StudentServer]:
    """One a test: what a refused examination still had in flight reaches no other test's server."""
    with StudentServer(models, tokenizer).running() as running:
        yield running


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "vllm":
        vllm_stand_in.install(monkeypatch)
    return str(request.param)


@pytest.fixture
def examine(server: StudentServer, tiny_llama: StudentSettings, tmp_path: Path) -> Examine:
    def examined(
        engine: str,
        kind: str = "quiz",
        adapter: Path | None = None,
        folder: Path | None = None,
        prompt: str = "chat",
        progress: Callable[[int, int], None] = lambda *_: None,
        **settings: Any,
    ) -> list[Answer]:
        evaluation = asked_by(engine, **{"url": server.url, **settings})
        domain, items = KINDS[kind]
        student = tiny_llama.model_copy(update={"prompt": prompt})
        folder = folder or tmp_path / f"{engine}-{kind}-{prompt}-{adapter is not None}"
        return answer_items(domain, items, student, adapter, evaluation, folder, tmp_path, progress)

    return examined


def asked_by(engine: str, url: str, **settings: Any) -> EvaluationSettings:
    there = {"url": url, "served_untuned": "tiny", "concurrency": 3} if engine == "server" else {}
    said = {"engine": engine, "batch_size": 4, "max_new_tokens": 6, "choice_tokens": 3, **there, **settings}
    return EvaluationSettings.model_validate(said)


@pytest.mark.parametrize("prompt", ["chat", "plain"])
@pytest.mark.parametrize("kind", ["quiz", "sums"])
@pytest.mark.parametrize("tuned", [False, True], ids=["untuned", "tuned"])
def test_answers_are_those_of_transformers(
    engine: str, examine: Examine, kept: Path, kind: str, prompt: str, tuned: bool
) -> None:
    adapter = kept if tuned else None
    if (engine, kind, prompt) == ("server", "quiz", "plain"):
        # Here a space and a letter are two tokens.
        assert "the answer 'A' is not told from others" in refused(examine, kind, adapter, prompt=prompt)
        return
    answers = examine(engine, kind, adapter, prompt=prompt)
    expected = examine("transformers", kind, adapter, prompt=prompt)
    assert [answer.item for answer in answers] == [item.id for item in KINDS[kind][1]]
    assert [answer.text for answer in answers] == [answer.text for answer in expected]
    assert len({answer.text for answer in answers}) > 1
    for ours, theirs in zip(answers, expected, strict=True):
        assert (ours.right_strict, ours.right_lenient) == (theirs.right_strict, theirs.right_lenient)
        told = {answer: theirs.logprobs[answer] for answer in ours.logprobs}
        assert ours.logprobs == pytest.approx(told, abs=1e-4)
        if engine != "server":
            assert ours.logprobs.keys() == theirs.logprobs.keys()
        if ours.logprobs or kind == "sums":
            assert (ours.prediction, ours.right) == (theirs.prediction, theirs.right)
        else:
            # A server tells the 20 likeliest tokens alone.
            assert (ours.prediction, ours.right, ours.right_logprob) == (None, False, False)
    assert any(answer.logprobs for answer in answers) == (kind == "quiz")


def test_the_tuned_student_is_another_one(engine: str, examine: Examine, kept: Path) -> None:
    untuned, tuned = (examine(engine, "sums", adapter) for adapter in (None, kept))
    assert [answer.text for answer in untuned] != [answer.text for answer in tuned]


@pytest.mark.parametrize("engine", ["vllm"], indirect=True)
def test_answers_of_several_tokens_are_scored_in_this_process(engine: str, examine: Examine) -> None:
    answers, expected = (examine(each, "reports") for each in (engine, "transformers"))
    for ours, theirs in zip(answers, expected, strict=True):
        # CWE-78 begins CWE-787: the end of the turn counts.
        assert ours.logprobs == pytest.approx(theirs.logprobs, abs=1e-4)
        assert (ours.prediction, ours.text) == (theirs.prediction, theirs.text)


def test_without_tokens_probabilities_alone_are_kept(engine: str, examine: Examine) -> None:
    answers, expected = (examine(each, choice_tokens=0) for each in (engine, "transformers"))
    assert {answer.text for answer in answers} == {""}
    for ours, theirs in zip(answers, expected, strict=True):
        assert ours.right_strict is ours.right_lenient is None
        assert not ours.logprobs or ours.prediction == theirs.prediction


def test_a_letter_counts_by_setting(engine: str, examine: Examine) -> None:
    answers = examine(engine, choice="letter")
    assert [answer.right for answer in answers] == [
        bool(answer.right_strict or answer.right_lenient) for answer in answers
    ]
    # A server is not asked for probabilities that do not count.
    assert any(answer.logprobs for answer in answers) == (engine != "server")


def test_only_what_is_missing_is_asked(engine: str, examine: Examine, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    whole = examine(engine, "sums", folder=folder)
    path = folder / "answers.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 9
    path.write_bytes(b"".join(lines[:5]) + lines[5][:20])
    seen: list[tuple[int, int]] = []
    assert examine(engine, "sums", folder=folder, progress=lambda *done: seen.append(done)) == whole
    # Four are missing: a batch here, one by one from a server.
    assert seen == ([(6, 9), (7, 9), (8, 9), (9, 9)] if engine == "server" else [(9, 9)])
    assert path.read_bytes().splitlines(keepends=True)[:5] == lines[:5]


def test_a_complete_examination_asks_nobody(engine: str, examine: Examine, tmp_path: Path) -> None:
    answers = examine(engine, folder=tmp_path / "whole")
    nowhere = {"url": "http://127.0.0.1:1/v1"} if engine == "server" else {}
    assert examine(engine, folder=tmp_path / "whole", **nowhere) == answers


@pytest.mark.parametrize("engine", ["transformers", "server"], indirect=True)
def test_after_sigkill_only_what_was_in_flight_is_asked_again(
    engine: str, examine: Examine, server: StudentServer, tiny_llama: StudentSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    said = {
        "items": [{"id": item.id, "example": item.example.model_dump()} for item in PROBLEMS],
        "domain": SUMS.model_dump(),
        "student": tiny_llama.model_dump(),
        "evaluation": asked_by(engine, server.url).model_dump(),
        "folder": str(folder),
        "still_after": 99 if engine == "server" else 4,
    }
    wanted = 5 if engine == "server" else 4
    command = [sys.executable, str(Path(__file__).with_name("examined_process.py")), json.dumps(said)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            server.hold_after = server.answered + 5
            assert any(int(line) == wanted for line in child.stdout)
            while engine == "server" and server.at_once < 3:
                time.sleep(0.01)
        finally:
            child.kill()
            server.hold_after = None
    kept = (folder / "answers.jsonl").read_bytes()
    assert kept.count(b"\n") == wanted
    asked = len(server.bodies)
    again = examine(engine, "sums", folder=folder)
    assert (folder / "answers.jsonl").read_bytes().startswith(kept)
    assert again == examine(engine, "sums", folder=tmp_path / "whole")
    if engine == "server":
        assert len(server.bodies) - asked == 4 + 9


def test_items_are_in_flight_together(examine: Examine, server: StudentServer) -> None:
    examine("server")
    assert server.most_at_once == 3


def test_a_batch_of_vllm_is_one_call(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    vllm_stand_in.install(monkeypatch)
    examine("vllm")
    [llm] = vllm_stand_in.MADE
    # Of each item its text and its letters.
    by_item = [1 + len(item.example.options) for item in QUESTIONS]
    assert llm.calls == [sum(by_item[:4]), sum(by_item[4:8]), sum(by_item[8:])]


def test_a_passing_fault_is_sent_again(examine: Examine, server: StudentServer) -> None:
    server.script = [(503, {"error": {"message": "overloaded"}}), (200, {"choices": []})]
    assert len(examine("server")) == 12


def refused(examine: Examine, *arguments: Any, **settings: Any) -> str:
    with pytest.raises(StudentError) as error:
        examine("server", *arguments, **{"concurrency": 1, **settings})
    return str(error.value)


def test_a_name_that_is_not_served_is_one_sentence(
    examine: Examine, kept: Path, server: StudentServer
) -> None:
    said = refused(examine, "quiz", kept, served="nobody")
    assert said.startswith(f"the server {server.url}: there is no model nobody here")
    assert "evaluation.served=…" in said
    assert said.endswith(f"the tuned student lies in {kept}")


def test_a_question_that_a_server_cannot_take_ends_the_examination(
    examine: Examine, server: StudentServer
) -> None:
    server.script = [(400, {"error": {"message": "the prompt is too long"}})]
    assert "does not take a request of this length" in refused(examine)


def test_another_model_than_the_one_asked_is_one_sentence(examine: Examine, server: StudentServer) -> None:
    server.script = [(200, {"model": "other", "choices": []})]
    assert "answered as other where tiny was asked: set evaluation.served_untuned" in refused(examine)


def test_answers_of_several_tokens_are_refused_before_anything_is_sent(
    examine: Examine, server: StudentServer
) -> None:
    assert "the answer 'CWE-78' is not told from others by one: set evaluation.choice=letter" in refused(
        examine, "reports"
    )
    assert server.bodies == []
    assert len(examine("server", "reports", choice="letter")) == 4


def test_a_missing_key_is_one_sentence(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert "set evaluation.key_variable=null" in refused(examine, key_variable="NO_SUCH_KEY")


def checked(student: StudentSettings, evaluation: EvaluationSettings, folder: Path) -> str:
    with pytest.raises(StudentError) as error:
        check_engine(QUIZ, QUESTIONS, student, evaluation, folder)
    return str(error.value)


def test_what_cannot_answer_is_told_before_anything_is_spent(
    tiny_llama: StudentSettings, tokenizer: Any, tmp_path: Path
) -> None:
    assert "vllm is not installed here" in checked(tiny_llama, EvaluationSettings(engine="vllm"), tmp_path)
    with StudentServer({"tiny": load(tiny_llama, tmp_path)[0]}, tokenizer, logprobs=False).running() as dumb:
        said = checked(tiny_llama, asked_by("server", dumb.url), tmp_path)
        assert "tells no probabilities of first tokens" in said
        assert "set evaluation.choice=letter" in said
        assert len(dumb.bodies) == 1
        check_engine(QUIZ, QUESTIONS, tiny_llama, asked_by("server", dumb.url, choice="letter"), tmp_path)


def test_a_setting_that_a_server_needs_is_named() -> None:
    with pytest.raises(ValueError, match=r"needs evaluation\.url"):
        EvaluationSettings(engine="server")
    with pytest.raises(ValueError, match="are both 'a'"):
        EvaluationSettings(engine="server", url="http://x/v1", served="a", served_untuned="a")


def test_an_engine_is_part_of_the_identity_and_where_a_server_stands_is_not() -> None:
    def identity(**settings: Any) -> dict[str, Any]:
        return EvaluationSettings.model_validate(settings).identity()

    assert not {"engine", "served", "url"} & identity().keys()
    assert identity(served="x", url="http://x/v1") == identity()
    assert identity(engine="vllm") == identity() | {"engine": "vllm"}
    served = {"engine": "server", "url": "http://x/v1", "served_untuned": "base"}
    assert identity(**served) == identity(**served | {"url": "http://y/v1", "concurrency": 2})
    assert identity(**served) != identity(**served | {"served": "mine"})
