"""What people are told while something long goes on, told by a clock of our own."""

import io
from dataclasses import dataclass

import pytest
from rich.console import Console

from simula.errors import BudgetSpent
from simula.progress import Meter, Pace, Paid, Progress, duration


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def quiet_console(text: io.StringIO, *, terminal: bool = False) -> Console:
    return Console(file=text, force_terminal=terminal, width=80, highlight=False, legacy_windows=False)


def worked(seconds: float, *, rows_a_second: float = 2.0, before: int = 0) -> list[str]:
    """The lines of a data set that grows evenly; each row takes 5 calls, 1,000 tokens and a cent."""
    text, clock = io.StringIO(), Clock()
    progress = Progress("lab", quiet_console(text), clock)
    with progress.bar("dataset: rows accepted") as meter:
        step = 0.125
        for at in range(int(seconds / step) + 1):
            clock.now = 100 + at * step
            rows = int(at * step * rows_a_second)
            paid = Paid(5 * rows, 1000 * rows, 0.01 * rows)
            meter(before + rows, 1000, "3 refused, 64 in flight", lambda paid=paid: paid)
    return text.getvalue().splitlines()


def test_nothing_is_said_of_what_is_soon_done() -> None:
    assert worked(1.9) == []


def test_plain_lines_come_at_growing_intervals() -> None:
    counts = [int(line.split("dataset: ")[1].split()[0]) for line in worked(130)]
    # After 2, 4, 8, 16, 32 seconds and then every half minute, at two rows a second.
    assert counts == [4, 8, 16, 32, 64, 124, 184, 244]


def test_a_line_says_how_far_how_fast_how_dear_and_how_long() -> None:
    assert worked(33)[-1] == (
        "[lab] dataset: 64 of 1,000 rows accepted; 3 refused, 64 in flight; 10 calls/s; 64.0k tokens; "
        "$0.64 of about $10.00; about 7 min 48 s left"
    )


def test_tokens_of_unusable_answers_are_told_where_there_are_any() -> None:
    clock = Clock()
    meter = Meter(Progress("lab", quiet_console(io.StringIO()), clock), "dataset: rows accepted")
    meter(1, 10, paid=lambda: Paid(3, 1500, 0.0, unusable=500))
    assert "1.5k tokens (500 of unusable answers)" in meter.details()


def test_rows_that_stood_before_count_for_no_rate_and_cost_nothing() -> None:
    assert worked(33, before=500)[-1] == (
        "[lab] dataset: 564 of 1,000 rows accepted; 3 refused, 64 in flight; 10 calls/s; 64.0k tokens; "
        "$0.64 of about $5.00; about 3 min 38 s left"
    )


def test_recorded_rows_that_come_fast_are_soon_forgotten() -> None:
    """The first 600 rows were answered from the ledger in a second; the others cost time and money."""
    pace = Pace()
    for second in range(100):
        rows = second if second == 0 else 600 + second
        pace.add(float(second), rows, Paid(calls=4 * second, tokens=0, usd=0.02 * second))
    assert pace.calls_a_second == pytest.approx(4)
    assert pace.seconds_left(50) == pytest.approx(50)
    assert pace.usd_in_the_end(50) == pytest.approx(0.02 * 99 + 50 * 0.02)


def test_what_is_slow_is_measured_over_more_than_the_window() -> None:
    pace = Pace()
    for minute in range(30):
        pace.add(60.0 * minute, minute, Paid())
    assert pace.seconds_left(10) == pytest.approx(600)


def test_nothing_is_projected_from_nothing() -> None:
    pace = Pace()
    assert (pace.calls_a_second, pace.seconds_left(3), pace.usd_in_the_end(3)) == (0.0, None, None)
    pace.add(1.0, 0, Paid())
    pace.add(9.0, 0, Paid(calls=4))
    assert (pace.seconds_left(3), pace.usd_in_the_end(3)) == (None, None)
    assert pace.calls_a_second == 0.5


def test_what_is_paid_is_only_asked_for_where_it_may_be_shown() -> None:
    clock, asked = Clock(), 0
    progress = Progress("lab", quiet_console(io.StringIO()), clock)

    def paid() -> Paid:
        nonlocal asked
        asked += 1
        return Paid()

    with progress.bar("dataset: rows accepted") as meter:
        for at in range(1000):
            clock.now = 100 + at / 1000
            meter(at, 1000, paid=paid)
    assert asked == 4


def test_a_live_display_begins_after_two_seconds_and_fits_the_terminal() -> None:
    text, clock = io.StringIO(), Clock()
    console = quiet_console(text, terminal=True)
    meter = Meter(Progress("lab", console, clock), "dataset: rows accepted")
    paid = Paid(90_000, 31_000_000, 41.5)
    meter(1, 512_000, "12,345 refused, 64 in flight", lambda: Paid())
    clock.now += 1.9
    console.print(meter.shown())
    assert text.getvalue() == ""
    clock.now += 98.1
    meter(16_001, 512_000, "12,345 refused, 64 in flight", lambda: paid)
    console.print(meter.shown())
    plain = Console(width=80, file=io.StringIO(), color_system=None, force_terminal=False)
    plain.print(meter.shown())
    shown = plain.file.getvalue().splitlines()
    first, *details = (line.rstrip() for line in shown)
    assert first.startswith("dataset: rows accepted ")
    assert "16001/512000 0:01:40" in first
    assert details == [
        "  12,345 refused, 64 in flight · 900 calls/s · 31.0M tokens · $41.50 of about",
        "  $1,328.00 · about 51 min 40 s left",
    ]


def test_unknown_ends_are_not_guessed() -> None:
    text, clock = io.StringIO(), Clock()
    progress = Progress("lab", quiet_console(text), clock)
    with progress.bar("taxonomy: nodes expanded") as meter:
        meter(1, None)
        clock.now += 3
        meter(12, None)
    assert text.getvalue() == "[lab] taxonomy: 12 nodes expanded\n"


def test_a_spent_budget_says_how_far_the_work_came() -> None:
    progress = Progress("lab", quiet_console(io.StringIO()))

    def work() -> None:
        with progress.bar("dataset: rows accepted") as meter:
            meter(120, 4000)
            raise BudgetSpent("the budget is spent")

    with pytest.raises(BudgetSpent) as caught:
        work()
    assert str(caught.value) == "dataset: 120 of 4,000 rows accepted; the budget is spent"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (45, "45 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (300_000, "3 d 11 h")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
