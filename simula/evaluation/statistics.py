"""Accuracy with its uncertainty, and the paired comparison of two systems.

`right` arrays hold one row a run and one column a test item; two systems are compared on the same
seeds and the same items, so that the luck they share cancels. A run has a data seed (which data set) and a
training seed (which student of it); several runs of one data seed are no several data sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

# Not scipy.stats and statsmodels, which take seconds to import; tests hold these formulas against theirs.
from scipy.special import bdtr, ndtr, ndtri, stdtr, stdtrit

from simula.evaluation.bootstrap import redrawn_means
from simula.evaluation.power import smallest
from simula.evaluation.spread import Groups, clusters, mean_variance, run_groups, spread_of_mean

Right = npt.NDArray[np.bool_]
Bounds = tuple[float, float]
"""The least and the greatest value that a combination of accuracies can have."""

_LEVEL = 0.95
_DIGITS = 12
"""Decimals of a combination of answers; beyond them is the rounding of its weights."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of right answers of one run, with the 95 % Wilson interval over items."""

    right: int
    items: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SeedMean:
    """The mean accuracy over runs of different seeds, with two 95 % intervals of that mean."""

    seeds: int
    """Runs."""
    value: float
    low: float
    high: float
    """Ends of the t interval."""
    normal_half: float
    """Half of the paper's interval, as it is commonly computed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Accuracy of one system minus that of another, on the same items and seeds.

    All differences are shares (0.033 is 3.3 points).
    """

    seeds: int
    """Runs of each."""
    items: int
    difference: float
    low: float
    high: float
    p: float
    """Two-sided p (`contrast`), corrected by `holm` where several comparisons were made."""
    mcnemar: float | None
    """Exact McNemar p; only where there is one seed."""
    error: float
    """The standard error of the difference (`spread_of_mean`)."""
    freedom: float
    """The degrees of freedom that it is known with; infinite where it is 0."""
    runs: tuple[int, ...]
    """Runs of each data seed."""
    family: int = 1
    """Comparisons that `p` is corrected for."""

    @property
    def decided(self) -> bool:
        """Whether the difference can be told from none at the 5 % level."""
        return self.p < 1 - _LEVEL

    @property
    def detectable(self) -> float:
        """The smallest true difference that 80 % of all repetitions would decide, corrected as `p` is."""
        return smallest(self.error**2, self.freedom, self.family)


def accuracy(right: Sequence[bool] | Right) -> Accuracy:
    """The accuracy of one run, with the interval of `wilson`.

    Raises:
        ValueError: there is no item.
    """
    items, count = len(right), int(np.count_nonzero(right))
    if items == 0:
        raise ValueError("accuracy of 0 items: at least one is needed")
    return Accuracy(count, items, count / items, *wilson(count, items))


def wilson(count: int, items: int) -> tuple[float, float]:
    """The ends of the 95 % interval of a share, `count` of `items`, of which there is at least one.

    (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n), z = 1.96 (Wilson 1927); it stays inside [0, 1] and
    is honest at 0 % and 100 %.
    """
    share, z = count / items, _quantile((1 + _LEVEL) / 2)
    centre, whole = share + z**2 / (2 * items), 1 + z**2 / items
    half = z * np.sqrt(share * (1 - share) / items + z**2 / (4 * items**2))
    return float(max(0.0, (centre - half) / whole)), float(min(1.0, (centre + half) / whole))


