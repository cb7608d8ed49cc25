"""One self-contained HTML page: no network, no script but its own, and every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from simula.metrics import Measure
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import Answer
from simula.report.explorer import Explorer
from simula.report.figure import Drawing
from simula.report.measures.shown import Shown
from simula.report.overview import MANY, headlines, overview
from simula.report.progress import Progress
from simula.report.ratings_figure import draw_ratings
from simula.report.summary import Summary
from simula.report.tables import detail_tables, main_tables


def render_page(
    summary: Summary,
    said: Answer,
    drawing: Drawing,
    effects: Drawing | None,
    price: Drawing | None,
    explorer: Explorer,
    measures: Mapping[Measure, Shown],
    progress: Progress,
) -> str:
    """The page: answer, plots, tables, measures, what the data looks like, and what is still to come.

    Where no student was asked for it begins with the measures, else with the data.
    """
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ratings = draw_ratings(explorer.rated)
    script = (folder / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(
        summary=summary,
        title=title_of(summary, measures, explorer),
        told=bool(summary.panels) or not (measures or explorer.sets),
        answer=said,
        # matplotlib escapes what it is given, and draws text as outlines.
        figure=Markup(drawing.svg),
        effects=Markup(effects.svg) if effects else None,
        price=Markup(price.svg) if price else None,
        headlines=headlines(summary) if len(said.findings) > MANY else (),
        overview=overview(summary),
        main=main_tables(summary),
        analysis=analysis_tables(summary),
        details=detail_tables(summary),
        measures=[
            (name, shown, Markup(shown.drawing.svg) if shown.drawing else None)
            for name, shown in measures.items()
        ],
        progress=progress,
        explorer=explorer,
        ratings=Markup(ratings.svg) if ratings else None,
        explored=Markup(explorer.to_json()),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        # The browser runs this script and no other, whatever a model wrote.
        allowed=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def title_of(summary: Summary, measures: Mapping[Measure, Shown], explorer: Explorer) -> str:
    """What the report is about."""
    if summary.panels or not (measures or explorer.sets):
        return "Which mechanism made the better student?"
    return "How the data sets measure" if measures else "What the data looks like"
