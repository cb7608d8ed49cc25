"""The report as files: Markdown, CSV, plot and page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simula.evaluation.spread import design
from simula.metrics import Measure
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import Answer, Finding, answer
from simula.report.effects_figure import draw_effects
from simula.report.explorer import Explorer
from simula.report.figure import draw_accuracy
from simula.report.measures.shown import Shown
from simula.report.overview import MANY, headlines, overview
from simula.report.page import render_page
from simula.report.price_figure import draw_price
from simula.report.progress import Progress
from simula.report.summary import Estimate, Panel, Row, Summary
from simula.report.tables import detail_tables, main_tables
from simula.report.text_table import escaped, markdown


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where the parts of a report are."""

    markdown: Path
    csv: Path
    png: Path
    pdf: Path
    page: Path
    effects_png: Path | None
    """None where no effect of an axis can be told."""
    effects_pdf: Path | None
    price_png: Path | None
    """None where nothing can be compared by its price."""
    price_pdf: Path | None


def write_report(
    summary: Summary,
    explorer: Explorer,
    measures: Mapping[Measure, Shown],
    progress: Progress,
    folder: Path,
) -> ReportFiles:
    """Write report.md, table.csv, accuracy.png, accuracy.pdf, index.html, and those of effects and price.

    The same summary gives the same bytes.

    Args:
        summary: of every cell, finished or not.
        explorer: taxonomies and rows to look into, on the page.
        measures: of the data sets, to show on the page.
        progress: of the cells, to show on the page while some are not done.
        folder: made where it does not exist.
    """
    said, drawing = answer(summary), draw_accuracy(summary)
    effects, price = draw_effects(summary), draw_price(summary)
    folder.mkdir(parents=True, exist_ok=True)
    files = ReportFiles(
        markdown=folder / "report.md",
        csv=folder / "table.csv",
        png=folder / "accuracy.png",
        pdf=folder / "accuracy.pdf",
        page=folder / "index.html",
        effects_png=folder / "effects.png" if effects else None,
        effects_pdf=folder / "effects.pdf" if effects else None,
        price_png=folder / "price.png" if price else None,
        price_pdf=folder / "price.pdf" if price else None,
    )
    for drawn, png, pdf in (
        (effects, files.effects_png, files.effects_pdf),
        (price, files.price_png, files.price_pdf),
    ):
        if drawn and png and pdf:
            png.write_bytes(drawn.png)
            pdf.write_bytes(drawn.pdf)
    files.png.write_bytes(drawing.png)
    files.pdf.write_bytes(drawing.pdf)
    records = [record for panel in summary.panels for record in _records(panel)]
    files.csv.write_text(csv_text(records), encoding="utf-8")
    plain = _markdown(summary, said, effects is not None, price is not None)
    text = _measures(summary, measures) if measures and not summary.panels else plain
    files.markdown.write_text(text, encoding="utf-8")
    page = render_page(summary, said, drawing, effects, price, explorer, measures, progress)
    files.page.write_text(page, encoding="utf-8")
    return files


def _markdown(summary: Summary, said: Answer, told: bool, priced: bool) -> str:
    many = len(said.findings) > MANY
    findings = [_sentence(finding) for finding in (headlines(summary) if many else said.findings)]
    glance = overview(summary)
    tables = (
        *([glance] if glance else []),
        *main_tables(summary),
        *analysis_tables(summary),
        *detail_tables(summary),
    )
    blocks = [
        "# Which mechanism made the better student?",
        *findings,
        "\n".join(f"- {escaped(sentence)}" for sentence in said.more),
        "\n".join(f"- {escaped(caveat)}" for caveat in said.caveats),
        "![Accuracy with 95 % intervals by system](accuracy.png)",
        "![What each axis adds to accuracy](effects.png)" if told else "",
        "![Accuracy against price, with the front](price.png)" if priced else "",
        *(markdown(table) for table in tables),
        "### All comparisons, one by one" if many else "",
        *([_sentence(finding) for finding in said.findings] if many else []),
        _failures(summary),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _failures(summary: Summary) -> str:
    return "\n".join(f"- failed: `{key}`: {escaped(reason)}" for key, reason in summary.failures)


def _measures(summary: Summary, measures: Mapping[Measure, Shown]) -> str:
    """Where no student was asked for: each measure's tables, as its own file has them."""
    blocks = [
        "# How the data sets measure",
        *(f"[{name}](measures/{name}.md)" for name in measures),
        *(markdown(table) for shown in measures.values() for table in shown.tables),
        _failures(summary),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _sentence(finding: Finding) -> str:
    return f"{escaped(finding.where)}: **{escaped(finding.sentence)}**" if finding.where else finding.sentence


def csv_text(records: Sequence[Mapping[str, Any]]) -> str:
    """Plain numbers of six places, a column for whatever a record has, those of the longest first."""
    names = dict.fromkeys(name for record in sorted(records, key=len, reverse=True) for name in record)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(names), lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({n: round(v, 6) if isinstance(v, float) else v for n, v in record.items()})
    return buffer.getvalue()


def _records(panel: Panel) -> Iterator[dict[str, Any]]:
    """Shares between 0 and 1, one record a system and size."""
    for name, one in (("untuned", panel.untuned), ("teacher", panel.teacher)):
        if one is not None:
            said = {"panel": panel.title, "system": name, "items": panel.items, "runs": 1}
            said |= _estimate(one.accuracy) | {"unanswered": one.unanswered}
            yield said | _readings(one.readings)
    for row in panel.rows:
        yield _record(panel, row)


def _record(panel: Panel, row: Row) -> dict[str, Any]:
    record: dict[str, Any] = {
        "panel": panel.title,
        "system": row.system,
        "size": row.size,
        "items": panel.items,
        "runs": row.seeds,
        "data seeds": len(row.by_data_seed),
        "planned": sum(row.states.values()),
    }
    record |= _estimate(row.accuracy)
    if row.difference is not None:
        found = {name: value for name, value in asdict(row.difference).items() if name != "items"}
        found["runs"] = design(row.difference.runs)
        found["detectable"] = row.difference.detectable
        record["reference"] = panel.reference
        record |= {
            name if name == "difference" else f"difference {name}": value for name, value in found.items()
        }
    record["unanswered"] = row.unanswered
    record |= _readings(row.readings)
    if row.overlap is not None:
        record |= {f"seen {name.replace('_', ' ')}": value for name, value in asdict(row.overlap).items()}
    if row.gap is not None:
        record |= {"gap closed": row.gap.difference, "gap low": row.gap.low, "gap high": row.gap.high}
    if row.rates is not None and row.rates.picked is not None:
        record |= {"learning rate": row.rates.picked.rate, "picked by": row.rates.picked.by}
    if row.dataset is not None:
        counts = asdict(row.dataset)
        counts["rejected"] = sum(row.dataset.rejected.values())
        counts["unusable"] = sum(row.dataset.unusable.values())
        record |= counts
    record |= row.assessment
    return record | {f"seconds {stage}": seconds for stage, seconds in row.seconds.items()}


def _readings(readings: Mapping[str, float]) -> dict[str, float]:
    return {f"accuracy {way}": share for way, share in readings.items()}


def _estimate(estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {}
    return {
        "accuracy": estimate.value,
        "accuracy low": estimate.low,
        "accuracy high": estimate.high,
        "interval over": estimate.over,
        "accuracy normal half": estimate.normal_half,
    }
