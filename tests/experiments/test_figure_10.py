"""The paper's Figure 10 comes out of simulated scores with soft outcomes, and not with win, draw, loss."""

import statistics

import numpy as np
import pytest

from experiments import figure_10
from simula.scoring import ScoredBatch, compared


def test_the_papers_numbers_are_read_as_they_stand_in_the_file() -> None:
    found = figure_10.paper()
    assert list(found) == [(2, 1), (5, 1), (5, 5), (10, 5), (2, 10), (10, 10)]
    assert found[5, 5] == figure_10.Ratings({1: 68.3, 2: 75.4, 3: 79.3, 4: 84.9, 5: 88.3}, 52.2)


def test_hard_outcomes_are_win_draw_and_loss() -> None:
    pairs = compared([ScoredBatch((0, 1, 2), (60, 60, 20))], 3)
    assert pairs.outcome.tolist() == [0.5, 0.75, 0.75]
    assert figure_10.hard(pairs).outcome.tolist() == [0.5, 1.0, 1.0]
    turned = compared([ScoredBatch((2, 0), (20, 60))], 3)
    assert figure_10.hard(turned).outcome.tolist() == [0.0]


def test_a_simulation_is_the_plain_one_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one item a level and no noise: what is said, rated and divided by the highest, by hand."""
    monkeypatch.setattr(
        figure_10, "_true_scores", lambda seed: (np.array([20.0, 41.0, 80.0]), np.array([1, 2, 3]))
    )
    monkeypatch.setattr(figure_10, "NOISE", 0.0)
    found = figure_10.simulated((3, 1), figure_10.soft, seed=0)
    # One batch of 20, 40 and 80 in some order: all begin at 400, and what moves within it is little.
    gains = {1: 20 / 60 + 20 / 100 - 1, 2: 40 / 60 + 40 / 120 - 1, 3: 80 / 100 + 80 / 120 - 1}
    highest = 400 + 32 * gains[3]
    for level, gain in gains.items():
        assert found.medians[level] == pytest.approx(100 * (400 + 32 * gain) / highest, abs=0.2)
    assert found.lowest == min(found.medians.values())


def test_soft_outcomes_give_the_papers_figure_and_hard_ones_do_not() -> None:
    soft = figure_10.repeated(figure_10.soft, repeats=3)
    hard = figure_10.repeated(figure_10.hard, repeats=3)
    assert figure_10.mean_error(soft) < 4
    assert figure_10.mean_error(hard) > 9
    slow = [
        abs(statistics.mean(run.medians[level] for run in runs) - printed)
        for setting, runs in soft.items()
        for level, printed in figure_10.paper()[setting].medians.items()
    ]
    slow += [
        abs(statistics.mean(run.lowest for run in runs) - figure_10.paper()[setting].lowest)
        for setting, runs in soft.items()
    ]
    assert figure_10.mean_error(soft) == pytest.approx(statistics.mean(slow))
    assert figure_10.simulated((5, 5), figure_10.soft, 1) == soft[5, 5][1]
