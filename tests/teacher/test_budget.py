"""A budget is never passed by more than one call's error, and nothing that was begun is thrown away."""

import pickle
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from simula.concurrency import first_error
from simula.domain.schema import strict_object
from simula.errors import BudgetSpent, RequestFailed, StoreError, TeacherError, TeacherUnavailable
from simula.prompts import Asker, Tally
from simula.teacher import Budget, Limited, Price, Reply, Request, Spending, Usage, paid
from simula.teacher.budget import Budgeted
from simula.teacher.faults import Boundary, PassingFault
from simula.teacher.paid import Amount
from simula.teacher.port import Teacher
from simula.teacher.traffic import Limits

PRICE = Price(input=1.0, output=4.0)
PLAN = {"factor": "software", "level": 1, "nodes": [["server"]]}
USED = Usage(prompt=100, completion=50)


def request(number: int, template: str = "write_sample") -> Request:
    return Request(template, "s" * 60, "p" * 240, {}, {}, number, 1.0, 500)


@dataclass
class Costly:
    """Answers after a wait; every call reads 100 tokens and writes 50 plus or minus `spread`."""

    spread: int = 0
    sent: int = 0
    answered: int = 0
    at_once: int = 0
    most_at_once: int = 0
    model: str = "costly"
    usages: list[Usage] = field(default_factory=list)

    async def ask(self, request: Request) -> Reply:
        self.sent += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        draw = np.random.default_rng(request.seed)
        for _ in range(int(draw.integers(1, 6))):
            await anyio.sleep(0)
        self.at_once -= 1
        self.answered += 1
        usage = Usage(prompt=100, completion=int(50 + draw.integers(-self.spread, self.spread + 1)))
        self.usages.append(usage)
        return Reply("{}", self.model, "stop", usage)

    async def close(self) -> None: ...


def ask_all(teacher: Teacher, requests: list[Request], at_once: int) -> BudgetSpent | None:
    """All requests, so many at once; what stopped them."""

    async def main() -> BudgetSpent | None:
        waiting = iter(requests)

        async def worker() -> None:
            for one in waiting:
                await teacher.ask(one)

        try:
            async with anyio.create_task_group() as group:
                for _ in range(at_once):
                    group.start_soon(worker)
        except BaseExceptionGroup as errors:
            error = first_error(errors)
            assert isinstance(error, BudgetSpent)
            return error
        return None

    return anyio.run(main)


@settings(deadline=None, max_examples=40)
@given(
    limit=some.floats(0.0005, 0.02), at_once=some.sampled_from([1, 8, 64]), spread=some.sampled_from([0, 20])
)
def test_dollars_stop_within_one_call_of_the_budget(limit: float, at_once: int, spread: int) -> None:
    source, spending = Costly(spread), Spending()
    stopped = ask_all(
        Budgeted(source, PRICE, Budget(usd=limit), spending), [request(n) for n in range(200)], at_once
    )
    spent = sum(PRICE.of(usage) for usage in source.usages)
    # What the dearest call costs more than the mean of the cheapest; so many of them at most were in flight.
    error = 4 * 2 * spread / 1e6 * min(at_once, source.most_at_once)
    dearest = (100 + 4 * (50 + spread)) / 1e6
    assert spent == pytest.approx(spending.paid.usd)
    assert spent <= limit + error + 1e-12
    if stopped is None:
        assert source.sent == 200
    else:
        assert spent > limit - dearest - 1e-12
        assert f"${limit:,.6g}" in str(stopped)
        assert "larger budget.usd" in str(stopped)
    # Every call that was begun was waited for: what was sent was answered, and could be recorded.
    assert source.answered == source.sent == spending.paid.calls
    assert spending.in_flight == Amount()


@pytest.mark.parametrize("at_once", [1, 3, 64])
@pytest.mark.parametrize("calls", [0, 1, 17])
def test_calls_stop_exactly(calls: int, at_once: int) -> None:
    source = Costly()
    stopped = ask_all(
        Budgeted(source, PRICE, Budget(calls=calls), Spending()), [request(n) for n in range(100)], at_once
    )
    assert stopped is not None
    assert (source.sent, source.answered) == (calls, calls)


