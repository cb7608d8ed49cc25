"""The accepted set is the first N accepted slots in slot order, whatever the order of completion."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import anyio
import numpy as np
import pytest
from collected import Collected
from hypothesis import given, settings
from hypothesis import strategies as some

from simula.critique import CriticSettings
from simula.dataset import Filling
from simula.domain import Domain
from simula.errors import TeacherUnavailable
from simula.generation import Candidate, Complexity, DatasetSettings, Mechanism, Scenarios, Simula
from simula.generation.history import Drawn
from simula.prompts import Asker
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings
from simula.teacher.port import Reply, Request, Usage

DOMAIN = Domain.model_validate(
    {
        "name": "d",
        "description": "Sums.",
        "instructions": "Add.",
        "task": {"type": "number", "reasoning": False},
    }
)
TAXONOMIES = Taxonomies(
    taxonomies=(Taxonomy(factor="size", children=(Node(name="small"), Node(name="large"))),),
    strategies=(Strategy(factors=("size",), weight=1),),
)


@dataclass
class Hasty:
    """Answers from the request's seed alone, after a wait that the order of completion hangs on."""

    disorder: int
    asked: int = 0
    model: str = "hasty"

    async def ask(self, request: Request) -> Reply:
        self.asked += 1
        wait = np.random.default_rng([request.seed, self.disorder]).integers(5)
        for _ in range(int(wait) if self.disorder else 0):
            await anyio.sleep(0)
        number = request.seed % 40
        verdict = "yes" if request.seed % 3 else "no"
        texts = {
            "write_scenarios": f'{{"scenarios": ["scenario {number}"]}}',
            "write_sample": f'{{"question": "What is {number} and 1?", "answer": "{number + 1}"}}',
            "judge_correct": f'{{"explanation": "", "verdict": "{verdict}"}}',
            "judge_incorrect": '{"explanation": "", "verdict": "no"}',
        }
        return Reply(texts[request.template], "hasty-1", "stop", Usage(prompt=7, completion=3))

    async def close(self) -> None: ...


@dataclass
class Refusing(Hasty):
    """Its safety filter blocks some of the double critic's questions, at any time."""

    async def ask(self, request: Request) -> Reply:
        reply = await super().ask(request)
        if request.template.startswith("judge_") and request.seed % 4 == 0:
            return Reply("", "hasty-1", "blocked", Usage(prompt=7))
        return reply


@dataclass
class Left:
    """What an earlier run left."""

    candidates: Sequence[Candidate]
    on_read: Callable[[], None] = lambda: None

    @property
    def count(self) -> int:
        return len(self.candidates)

    @property
    def accepted(self) -> int:
        return len([candidate for candidate in self.candidates if candidate.status == "accepted"])

    def drawn(self) -> Iterator[Drawn]:
        for candidate in self.candidates:
            yield [(choice.factor, choice.path) for choice in candidate.mix.choices]

    def __iter__(self) -> Iterator[Candidate]:
        for candidate in self.candidates:
            self.on_read()
            yield candidate


def filled(
    size: int,
    *,
    concurrency: int = 8,
    disorder: int = 1,
    limit: float = 8,
    tokens: int | None = None,
    before: int = 0,
    left: Left | None = None,
    sequential: bool = False,
    kind: type[Hasty] = Hasty,
    **test: str,
) -> tuple[Collected, Hasty]:
    teacher = kind(disorder)
    asker = Asker(teacher, "system", 1.0, 100)
    mechanism = Mechanism(
        DOMAIN,
        TAXONOMIES,
        TaxonomySettings(),
        Scenarios(count=1, sequential_after=1, shown=2) if sequential else Scenarios(count=0),
        Complexity(fraction=0),
        CriticSettings(requirements=False, double=True),
        3,
        asker,
        asker,
        asker,
        Simula(),
    )
    settings = DatasetSettings(concurrency=concurrency, candidates_per_row=limit, tokens=tokens)
    filling = Collected(mechanism, settings, size, list(test.items()), before)
    if left is not None:
        filling.resume(left)
    anyio.run(filling.run)
    return filling, teacher


def rows(filling: Collected) -> list[Candidate]:
    return [candidate for candidate in filling.candidates if candidate.status == "accepted"]


@settings(deadline=None, max_examples=25)
@given(disorder=some.integers(1, 10**6), concurrency=some.integers(2, 256), size=some.integers(1, 30))
def test_concurrency_and_order_change_nothing(disorder: int, concurrency: int, size: int) -> None:
    calm, _ = filled(size, concurrency=1, disorder=0)
    wild, _ = filled(size, concurrency=concurrency, disorder=disorder)
    assert wild.candidates == calm.candidates


@settings(deadline=None, max_examples=25)
@given(disorder=some.integers(1, 10**6), concurrency=some.integers(2, 256))
def test_refused_calls_are_counted_the_same_in_any_order(disorder: int, concurrency: int) -> None:
    calm, _ = filled(15, concurrency=1, disorder=0, kind=Refusing)
    wild, _ = filled(15, concurrency=concurrency, disorder=disorder, kind=Refusing)
    assert wild.candidates == calm.candidates
    assert any(candidate.status == "unusable" for candidate in wild.candidates)
    # Both of the double critic's calls are made and counted, also where one is refused.
    assert {candidate.calls for candidate in wild.candidates} == {3}


