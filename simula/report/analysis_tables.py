"""Tables of what a grid shows as a whole: certainty, effects, price, growth, learning rates."""

from __future__ import annotations

from collections.abc import Iterator

from simula.evaluation.effects import Factorial
from simula.evaluation.spread import design
from simula.evaluation.statistics import Comparison
from simula.report.analysis import Front, Growth
from simula.report.summary import Estimate, Panel, Row, Summary
from simula.report.text_table import Line, TextTable

_NOTHING = "–"
_FLAT = 1e-9
"""A drop below this is none: of a flat line any exponent is as good."""
WORDS = {"size": "sizes", "learning_rate": "learning rates"}
"""What effects are averaged over, in words."""


def analysis_tables(summary: Summary) -> tuple[TextTable, ...]:
    """For each panel those of its tables that hold anything."""
    return tuple(table for panel in summary.panels for table in _tables(panel))


def _tables(panel: Panel) -> Iterator[TextTable]:
    analysis = panel.analysis
    if analysis.effects is not None and (analysis.effects.effects or analysis.effects.confounded):
        yield _effects(panel, analysis.effects)
    if analysis.front is not None:
        yield _front(panel, analysis.front)
    if analysis.growth:
        yield _growth(panel, analysis.growth)
    if any(row.rates and row.rates.picked for row in panel.rows):
        yield _rates(panel)
    if any(row.accuracy for row in panel.rows):
        yield _certainty(panel)
    if any(row.readings for row in panel.rows):
        yield _readings(panel)


def _effects(panel: Panel, found: Factorial) -> TextTable:
    lines = [
        Line(
            (
                one.axis,
                one.change,
                points(one.found),
                f"{one.found.p:.2g}",
                f"{100 * one.found.detectable:.1f}" if one.found.detectable else _NOTHING,
            )
        )
        for one in found.effects
    ]
    lines += [Line((name, change, "cannot be told")) for name, _, change in _parted(found.confounded)]
    notes = [
        "Main effects: least squares over the cells, all axes"
        + "".join(f" and {WORDS[name]}" for name in found.blocks)
        + ", without interactions"
        + (
            "; every combination is there, so each is the change averaged over the others."
            if found.complete
            else "; combinations are missing, so each is what it is if the axes add up."
        )
    ]
    if any(one.kind == "interaction" for one in found.effects):
        notes.append("a × b: what both changes do together beyond the sum of each.")
    if found.joined:
        notes.append(f"Taken as one, since neither varies without the other: {'; '.join(found.joined)}.")
    if found.confounded:
        why = panel.analysis.no_effects or "the grid holds too few combinations"
        notes.append(f"Cannot be told: {why}.")
    if found.effects:
        one = found.effects[0].found
        several = f" p: Holm over {one.family} effects; so corrected, too," if one.family > 1 else ""
        notes.append(
            f"{design(one.runs)} that all {found.arms} combinations share, {one.items:,} items;{several}"
            " detects: what 80 % of such sweeps decide."
        )
    if panel.analysis.left_out:
        notes.append(
            f"Finished cells left out, as not all combinations have their seeds: {panel.analysis.left_out}."
        )
    columns = ("axis", "change", "points", "p", "detects")
    return TextTable(f"What each axis does: {panel.title}", columns, tuple(lines), 2, tuple(notes))


