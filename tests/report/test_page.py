"""The files of a report; text of models on the page; the page in Chromium, where there is one."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from simula.report import CellResult
from simula.report.files import ReportFiles, write_report
from simula.report.page import Samples
from simula.report.summary import summarise

Sweep = Callable[..., list[CellResult]]
HOSTILE = "<script>alert('x')</script> \"quoted\" & 'more' </article></main><img src=x onerror=alert(1)>"
NEPALI = "रामले ५ वटा स्याउ किने। उनीसँग कति बाँकी छन्?"
ARABIC = "اشترى أحمد 3 كتب بسعر 12 درهماً للكتاب. كم دفع؟"
SAMPLES = {
    f"lab, full, 64 rows {HOSTILE}": [
        {"status": "accepted", "reason": "", "question": HOSTILE, "answer": HOSTILE, "verdicts": [HOSTILE]},
        {"status": "rejected", "reason": HOSTILE, "question": NEPALI, "answer": "३", HOSTILE: "key"},
        {"status": "rejected", "reason": "", "question": ARABIC, "answer": "x" * 400, "scenario": ""},
    ]
}


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


def report_on(results: list[CellResult], samples: Samples, folder: Path) -> ReportFiles:
    return write_report(summarise(results), samples, {}, folder)


def test_text_of_models_is_shown_and_never_run(sweep: Sweep, tmp_path: Path) -> None:
    page = report_on(hostile_results(sweep), SAMPLES, tmp_path).page.read_text(encoding="utf-8")
    seen = Reader(page)
    assert not {"script", "img", "iframe", "link", "object"} & set(seen.tags)
    assert seen.text.count(HOSTILE) >= 8
    assert NEPALI in seen.text
    assert ARABIC in seen.text
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert page.count("<article>") == 3
    assert "default-src 'none'" in page


def test_the_page_asks_the_network_for_nothing(sweep: Sweep, tmp_path: Path) -> None:
    page = report_on(sweep({"baseline": 0.5, "full": 0.6}), {}, tmp_path).page.read_text(encoding="utf-8")
    names = ("src", "href", "xlink:href", "action", "poster")
    asked = [value for name, value in Reader(page).attributes if name in names and value]
    assert all(value.startswith("#") for value in asked)
    assert not re.search(r"@import|url\((?!#)", page)


def test_every_file_is_there_and_the_same_each_time(sweep: Sweep, tmp_path: Path) -> None:
    results = sweep({"baseline": 0.5, "full": 0.6}, sizes=(64, 256))
    one = report_on(results, SAMPLES, tmp_path / "one")
    two = report_on(results, SAMPLES, tmp_path / "two")
    assert one.price_png is not None
    assert one.price_pdf is not None
    for path in (one.markdown, one.csv, one.png, one.pdf, one.page, one.price_png, one.price_pdf):
        assert path.read_bytes() == (two.page.parent / path.name).read_bytes(), path.name
    assert one.png.read_bytes().startswith(b"\x89PNG")
    assert one.pdf.read_bytes().startswith(b"%PDF")
    assert "accuracy.png" in one.markdown.read_text(encoding="utf-8")
    assert "price.png" in one.markdown.read_text(encoding="utf-8")


def test_without_prices_to_compare_there_is_no_second_plot(sweep: Sweep, tmp_path: Path) -> None:
    files = report_on(sweep({"full": 0.6}), {}, tmp_path)
    assert files.price_png is None
    assert "price.png" not in files.markdown.read_text(encoding="utf-8")
    assert files.page.read_text(encoding="utf-8").count("<figure") == 1


def test_the_csv_holds_plain_numbers(sweep: Sweep, tmp_path: Path) -> None:
    results = sweep({"baseline": 0.5, "full": 0.7})
    with report_on(results, {}, tmp_path).csv.open(encoding="utf-8", newline="") as file:
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
    page = report_on(sweep({"baseline": 0.5}), {}, tmp_path).page.read_text(encoding="utf-8")
    assert "currentColor" in page
    assert "#222222" not in page
    assert "<?xml" not in page


@pytest.mark.parametrize("state", ["failed", "running", "waiting"])
def test_a_report_on_nothing_finished(sweep: Sweep, tmp_path: Path, state: str) -> None:
    cells = [
        replace(cell, status=state, items=(), right=(), dataset=None, assessment={}, seconds={})
        for cell in sweep({"baseline": 0.5, "full": 0.5})
    ]
    page = report_on(cells, {}, tmp_path).page.read_text(encoding="utf-8")
    assert "No cell is finished yet" in page
    assert f"3 {state}" in page


def test_a_report_on_no_cells(tmp_path: Path) -> None:
    assert "no cells" in report_on([], {}, tmp_path).page.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_no_part_of_the_page_is_wider_than_the_window(sweep: Sweep, tmp_path: Path) -> None:
    sizes = (64, 256)
    page = report_on(sweep({"baseline": 0.5, "full": 0.6}, sizes=sizes), SAMPLES, tmp_path).page
    frames = "".join(
        f"<iframe src='{page.as_uri()}' width={width} height=900></iframe>" for width in (390, 1280)
    )
    measure = (
        "onload = () => { for (const frame of document.querySelectorAll('iframe'))"
        " found.textContent += frame.contentDocument.documentElement.scrollWidth + ' ' }"
    )
    (tmp_path / "frames.html").write_text(f"{frames}<p id=found></p><script>{measure}</script>")
    flags = "--headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking"
    command = ["chromium", *flags.split(), "--allow-file-access-from-files", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", (tmp_path / "frames.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert '<p id="found">390 1280 </p>' in dom
