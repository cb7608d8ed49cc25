"""The scaled-down figures: what the paper finds, weigh on made-up students."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from experiments import fig6_small, fig7_small
from experiments.small import Claim, declared, weigh
from simula.report.results import CellResult
from simula.store.artifacts import Store

ITEMS = 60


def students(shares: Mapping[tuple[str, int], float], seeds: int = 3) -> list[CellResult]:
    """Students who are right on this share of the items, which ones by chance."""
    rng = np.random.default_rng(1)
    return [
        CellResult(
            key=f"{system}-{size}-{seed}",
            axes={"system": system, "size": size, "data_seed": seed, "seed": 0},
            status="done",
            items=tuple(map(str, range(ITEMS))),
            right=tuple(bool(one) for one in rng.permutation(ITEMS) < round(share * ITEMS)),
        )
        for (system, size), share in shares.items()
        for seed in range(seeds)
    ]


def test_a_claim_is_a_difference_on_common_seeds() -> None:
    made = students({("baseline", 64): 0.2, ("full", 64): 0.6, ("baseline", 256): 0.5, ("full", 256): 0.55})
    claims = [Claim("full", "baseline"), Claim("full", "baseline", gains=True)]
    small, large, gain = weigh(made, "system", [64, 256], claims)
    assert [one.claim for one in (small, large, gain)] == [
        "full is above baseline at 64 rows",
        "full is above baseline at 256 rows",
        "full gains more than baseline from 64 to 256 rows",
    ]
    assert small.ours is not None
    assert large.ours is not None
    assert gain.ours is not None
    assert (small.ours.difference, large.ours.difference) == pytest.approx((0.4, 0.05))
    # (0.55 − 0.6) − (0.5 − 0.2)
    assert gain.ours.difference == pytest.approx(-0.35)
    assert [one.verdict for one in (small, large, gain)] == [
        "as the paper",
        "cannot tell",
        "against the paper",
    ]
    assert [one.outside for one in (small, large, gain)] == [False, False, True]
    assert {one.ours.family for one in (small, large, gain) if one.ours} == {3}
    assert gain.record()["mark"] == "against the paper"


def test_only_seeds_that_are_finished_on_both_sides_count() -> None:
    made = students({("baseline", 64): 0.2, ("full", 64): 0.6})
    found = [cell for cell in made if cell.key != "full-64-0"]
    (seen, missing) = weigh(found, "system", [64, 256], [Claim("full", "baseline")])
    assert seen.ours is not None
    assert seen.ours.seeds == 2
    assert missing.ours is None
    assert missing.verdict == "missing"
    (alone, _) = weigh(made[:3], "system", [64, 256], [Claim("full", "baseline")])
    assert alone.verdict == "missing"


def test_claims_are_about_what_is_declared() -> None:
    places = declared("fig6_small", "system")
    assert set(places.values()) == {3}
    names = {name for _, name, _ in places}
    assert {name for claim in fig6_small.CLAIMS for name in (claim.better, claim.worse)} == names


def test_every_declared_cell_is_shown_before_any_is_finished(tmp_path: Path) -> None:
    rendered = fig7_small.render(Store(tmp_path), {})
    accuracies, claims = rendered.tables
    assert {line.cells[0] for line in accuracies.lines} == {"low", "high", "mixed"}
    assert {line.cells[-1] for line in (*accuracies.lines, *claims.lines)} == {"missing"}
    assert len(claims.lines) == len(fig7_small.CLAIMS) * len({line.cells[1] for line in accuracies.lines})
    assert [one.record()["mark"] for one in rendered.compared] == ["missing"] * len(rendered.compared)
