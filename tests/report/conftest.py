"""Made-up results of a sweep, with the systems' true accuracies given; and a browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pytest
from browser import REQUIRED, Browser, browser, program

from simula.report import CellResult, DatasetSummary
from simula.report.results import Overlap

Sweep = Callable[..., list[CellResult]]


def sweep(
    shares: Mapping[str, float],
    *,
    sizes: Sequence[int] = (64,),
    seeds: int = 3,
    items: int = 120,
    untuned: float = 0.1,
    domain: str = "lab",
    chance: float | None = None,
    experiment: str = "demo",
    training_seeds: int = 1,
) -> list[CellResult]:
    """One finished cell for each system, size and seed; `shares` are the systems' shares of right answers.

    Every seed has its own data set, which `training_seeds` students are tuned on.
    """
    rng = np.random.default_rng(0)
    base = tuple(bool(one) for one in rng.random(items) < untuned)
    names = tuple(f"item {at}" for at in range(items))
    found = []
    for system, share in shares.items():
        for size in sizes:
            for seed in range(seeds * training_seeds):
                right = tuple(bool(one) for one in rng.random(items) < share)
                found.append(
                    CellResult(
                        key=f"{domain}-{system}-n{size}-s{seed}",
                        axes={
                            "domain": domain,
                            "system": system,
                            "taxonomy": "all_levels",
                            "complexity": "half",
                            "student": "tiny",
                            "teacher": "simulated",
                            "training": "quick",
                            "size": size,
                            "seed": seed,
                            "data_seed": seed // training_seeds,
                            "experiment": experiment,
                        },
                        status="done",
                        items=names,
                        right=right,
                        unanswered=3,
                        base_right=base,
                        base_unanswered=12,
                        overlap=Overlap(13, 0.05, 0.0, 0.01, 0.0, share),
                        dataset=_dataset(size, critic=system == "full"),
                        assessment={
                            "coverage level 1": 1.0,
                            "coverage level 2": 0.5,
                            "global distance (tfidf)": 0.8,
                        },
                        seconds={"dataset": 33.1, "train": 183.2},
                        readings={"strict": sum(right) / items, "lenient": 0.9},
                        base_readings={"strict": sum(base) / items, "lenient": 0.2},
                        chance=chance,
                    )
                )
    return found


def _dataset(size: int, *, critic: bool) -> DatasetSummary:
    return DatasetSummary(
        accepted=size,
        target=size,
        candidates=2 * size if critic else size + 4,
        rejected={"double critic": size - 3, "duplicate": 2} if critic else {"duplicate": 4},
        unusable={"reply is not JSON": 1} if critic else {},
        calls=6 * size if critic else size + 4,
        prompt_tokens=1300 * size,
        completion_tokens=400 * size,
        price=0.0125 * size,
    )


@pytest.fixture(name="sweep", scope="session")
def sweep_fixture() -> Sweep:
    return sweep


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running browser; without one the test is skipped, or fails where one is required."""
    name = program()
    if name is None:
        (pytest.fail if REQUIRED in os.environ else pytest.skip)("there is no Chromium on this machine")
    with browser(name, tmp_path_factory.mktemp("profile")) as found:
        yield found
