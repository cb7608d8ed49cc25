"""A teacher that answers every prompt at once, from the request's seed: for timing what stands around it.

Texts have 90 words of a vocabulary of 20,000; requirement critics refuse 8 %, each of the double critic's two
questions about 5 %. Taxonomies are wide: 4 factors with up to 12 kinds a node.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from simula.settings import Settings
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


def answer(template: str, seed: int, count: int = 5) -> dict[str, Any]:
    """What a prompt's reply says; a function of the arguments alone.

    Args:
        template: the prompt file.
        seed: of the request.
        count: scenarios asked for.
    """
    draw = random.Random(seed)
    match template:
        case "write_scenarios":
            return {"scenarios": [text(draw, SHORT) for _ in range(count)]}
        case "complexify":
            return {"scenario": text(draw, SHORT + 10)}
        case "write_sample" | "refine" | "write_like" | "evolve":
            number = str(draw.randrange(10**6))
            return {"question": text(draw, WORDS), "reasoning": text(draw, 2 * SHORT), "answer": number}
        case "judge_requirements" | "judge_correct":
            return {"explanation": text(draw, SHORT), "verdict": "no" if draw.random() < 0.08 else "yes"}
        case "judge_incorrect":
            return {"explanation": text(draw, SHORT), "verdict": "yes" if draw.random() < 0.05 else "no"}
    raise LookupError(f"no answer to {template} is written here")


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
    """Answers at once; `asked` counts."""

    model: str = "fast"
    asked: int = 0

    async def ask(self, request: Request) -> Reply:
        """Answer one request."""
        self.asked += 1
        said = taxonomy(request) or answer(request.template, request.seed, request.values.get("count", 5))
        return Reply(json.dumps(said), "fast", "stop", Usage(prompt=len(request.prompt) // 4, completion=150))

    async def close(self) -> None:
        """Nothing is open."""


class FastTeacherSettings(Settings):
    """How a configuration names it."""

    model: str = "fast"
    temperature: float = 1.0
    max_tokens: int = 2048
    price: Price = Price(input=0.3, output=2.5)

    def connect(self) -> FastTeacher:
        """The teacher itself."""
        return FastTeacher()
