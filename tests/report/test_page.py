"""The files of a report; text of models on the page; the page in a real Chromium."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from browser import Browser, Page
from looked_into import HOSTILE, NEPALI, REFUSED, ROWS, explorer

from simula.metrics import Measure
from simula.report import CellResult
from simula.report.explorer import Explorer
from simula.report.files import ReportFiles, write_report
from simula.report.measures.shown import Shown
from simula.report.progress import Progress, Stage
from simula.report.summary import summarise
from simula.report.text_table import Line, TextTable

Sweep = Callable[..., list[CellResult]]


class Reader(HTMLParser):
    """Tags, attributes and text, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_results(sweep: Sweep) -> list[CellResult]:
    cells = sweep({"baseline": 0.5, "full": 0.6, HOSTILE: 0.5}, seeds=2)
    cells[0] = replace(cells[0], status="failed", reason=HOSTILE, items=(), right=())
    dataset = cells[2].dataset
    assert dataset is not None
    cells[2] = replace(cells[2], dataset=replace(dataset, rejected={HOSTILE: 3}))
    return cells


def report_on(results: list[CellResult], explorer: Explorer, folder: Path) -> ReportFiles:
    return write_report(summarise(results), explorer, {}, Progress(), folder)


def test_text_of_models_is_shown_and_never_run(sweep: Sweep, tmp_path: Path) -> None:
    page = report_on(hostile_results(sweep), explorer(), tmp_path).page.read_text(encoding="utf-8")
    seen = Reader(page)
    assert not {"img", "iframe", "link", "object"} & set(seen.tags)
    assert seen.tags.count("script") == 2
    assert seen.text.count(HOSTILE) >= 6
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert "default-src 'none'" in page
    assert "script-src 'sha256-" in page


def test_the_page_asks_the_network_for_nothing(sweep: Sweep, tmp_path: Path) -> None:
    page = report_on(sweep({"baseline": 0.5, "full": 0.6}), Explorer(), tmp_path).page.read_text(
        encoding="utf-8"
    )
    names = ("src", "href", "xlink:href", "action", "poster")
    asked = [value for name, value in Reader(page).attributes if name in names and value]
    assert all(value.startswith("#") for value in asked)
    assert not re.search(r"@import|url\((?!#)", page)


def test_every_file_is_there_and_the_same_each_time(sweep: Sweep, tmp_path: Path) -> None:
    results = sweep({"baseline": 0.5, "full": 0.6}, sizes=(64, 256))
    one = report_on(results, explorer(), tmp_path / "one")
    two = report_on(results, explorer(), tmp_path / "two")
    assert one.price_png is not None
    assert one.price_pdf is not None
    for path in (one.markdown, one.csv, one.png, one.pdf, one.page, one.price_png, one.price_pdf):
        assert path.read_bytes() == (two.page.parent / path.name).read_bytes(), path.name
    assert one.png.read_bytes().startswith(b"\x89PNG")
    assert one.pdf.read_bytes().startswith(b"%PDF")
    assert "accuracy.png" in one.markdown.read_text(encoding="utf-8")
    assert "price.png" in one.markdown.read_text(encoding="utf-8")


def test_without_prices_to_compare_there_is_no_second_plot(sweep: Sweep, tmp_path: Path) -> None:
    files = report_on(sweep({"full": 0.6}), Explorer(), tmp_path)
    assert files.price_png is None
    assert "price.png" not in files.markdown.read_text(encoding="utf-8")
    assert files.page.read_text(encoding="utf-8").count("<figure") == 1


def test_the_csv_holds_plain_numbers(sweep: Sweep, tmp_path: Path) -> None:
    results = sweep({"baseline": 0.5, "full": 0.7})
    with report_on(results, Explorer(), tmp_path).csv.open(encoding="utf-8", newline="") as file:
        untuned, baseline, full = csv.DictReader(file)
    assert [row["system"] for row in (untuned, baseline, full)] == ["untuned", "baseline", "full"]
    runs = [sum(cell.right) / 120 for cell in results if cell.axes["system"] == "full"]
    assert float(full["accuracy"]) == pytest.approx(sum(runs) / 3, abs=1e-6)
    assert float(full["difference low"]) < float(full["difference"]) < float(full["difference high"])
    assert (full["reference"], baseline["reference"], full["rejected"]) == ("baseline", "", "63")
    assert (full["difference runs"], full["data seeds"], full["seen items sharing"]) == (
        "3 seeds",
        "3",
        "0.05",
    )
    assert float(full["accuracy normal half"]) < float(full["accuracy high"]) - float(full["accuracy"])


