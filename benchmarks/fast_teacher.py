"""A teacher that answers every prompt at once, from the request's seed: for timing what stands around it.

Texts have 90 words of a vocabulary of 20,000; requirement critics refuse 8 %, each of the double critic's two
questions about 5 %. Taxonomies are wide: 4 factors with up to 12 kinds a node.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simula.settings import Settings, incidental
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.price import Price

WORDS = 90
SHORT = 25
"""Words of scenarios and explanations."""
_VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("", *"bdfgklmnprst")]
_VOCABULARY = [first + second for first in _VOCABULARY[:160] for second in _VOCABULARY[:125]]


def text(draw: random.Random, words: int) -> str:
    """Words of the vocabulary, as a sentence."""
    return " ".join(draw.choices(_VOCABULARY, k=words)).capitalize() + "."


def answer(schema: Mapping[str, Any], seed: int, incorrect: bool = False) -> dict[str, Any]:
    """What the reply to a data set's prompt says; a function of the arguments alone.

    Args:
        schema: the reply's, by which the prompt is told.
        seed: of the request.
        incorrect: whether an answer is asked to be incorrect, where yes is the verdict that refuses.
    """
    draw, properties = random.Random(seed), schema["properties"]
    if "verdict" in properties:
        refused = draw.random() < (0.05 if incorrect else 0.08)
        verdict = "yes" if refused == incorrect else "no"
        return {"explanation": text(draw, SHORT), "verdict": verdict}
    if "scenarios" in properties:
        return {"scenarios": [text(draw, SHORT) for _ in range(properties["scenarios"]["minItems"])]}
    if "scenario" in properties:
        return {"scenario": text(draw, SHORT + 10)}
    number = str(draw.randrange(10**6))
    return {"question": text(draw, WORDS), "reasoning": text(draw, 2 * SHORT), "answer": number}


def named(seed: int, count: int) -> list[dict[str, str]]:
    """Kinds or factors: names that differ, each with a line."""
    draw = random.Random(seed)
    names = draw.sample(_VOCABULARY, count)
    return [{"name": name, "description": text(draw, 10)} for name in names]


def taxonomy(request: Request) -> dict[str, Any] | None:
    """The answers of the taxonomy stage, which read what they are asked about; None for other prompts."""
    values = request.values
    match request.template:
        case "propose_factors" | "review_factors":
            return {"factors": values.get("factors") or named(request.seed, 4)}
        case "propose_children":
            return {"children": named(request.seed, 4)}
        case "review_children":
            return {"children": values["candidates"]}
        case "plan_level":
            return {"plan": text(random.Random(request.seed), SHORT)}
        case "write_strategies":
            names = [factor["name"] for factor in values["factors"]]
            return {"strategies": [{"factors": names, "weight": 1, "excluded": []}]}
    return None


@dataclass
class FastTeacher:
    """Answers at once."""

    model: str = "fast"
    kill_at: int = 0
    """The call at which the process is killed; 0: none."""
    asked: ClassVar[int] = 0
    """Calls of this process."""
    first: ClassVar[float] = 0.0
    """When the first of them came, on `time.perf_counter`."""

    async def ask(self, request: Request) -> Reply:
        """Answer one request."""
        FastTeacher.asked += 1
        if FastTeacher.asked == 1:
            FastTeacher.first = time.perf_counter()
        if FastTeacher.asked == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        incorrect = request.template == "judge_incorrect"
        said = taxonomy(request) or answer(request.schema, request.seed, incorrect)
        return Reply(json.dumps(said), "fast", "stop", Usage(prompt=len(request.prompt) // 4, completion=150))

    async def close(self) -> None:
        """Nothing is open."""


class FastTeacherSettings(Settings):
    """How a configuration names it."""

    model: str = "fast"
    temperature: float = 1.0
    max_tokens: int = 2048
    price: Price = Price(input=0.3, output=2.5)
    kill_at: int = incidental(0)

    def connect(self) -> FastTeacher:
        """The teacher itself."""
        return FastTeacher(kill_at=self.kill_at)
