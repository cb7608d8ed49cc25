"""Effects against statsmodels' least squares, by hand, and on grids with holes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from simula.evaluation.effects import Arm, Factorial, factorial
from simula.evaluation.statistics import compare

PAPER = {
    "baseline": ("top", "none", "none", "none"),
    "local": ("top", "five", "half", "none"),
    "global": ("all", "none", "none", "none"),
    "local_global": ("all", "five", "half", "none"),
    "full": ("all", "five", "half", "double"),
}
AXES = ("taxonomy", "scenarios", "complexity", "critic")


def arm(rng: np.random.Generator, share: float, runs: int = 3, items: int = 200, **levels: str | int) -> Arm:
    return Arm(levels, rng.random((runs, items)) < share)


def effect(found: Factorial, axis: str) -> float:
    (one,) = [effect for effect in found.effects if effect.axis == axis]
    return one.found.difference


def test_four_arms_by_hand() -> None:
    """Accuracies 0.4, 0.6 / 0.5, 0.9: a adds 0.2 on average, b 0.3, and both together 0.2 more."""
    arms = [
        Arm({"a": a, "b": b}, np.tile(np.arange(10) < share, (2, 1)))
        for (a, b), share in zip(product("01", "01"), (4, 6, 5, 9), strict=True)
    ]
    found = factorial(arms, ("a", "b"), np.random.default_rng(0))
    assert effect(found, "a") == pytest.approx(0.2)
    assert effect(found, "b") == pytest.approx(0.3)
    assert effect(found, "a × b") == pytest.approx(0.2)
    assert found.complete
    assert not found.confounded
    assert [one.change for one in found.effects] == [
        "1 instead of 0",
        "1 instead of 0",
        "1 instead of 0 and 1 instead of 0",
    ]
    assert {one.found.family for one in found.effects} == {3}


def test_it_is_least_squares_on_a_grid_with_a_hole() -> None:
    """2 × 3 × 2 without one cell, against statsmodels' formula on the cells' accuracies."""
    rng = np.random.default_rng(1)
    grid = [levels for at, levels in enumerate(product("xy", "pqr", "01")) if at != 5]
    arms = [arm(rng, 0.3 + 0.05 * at, a=a, b=b, c=c) for at, (a, b, c) in enumerate(grid)]
    found = factorial(arms, ("a", "b", "c"), rng)
    frame = pd.DataFrame([one.levels for one in arms]).assign(y=[one.right.mean() for one in arms])
    additive = ols("y ~ C(a) + C(b) + C(c)", frame).fit().params
    crossed = ols("y ~ (C(a) + C(b) + C(c)) ** 2", frame).fit().params
    ours = {(one.axis, one.change): one.found.difference for one in found.effects}
    assert ours["a", "y instead of x"] == pytest.approx(additive["C(a)[T.y]"])
    assert ours["b", "r instead of p"] == pytest.approx(additive["C(b)[T.r]"])
    assert ours["c", "1 instead of 0"] == pytest.approx(additive["C(c)[T.1]"])
    assert ours["a × b", "y instead of x and q instead of p"] == pytest.approx(crossed["C(a)[T.y]:C(b)[T.q]"])
    assert ours["b × c", "r instead of p and 1 instead of 0"] == pytest.approx(crossed["C(b)[T.r]:C(c)[T.1]"])
    assert not found.complete


def test_one_axis_of_two_levels_is_the_comparison_of_two_systems() -> None:
    rng = np.random.default_rng(2)
    arms = [arm(rng, share, critic=level) for level, share in (("none", 0.5), ("double", 0.6))]
    (one,) = factorial(arms, ("critic",), np.random.default_rng(9), resamples=2_000).effects
    two = compare(arms[1].right, arms[0].right, np.random.default_rng(9), 2_000)
    found = (one.found.difference, one.found.low, one.found.high, one.found.p)
    assert found == pytest.approx((two.difference, two.low, two.high, two.p))
    assert one.change == "double instead of none"


def test_the_papers_five_systems_say_what_they_can() -> None:
    """Scenarios and complexity change together; of the interactions one can be told, on four of the five."""
    rng = np.random.default_rng(3)
    arms = [arm(rng, 0.5, items=4000, **dict(zip(AXES, levels, strict=True))) for levels in PAPER.values()]
    found = factorial(arms, AXES, rng, resamples=200)
    assert found.joined == ("scenarios + complexity",)
    means = dict(zip(PAPER, (one.right.mean() for one in arms), strict=True))
    by_hand = means["local_global"] - means["local"] - means["global"] + means["baseline"]
    assert effect(found, "taxonomy × scenarios + complexity") == pytest.approx(by_hand)
    assert effect(found, "critic") == pytest.approx(means["full"] - _additive(means, "local_global"))
    assert [name.split(":")[0] for name in found.confounded] == [
        "taxonomy × critic",
        "scenarios + complexity × critic",
    ]
    assert not found.complete


def _additive(means: dict[str, float], system: str) -> float:
    """What the model without interactions expects of a system, by the four without a critic."""
    without = [means[name] for name in ("baseline", "local", "global", "local_global")]
    taxonomy = (without[2] + without[3] - without[0] - without[1]) / 2
    scenarios = (without[1] + without[3] - without[0] - without[2]) / 2
    assert system == "local_global"
    return float(np.mean(without) + taxonomy / 2 + scenarios / 2)


def test_an_axis_that_only_differs_with_another_ones_level_is_confounded() -> None:
    """Two systems that differ in the critic stand at different sizes: critic or size, who can tell?"""
    rng = np.random.default_rng(4)
    arms = [arm(rng, 0.5, critic="none", size=64), arm(rng, 0.6, critic="double", size=128)]
    found = factorial(arms, ("critic",), rng, blocks=("size",))
    assert found.effects == ()
    assert found.confounded == ("critic: double instead of none",)


def test_sizes_are_taken_out() -> None:
    """By far the largest difference is the size's; the critic's effect is its own at both."""
    arms = [
        Arm({"critic": critic, "size": size}, np.tile(np.arange(100) < share, (2, 1)))
        for (size, critic), share in zip(
            product((64, 128), ("none", "double")), (20, 25, 70, 77), strict=True
        )
    ]
    found = factorial(arms, ("critic",), np.random.default_rng(5), blocks=("size",))
    assert [one.axis for one in found.effects] == ["critic"]
    assert effect(found, "critic") == pytest.approx(0.06)
    assert found.complete


def test_planted_effects_are_covered() -> None:
    """30 grids of 2 × 2, main effects of 0.1 and 0 and no interaction: 95 % intervals, 90 of them."""
    rng, covered = np.random.default_rng(6), []
    for _ in range(30):
        arms = [arm(rng, 0.4 + 0.1 * a, items=80, a=a, b=b) for a, b in product((0, 1), (0, 1))]
        found = factorial(arms, ("a", "b"), rng, resamples=300)
        for one, truth in zip(found.effects, (0.1, 0.0, 0.0), strict=True):
            covered.append(one.found.low <= truth <= one.found.high)
    assert 0.9 <= np.mean(covered) <= 1.0


def test_nothing_varies() -> None:
    rng = np.random.default_rng(7)
    found = factorial([arm(rng, 0.5, critic="none")], ("critic",), rng)
    assert (found.effects, found.confounded, found.complete) == ((), (), True)


def test_arms_need_the_same_runs() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(ValueError, match="the same runs and items"):
        factorial([arm(rng, 0.5, runs=1, a=0), arm(rng, 0.5, runs=2, a=1)], ("a",), rng)
