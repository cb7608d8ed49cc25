"""From estimates to a choice of complexity, critic and size, each with its reason and its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simula.advice.estimate import Errors
from simula.advice.settings import AdviceSettings

Strength = Literal["strong", "weak", "unknown"]
_SIZES = (4_000, 16_000, 64_000, 128_000, 256_000, 512_000)
"""The paper's (Section 4.2)."""
_WEAK_SIZE = 16_000
"""Where the teacher is weak, more rows bring little: on LEXam no system gains beyond it (Figure 6)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One axis, as it is advised."""

    axis: str
    overrides: str
    """As they are typed; empty: nothing speaks for another value than what stands."""
    reason: str
    sure: bool
    """Whether the pilot decides it at the 95 % level. It sees no student, and errors that a teacher repeats
    are not in its estimates: that a teacher is weak it can tell, that one is strong only suggest."""


def strength(complex_points: Errors, settings: AdviceSettings) -> Strength:
    """Whether the teacher masters complex points: the interval of its error lies below the line, or above."""
    answers = complex_points.answers
    if answers.high < settings.teacher_error:
        return "strong"
    return "weak" if answers.low > settings.teacher_error else "unknown"


def complexity(plain: Errors, complex_points: Errors, settings: AdviceSettings) -> Choice:
    """Low, high or all complexities (Section 4.4)."""
    seen = f"the teacher errs in {complex_points.answers} of complex points, in {plain.answers} of plain ones"
    seen += f"; wrong among accepted rows: {complex_points.rows}, {plain.rows}"
    line = f"{100 * settings.teacher_error:.0f} %"
    match strength(complex_points, settings):
        case "strong":
            reason = f"{seen}: below {line}, where the paper's students gained from the harder rows; a far "
            reason += "smaller student may not, and a teacher that errs alike both times errs more often"
            return Choice("complexity", "selection=high", reason, False)
        case "weak":
            reason = f"{seen}: above {line}, where the paper's students gained from the simple rows alone"
            return Choice("complexity", "selection=low", reason, True)
    return Choice("complexity", "selection=everything", f"{seen}: around {line}, either may hold", False)


def critic(every: Errors, dearer: float, settings: AdviceSettings) -> Choice:
    """With both critics or none (Section 2.4).

    Args:
        every: of plain and complex points together.
        dearer: calls for an accepted row with critics, as a multiple of those without.
        settings: where the line is.
    """
    seen = f"they lower the share of wrong answers by {every.removed}, refuse {every.refused}"
    seen += f" and take {dearer:.1f} times the calls a row"
    if every.removed.low > settings.critic_gain:
        return Choice("critic", "critic=double", seen, True)
    if every.removed.high < settings.critic_gain:
        return Choice("critic", "critic=none", seen, True)
    return Choice("critic", "critic=double", f"{seen}: the paper's choice, not decided here", False)


def size(strong: Strength, usd_per_row: float, budget: float | None) -> Choice:
    """How many rows: the paper's sizes, as far as the budget pays for them.

    Args:
        strong: whether the teacher masters complex rows.
        usd_per_row: of an accepted row with critics.
        budget: US dollars; None: none stated.
    """
    most = _WEAK_SIZE if strong == "weak" else _SIZES[-1]
    reason = {
        "weak": f"a weak teacher's rows stop helping near {most:,} (the paper's LEXam)",
        "strong": "a strong teacher's rows help through 512,000 (the paper's GSM8K)",
        "unknown": "begin small and look at the slope before paying for more",
    }[strong]
    if strong == "unknown":
        most = _SIZES[0]
    if budget is not None and usd_per_row > 0:
        paid = int(budget / usd_per_row)
        if not paid:
            return Choice("size", "", f"${budget:,.2f} pays for no row at ${usd_per_row:,.2f} each", True)
        affordable = [size for size in _SIZES if size <= min(paid, most)]
        most = affordable[-1] if affordable else min(paid, most)
        reason += f"; ${budget:,.2f} pays for {paid:,} rows, what rates them apart"
    elif usd_per_row > 0:
        reason += f"; {most:,} rows cost about ${most * usd_per_row:,.2f}, what rates them apart"
    return Choice("size", f"size={most}", reason, strong == "weak")
