"""Fill one slot: mix, scenario, complexity, sample, critics, refinement (Section 2.2 to 2.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from simula.critique import Decision, Verdict, decide, double_critic, judge
from simula.domain import Example
from simula.draws import balanced, entropy, generator
from simula.errors import RequestFailed, RequestLost, UnreadableReply
from simula.generation.candidate import Candidate, Mechanism, Status
from simula.generation.history import History, looks_back
from simula.generation.recipes import Pool, settled_before, write_by_recipe
from simula.generation.samples import ask_example, write_sample
from simula.generation.scenarios import as_values, complexify, is_complex, scenario_draw, write_scenario
from simula.generation.settings import Simula
from simula.mix import Mix
from simula.prompts import Tally


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a data set, and the way to what stands before it."""

    number: int
    mix: Mix
    repeats: int
    """How many earlier slots have the same mix."""
    same_mix: Iterable[int]
    """These slots, the latest first; each call for an iterator begins anew."""
    settled: Callable[[int], Awaitable[History]]
    """The candidates, as soon as the post-filter has seen the first so many of them."""


async def fill(slot: Slot, mechanism: Mechanism) -> tuple[Candidate, Tally]:
    """The slot's candidate; a pure function of slot, mechanism and the teacher's answers.

    A call that fails for good, or a reply that cannot be read, makes the candidate unusable, with the
    reason; errors that would hit every call (`TeacherUnavailable`) are raised.
    """
    work = _Work(slot=slot, mechanism=mechanism)
    try:
        await work.write()
        await work.judge()
    except (RequestFailed, RequestLost, UnreadableReply) as error:
        work.end("unusable", str(error))
    return work.candidate(), work.tally