def test_the_plot_takes_the_pages_colour(sweep: Sweep, tmp_path: Path) -> None:
    page = report_on(sweep({"baseline": 0.5}), Explorer(), tmp_path).page.read_text(encoding="utf-8")
    assert "currentColor" in page
    assert "#222222" not in page
    assert "<?xml" not in page


@pytest.mark.parametrize("state", ["failed", "running", "waiting"])
def test_a_report_on_nothing_finished(sweep: Sweep, tmp_path: Path, state: str) -> None:
    cells = [
        replace(cell, status=state, items=(), right=(), dataset=None, assessment={}, seconds={})
        for cell in sweep({"baseline": 0.5, "full": 0.5})
    ]
    page = report_on(cells, Explorer(), tmp_path).page.read_text(encoding="utf-8")
    assert "No cell is finished yet" in page
    assert f"3 {state}" in page


def test_of_measures_each_is_folded_but_the_first_where_no_student_was_asked_for(
    sweep: Sweep, tmp_path: Path
) -> None:
    rows = TextTable("Rows", ("set", "n"), (Line(("full", "4")),), 1)
    many = TextTable("Many", ("set", "n"), tuple(Line((f"{at}", "4")) for at in range(40)), 1)
    measures: dict[Measure, Shown] = {"diversity": Shown((rows, many)), "critics": Shown((rows,))}

    def opened(results: list[CellResult]) -> list[tuple[str, str]]:
        write_report(summarise(results), Explorer(), measures, Progress(), tmp_path)
        page = (tmp_path / "index.html").read_text(encoding="utf-8")
        return re.findall(r'<details class="fold measure" id="measure-(\w+)"( open)?>', page)

    assert opened([]) == [("diversity", " open"), ("critics", "")]
    assert opened(sweep({"full": 0.5})) == [("diversity", ""), ("critics", "")]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<details class="fold">\n<summary>Many</summary>' in page


