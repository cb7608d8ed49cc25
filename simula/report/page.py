"""One self-contained HTML page: no script, no network, and every text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from simula.metrics import Measure
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import Answer
from simula.report.figure import Drawing
from simula.report.measures.shown import Shown
from simula.report.summary import Summary
from simula.report.tables import detail_tables, main_tables

Samples = Mapping[str, Sequence[Mapping[str, Any]]]
"""Data set to some of its rows and refused candidates: `status`, `reason`, `question`, `answer`, and what
else is to be shown of them, text or lists of texts."""

_HEAD = ("status", "reason", "question", "answer")


def render_page(
    summary: Summary,
    said: Answer,
    drawing: Drawing,
    price: Drawing | None,
    samples: Samples,
    measures: Mapping[Measure, Shown],
) -> str:
    """The page: answer, plots, tables, measures, and what the data looks like.

    Where no student was asked for it begins with the measures, else with the data.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        summary=summary,
        title=title_of(summary, measures, samples),
        told=bool(summary.panels) or not (measures or samples),
        answer=said,
        # matplotlib escapes what it is given, and draws text as outlines.
        figure=Markup(drawing.svg),
        price=Markup(price.svg) if price else None,
        main=main_tables(summary),
        analysis=analysis_tables(summary),
        details=detail_tables(summary),
        measures=[
            (shown, Markup(shown.drawing.svg) if shown.drawing else None) for shown in measures.values()
        ],
        samples={name: [_sample(row) for row in rows] for name, rows in samples.items()},
    )


def title_of(summary: Summary, measures: Mapping[Measure, Shown], samples: Samples) -> str:
    """What the report is about."""
    if summary.panels or not (measures or samples):
        return "Which mechanism made the better student?"
    return "How the data sets measure" if measures else "What the data looks like"


def _sample(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with every heading there, and the rest in order, without what is empty."""
    rest = {name: _texts(value) for name, value in row.items() if name not in _HEAD}
    return {name: str(row.get(name, "")) for name in _HEAD} | {
        "rest": {name: texts for name, texts in rest.items() if any(texts)}
    }


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