def mean_over_seeds(accuracies: Sequence[float], groups: Groups | None = None) -> SeedMean:
    """The mean accuracy of several runs on the same items.

    Args:
        accuracies: of each run.
        groups: the data seed of each run; None: each run has its own.

    t interval: mean ± t(0.975, G−1)·e, cut at 0 and 1, with e² as `mean_variance` has it over G data seeds.
    Where every run has its own data seed, or all S share one, this is mean ± t(0.975, S−1)·s/sqrt(S), s with
    S−1 below. It covers the luck of data and training, on these very items; where all runs share one data
    seed, that of training alone.

    The paper's "mean and 95 % interval of the mean" (Section 4) states no formula: `normal_half` is
    1.96·s/sqrt(S), the common one, which takes all runs as independent and s as known.

    Raises:
        ValueError: fewer than two runs, where the spread is unknown.
    """
    runs = len(accuracies)
    if runs < 2:
        raise ValueError(f"an interval over seeds needs at least 2 seeds, not {runs}")
    named: Groups = range(runs) if groups is None else groups
    values, mean = np.asarray(accuracies), float(np.mean(accuracies))
    half = _quantile((1 + _LEVEL) / 2, len(clusters(named)) - 1) * np.sqrt(mean_variance(values, named))
    normal = _quantile((1 + _LEVEL) / 2) * values.std(ddof=1) / np.sqrt(runs)
    return SeedMean(runs, mean, float(max(0.0, mean - half)), float(min(1.0, mean + half)), float(normal))


def compare(
    first: Right,
    second: Right,
    draw: np.random.Generator,
    resamples: int = 10_000,
    groups: Groups | None = None,
) -> Comparison:
    """Accuracy of `first` minus accuracy of `second`.

    Args:
        first: right or wrong, shape (runs, items).
        second: the same of the other system, run by run and item by item.
        draw: the generator of the bootstrap.
        resamples: bootstrap resamples.
        groups: the data seed of each run; None: each run has its own.

    Interval, p and detectable difference as `contrast` has them, and McNemar's p where there is one run.

    Raises:
        ValueError: the shapes differ or are empty.
    """
    if first.shape != second.shape or first.ndim != 2 or first.size == 0:
        raise ValueError(
            f"shapes {first.shape} and {second.shape}: two equal, non-empty shapes (seeds, items) are needed"
        )
    found = contrast(first.astype(float) - second.astype(float), draw, resamples, groups, (-1.0, 1.0))
    return replace(found, mcnemar=mcnemar(first[0], second[0])) if len(first) == 1 else found


def contrast(
    values: npt.NDArray[np.float64],
    draw: np.random.Generator,
    resamples: int = 10_000,
    groups: Groups | None = None,
    possible: Bounds | None = None,
) -> Comparison:
    """The mean of a linear combination of several systems' answers, such as one's minus another's.

    Args:
        values: the combination for each run and item, shape (runs, items).
        draw: the generator of the bootstrap.
        resamples: bootstrap resamples.
        groups: the data seed of each run; None: each run has its own.
        possible: the combination's bounds, where it has any.

    The bootstrap redraws data seeds, training seeds within them, and items (`redrawn_means`); it gives the
    shape. Its spread is set to sqrt(V) of the crossed random-effects model (`spread_of_mean`), as redrawing
    rows and columns counts their interaction three times (Owen 2007), and is then stretched by
    t(0.975, f)/z(0.975), as so few seeds know their own spread badly (Hesterberg 2015, "What teachers should
    know about the bootstrap"). Interval: the 2.5 % and 97.5 % quantiles.

    p = 2·P(T_f > t(0.975, f)·|m|/h), T_f Student's t with the interval's f, m the mean, and h its distance
    from the interval's end on the side of 0: it is below 5 % where the interval excludes 0 and nowhere else,
    it is the t test's where the interval is symmetrical, and no number of resamples bounds it, so that a
    correction for hundreds of comparisons leaves something to decide. Then the interval is cut at what is
    possible, a to b.

    Where nothing spreads, as when all answers of both systems are alike, that is no proof: of I items that do
    all the same, up to w = 1 − 0.025^(1/I) of all items may do otherwise (Clopper and Pearson 1934), each of
    which moves m to a or b at most. Interval: m − (m − a)·w to m + (b − m)·w; p: 2·(−a/(m − a))^I above 0,
    2·(b/(b − m))^I below, which of a single run is McNemar's. Without bounds it is m alone.

    Detectable: `power.smallest` of V and f. One run: items only.
    `tests/evaluation/test_coverage.py` simulates the coverage.
    """
    return contrasts(values[None], draw, resamples, groups, [possible])[0]


