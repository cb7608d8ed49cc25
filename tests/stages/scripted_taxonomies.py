"""The measure taxonomy on eight nodes, with trees by a scripted teacher and a judge that knows the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from quality_oracle import oracle

from simula.composition import cells
from simula.config import Config
from simula.paths import Paths
from simula.progress import Progress
from simula.settings import incidental
from simula.stages.bench import Bench
from simula.store.artifacts import Store
from simula.teacher.fake import ScriptedTeacher
from simula.teacher.port import Request, Teacher
from simula.teacher.remote import Sampling

EXPERT = "metals\n  iron\n  copper\n  gold\n  lead\ngases\n  neon\n  argon\n"
"""Eight nodes."""
OURS = {
    "": ["metals", "gases", "bad stuff"],
    "metals": ["iron", "copper", "silver", "also iron"],
    "gases": ["neon"],
}
"""Of T_E's: metals, gases, iron, copper, neon. Exclusive: silver. Redundant: also iron. Bad: bad stuff."""
ZERO = [["stuff", "metals"], ["metals", "iron"], ["Metals", " iron "], ["gases"], ["bad salt"]]
"""Of T_E's: metals, iron, gases. Bad: bad salt. The first begins with the factor, the third comes twice."""


def writer(request: Request) -> Any:
    """Expands OURS, writes ZERO at once, and judges by the truth."""
    values = request.values
    if request.template == "propose_children":
        at = values["path"][-1] if values["path"] else ""
        return {"children": [{"name": name, "description": f"about {name}"} for name in OURS.get(at, [])]}
    if request.template == "review_children":
        return {"children": values["candidates"]}
    if request.template == "plan_level":
        return {"plan": "On."}
    if request.template == "zero_shot_taxonomy":
        return {"nodes": ZERO}
    return oracle(request)


class Scripted(Sampling):
    """A teacher of the script; `model` names its answers in the ledger."""

    model: str = "scripted"
    script: Callable[[Request], Any] = incidental(writer)

    def connect(self) -> Teacher:
        return ScriptedTeacher(self.script, self.model)


@cache
def composed(*overrides: str) -> Config:
    """Composing takes longer than what is tested."""
    base = [
        *("domain=arithmetic", "teacher=simulated", "tracking=none", "paths.root=/nowhere"),
        *("assessment.measures=[taxonomy]", "assessment.taxonomy.description=Texts about stuff."),
        *("taxonomy.expansion.proposals=1", "assessment.taxonomy.resamples=200"),
    ]
    return cells([*base, *overrides], sweep=False)[0].config


def config(root: Path, expert: Path | str, *overrides: str, **script: Any) -> Config:
    found = composed(f"assessment.taxonomy.expert={expert}", *overrides)
    places = found.paths.model_dump()
    paths = Paths(**{name: Path(str(place).replace("/nowhere", str(root))) for name, place in places.items()})
    teacher = Scripted(temperature=1.0, max_tokens=500, **script)
    return replace(found, teacher=teacher, paths=paths)


def bench(found: Config) -> Bench:
    return Bench(found, Store(found.paths.store), Progress("test"))


def scores(made: dict[str, Any], method: str, whom: str = "judge") -> list[float]:
    found = made["scores"][whom][method]["all"]
    return [found[name]["value"] for name in ("completeness", "soundness", "novelty", "coverage")]