def test_tokens_stop_too_and_exactly_enough_is_enough() -> None:
    source = Costly()
    budgeted = Budgeted(source, PRICE, Budget(tokens=150 * 10), Spending())
    assert ask_all(budgeted, [request(n) for n in range(10)], 4) is None
    stopped = ask_all(budgeted, [request(10)], 1)
    assert stopped is not None
    assert "the budget of 1,500 tokens" in str(stopped)
    assert source.sent == 10


def test_a_small_budget_begins_with_few_calls_since_nothing_is_known_of_them() -> None:
    """One call is expected to cost at most 600 tokens: of 64 only three go out at first."""
    source = Costly()
    ask_all(Budgeted(source, PRICE, Budget(tokens=1900), Spending()), [request(n) for n in range(64)], 64)
    assert source.answered == 1900 // 150
    assert source.most_at_once < 13


def test_all_teachers_and_later_stages_share_one_account() -> None:
    spending, budget = Spending(), Budget(calls=10)
    writer, judge = Costly(), Costly(model="judge")
    assert ask_all(Budgeted(writer, PRICE, budget, spending), [request(n) for n in range(6)], 2) is None
    assert ask_all(Budgeted(judge, PRICE, budget, spending), [request(n) for n in range(9)], 2) is not None
    assert (writer.sent, judge.sent) == (6, 4)


def test_lost_calls_count_as_calls_and_block_nobody() -> None:
    class Losing(Costly):
        async def ask(self, request: Request) -> Reply:
            await super().ask(request)
            raise RequestFailed("blocked")

    source, spending = Losing(), Spending()

    async def main() -> None:
        budgeted = Budgeted(source, PRICE, Budget(calls=2), spending)
        for number in range(2):
            with pytest.raises(RequestFailed):
                await budgeted.ask(request(number))
        with pytest.raises(BudgetSpent):
            await budgeted.ask(request(2))

    anyio.run(main)
    assert spending.paid == Amount(calls=2)


def test_what_another_process_paid_for_costs_nothing() -> None:
    class Recorded(Costly):
        async def ask(self, request: Request) -> Reply:
            return replace(await super().ask(request), recorded=True)

    spending = Spending()
    budgeted = Budgeted(Recorded(), PRICE, Budget(calls=1), spending)
    assert ask_all(budgeted, [request(n) for n in range(5)], 1) is None
    assert spending.paid == Amount()


def test_a_waiting_call_that_is_cancelled_leaves_the_others_their_turn() -> None:
    async def main() -> int:
        source, spending = Costly(), Spending()
        budgeted = Budgeted(source, PRICE, Budget(calls=100, tokens=700), spending)
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(budgeted.ask, request(0))
                await anyio.sleep(0)
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await budgeted.ask(request(1))
                group.start_soon(budgeted.ask, request(2))
        return source.answered

    assert anyio.run(main) == 2


def test_an_account_may_be_sent_to_another_process() -> None:
    spending = Spending()
    ask_all(Budgeted(Costly(), PRICE, Budget(calls=3), spending), [request(n) for n in range(9)], 4)
    assert pickle.loads(pickle.dumps(spending)).paid == spending.paid


@dataclass
class Thrifty:
    """Fails in the ways of `script` first, then answers; each attempt reads 100 tokens and writes 50."""

    script: list[Exception]
    model: str = "thrifty"

    async def ask(self, request: Request) -> Reply:
        await anyio.sleep(0)
        if self.script:
            raise self.script.pop(0)
        return Reply("{}", self.model, "stop", USED)

    async def close(self) -> None: ...


def empty() -> PassingFault:
    return PassingFault("an empty answer", used=USED)


