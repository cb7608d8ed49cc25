"""Time and memory of rating 512,000 items, once they are scored: online Elo and Bradley–Terry.

    make bench-rating

Every item is in 5 batches of 5: 5.12 million comparisons. The scorer is simulated: true scores of the whole
raw scale, noise of 4 in every batch, multiples of 5. What counts is the schedule, online Elo in its fixed
order, and Bradley–Terry's ratings; making the scores does not count. The intervals of Bradley–Terry's ratings
need a refit a resample, of which one is timed: measures take 1,000 points a set, where it is 0.01 s.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from scipy.special import ndtri

from simula.scoring import EloSettings, compared, rate, schedule
from simula.scoring.bradley_terry import strengths
from simula.scoring.simulation import score


@contextmanager
def timed(name: str, seconds: dict[str, float]) -> Iterator[None]:
    """Prints what the block took, wall clock and CPU, and keeps the former."""
    began, worked = time.perf_counter(), time.process_time()
    yield
    seconds[name] = time.perf_counter() - began
    print(f"{name}: {seconds[name]:.1f} s ({time.process_time() - worked:.1f} s of CPU)", flush=True)


def ranks(values: np.ndarray) -> np.ndarray:
    """Places of different numbers, from the lowest."""
    places = np.empty(len(values))
    places[np.argsort(values)] = np.arange(len(values))
    return places


def main() -> None:
    """Schedule, score, rate, and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("items", type=int, nargs="?", default=512_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    items, draw, settings = arguments.items, np.random.default_rng(arguments.seed), EloSettings()
    truth = np.clip(50 + 20 * ndtri((draw.permutation(items) + 0.5) / items), 1, 100)
    counted: dict[str, float] = {}
    with timed("schedule", counted):
        plan = schedule(items, 5, 5, arguments.seed)
    batches = score(plan.batches, truth, 4.0, 5, draw)
    with timed("online Elo", counted):
        elo = rate(batches, items, settings)
    with timed("Bradley–Terry", counted):
        pairs = compared(batches, items)
        fitted = strengths(pairs)
    total = sum(counted.values())
    with timed("one resample of its intervals", {}):
        weights = draw.exponential(size=len(batches))
        strengths(pairs, weights[pairs.batch], fitted)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    by_elo = np.corrcoef(ranks(truth), ranks(np.array([rating.elo for rating in elo])))[0, 1]
    by_fit = np.corrcoef(ranks(truth), ranks(fitted))[0, 1]
    print(
        f"{items:,} items, {len(pairs):,} comparisons, {plan.parts} part: rated in {total:.0f} s, peak"
        f" resident memory {peak:.2f} GiB; Spearman with the truth {by_elo:.4f} by Elo,"
        f" {by_fit:.4f} by Bradley–Terry"
    )


if __name__ == "__main__":
    main()
