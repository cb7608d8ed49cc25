"""How far a mean over runs and items is from the truth: seeds and items as crossed random effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ROUNDING = 1e-18
"""A variance of shares below this is a sum's rounding."""
Groups = Sequence[str | int | float]
"""The data seed of each run."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard error of a mean, and the degrees of freedom that it is known with."""

    error: float
    freedom: float
    """Infinite where the error is 0."""


def spread_of_mean(values: Floats, groups: Groups) -> Spread:
    """The spread of the mean over runs and items, were other seeds and other items drawn.

    Args:
        values: shape (runs, items).
        groups: the data seed of each run.

    V = V_s + V_i − V_e: the variance of the mean over clusters of runs (`mean_variance`), that over items,
    s_i²/I of the items' means, and, since both hold it, once less that of their interaction. Balanced, V is
    (MS_s + MS_i − MS_e)/(G·I) of the two-way analysis of variance (Cornfield and Tukey 1956), and never less
    than V_s and V_i. Degrees of freedom: V²/(V_s²/(G−1) + V_i²/(I−1) + V_e²/((G−1)(I−1))) (Satterthwaite
    1946). One run: V_i with I−1.
    """
    members, items = clusters(groups), values.shape[1]
    between = max(1, len(members) - 1)
    over_seeds = mean_variance(values.mean(axis=1), groups)
    over_items = float(values.mean(axis=0).var(ddof=1)) / items if items > 1 else 0.0
    both = _interaction(values, members) if len(members) > 1 and items > 1 else 0.0
    variance = max(over_seeds + over_items - both, over_seeds, over_items)
    if variance < _ROUNDING:
        return Spread(0.0, float("inf"))
    rest = max(1, items - 1)
    parts = over_seeds**2 / between + over_items**2 / rest + both**2 / (between * rest)
    return Spread(float(np.sqrt(variance)), float(variance**2 / parts))


def clusters(groups: Groups) -> list[list[int]]:
    """What the spread over seeds is measured between: data seeds, or runs where all share one data seed."""
    members = run_groups(groups)
    return members if len(members) > 1 else run_groups(range(len(groups)))


def mean_variance(values: Floats, groups: Groups) -> float:
    """The variance of the mean of one value a run: G/(G−1)·Σ_g (n_g/S)²·(m_g − mean)², S runs in G clusters.

    The cluster-robust one of a mean (Liang and Zeger 1986); with one run a cluster it is s²/S. 0 where there
    is but one run, whose spread is unknown.
    """
    found, mean = clusters(groups), float(values.mean())
    if len(found) == 1:
        return 0.0
    parts = [(len(at) / len(values) * (values[at].mean() - mean)) ** 2 for at in found]
    return float(len(found) / (len(found) - 1) * sum(parts))


def run_groups(groups: Groups) -> list[list[int]]:
    """The places of the runs of each data seed, in the order of their first appearance."""
    members: dict[str | int | float, list[int]] = {}
    for at, name in enumerate(groups):
        members.setdefault(name, []).append(at)
    return list(members.values())


def _interaction(values: Floats, members: list[list[int]]) -> float:
    """What the items' differences between clusters add to the variance of the mean."""
    shares = np.array([len(at) for at in members]) / len(values)
    means = np.stack([values[at].mean(axis=0) for at in members])
    means = means - shares @ means
    rest = means - means.mean(axis=1, keepdims=True)
    clusters, items = means.shape
    return float(clusters / (clusters - 1) * (shares**2 @ (rest**2).sum(axis=1)) / ((items - 1) * items))


def design(runs: Sequence[int]) -> str:
    """How runs are replicated, in words, from the number of runs of each data seed.

    "10 seeds" is ten data seeds with one student each; "3 data seeds × 2 training seeds" six students.
    """
    if len(runs) == 1 and runs[0] > 1:
        return f"1 data seed × {runs[0]} training seeds"
    if set(runs) == {1}:
        return "1 seed" if len(runs) == 1 else f"{len(runs):,} seeds"
    if len(set(runs)) == 1:
        return f"{len(runs):,} data seeds × {runs[0]} training seeds"
    return f"{sum(runs):,} runs of {len(runs):,} data seeds"