def test_exactly_n_rows_and_the_last_candidate_is_the_last_row() -> None:
    filling, teacher = filled(20)
    assert len(rows(filling)) == filling.accepted == 20
    assert filling.candidates[-1].status == "accepted"
    # Nothing was generated that was not needed: three calls a candidate, no slot beyond the last.
    assert teacher.asked == 3 * len(filling.candidates) == filling.tally.calls
    assert [candidate.slot for candidate in filling.candidates] == list(range(len(filling.candidates)))


@settings(deadline=None, max_examples=25)
@given(
    disorder=some.integers(1, 10**6),
    end=some.floats(0, 1),
    kind=some.sampled_from(["", "budget", "sequential"]),
)
def test_a_run_goes_on_behind_what_an_earlier_one_left(disorder: int, end: float, kind: str) -> None:
    tokens, sequential = 2000 if kind == "budget" else None, kind == "sequential"
    whole, teacher = filled(25, tokens=tokens, concurrency=1, sequential=sequential)
    left = Left(whole.candidates[: round(end * len(whole.candidates))])
    at_once = 1 if kind == "budget" else 8
    resumed, again = filled(
        25, tokens=tokens, left=left, concurrency=at_once, disorder=disorder, sequential=sequential
    )
    assert resumed.candidates == whole.candidates
    assert again.asked == teacher.asked - (4 if sequential else 3) * left.count
    assert not sequential or any(candidate.earlier_scenarios for candidate in whole.candidates)


def test_new_calls_do_not_wait_for_what_is_read_again() -> None:
    whole, _ = filled(35)
    order: list[str] = []

    class Noting(Hasty):
        async def ask(self, request: Request) -> Reply:
            order.append("asked")
            return await super().ask(request)

    resumed, _ = filled(40, left=Left(whole.candidates, lambda: order.append("read")), kind=Noting)
    assert resumed.candidates[: len(whole.candidates)] == whole.candidates
    assert order.index("asked") == 0
    assert order.count("read") == len(whole.candidates)


def test_a_smaller_data_set_is_the_prefix_of_a_larger_one() -> None:
    small, large = filled(8)[0], filled(25, disorder=4)[0]
    assert rows(large)[:8] == rows(small)


@settings(deadline=None, max_examples=25)
@given(small=some.integers(1, 30), large=some.integers(1, 30))
def test_a_data_set_of_another_size_is_gone_on_from(small: int, large: int) -> None:
    first, _ = filled(small)
    plain, asked_plainly = filled(large)
    grown, teacher = filled(large, left=Left(first.candidates), disorder=2)
    assert grown.candidates == plain.candidates
    # It costs the difference, and a smaller one nothing.
    assert teacher.asked == max(0, asked_plainly.asked - 3 * len(first.candidates))


@settings(deadline=None, max_examples=25)
@given(budget=some.integers(1, 700), concurrency=some.integers(1, 64), disorder=some.integers(0, 9))
def test_a_token_budget_ends_the_data_set_at_the_same_candidate(
    budget: int, concurrency: int, disorder: int
) -> None:
    everything, _ = filled(20)
    each = 30  # three calls of 7 + 3 tokens
    ended, _ = filled(20, tokens=budget + 45, before=45, concurrency=concurrency, disorder=disorder)
    paid = min(budget // each, len(everything.candidates))
    assert ended.candidates == everything.candidates[:paid]
    assert ended.exhausted == (paid < len(everything.candidates))
    assert ended.tokens == 45 + paid * each
    assert ended.accepted == len(rows(ended))
    assert ended.dropped_tokens == ended.dropped * each
    assert 0 < ended.dropped <= concurrency if ended.exhausted else not ended.dropped


def test_a_budget_cuts_what_is_stored_too() -> None:
    stored = filled(20)[0].candidates
    ended, teacher = filled(20, tokens=100, left=Left(stored))
    assert (ended.candidates, ended.exhausted, teacher.asked) == (stored[:3], True, 0)
    assert ended.dropped == 0


def test_every_refusal_is_kept_with_its_reason() -> None:
    filling, _ = filled(25, limit=20)
    kinds = {(candidate.status, candidate.reason.split(" of slot")[0]) for candidate in filling.candidates}
    assert kinds == {("accepted", ""), ("rejected", "correctness"), ("duplicate", "like row")}
    texts = [row.example.text for row in rows(filling) if row.example]
    assert len(set(texts)) == 25


def test_rows_like_a_test_item_are_contaminated() -> None:
    first = rows(filled(5)[0])[0].example
    assert first is not None
    filling, _ = filled(5, item7=first.text)
    twin = next(candidate for candidate in filling.candidates if candidate.status == "contaminated")
    assert twin.reason == "like test item item7"
    assert first not in [row.example for row in rows(filling)]


def test_the_candidate_limit_ends_a_hopeless_run() -> None:
    filling, _ = filled(30, limit=1)
    assert len(filling.candidates) == 30
    assert 0 < filling.accepted < 30


def test_a_teacher_that_is_gone_stops_the_run_with_its_own_error() -> None:
    class Gone(Hasty):
        async def ask(self, request: Request) -> Reply:
            raise TeacherUnavailable("the key is wrong")

    asker = Asker(Gone(0), "system", 1.0, 100)
    broken = Mechanism(
        DOMAIN,
        TAXONOMIES,
        TaxonomySettings(),
        Scenarios(count=0),
        Complexity(fraction=0),
        CriticSettings(),
        0,
        asker,
        asker,
        asker,
        Simula(),
    )
    with pytest.raises(TeacherUnavailable, match="the key is wrong"):
        anyio.run(Filling(broken, DatasetSettings(), 5).run)
