"""Measures of data sets, as tables, figures and sentences: for the terminal, files and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from simula.metrics import Measure
from simula.report.measures.complexity import show_complexity
from simula.report.measures.coverage import show_coverage
from simula.report.measures.critics import show_critics
from simula.report.measures.diversity import show_diversity
from simula.report.measures.names import particulars, told_apart
from simula.report.measures.shown import Measured, Shown
from simula.report.measures.taxonomy import show_taxonomy
from simula.report.measures.validity import show_validity
from simula.report.text_table import escaped, markdown
from simula.stages.dataset import STAGE as DATASET
from simula.stages.keys import MEASURES
from simula.stages.measures.pooled import stored_pools
from simula.stages.record import CellRecord
from simula.store.artifacts import Store

__all__ = ["Measured", "Shown", "shown_measures", "write_measures"]

SHOW: Mapping[Measure, Callable[[Sequence[Measured]], Shown]] = {
    "diversity": show_diversity,
    "coverage": show_coverage,
    "taxonomy": show_taxonomy,
    "critics": show_critics,
    "complexity": show_complexity,
    "validity": show_validity,
}
"""Measure to what is shown of it."""


def shown_measures(
    store: Store, records: Sequence[CellRecord], pools: Sequence[str] = ()
) -> dict[Measure, Shown]:
    """What is shown of each measure that any of the cells has finished; each set once, in their order.

    Args:
        store: where the artifacts are.
        records: of the cells.
        pools: places of the pools that stand beside the cells' own complexity.
    """
    found = {}
    for measure, (stage, _) in MEASURES.items():
        # The first cell that has it, for each artifact.
        holders = {
            record.artifacts[stage]: record for record in reversed(records) if stage in record.manifests
        }
        sets = told_apart([_measured(store, record, stage) for record in reversed(holders.values())])
        if measure == "complexity":
            known = stored_pools(store)
            sets += [Measured(known[at]["set"], known[at], store.root / at) for at in pools]
        if sets:
            shown = SHOW[measure](sets)
            found[measure] = replace(shown, sentences=(*shown.sentences, *_left_out(sets)))
    return found


def _left_out(sets: Sequence[Measured]) -> Iterator[str]:
    for one in sets:
        if empty := one.manifest.get("empty_texts"):
            yield f"{one.name}: rows without a text that were left out: {empty:,}."


def pools_of(store: Store, records: Sequence[CellRecord]) -> list[str]:
    """The places of the pools of our data sets that are all among the cells'."""
    known = {record.artifacts["dataset"] for record in records if "dataset" in record.artifacts}
    return [
        place
        for place, manifest in stored_pools(store).items()
        if manifest["inputs"] and {f"{DATASET}/{key}" for key in manifest["inputs"].values()} <= known
    ]


def _measured(store: Store, record: CellRecord, stage: str) -> Measured:
    """An artifact of a cell; diversity without the coverage that the measure of that name shows, too."""
    manifest = record.manifests[stage]
    if stage == MEASURES["diversity"][0]:
        coverage = record.manifests.get(MEASURES["coverage"][0], {}).get("measures", {})
        own = {name: value for name, value in manifest["measures"].items() if name not in coverage}
        manifest = {**manifest, "measures": own}
    told = particulars(record.axes, manifest)
    return Measured(str(manifest["set"]), manifest, store.root / record.artifacts[stage], told)


def write_measures(found: Mapping[Measure, Shown], folder: Path) -> list[Path]:
    """Write NAME.md and, of those with a figure, NAME.png and NAME.pdf; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, shown in found.items():
        blocks = [*map(escaped, shown.sentences), *map(markdown, shown.tables)]
        if shown.drawing is not None:
            for suffix, content in ((".png", shown.drawing.png), (".pdf", shown.drawing.pdf)):
                files.append(folder / f"{name}{suffix}")
                files[-1].write_bytes(content)
            blocks.insert(0, f"![{escaped(shown.caption)}]({name}.png)")
        files.append(folder / f"{name}.md")
        files[-1].write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return files
