"""A teacher whose answers are a function of the request, and mechanisms to put it into."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import numpy as np
from collected import Collected

from simula.critique import CriticSettings
from simula.domain import Domain
from simula.generation import Complexity, DatasetSettings, Mechanism, Recipe, Scenarios, Simula
from simula.prompts import Asker
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings
from simula.teacher.port import Reply, Request, Usage

DOMAIN = Domain.model_validate(
    {"name": "quiz", "description": "Quiz.", "instructions": "Answer.", "task": {"type": "multiple_choice"}}
)
TAXONOMIES = Taxonomies(
    taxonomies=(
        Taxonomy(factor="topic", children=(Node(name="sea"), Node(name="air"))),
        Taxonomy(factor="form", children=(Node(name="short"), Node(name="long"))),
    ),
    strategies=(Strategy(factors=("topic", "form"), weight=1),),
)


@dataclass
class Orderly:
    """Says yes to requirements and correctness, unless `verdict` says otherwise; keeps what it was asked."""

    verdict: Callable[[Request], str] = lambda request: (
        "no" if request.template == "judge_incorrect" else "yes"
    )
    disorder: int = 0
    asked: list[Request] = field(default_factory=list)
    model: str = "orderly"

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        waits = np.random.default_rng([request.seed, self.disorder]).integers(6) if self.disorder else 0
        for _ in range(int(waits)):
            await anyio.sleep(0)
        usage = Usage(prompt=len(request.prompt), completion=10)
        return Reply(json.dumps(self.answer(request)), "orderly-1", "stop", usage)

    def answer(self, request: Request) -> dict[str, Any]:
        number = request.seed
        match request.template:
            case "write_scenarios":
                return {"scenarios": [f"scenario {number}-{i}" for i in range(request.values["count"])]}
            case "complexify":
                return {"scenario": f"harder {request.values['scenario']}"}
            case "write_sample" | "refine" | "write_like" | "evolve":
                wrong = [f"{number} {word}" for word in ("west", "east", "south")]
                return {"question": f"Where is {number}?", "right_option": "north", "wrong_options": wrong}
        return {"explanation": f"because {number}", "verdict": self.verdict(request)}

    async def close(self) -> None: ...


def mechanism(teacher: Orderly, **changes: Any) -> Mechanism:
    """The full system of one teacher, but for `changes`."""
    asker = Asker(teacher, "system", 1.0, 100)
    recipe: Recipe = changes.get("recipe", Simula())
    said: dict[str, Any] = {
        "domain": DOMAIN,
        "taxonomies": TAXONOMIES if isinstance(recipe, Simula) else None,
        "taxonomy": TaxonomySettings(),
        "scenarios": Scenarios(),
        "complexity": Complexity(),
        "critic": CriticSettings(),
        "seed": 0,
        "writer": asker,
        "judge": asker,
        "double_judge": asker,
        "recipe": recipe,
    }
    return Mechanism(**(said | changes))


def filled(made: Mechanism, size: int = 20, concurrency: int = 8, **settings: Any) -> Collected:
    """A data set by the mechanism, with its candidates."""
    filling = Collected(made, DatasetSettings(concurrency=concurrency, **settings), size)
    anyio.run(filling.run)
    return filling