def other_model() -> TeacherUnavailable:
    error = Boundary("thrifty", "KEY").other_model("other", (), USED)
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("script", "attempts", "answers"),
    [
        ([], 1, 1),
        ([empty(), empty()], 3, 3),
        ([empty(), PassingFault("503"), empty()], 4, 3),
        ([empty(), other_model()], 3, 2),
        ([empty()] * 3, 3, 3),
        ([PassingFault("503")] * 2, 2, 0),
    ],
    ids=["good", "two empty", "busy between", "another model", "given up", "nothing came"],
)
def test_an_answer_that_cannot_be_used_is_paid_for_all_the_same(
    script: list[Exception], attempts: int, answers: int
) -> None:
    spending = Spending()
    limited = Limited(
        "thrifty", lambda: Thrifty(list(script)), Limits(1, attempts=attempts, first_wait=0.001)
    )
    budgeted = Budgeted(limited, PRICE, Budget(usd=1), spending)
    asker, tally = Asker(budgeted, "", 1.0, 99, attempts=1, price=PRICE), Tally()

    async def main() -> None:
        with suppress(TeacherError):
            await asker.ask("plan_level", strict_object(), PLAN, seed=1, tally=tally)

    anyio.run(main)
    assert spending.paid.calls == 1
    assert spending.paid.tokens == answers * USED.total
    assert spending.paid.usd == pytest.approx(answers * PRICE.of(USED))
    # The same sum is shown, and nothing but a used answer is in a row's price.
    assert tally.fresh_tokens == answers * USED.total
    assert tally.paid_now_usd == pytest.approx(answers * PRICE.of(USED))
    assert tally.unusable_tokens == (answers - tally.calls) * USED.total
    assert sum(one.usd for one in tally.spent) == pytest.approx(tally.calls * PRICE.of(USED))


def test_empty_answers_use_a_budget_up() -> None:
    source, spending = Thrifty([empty()] * 7), Spending()
    limited = Limited("thrifty", lambda: source, Limits(1, attempts=8, first_wait=0.001))
    stopped = ask_all(Budgeted(limited, PRICE, Budget(tokens=8 * 150), spending), [request(1), request(2)], 1)
    assert stopped is not None
    assert "1 calls, 1,200 tokens" in str(stopped)


def test_the_processes_of_a_command_pay_from_one_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paid, "_GAP_S", 0.0)
    monkeypatch.setattr(paid, "_SHARE", float("inf"))
    launcher, budget = Spending(), Budget(tokens=150 * 20)
    jobs = [pickle.loads(pickle.dumps(launcher)) for _ in range(3)]
    for job in jobs:
        job.share(tmp_path)
    assert list(tmp_path.iterdir()) == [], "nothing is paid yet"
    sources = [Costly() for _ in jobs]

    def work(at: int, calls: int) -> BudgetSpent | None:
        """So many calls of one job, one after the other."""
        return ask_all(
            Budgeted(sources[at], PRICE, budget, jobs[at]), [request(100 * at + n) for n in range(calls)], 1
        )

    assert work(0, 8) is None
    jobs[0].share(tmp_path)  # its last call, as at the end of a cell
    assert work(1, 8) is None
    jobs[1].share(tmp_path)
    stopped = work(2, 8)
    assert stopped is not None
    assert [source.sent for source in sources] == [8, 8, 4]
    assert jobs[2].paid.calls == 4
    assert jobs[2].others == Amount(16, 2400, pytest.approx(16 * PRICE.of(USED)))
    assert "recorded: 4 calls, 600 tokens" in str(stopped)
    assert "and by the command's other processes 16 calls, 2,400 tokens" in str(stopped)
    # Another command begins anew, and so does one that starts no processes.
    assert ask_all(Budgeted(Costly(), PRICE, budget, Spending()), [request(n) for n in range(20)], 4) is None
    launcher.share(tmp_path)
    assert launcher.others == Amount()


def test_processes_that_share_a_budget_need_a_folder(tmp_path: Path) -> None:
    (tmp_path / "spending").write_text("")
    job = pickle.loads(pickle.dumps(Spending(paid=Amount(1, 2.0, 3.0))))
    with pytest.raises(StoreError, match="tell each other what they paid, cannot be used"):
        job.share(tmp_path / "spending")
    Spending(paid=Amount(1, 2.0, 3.0)).share(tmp_path / "spending")


def test_others_are_looked_at_once_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Amount] = []
    really = paid.PaidFiles.exchange
    monkeypatch.setattr(
        paid.PaidFiles, "exchange", lambda self, own: (looks.append(own), really(self, own))[1]
    )
    job = pickle.loads(pickle.dumps(Spending()))
    job.share(tmp_path)
    began = time.monotonic()
    budgeted = Budgeted(Costly(), PRICE, Budget(calls=1000), job)
    assert ask_all(budgeted, [request(n) for n in range(500)], 8) is None
    assert len(looks) <= 2 + (time.monotonic() - began)
