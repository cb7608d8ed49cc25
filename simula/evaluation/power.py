"""What a planned experiment can detect, before anything is paid for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.special import ndtri, stdtrit

from simula.evaluation.spread import Groups, clusters, run_groups

_LEVEL = 0.95
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Noise:
    """How much two students differ by luck; shares (0.01 is 1 point). The defaults are assumed.

    The paper prints no answers of single items, so only `luck_sd` can be read off it.
    """

    luck_sd: float = 0.007
    """Standard deviation over seeds of a system's accuracy on endlessly many items. The default is the
    paper's: half-width·sqrt(10)/1.96 of a band is that over ten seeds on I items, whose square holds q₀/2I of
    single answers' luck besides (q₀ = `between_seeds`). Over the 250 bands of Figures 6, 11, 12 and 13 the
    root of its mean square is 0.99 points, of which 0.70 are left."""
    discordant: float = 0.25
    """Share of the items that one system's student has right and the other's wrong. Our own."""
    between_seeds: float = 0.15
    """The same of two students of one system. Our own; no more than 0.29 can be behind the paper's bands."""
    data_share: float = 0.5
    """Share of the variance over seeds that is the data set's; the rest is training's. Our own."""

    @property
    def systematic(self) -> float:
        """Variance over items of the difference that stays when seeds are many."""
        return max(0.0, self.discordant - self.between_seeds)


@dataclass(frozen=True, slots=True)
class Detectable:
    """Smallest true differences that are found in 80 % of all repetitions; shares."""

    items_redrawn: float
    """By the report's comparison, which speaks of other items of the kind, too."""
    same_items: float | None
    """By a single comparison that speaks of these very items, as the paper's intervals do, corrected for
    nothing; None with one seed."""


def detectable(items: int, data_seeds: int, training_seeds: int, noise: Noise, family: int = 1) -> Detectable:
    """What a comparison of two systems will detect.

    Args:
        items: test items.
        data_seeds: data sets of each system, D.
        training_seeds: students of each data set, T.
        noise: what is known or assumed of luck.
        family: comparisons that Holm's correction is made over; the strictest step is taken.

    With luck independent between the systems, the difference of two accuracies has the variance
    V_s = 2·τ²·(d + (1 − d)/T)/D + q₀/(I·D·T) over seeds, τ = `luck_sd`, d = `data_share` (with one data set
    that part is not redrawn, and d counts as 0 beside 1 − d), and V_i = (q − q₀)/I over items,
    q = `discordant`, q₀ = `between_seeds`: of a pair of students a share q of the answers differs, of which
    q₀ is luck that other seeds would redraw.
    What is detectable is `smallest` of V = V_s + V_i, Satterthwaite's f and the family for the first, as the
    report decides, and of V = V_s, f = D − 1 (or T − 1, D being 1) and a family of one for the second.

    Raises:
        ValueError: an argument is below 1.
    """
    if min(items, data_seeds, training_seeds, family) < 1:
        raise ValueError(
            f"{items} items, {data_seeds} data seeds, {training_seeds} training seeds, {family} comparisons:"
            " each must be at least 1"
        )
    data, training = noise.data_share, 1 - noise.data_share
    if data_seeds == 1:
        data = 0.0
    over_seeds = 2 * noise.luck_sd**2 * (data + training / training_seeds) / data_seeds
    over_seeds += min(noise.between_seeds, noise.discordant) / (items * data_seeds * training_seeds)
    between = (data_seeds if data_seeds > 1 else training_seeds) - 1
    if not between:
        # One run: its interval is over items, and the luck of its seed is in no spread that it could see.
        return Detectable(smallest(noise.discordant / items, inf, family), None)
    over_items = noise.systematic / items
    variance = over_seeds + over_items
    parts = over_seeds**2 / between + over_items**2 / max(1, items - 1)
    freedom = variance**2 / parts if parts else inf
    return Detectable(smallest(variance, freedom, family), smallest(over_seeds, between, 1))