def _parted(names: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for name in names:
        yield name.partition(": ")


def _front(panel: Panel, front: Front) -> TextTable:
    lines = []
    for point in sorted(front.points, key=lambda point: (point.price, -point.accuracy)):
        place = "front" if point.beaten_by is None else f"beaten by {point.beaten_by}"
        accuracy = _percent(point.accuracy, point.low, point.high)
        cells = (point.system, f"{point.size:,}", place, amount(point.price), accuracy)
        lines.append(Line((*cells, f"{100 * point.share:.0f}")))
    notes = (
        "Front: nothing else costs no more and is no less accurate. On it: share of redrawn experiments in"
        f" which it is there, by the runs that all share ({design(front.runs)}). Accuracy: 95 % interval over"
        " seeds and items. Prices: without taxonomies, with the ratings that a selection needed.",
    )
    unit = "price,\u00a0$" if front.unit == "$" else "tokens"
    columns = ("system", "size", "place", unit, "accuracy,\u00a0%", "on it,\u00a0%")
    return TextTable(f"Accuracy against price: {panel.title}", columns, tuple(lines), 3, notes)


def _growth(panel: Panel, found: tuple[Growth, ...]) -> TextTable:
    lines = []
    for one in found:
        ceiling = _NOTHING
        if one.ceiling is not None:
            ceiling = (
                f"{100 * one.ceiling.ceiling:.1f} [{100 * one.ceiling.low:.1f}, {100 * one.ceiling.high:.1f}]"
            )
            ceiling = ceiling if one.ceiling.in_sight else "none in sight"
        curved = one.ceiling is not None and one.ceiling.in_sight and one.ceiling.drop > _FLAT
        exponent = f"{one.ceiling.exponent:.2f}" if one.ceiling and curved else _NOTHING
        sizes = f"{min(one.sizes):,} to {max(one.sizes):,}"
        against = "reference" if one.system == panel.reference else points(one.against)
        lines.append(Line((one.system, sizes, points(one.slope), against, ceiling, exponent)))
    notes = ["A doubling: slope of accuracy over log2 of the rows, points; * told from none (against: Holm)."]
    if any(one.ceiling for one in found):
        notes.append(
            "Ceiling: of accuracy = ceiling − drop·(rows/fewest)^−exponent, if its interval ends below 100."
        )
    columns = ("system", "rows", "a doubling", f"against {panel.reference}", "ceiling,\u00a0%", "exponent")
    return TextTable(f"Accuracy over sizes: {panel.title}", columns, tuple(lines), 2, tuple(notes))


def _rates(panel: Panel) -> TextTable:
    lines = []
    by = ""
    for row in panel.rows:
        if row.rates is None or row.rates.picked is None:
            continue
        picked = row.rates.picked
        by = "held-out synthetic rows" if picked.by == "validation" else "the test items"
        for at, rate in enumerate(picked.rates):
            held_out = picked.validation[at]
            lines.append(
                Line(
                    (
                        row.system,
                        f"{row.size:,}",
                        f"{rate:g}",
                        "chosen" if at == picked.chosen else "",
                        _NOTHING if held_out is None else f"{100 * held_out:.1f}",
                        f"{100 * picked.test[at]:.1f}",
                        f"{100 * picked.difference:.1f}" if at == picked.chosen else "",
                        f"{100 * picked.bias:.1f}" if at == picked.chosen else "",
                    )
                )
            )
    notes = (
        f"Chosen by the mean accuracy on {by}. Best on test: how much more the best rate there shows. By"
        " luck: what picking the best on test would add if all rates were equally good.",
    )
    columns = (
        "system",
        "size",
        "rate",
        "",
        "held out,\u00a0%",
        "test,\u00a0%",
        "best on test, points",
        "by luck, points",
    )
    return TextTable(f"Learning rates: {panel.title}", columns, tuple(lines), 4, notes)


def _certainty(panel: Panel) -> TextTable:
    lines = [Line(_certain(row)) for row in panel.rows if row.accuracy is not None]
    notes = (
        "Accuracy: the t interval over seeds, on these very items; other items, too: an interval that covers"
        " another draw of them as well, by hierarchical bootstrap (the narrower one where two or three seeds"
        " say little of their own spread). The paper's: mean ± 1.96·s/√runs, as such bands are commonly made;"
        " it states no formula. Shared:"
        " test items that have an n-gram of words in common with a training row; similar: as much as the"
        " post-filter forbids; without: accuracy on the items that share none.",
    )
    columns = (
        *("system", "size", "runs", "accuracy,\u00a0%", "other items, too", "the paper's"),
        *("shared,\u00a0%", "similar,\u00a0%", "rows sharing,\u00a0%", "accuracy without,\u00a0%"),
    )
    return TextTable(f"How sure, and how clean: {panel.title}", columns, tuple(lines), 3, notes)


def _certain(row: Row) -> tuple[str, ...]:
    assert row.accuracy is not None
    seen: tuple[str, ...] = (_NOTHING,) * 4
    if row.overlap is not None:
        without = row.overlap.accuracy_without
        shares = (row.overlap.items_sharing, row.overlap.items_similar, row.overlap.rows_sharing)
        seen = (
            *(f"{100 * share:.1f}" for share in shares),
            _NOTHING if without is None else f"{100 * without:.1f}",
        )
    return (
        row.system,
        f"{row.size:,}",
        design(row.by_data_seed),
        percent(row.accuracy),
        _span(row.with_items),
        _papers(row.accuracy),
        *seen,
    )


def _span(found: Comparison | None) -> str:
    """The ends of an accuracy's interval, in percent; of one run Wilson's says it already."""
    if found is None or found.seeds == 1:
        return _NOTHING
    return f"[{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _readings(panel: Panel) -> TextTable:
    others = (("untuned", panel.untuned), ("teacher", panel.teacher))
    known = [(name, "", one.readings, one.accuracy) for name, one in others if one is not None]
    known += [
        (row.system, f"{row.size:,}", row.readings, row.accuracy)
        for row in panel.rows
        if row.accuracy is not None
    ]
    ways = tuple(dict.fromkeys(way for _, _, readings, _ in known for way in readings))
    lines = [
        Line(
            (
                *(name, size, f"{100 * counts.value:.1f}"),
                *(f"{100 * readings[way]:.1f}" if way in readings else _NOTHING for way in ways),
            )
        )
        for name, size, readings, counts in known
    ]
    notes = (
        "Strict: an answer in the form that is asked for; lenient: in any form; log-probability: the most"
        " probable answer of a closed list. What counts: evaluation.extraction, evaluation.choice.",
    )
    columns = ("system", "size", "counts,\u00a0%", *(f"{way},\u00a0%" for way in ways))
    return TextTable(f"Accuracy by reading: {panel.title}", columns, tuple(lines), 2, notes)


def _papers(found: Estimate) -> str:
    return (
        _NOTHING if found.normal_half is None else f"{100 * found.value:.1f} ± {100 * found.normal_half:.1f}"
    )


def percent(estimate: Estimate) -> str:
    """An accuracy with its interval, in percent."""
    return _percent(estimate.value, estimate.low, estimate.high)


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def share_span(found: Comparison) -> str:
    """A share with its interval, in whole percents: "45 [31, 59]"."""
    value, low, high = (round(100 * share) for share in (found.difference, found.low, found.high))
    return f"{value} [{low}, {high}]"


def points(found: Comparison | None) -> str:
    """A difference with its interval, in points, marked where it is told from none."""
    if found is None:
        return _NOTHING
    mark = "*" if found.decided else ""
    return f"{100 * found.difference:+.1f}{mark} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def amount(number: float) -> str:
    """A price or a number of tokens, short."""
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= bound:
            return f"{number / bound:.3g}{unit}"
    return f"{number:.2f}" if 0.01 <= number < 1000 else f"{number:.2g}"