def test_a_report_on_no_cells(tmp_path: Path) -> None:
    assert "no cells" in report_on([], Explorer(), tmp_path).page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(sweep: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep with everything on it, of whose cells some are not done."""
    cells = hostile_results(sweep)
    table = TextTable(
        "Cells that are not done", ("system", "why"), (Line((HOSTILE, HOSTILE)),), 2, ("9 more wait.",)
    )
    state = Progress({"done": 5, "failed": 1}, (Stage("train", 5, 6),), table)
    return write_report(summarise(cells), explorer(), {}, state, tmp_path_factory.mktemp("report")).page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_window_and_no_text_is_run(
    chromium: Browser, written: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = chromium.open(written, width, scheme)
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run("window.ran") is None
    assert page.run("document.querySelectorAll('img, iframe, main script').length") == 0
    assert page.asked == [written.as_uri()]
    assert page.complaints == []


ROW = "document.querySelector('#rows').children"


def shown(page: Page) -> list[str]:
    """The slots of the rows in the list."""
    slots = "[...document.querySelectorAll('#rows .slot')].map((one) => one.textContent.slice(5))"
    return list(page.run(slots))


def choose(page: Page, name: str, value: str) -> None:
    page.run(f"{name}.value = {json.dumps(value)}; {name}.dispatchEvent(new Event('change'))")


def search(page: Page, words: str) -> None:
    page.run(f"search.value = {json.dumps(words)}; search.dispatchEvent(new Event('input'))")


def opened(page: Page, name: str) -> str:
    """Open a node; the JavaScript expression of its element."""
    names = "[...document.querySelectorAll('#tree .name')]"
    node = f"{names}.find((one) => one.textContent === {json.dumps(name)}).closest('details')"
    page.run(f"{node}.open = true")
    filled(page, node)
    return node


def filled(page: Page, fold: str) -> None:
    """Wait until what was opened has its content."""
    look = f"const look = () => {fold}.children.length > 1 ? done() : setTimeout(look, 5)"
    page.run(f"new Promise((done) => {{ {look}; look(); }})")


def test_a_row_tells_its_story_letter_by_letter(chromium: Browser, written: Path) -> None:
    page = chromium.open(written)
    page.run(f"{ROW}[0].open = true")
    filled(page, f"{ROW}[0]")
    said = page.run(f"[...{ROW}[0].querySelectorAll('dt, dd')].map((one) => one.textContent)")
    story = json.loads(explorer().to_json())["rows"][0]["story"]
    assert said == [part for _, lines in story for line in lines for part in line]
    assert said.count(HOSTILE) == 2
    assert page.run(f"getComputedStyle({ROW}[2].querySelector('.text')).direction") == "rtl"
    assert page.run(f"getComputedStyle({ROW}[1].querySelector('.text')).direction") == "ltr"


def test_rows_are_found_by_outcome_text_and_more_of_them_on_demand(chromium: Browser, written: Path) -> None:
    page = chromium.open(written)
    first = [str(row.slot) for row in (*ROWS, *REFUSED)]
    assert shown(page) == first[:20]
    page.run("more.click()")
    assert shown(page) == first
    assert page.run("more.hidden")
    assert page.run("document.activeElement === rows.children[20].querySelector('summary')")
    choose(page, "document.getElementById('status')", "rejected")
    assert shown(page) == ["2"]
    choose(page, "document.getElementById('status')", "")
    search(page, "STORIES: " + NEPALI)
    assert shown(page) == []
    search(page, NEPALI)
    assert shown(page) == ["1"]
    assert "1 candidate of" in page.run("said.textContent")


def test_a_node_shows_its_coverage_in_each_data_set_and_its_rows(chromium: Browser, written: Path) -> None:
    page = chromium.open(written)
    opened(page, "animal")
    cat = opened(page, "cat")
    cells = page.run(f"[...{cat}.querySelectorAll('td')].map((one) => one.textContent)")
    # 27 of 28 rows are cats, all but one of them lynxes; the large set has house cats alone.
    assert cells == [
        *(HOSTILE, "27", "96.4 %", "1 of 2, 50.0 %", "12 of 20"),
        *("large", "512,000", "100.0 %", "1 of 2, 50.0 %"),
    ]
    assert page.run(f"{cat}.querySelector('summary .count').textContent") == "27 rows"
    page.run("[...document.querySelectorAll('#tree button')].at(-1).click()")
    assert page.run("document.activeElement.id") == "rows-title"
    page.run("more.click()")
    assert shown(page) == [str(row.slot) for row in ROWS if row.mix.choices[0].path[0] == "cat"]
    page.run("document.getElementById('node-clear').click()")
    assert len(shown(page)) == 20
    lynx = opened(page, "lynx")
    choose(page, "document.getElementById('set')", "1")
    assert page.run(f"{lynx}.querySelector('.count').textContent") == "no rows"
    assert "1 of 512,000 rows and 0 of 40 refused candidates are on this page, drawn" in page.run(
        "sampled.textContent"
    )
    assert shown(page) == ["9"]
    choose(page, "document.getElementById('set')", "2")
    assert "No row of this data set was drawn" in page.run("tree.textContent")
    assert shown(page) == ["10"]
    assert page.complaints == []


def test_everything_can_be_reached_and_opened_by_keyboard(chromium: Browser, written: Path) -> None:
    page = chromium.open(written)
    focus = "document.activeElement"
    closed = f"{focus}.matches('#tree summary, #rows summary') && !{focus}.closest('details').open"
    reached, folds = [""], 0
    while reached[-1] != "more" and len(reached) < 150:
        page.press("Tab", 9)
        reached.append(page.run(f"{focus}.id"))
        if page.run(closed):
            folds += 1
            page.press("Enter", 13, "\r")
            filled(page, f"{focus}.closest('details')")
    assert [name for name in reached if name in ("set", "status", "search", "more")] == [
        *("set", "status", "search", "more")
    ]
    # All nodes down to the leaves, and the first rows.
    assert folds == 9 + 20