def smallest(variance: float, freedom: float, family: int = 1) -> float:
    """The smallest true difference that 80 % of all repetitions tell from none at the 5 % level.

    Args:
        variance: of the difference.
        freedom: degrees of freedom that it is known with; infinite where it is known.
        family: comparisons that Holm's correction is made over; the strictest step is taken.

    (t(1 − α/2, f) + t(0.8, f))·sqrt(V), α = 0.05 / family (Bloom 1995, "Minimum detectable effects").
    """
    level = 1 - (1 - _LEVEL) / family / 2
    if freedom == inf:
        return float(ndtri(level) + ndtri(_POWER)) * sqrt(variance)
    return float(stdtrit(freedom, level) + stdtrit(freedom, _POWER)) * sqrt(variance)


@dataclass(frozen=True, slots=True)
class Arm:
    """The finished runs of one system at one size."""

    right: np.ndarray
    """Right or wrong, shape (runs, items)."""
    groups: Groups
    """The data seed of each run."""
    places: Sequence[tuple[str | int | float, ...]]
    """Which runs of two systems belong together: equal places."""


def measured_noise(arms: Sequence[Arm], assumed: Noise) -> tuple[Noise, dict[str, int]]:
    """The noise that finished runs show; what they cannot show stays as assumed.

    `discordant`: the mean share of items on which runs at one place of two systems differ. `between_seeds`:
    the mean over pairs of runs of one system. `luck_sd`: of the pooled variance of accuracy within systems of
    two runs or more, Σ(x − mean)² / Σ(S − 1), what is above q₀/2I. `data_share`: the between-component of the
    one-way analysis of variance, (MS_b − MS_w)/T over that plus MS_w, cut to [0, 1], of systems with as many
    runs in each of several data seeds.

    Returns:
        The noise, and for each of its fields that was measured the number of pairs or runs behind it.
    """
    found: dict[str, list[float]] = {"between_seeds": [], "discordant": []}
    squares, freedom, runs = 0.0, 0, 0
    for arm in (arm for arm in arms if len(arm.right) > 1):
        differing = [float((a != b).mean()) for at, a in enumerate(arm.right) for b in arm.right[:at]]
        found["between_seeds"] += differing
        luck_of_answers = np.mean(differing) / (2 * arm.right.shape[1])
        variance = float(arm.right.mean(axis=1).var(ddof=1)) - float(luck_of_answers)
        squares, freedom = squares + variance * (len(arm.right) - 1), freedom + len(arm.right) - 1
        runs += len(arm.right)
    for at, one in enumerate(arms):
        for other in arms[:at]:
            found["discordant"] += _paired(one, other)
    shares = [share for arm in arms if (share := _data_share(arm)) is not None]
    values = {name: float(np.mean(shares)) for name, shares in found.items() if shares}
    counts = {name: len(shares) for name, shares in found.items() if shares}
    if freedom:
        values["luck_sd"], counts["luck_sd"] = sqrt(max(0.0, squares / freedom)), runs
    if shares:
        values["data_share"], counts["data_share"] = float(np.mean(shares)), len(shares)
    return Noise(**{name: values.get(name, getattr(assumed, name)) for name in Noise.__slots__}), counts


def _paired(one: Arm, other: Arm) -> list[float]:
    where = {place: at for at, place in enumerate(other.places)}
    return [
        float((one.right[at] != other.right[where[place]]).mean())
        for at, place in enumerate(one.places)
        if place in where and one.right.shape[1] == other.right.shape[1]
    ]


def _data_share(arm: Arm) -> float | None:
    members = run_groups(arm.groups)
    students = len(members[0])
    if len(members) < 2 or students < 2 or any(len(at) != students for at in members):
        return None
    values = arm.right.mean(axis=1)
    within = float(np.mean([values[at].var(ddof=1) for at in members]))
    between = float(np.var([values[at].mean() for at in clusters(arm.groups)], ddof=1))
    component = max(0.0, between - within / students)
    return component / (component + within) if component + within else 0.0
