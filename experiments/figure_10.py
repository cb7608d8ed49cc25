"""Figure 10: Elo against difficulty, by batch size and appearances, from scores that are simulated.

    .venv/bin/python experiments/figure_10.py [FOLDER]

No teacher is asked. The paper prints the quartiles of MATH's raw scores by level, and the ratings by level in
six settings; it states neither the K-factor nor the outcome of a comparison. True scores are drawn from the
quartiles, a scorer sees them through noise in every batch, and online Elo rates them: with soft outcomes
s / (s + t) and a K-factor of 32 the paper's ratings come out, with win, draw or loss they do not. Writes
figure_10.png, figure_10.pdf and figure_10.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy.special import stdtrit

from simula.draws import entropy, generator
from simula.report.figure import INK, STYLE, drawing
from simula.scoring import Comparisons, EloSettings, compared, online_elo, schedule
from simula.scoring.simulation import score, split_normal

REFERENCE = Path(__file__).parent / "reference"
NOISE = 4.0
"""Standard deviation of the scorer's noise in a batch, in points of the raw scale."""
STEP = 5
"""The scorer says multiples of it."""
REPEATS = 20
"""Simulations whose mean is compared."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """Elo in one setting, in percent of the highest."""

    medians: Mapping[int, float]
    """Of each level."""
    lowest: float

    @property
    def numbers(self) -> np.ndarray:
        """The medians and the lowest, in one row."""
        return np.array([*self.medians.values(), self.lowest])


Settings = tuple[int, int]
"""Batch size and appearances."""


def paper() -> dict[Settings, Ratings]:
    """The paper's six settings, read off its figure."""
    found: dict[Settings, Ratings] = {}
    for line in _lines("elo_by_batch_math.csv"):
        setting = int(line["batch_size"]), int(line["appearances"])
        before = dict(found[setting].medians) if setting in found else {}
        medians = before | {int(line["level"]): float(line["median_elo_percent_of_max"])}
        found[setting] = Ratings(medians, float(line["min_elo_percent_of_max"]))
    return found


def soft(pairs: Comparisons) -> Comparisons:
    """Outcomes s / (s + t)."""
    return pairs


def hard(pairs: Comparisons) -> Comparisons:
    """Outcomes 1, ½ and 0: win, draw, loss."""
    return replace(pairs, outcome=(np.sign(pairs.outcome - 0.5) + 1) / 2)


def simulated(setting: Settings, outcomes: Callable[[Comparisons], Comparisons], seed: int) -> Ratings:
    """One simulation of all items in one setting."""
    size, appearances = setting
    truth, level = _true_scores(seed)
    plan = schedule(len(truth), size, appearances, entropy(seed, "figure 10"))
    batches = score(plan.batches, truth, NOISE, STEP, generator(seed, size, appearances, "noise"))
    elo = np.array(online_elo(outcomes(compared(batches, len(truth))), EloSettings()))
    share = 100 * elo / elo.max()
    medians = {each: float(np.median(share[level == each])) for each in np.unique(level).tolist()}
    return Ratings(medians, float(share.min()))


def mean_error(found: Mapping[Settings, Sequence[Ratings]]) -> float:
    """Mean distance to the paper, in points of percent, over settings, levels and the lowest ratings."""
    reference = paper()
    distances = [
        np.abs(np.mean([one.numbers for one in runs], axis=0) - reference[setting].numbers)
        for setting, runs in found.items()
    ]
    return float(np.mean(distances))


def repeated(outcomes: Callable[[Comparisons], Comparisons], repeats: int) -> dict[Settings, list[Ratings]]:
    """Simulations of every setting of the paper's, on the same true scores."""
    return {setting: [simulated(setting, outcomes, seed) for seed in range(repeats)] for setting in paper()}


def draw(by_outcome: Mapping[str, Mapping[Settings, Sequence[Ratings]]]) -> Figure:
    """One axes a setting: medians by level with 95 % intervals over simulations; the lowest as lines."""
    figure = Figure(figsize=(9.6, 5.4))
    looks = list(mpl.rcParams["axes.prop_cycle"])
    for at, (setting, reference) in enumerate(paper().items()):
        axes = figure.add_subplot(2, 3, at + 1)
        axes.set_title(f"batches of {setting[0]}, {setting[1]} appearance{'s' * (setting[1] > 1)}")
        for look, (name, found) in zip(looks, by_outcome.items(), strict=False):
            runs = np.array([one.numbers for one in found[setting]])
            half = stdtrit(len(runs) - 1, 0.975) * runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
            mean, levels = runs.mean(axis=0), list(reference.medians)
            axes.errorbar(levels, mean[:-1], yerr=half[:-1], label=f"simulated, {name}", **look)
            axes.axhline(mean[-1], color=look["color"], linestyle=":", linewidth=1.2)
        medians = list(reference.medians.values())
        axes.plot(levels, medians, linestyle="", marker="x", color=INK, zorder=4, label="paper")
        axes.axhline(reference.lowest, color=INK, linestyle=":", linewidth=1.2, label="lowest item")
        axes.set_ylim(0, 104)
        axes.set_xticks(levels)
        if at % 3 == 0:
            axes.set_ylabel("median Elo, % of the highest")
        if at >= 3:
            axes.set_xlabel("MATH level")
    figure.axes[0].legend(loc="lower left")
    return figure


def _true_scores(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The true score of every item, and its level; the same in every setting."""
    scores, levels = [], []
    for line in _lines("score_quartiles_math.csv"):
        level, items = int(line["level"]), int(line["items"])
        quartiles = (float(line[name]) for name in ("q25", "median", "q75"))
        scores.append(split_normal(*quartiles, items, generator(seed, level, "true scores")))
        levels += [level] * items
    return np.concatenate(scores), np.array(levels)


def _lines(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _table(by_outcome: Mapping[str, Mapping[Settings, Sequence[Ratings]]]) -> list[list[object]]:
    rows: list[list[object]] = [["batch_size", "appearances", "level", "paper", *by_outcome]]
    for setting, reference in paper().items():
        means = [
            np.mean([one.numbers for one in found[setting]], axis=0).round(1).tolist()
            for found in by_outcome.values()
        ]
        names = [*map(str, reference.medians), "lowest"]
        rows += [
            [*setting, name, printed, *ours]
            for name, printed, *ours in zip(names, reference.numbers.tolist(), *means, strict=True)
        ]
    return rows


def main() -> None:
    """Simulate, print how far the simulation is from the paper, and draw both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path("outputs/experiments"))
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    by_outcome = {"soft outcomes": repeated(soft, REPEATS), "win, draw, loss": repeated(hard, REPEATS)}
    for name, found in by_outcome.items():
        print(f"{name}: {mean_error(found):.1f} points of percent from the paper, on average")
    with mpl.rc_context(fname=STYLE):
        made = drawing(draw(by_outcome))
    (folder / "figure_10.png").write_bytes(made.png)
    (folder / "figure_10.pdf").write_bytes(made.pdf)
    with (folder / "figure_10.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_table(by_outcome))
    print(f"{folder / 'figure_10.png'}")


if __name__ == "__main__":
    main()
