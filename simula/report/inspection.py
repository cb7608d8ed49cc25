"""`simula train --inspect`: one batch with what of it is learned, on the terminal; nothing is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.composition import Cell
from simula.config import Config
from simula.errors import StudentError
from simula.progress import Progress
from simula.report.story import shown
from simula.stages.bench import Bench
from simula.stages.dataset import STAGE as DATASET
from simula.stages.keys import rating_key, rows_key
from simula.stages.rate import STAGE as RATE
from simula.stages.train import selected_rows
from simula.store.artifacts import Store

if TYPE_CHECKING:
    from simula.student.inspection import Inspection, Line

_OPEN, _CLOSE = "⟦", "⟧"
"""Around what is learned, so that it can be told without colours too."""


def print_inspection(cells: Sequence[Cell], console: Console | None = None) -> int:
    """Print the first batch of each cell's training, and what holds for all of its rows.

    Args:
        cells: the configured cells; their data sets must be there.
        console: where to; None: standard output.

    Returns:
        The exit code, 0.

    Raises:
        StudentError: a data set or its ratings are missing; what the training itself would say at once.
    """
    console = console or Console(highlight=False)
    for cell in cells:
        config = cell.config
        found = _inspected(config)
        # A data set's text may hold what looks like markup: everything is printed as a Text.
        steps = f"step 1 of {found.steps:,}, {len(found.lines)} rows"
        console.rule(Text(f"{config.domain.name} for {config.student.name}: {steps}"))
        if found.beginning:
            console.print(Text(f"all rows begin with ({found.beginning_tokens} tokens):", "dim"))
            console.print(shown(found.beginning, "dim"))
        for number, line in enumerate(found.lines, 1):
            console.print(Text(f"\nrow {number}: {_counts(line)}", "dim italic"))
            console.print(_row(line))
        console.rule()
        console.print(Text(f"dim: read. {_OPEN}bright{_CLOSE}: learned. Nothing was trained."))
        console.print(_numbers(config, found))
        for warning in _warnings(found):
            console.print(Text(f"! {warning}", "bold yellow"))
    return 0


def _inspected(config: Config) -> Inspection:
    from simula.student.hardware import found
    from simula.student.inspection import inspect
    from simula.student.ranks import Place

    store, key = Store(config.paths.store), rows_key(config)
    missing = "data set" if store.manifest(DATASET, key) is None else ""
    if not missing and config.selection.rated and store.manifest(RATE, rating_key(config)) is None:
        missing = "rating of the data set"
    if missing:
        raise StudentError(
            f"there is no {missing} {key} in {store.root} to look at; "
            f"simula {'generate' if missing == 'data set' else 'train'} with the same words makes it"
        )
    rows, _ = selected_rows(Bench(config, store, Progress("inspect")))
    examples = [row.example for row in rows if row.example is not None]
    return inspect(
        config.domain,
        examples,
        config.student,
        config.training,
        config.scalars.seed,
        config.paths.cache,
        found(config.trainer, config.training).layout(Place()),
    )


def _counts(line: Line) -> str:
    padding = f", {line.padding} padding" if line.padding else ""
    return f"{line.tokens} tokens, {line.learned} learned{padding}"


def _row(line: Line) -> Text:
    found = Text()
    for text, learned in line.pieces:
        found.append_text(
            shown(f"{_OPEN}{text}{_CLOSE}", "bold bright_green") if learned else shown(text, "dim")
        )
    return found


def _numbers(config: Config, found: Inspection) -> Table:
    training, table = config.training, Table(box=None, show_header=False, pad_edge=False)
    long = f"{found.too_long:,} longer than {training.max_tokens:,} tokens"
    lines = {
        "rows": f"{found.rows:,}, and {found.held_out:,} held out to validate on; {long} "
        f"{'cut' if training.too_long == 'truncate' else 'left out'}",
        "steps": f"{found.steps:,} of at most {training.batch_size} rows; {found.steps_a_pass:,} are a pass",
        "learning rate": f"its peak is {training.learning_rate:g}, after {found.warmup:,} steps",
        "optimizer": training.optimizer,
        "method": training.method + ("" if training.method == "full" else f", rank {training.lora.rank}"),
        "tokens a row": f"{found.tokens / found.rows:.0f}; the longest has {found.longest:,}",
        "learned a row": f"{found.learned / found.rows:.1f}, {found.learned / found.tokens:.0%} of all",
        "padding": f"{found.padding:.1%} of what a pass computes",
        "rows begin with": _beginnings(found),
    }
    for name, said in lines.items():
        table.add_row(Text(name, "bold"), Text(said))
    return table


def _beginnings(found: Inspection) -> str:
    if not found.bos:
        return "no token of their own: the tokenizer has no beginning of sequence"
    return "; ".join(f"{count} {found.bos} in {rows:,} rows" for count, rows in found.beginnings.items())


def _warnings(found: Inspection) -> Iterator[str]:
    if found.bos and set(found.beginnings) != {1}:
        yield f"not all rows begin with exactly one {found.bos}, and scores can collapse without it"
    if found.too_long > found.rows / 20:
        yield f"{found.too_long:,} rows are too long: training.max_tokens is at fault, or the rows are"