def contrasts(
    stack: npt.NDArray[np.float64],
    draw: np.random.Generator,
    resamples: int = 10_000,
    groups: Groups | None = None,
    possible: Sequence[Bounds | None] | None = None,
) -> list[Comparison]:
    """`contrast` of several combinations, shape (combinations, runs, items), redrawn together."""
    stack = np.round(stack, _DIGITS)
    redrawn = redrawn_means(stack, draw, resamples, groups)
    named: Groups = range(stack.shape[1]) if groups is None else groups
    bounds = [None] * len(stack) if possible is None else possible
    return [
        _within(_compared(values, redrawn[:, at], named), known)
        for at, (values, known) in enumerate(zip(stack, bounds, strict=True))
    ]


def _within(found: Comparison, possible: Bounds | None) -> Comparison:
    """The same, its interval cut at what is possible, or made from that where nothing spreads."""
    if possible is None:
        return found
    mean, (least, most) = found.difference, possible
    if found.error > 0:
        return replace(found, low=max(least, found.low), high=min(most, found.high))
    other = 1 - ((1 - _LEVEL) / 2) ** (1 / found.items)
    far = least if mean > 0 else most
    p = 1.0 if mean == 0 else min(1.0, 2 * (far / (far - mean)) ** found.items)
    return replace(found, low=mean - (mean - least) * other, high=mean + (most - mean) * other, p=p)


def _compared(
    values: npt.NDArray[np.float64], redrawn: npt.NDArray[np.float64], groups: Groups
) -> Comparison:
    mean, spread = float(values.mean()), spread_of_mean(values, groups)
    deviations = redrawn - mean
    below = _quantile((1 + _LEVEL) / 2, spread.freedom)
    if spread.error == 0:
        deviations[:] = 0.0
    elif (found := float(deviations.std())) > 0:
        deviations *= spread.error * below / (found * _quantile((1 + _LEVEL) / 2))
    low, high = np.quantile(mean + deviations, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Comparison(
        seeds=values.shape[0],
        items=values.shape[1],
        difference=mean,
        low=float(low),
        high=float(high),
        p=_two_sided(mean, float(low), float(high), spread.freedom),
        mcnemar=None,
        error=spread.error,
        freedom=spread.freedom,
        runs=tuple(len(at) for at in run_groups(groups)),
    )


def mcnemar(first: Right, second: Right) -> float:
    """The exact McNemar p of one run against another on the same items.

    Of the n items that only one of the two has right, is either's share other than a half? Two-sided binomial
    test (McNemar 1947): 2·P(X ≤ the smaller share of n), X binomial with n and 1/2; 1 where there is no such
    item.
    """
    gained, lost = int((first & ~second).sum()), int((second & ~first).sum())
    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def holm(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The same comparisons with Holm's p: any false claim among them has 5 % at most.

    The j-th smallest of m becomes the largest of (m − i + 1)·p_(i) over i ≤ j, at most 1 (Holm 1979).
    """
    if len(comparisons) < 2:
        return tuple(comparisons)
    found = np.array([one.p for one in comparisons])
    order = np.argsort(found, kind="stable")
    corrected = np.empty(len(found))
    corrected[order] = np.minimum(1, np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1)))
    return tuple(
        replace(one, p=float(p), family=len(comparisons))
        for one, p in zip(comparisons, corrected, strict=True)
    )


def _quantile(share: float, freedom: float = float("inf")) -> float:
    """Of Student's t; of the normal distribution where the degrees of freedom are infinite."""
    return float(ndtri(share) if freedom == float("inf") else stdtrit(freedom, share))


def _two_sided(mean: float, low: float, high: float, freedom: float) -> float:
    """The p of `contrast`; 1 where the mean is 0, and 0 where it is not and nothing spreads."""
    if mean == 0:
        return 1.0
    half = mean - low if mean > 0 else high - mean
    if half <= 0:
        return 0.0
    scaled = _quantile((1 + _LEVEL) / 2, freedom) * abs(mean) / half
    return float(2 * (ndtr(-scaled) if freedom == float("inf") else stdtr(freedom, -scaled)))
