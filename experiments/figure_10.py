"""Figure 10: Elo against difficulty, by batch size and appearances, from scores that are simulated.

For the simulation no teacher is asked. The paper prints the quartiles of MATH's raw scores by level, and
the ratings by level in six settings; it states neither the K-factor nor the outcome of a comparison. True
scores are drawn from the quartiles, a scorer sees them through noise in every batch, online Elo rates them:
with soft outcomes s / (s + t) and a K-factor of 32 the paper's ratings come out, with win, draw or loss not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
import numpy as np
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from scipy.special import stdtrit

from experiments.comparison import Compared, Ours, reference, table
from experiments.results import ONE_SET, Found, found
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.draws import entropy, generator
from simula.progress import counted
from simula.report.figure import INK, STYLE, drawing
from simula.report.text_table import Line, TextTable
from simula.scoring import Comparisons, EloSettings, compared, online_elo, schedule
from simula.scoring.simulation import score, split_normal
from simula.stages.measures.validity import SCORES
from simula.store.artifacts import Store
from simula.store.measured_sets import REAL

TITLE = "Figure 10: Elo against difficulty, by batch size and appearances"
SWEEPS = (Sweep("assess", ("experiment=figure_10",)),)
LOWEST = "lowest"
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
    for line in reference("elo_by_batch_math.csv"):
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
    printed = paper()
    distances = [
        np.abs(np.mean([one.numbers for one in runs], axis=0) - printed[setting].numbers)
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
    for at, (setting, printed) in enumerate(paper().items()):
        axes = figure.add_subplot(2, 3, at + 1)
        axes.set_title(f"batches of {setting[0]}, {counted(setting[1], 'appearance')}")
        for look, (name, made) in zip(looks, by_outcome.items(), strict=False):
            runs = np.array([one.numbers for one in made[setting]])
            half = stdtrit(len(runs) - 1, 0.975) * runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
            mean, levels = runs.mean(axis=0), list(printed.medians)
            axes.errorbar(levels, mean[:-1], yerr=half[:-1], label=f"simulated, {name}", **look)
            axes.axhline(mean[-1], color=look["color"], linestyle=":", linewidth=1.2)
        medians = list(printed.medians.values())
        axes.plot(levels, medians, linestyle="", marker="x", color=INK, zorder=4, label="paper")
        axes.axhline(printed.lowest, color=INK, linestyle=":", linewidth=1.2, label="lowest item")
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
    for line in reference("score_quartiles_math.csv"):
        level, items = int(line["level"]), int(line["items"])
        low, median, high = (float(line[name]) for name in ("q25", "median", "q75"))
        scores.append(split_normal(low, median, high, items, generator(seed, level, "true scores")))
        levels += [level] * items
    return np.concatenate(scores), np.array(levels)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The simulation, and beside the paper's numbers those of the store's finished validity grid on MATH."""
    by_outcome = {"soft outcomes": repeated(soft, REPEATS), "win, draw, loss": repeated(hard, REPEATS)}
    measured = found(store, "validity", wanted).get(("math", REAL))
    shown = [
        Compared(
            {"batch_size": setting[0], "appearances": setting[1], "level": name},
            "median Elo, % of the highest" if name != LOWEST else "lowest Elo, % of the highest",
            printed,
            ours=_ours(measured, setting, name),
            state="missing" if measured is None else measured.state,
        )
        for setting, ratings in paper().items()
        for name, printed in zip([*map(str, ratings.medians), LOWEST], ratings.numbers.tolist(), strict=True)
    ]
    with mpl.rc_context(fname=STYLE):
        made = drawing(draw(by_outcome))
    errors = [
        f"Simulated, {name}: {mean_error(runs):.1f} points of percent from the paper, on average over "
        f"{REPEATS} simulations of its six settings."
        for name, runs in by_outcome.items()
    ]
    tables = (_simulated_table(by_outcome), table("On MATH", shown, 1))
    return Rendered(TITLE, tables, tuple(shown), made, (*errors, ONE_SET))


def _ours(measured: Found | None, setting: Settings, name: str) -> Ours | None:
    """Of the grid on real items: the median of a level or the lowest, in percent of the highest."""
    if measured is None or measured.state != "done":
        return None
    rows = pq.read_table(measured.folder / SCORES).to_pydict()
    elo = rows.get(f"elo {setting[0]}x{setting[1]}")
    if elo is None:
        return None
    share = 100 * np.array(elo) / max(elo)
    own = share if name == LOWEST else share[np.array(rows["level"]) == name]
    on = f"{measured.manifest['set']}: {len(elo):,} items, scored by {measured.manifest['scorer']}"
    return Ours(float(share.min() if name == LOWEST else np.median(own)), on=on)


def _simulated_table(by_outcome: Mapping[str, Mapping[Settings, Sequence[Ratings]]]) -> TextTable:
    lines = []
    for setting, ratings in paper().items():
        means = [
            np.mean([one.numbers for one in runs[setting]], axis=0).tolist() for runs in by_outcome.values()
        ]
        names = [*map(str, ratings.medians), LOWEST]
        lines += [
            Line((*map(str, setting), name, f"{printed:.1f}", *(f"{mean:.1f}" for mean in ours)))
            for name, printed, *ours in zip(names, ratings.numbers.tolist(), *means, strict=True)
        ]
    columns = ("batch size", "appearances", "level", "paper", *by_outcome)
    return TextTable("Simulated: Elo in percent of the highest", columns, tuple(lines), 3)