@dataclass(slots=True)
class _Work:
    """The state of one slot while it is being filled."""

    slot: Slot
    mechanism: Mechanism
    scenario: str = ""
    plain_scenario: str = ""
    complex: bool = False
    earlier: Sequence[str] = ()
    parents: tuple[int, ...] = ()
    operation: str = ""
    example: Example | None = None
    drafts: list[Example] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    status: Status = "accepted"
    reason: str = ""
    tally: Tally = field(default_factory=Tally)

    @property
    def refinements(self) -> int:
        return len(self.drafts)

    def seed(self, *purpose: str | int) -> int:
        return entropy(self.mechanism.seed, self.slot.number, *purpose)

    def place(self, options: int) -> int:
        """Of the right option: each block of as many slots as there are options holds every place once."""
        return balanced(options, self.mechanism.seed, self.slot.number, "position")

    def end(self, status: Status, reason: str) -> None:
        self.status, self.reason = status, reason

    async def write(self) -> None:
        """The data point, by the paper's recipe or by another one."""
        settings = self.mechanism
        if isinstance(settings.recipe, Simula):
            await self._write_meta_prompt()
            self.example = await write_sample(
                settings.domain,
                self.slot.mix,
                self.scenario,
                self.place,
                settings.writer,
                self.seed("sample"),
                self.tally,
            )
            return
        before = settled_before(settings.recipe, self.slot.number)
        descent = await write_by_recipe(
            settings.recipe,
            settings.domain,
            Pool(await self.slot.settled(before), before),
            generator(settings.seed, self.slot.number, "recipe"),
            self.place,
            settings.writer,
            self.seed("sample"),
            self.tally,
        )
        self.example, self.parents, self.operation = descent.example, descent.parents, descent.operation

    async def _write_meta_prompt(self) -> None:
        """K scenarios with one kept; with probability c rewritten to be harder."""
        settings, mix = self.mechanism, self.slot.mix
        if settings.scenarios.count:
            self.earlier = await self._earlier_scenarios()
            self.scenario = await write_scenario(
                mix,
                settings.scenarios.count,
                self.earlier,
                settings.writer,
                self.seed("scenario"),
                scenario_draw(settings.seed, self.slot.number),
                self.tally,
            )
        if is_complex(settings.complexity, settings.seed, self.slot.number):
            harder = await complexify(mix, self.scenario, settings.writer, self.seed("complex"), self.tally)
            self.plain_scenario, self.scenario, self.complex = self.scenario, harder, True

    async def _earlier_scenarios(self) -> list[str]:
        """The sequential mode (Section 2.3): scenarios of this mix so far, once it came up often enough."""
        settings, slot = self.mechanism.scenarios, self.slot
        if not looks_back(settings) or slot.repeats < max(1, settings.sequential_after or 0):
            return []
        before = await slot.settled(next(iter(slot.same_mix)) + 1)
        found = filter(None, (before.scenario(earlier) for earlier in slot.same_mix))
        return list(islice(found, settings.shown))[::-1]

    async def judge(self) -> None:
        """Requirement critic with refinements, double critic with rewrites or rejection (Section 2.4)."""
        critic, rewrites = self.mechanism.critic, 0
        while True:
            if critic.requirements:
                self._apply(await self._judge_requirements(), "requirements")
            if self.status != "accepted" or not critic.double:
                return
            correct, incorrect = await self._judge_correctness()
            decision = decide(correct, incorrect)
            if decision != "no" or rewrites == critic.rewrites:
                self._apply(decision, "correctness")
                return
            rewrites += 1
            reasons = [correct.explanation] * (correct.verdict == "no")
            reasons += [incorrect.explanation] * (incorrect.verdict == "yes")
            await self._refine(" ".join(reasons))

    def _apply(self, verdict: Decision, what: str) -> None:
        """An undecided verdict is neither an acceptance nor a rejection, and is counted apart."""
        if verdict == "no":
            self.end("rejected", what)
        elif verdict == "undecided":
            self.end("undecided", what)

    async def _judge_requirements(self) -> Decision:
        """Judge; on a no refine from the explanation and judge again, until the retries are used up."""
        settings, retries = self.mechanism, 0
        while True:
            verdict = await judge(
                "requirements",
                self._values(),
                settings.judge,
                self.seed("judge", self.refinements),
                self.refinements,
                self.tally,
            )
            self.verdicts.append(verdict)
            if verdict.verdict != "no" or retries == settings.critic.refinements:
                return verdict.verdict
            retries += 1
            await self._refine(verdict.explanation)

    async def _judge_correctness(self) -> tuple[Verdict, Verdict]:
        pair = await double_critic(
            self._example(),
            self.mechanism.double_judge,
            self.seed("double", self.refinements),
            self.refinements,
            self.tally,
        )
        self.verdicts.extend(pair)
        return pair

    async def _refine(self, explanation: str) -> None:
        assert self.example is not None
        self.drafts.append(self.example)
        self.example = await ask_example(
            "refine",
            self.mechanism.domain,
            self._values() | {"explanation": explanation},
            self.place,
            self.mechanism.writer,
            self.seed("refine", self.refinements),
            self.tally,
        )

    def _values(self) -> dict[str, Any]:
        """What the prompts about an existing sample and its mix are rendered from."""
        return {"mix": as_values(self.slot.mix), "scenario": self.scenario, "example": self._example()}

    def _example(self) -> dict[str, Any]:
        """The sample, as prompts read it."""
        assert self.example is not None
        return self.example.model_dump(mode="json")

    def candidate(self) -> Candidate:
        return Candidate(
            slot=self.slot.number,
            status=self.status,
            reason=self.reason,
            mix=self.slot.mix,
            scenario=self.scenario,
            plain_scenario=self.plain_scenario,
            complex=self.complex,
            earlier_scenarios=len(self.earlier),
            parents=self.parents,
            operation=self.operation,
            example=self.example,
            drafts=tuple(self.drafts),
            verdicts=tuple(self.verdicts),
            refinements=self.refinements,
            calls=self.tally.calls,
            repaired=self.tally.repaired,
            asked_again=self.tally.asked_again,
            spent=self.tally.spent,
            templates=dict(sorted(self.tally.templates.items())),
        )
