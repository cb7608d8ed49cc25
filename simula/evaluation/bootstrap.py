"""Experiments redrawn from one experiment: data seeds, training seeds within them, and test items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simula.evaluation.spread import Floats, Groups, clusters, run_groups

_CHUNK = 2_000_000
"""Random numbers drawn at once, so that the memory stays below 50 MB."""


def redrawn_means(
    stack: npt.NDArray[np.generic],
    draw: np.random.Generator,
    resamples: int,
    groups: Groups | None = None,
) -> Floats:
    """Means of several quantities in redrawn experiments, the same draw for all of them.

    Args:
        stack: shape (quantities, runs, items); run r of every quantity shares its seeds, item i its item.
        draw: the generator.
        resamples: experiments to redraw.
        groups: the data seed of each run; None: each run has its own.

    The bootstrap is hierarchical and crossed. Data seeds are redrawn with replacement, within each as many
    training seeds as it has, and items, the same items for every run, because all runs answered the same
    ones (Owen 2007, "The pigeonhole bootstrap"; redrawing them within each run takes one item for several
    independent ones). The runs' weights are rescaled (`run_weights`), or the spread over G data seeds would
    be too small by sqrt((G − 1)/G).

    Returns:
        Shape (resamples, quantities).

    Raises:
        ValueError: the stack is empty, or `groups` does not name one data seed a run.
    """
    quantities, runs, items = stack.shape
    if stack.size == 0:
        raise ValueError(f"a stack of shape {stack.shape} holds nothing to redraw")
    if groups is not None and len(groups) != runs:
        raise ValueError(f"{len(groups)} data seeds are named for {runs} runs")
    flat = np.ascontiguousarray(stack, dtype=np.float64).reshape(quantities * runs, items)
    means = []
    for start in range(0, resamples, chunk := max(1, _CHUNK // items)):
        size = min(chunk, resamples - start)
        seeds = run_weights(range(runs) if groups is None else groups, draw, size)
        by_run = (_item_counts(items, draw, size) @ flat.T / items).reshape(size, quantities, runs)
        means.append(np.einsum("bqr,br->bq", by_run, seeds))
    return np.concatenate(means)


def run_weights(groups: Groups, draw: np.random.Generator, size: int) -> Floats:
    """The share of each run in redrawn experiments, shape (size, runs); rows sum to 1.

    A data seed that is drawn m times, with n runs, gives m·n runs redrawn among its own. Deviations from
    equal shares are then stretched by sqrt(G/(G−1)), G the data seeds, or the runs where all share one: so
    the variance over seeds is the unbiased one (Rao and Wu 1988, "Resampling inference with complex survey
    data"). A share may fall below 0.
    """
    members, runs = run_groups(groups), len(groups)
    drawn = draw.multinomial(len(members), np.full(len(members), 1 / len(members)), size=size)
    counts = np.zeros((size, runs))
    for at, own in enumerate(members):
        counts[:, own] = draw.multinomial(drawn[:, at] * len(own), np.full(len(own), 1 / len(own)))
    shares = counts / counts.sum(axis=1, keepdims=True)
    units = len(clusters(groups))
    stretch = np.sqrt(units / (units - 1)) if units > 1 else 1.0
    return np.asarray(1 / runs + stretch * (shares - 1 / runs))


def _item_counts(items: int, draw: np.random.Generator, size: int) -> Floats:
    """How often each item is among as many items drawn with replacement, shape (size, items)."""
    chosen = draw.integers(items, size=(size, items)) + items * np.arange(size)[:, None]
    return np.bincount(chosen.ravel(), minlength=size * items).reshape(size, items).astype(np.float64)
