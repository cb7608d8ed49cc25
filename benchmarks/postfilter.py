"""How long the post-filter takes, and how much memory: synthetic rows through the class that filling uses.

    make bench-postfilter                    512,000 rows of 90 words
    python benchmarks/postfilter.py 20000    fewer

A row is 90 words of a Zipf-like vocabulary; one in four begins with one of 20 openings of 25 words, as
generated questions do. A tenth of the rows are copies of an earlier row with 0 to 6 words changed. A row is
looked for among those before it and added if nothing similar stands there.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator

import numpy as np
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from simula.dataset import SimilarityIndex

WORDS = 90
VOCABULARY = 50_000
OPENINGS = 20
OPENING_WORDS = 25
COPIED = 0.1
RECENT = 10_000
"""Copies are made of the latest rows, so that the benchmark itself needs little memory."""


def synthetic_rows(count: int, seed: int) -> Iterator[str]:
    """The rows, one after the other."""
    draw = np.random.default_rng(seed)
    vocabulary = np.array([f"w{number:x}" for number in range(VOCABULARY)])
    chances = 1 / (np.arange(VOCABULARY) + 10)
    cumulated = np.cumsum(chances / chances.sum())

    def words(size: int) -> np.ndarray:
        ranks = np.searchsorted(cumulated, draw.random(size))
        return vocabulary[np.minimum(ranks, VOCABULARY - 1)]

    openings = [words(OPENING_WORDS) for _ in range(OPENINGS)]
    recent: list[np.ndarray] = []
    for number in range(count):
        if recent and draw.random() < COPIED:
            row = recent[draw.integers(len(recent))].copy()
            changed = draw.choice(WORDS, size=draw.integers(0, 7), replace=False)
            row[changed] = words(len(changed))
        else:
            row = words(WORDS)
            if draw.random() < 0.25:
                row[:OPENING_WORDS] = openings[draw.integers(OPENINGS)]
        if len(recent) < RECENT:
            recent.append(row)
        else:
            recent[number % RECENT] = row
        yield " ".join(row)


def main() -> None:
    """Fill an index and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int, nargs="?", default=512_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    index = SimilarityIndex(n=13, threshold=0.8)
    duplicates, busy, began = 0, 0.0, time.perf_counter()
    columns = (
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("rows", total=arguments.rows)
        for number, text in enumerate(synthetic_rows(arguments.rows, arguments.seed)):
            started = time.perf_counter()
            if index.similar(text) is None:
                index.add(str(number), text)
            else:
                duplicates += 1
            busy += time.perf_counter() - started
            if number % 1000 == 0:
                progress.update(task, completed=number)
        progress.update(task, completed=arguments.rows)
    total = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{arguments.rows:,} rows of {WORDS} words: {busy / 60:.1f} min in the post-filter"
        f" ({arguments.rows / busy:,.0f} rows/s), {total / 60:.1f} min with making them,"
        f" {time.process_time() / 60:.1f} min of CPU, peak resident memory {peak:.2f} GiB,"
        f" {duplicates:,} duplicates"
    )


if __name__ == "__main__":
    main()
