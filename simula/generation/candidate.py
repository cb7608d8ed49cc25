"""One slot's whole story: how a data point came to be, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from simula.critique import CriticSettings, Verdict
from simula.domain import Domain, Example
from simula.generation.settings import Complexity, Recipe, Scenarios
from simula.mix import Mix
from simula.prompts import Asker, Spent
from simula.taxonomy import Taxonomies, TaxonomySettings

Status = Literal["accepted", "rejected", "undecided", "unusable", "foreign", "duplicate", "contaminated"]


class Candidate(BaseModel):
    """What one slot gave. Only accepted candidates become rows; the others are kept with their reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slot: int
    status: Status
    reason: str = ""
    """Why it is not accepted: a critic, an unreadable reply, the row it repeats."""
    mix: Mix
    scenario: str = ""
    """The meta-prompt's scenario; empty where the mix itself is the meta-prompt."""
    plain_scenario: str = ""
    """The scenario before it was rewritten to be harder; empty where it was not."""
    complex: bool = False
    earlier_scenarios: int = 0
    """Earlier scenarios of the same mix that were shown when this one was written (the sequential mode)."""
    parents: tuple[int, ...] = ()
    """Slots whose data points were shown or rewritten (other recipes than the paper's)."""
    operation: str = ""
    """How the parent was rewritten (Evol-Instruct-like)."""
    example: Example | None = None
    drafts: tuple[Example, ...] = ()
    """What it was before each refinement, so that every verdict can be read beside what it was said of."""
    verdicts: tuple[Verdict, ...] = ()
    refinements: int = 0
    """How often the data point was written again after a negative verdict."""
    calls: int = 0
    repaired: int = 0
    asked_again: int = 0
    spent: tuple[Spent, ...] = ()
    """Calls, tokens and price by teacher."""
    templates: dict[str, str] = {}
    """Prompt files used, each with the hash of its text."""

    @property
    def tokens(self) -> int:
        """All tokens that the candidate cost, read and written."""
        return sum(one.tokens for one in self.spent)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """Everything that decides what a slot gives, besides its number."""

    domain: Domain
    taxonomies: Taxonomies | None
    """None where the recipe draws no mixes."""
    taxonomy: TaxonomySettings
    scenarios: Scenarios
    complexity: Complexity
    critic: CriticSettings
    seed: int
    writer: Asker
    """Writes scenarios, samples and refinements."""
    judge: Asker
    """The requirement critic; may be another teacher than the writer."""
    double_judge: Asker
    """The double critic; may be a third one."""
    recipe: Recipe
