"""What the report's tables say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from simula.report.analysis_tables import amount, percent, points, share_span
from simula.report.results import DatasetSummary
from simula.report.summary import Panel, Row, Summary, Untuned
from simula.report.text_table import Line, TextTable, Tone

_NOTHING = "–"
_DISTANCE = "global distance"


def main_tables(summary: Summary) -> tuple[TextTable, ...]:
    """One table a panel: the untuned student, then every system at every size."""
    return tuple(_main(panel) for panel in summary.panels)


def detail_tables(summary: Summary) -> tuple[TextTable, ...]:
    """For each panel why candidates were not kept, the measures of the data sets, seconds a stage."""
    tables = []
    for panel in summary.panels:
        if any(row.dataset for row in panel.rows):
            tables.append(_rejections(panel))
        if any(row.assessment for row in panel.rows):
            tables.append(_by_name("Measures of the data sets", panel, lambda row: row.assessment, _decimal))
        if any(row.seconds for row in panel.rows):
            tables.append(_by_name("Seconds a stage", panel, lambda row: row.seconds, _seconds))
    return tuple(tables)


def _main(panel: Panel) -> TextTable:
    several = len(panel.sizes) > 1
    names = sorted({name for row in panel.rows for name in row.assessment})
    reached = max((name for name in names if re.fullmatch(r"coverage level \d+", name)), default="")
    # One a panel: cells whose distances are by different embeddings stand in different panels.
    distance = next((name for name in names if name.startswith(_DISTANCE)), "")
    others = (("untuned", panel.untuned), ("teacher", panel.teacher))
    lines = [_other(name, one, several) for name, one in others if one is not None]
    for row in panel.rows:
        name = (row.system, f"{row.size:,}") if several else (row.system,)
        cells = (*name, *_outcome(row, panel), *_origin(row.dataset), *_measured(row, reached, distance))
        lines.append(Line(cells, _tone(row)))
    columns = (
        *(("system", "size") if several else ("system",)),
        *(
            "seeds",
            "accuracy,\u00a0%",
            f"against {panel.reference}, points",
            "no answer,\u00a0%",
            "seen,\u00a0%",
        ),
        *(("gap closed,\u00a0%",) if panel.teacher is not None else ()),
        *("rows", "tried", "rejected", "unusable", "calls", "tokens", "price,\u00a0$"),
        *("$ a\u00a0row", "tokens a\u00a0row", "reached", "distance"),
    )
    title = panel.title if several else f"{panel.title}, {panel.sizes[0]:,} rows"
    return TextTable(title, columns, tuple(lines), 1 + several, tuple(_notes(panel, reached, distance)))


def _outcome(row: Row, panel: Panel) -> tuple[str, ...]:
    is_reference = row.system == panel.reference and row.accuracy is not None
    return (
        _progress(row),
        percent(row.accuracy) if row.accuracy else _others(row),
        "reference" if is_reference else points(row.difference),
        _NOTHING if row.unanswered is None else f"{100 * row.unanswered:.1f}",
        _NOTHING if row.overlap is None else f"{100 * row.overlap.items_sharing:.1f}",
        *((_gap(row),) if panel.teacher is not None else ()),
    )


def _gap(row: Row) -> str:
    """The share of the way to the teacher, with its interval."""
    return _NOTHING if row.gap is None else share_span(row.gap)


def _origin(dataset: DatasetSummary | None) -> tuple[str, ...]:
    if dataset is None:
        return (_NOTHING,) * 9
    short = f" of {dataset.target:,}" if dataset.accepted < dataset.target else ""
    tokens = dataset.prompt_tokens + dataset.completion_tokens
    return (
        f"{dataset.accepted:,}{short}",
        f"{dataset.candidates:,}",
        f"{sum(dataset.rejected.values()):,}",
        f"{sum(dataset.unusable.values()):,}",
        f"{dataset.calls:,}",
        _short(tokens),
        f"{dataset.price:.2f}" if dataset.price >= 0.01 else f"{dataset.price:.2g}",
        f"{dataset.price / dataset.accepted:.3g}" if dataset.accepted else _NOTHING,
        _short(tokens / dataset.accepted) if dataset.accepted else _NOTHING,
    )


def _measured(row: Row, reached: str, distance: str) -> tuple[str, ...]:
    return tuple(
        f"{row.assessment[name]:.2f}" if name in row.assessment else _NOTHING for name in (reached, distance)
    )


def _other(name: str, one: Untuned, several: bool) -> Line:
    """The untuned student, or the teacher."""
    names = (name, "") if several else (name,)
    return Line((*names, "", percent(one.accuracy), "", f"{100 * one.unanswered:.1f}"), "untuned")


def _notes(panel: Panel, reached: str, distance: str) -> Iterator[str]:
    yield (
        "Accuracy: mean over seeds with the 95 % t interval of that mean; of a single run, of runs that do"
        " not differ, of the untuned student and of the teacher, the 95 % Wilson interval over items. No"
        " answer: counted as wrong."
    )
    if any(row.difference for row in panel.rows):
        yield (
            "Difference: same items and seeds, 95 % interval by hierarchical bootstrap;"
            " * told from none at the 5 % level (Holm)."
        )
    if any(row.by_data_seed and max(row.by_data_seed) > 1 for row in panel.rows):
        yield "Seeds a × b: a data seeds with b training seeds each."
    grams = sorted({row.overlap.ngram for row in panel.rows if row.overlap is not None})
    if grams:
        yield f"Seen: test items that have {' or '.join(map(str, grams))} words in a row from a training row."
    if panel.teacher is not None:
        yield (
            "Gap closed: (student − untuned) / (teacher − untuned), 95 % interval; – where the teacher is not"
            " told to be above the untuned student."
        )
    partial = [row for row in panel.rows if _others(row)]
    if partial:
        named = "; ".join(f"{row.system}, {row.size:,} rows: {_others(row)}" for row in partial)
        yield f"Not finished: {named}."
    if any(row.datasets > 1 for row in panel.rows):
        yield "Rows, tried, rejected, unusable, calls, tokens, price: mean of the system's data sets."
    if any(row.dataset for row in panel.rows):
        yield "A row: an accepted one; it pays for the refused ones too, taxonomies are apart."
    scored = [(row, row.dataset.scoring_calls) for row in panel.rows if row.dataset]
    if any(calls for _, calls in scored):
        named = "; ".join(f"{row.system}, {row.size:,} rows: {calls:,}" for row, calls in scored if calls)
        yield f"Calls, tokens, price: with those that rated rows for a selection ({named})."
    if reached:
        level = reached.replace("coverage", "").strip()
        yield f"Reached: share of the taxonomies' {level} nodes that rows came from."
    if distance:
        by = distance.removeprefix(_DISTANCE).strip(" ()")
        yield f"Distance: mean pairwise cosine distance of rows, embedded by {by or 'an unnamed embedding'}."


def _rejections(panel: Panel) -> TextTable:
    lines = []
    for row in panel.rows:
        if row.dataset is None:
            continue
        for kind, reasons in (("rejected", row.dataset.rejected), ("unusable", row.dataset.unusable)):
            for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
                share = f"{100 * count / max(1, row.dataset.candidates):.1f}"
                why = reason.removeprefix(f"{kind}: ")
                lines.append(Line((row.system, f"{row.size:,}", kind, why, f"{count:,}", share)))
    columns = ("system", "size", "outcome", "reason", "candidates", "share,\u00a0%")
    notes = () if lines else ("Every candidate was accepted.",)
    return TextTable(f"Why candidates were not kept: {panel.title}", columns, tuple(lines), 4, notes)


def _by_name(
    title: str, panel: Panel, values: Callable[[Row], Mapping[str, float]], form: Callable[[float], str]
) -> TextTable:
    """One column for each name that any row has a value for."""
    names = tuple(dict.fromkeys(name for row in panel.rows for name in values(row)))
    lines = []
    for row in panel.rows:
        numbers = (form(values(row)[name]) if name in values(row) else _NOTHING for name in names)
        lines.append(Line((row.system, f"{row.size:,}", *numbers), _tone(row)))
    notes = ("Mean over the finished cells.",) if any(row.seeds > 1 for row in panel.rows) else ()
    return TextTable(f"{title}: {panel.title}", ("system", "size", *names), tuple(lines), 2, notes)


def _progress(row: Row) -> str:
    total = sum(row.states.values())
    if row.seeds != total:
        return f"{row.seeds} of {total}"
    runs = row.by_data_seed
    # Students of each of several data sets, or of one: data seeds × training seeds.
    return f"{len(runs)} × {runs[0]}" if len(set(runs)) == 1 and runs[0] > 1 else f"{total}"


def _others(row: Row) -> str:
    """The cells that are not finished."""
    return ", ".join(f"{count} {state}" for state, count in row.states.items() if state != "done")


def _tone(row: Row) -> Tone:
    if not row.seeds:
        return "none"
    return "" if row.seeds == sum(row.states.values()) else "partial"


def _short(number: float) -> str:
    return amount(number) if number >= 1000 else f"{number:.0f}"


def _decimal(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
