"""`simula report`: results from the store to tables, figure and page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from simula.composition import Cell
from simula.report.grid import SYSTEMS
from simula.report.results import CellResult, DatasetSummary, Overlap, Status
from simula.stages.evaluate import FILE
from simula.stages.keys import MEASURES
from simula.stages.record import CellRecord, State, all_records, records_of
from simula.store.artifacts import Store
from simula.student.selection import smoothed
from simula.sweep.state import overlaid

_BEFORE = ("taxonomy", "generate", "assess")
"""Commands that ask for no student."""
_FAILED = ("failed", "stopped", "interrupted")
_STATUS: dict[State, Status] = {"done": "done", "running": "running", "waiting": "waiting"}
"""All others are failures to a reader of tables."""
_READINGS = {"strict": "right_strict", "lenient": "right_lenient", "log-probability": "right_logprob"}
"""Way of reading answers to its count in an evaluation's manifest."""


def report(cells: Sequence[Cell], *, everything: bool) -> int:
    """Print the tables and write all forms of the report.

    Args:
        cells: the configured cells; their store is read, their report folder written.
        everything: report all cells of the store instead.

    Returns:
        The exit code: 0, or 1 where there is nothing to report on.

    Raises:
        SimulaError: the results cannot stand in one table.
    """
    from simula.report.exploring import explore
    from simula.report.files import write_report
    from simula.report.measures import pools_of, shown_measures, write_measures
    from simula.report.progress import progress
    from simula.report.summary import summarise
    from simula.report.terminal import print_report

    paths = cells[0].config.paths
    store = Store(paths.store)
    known = (
        sorted(all_records(store), key=_rank)
        if everything
        else records_of(store, [cell.config for cell in cells])
    )
    records = overlaid(store, known)
    console = Console()
    if not records:
        console.print(f"no results in {store.root}; simula run -m experiment=quickstart makes some")
        return 1
    results = [load_result(store, record) for record in records if _examined(record)]
    summary = summarise(results, cells[0].config.evaluation.learning_rate_by)
    failed = [(one.key, one.reason) for one in records if not _examined(one) and one.state in _FAILED]
    summary = replace(summary, failures=(*summary.failures, *failed))
    measures = shown_measures(store, records, pools_of(store, records))
    write_measures(measures, paths.report / "measures")
    # What was only to be generated or measured, and is, waits for nothing.
    awaited = [record for record in records if _examined(record) or record.state != "waiting"]
    files = write_report(
        summary, explore(store, records), measures, progress(awaited, paths.cache), paths.report
    )
    # After the files, which are there then where nobody reads to the end (`| head`).
    print_report(summary, measures, console)
    if not everything and all(record.state == "waiting" for record in records):
        console.print(
            f"None of these cells was begun; the store has {len(all_records(store)):,} in all, and simula"
            " report without words shows them all.",
            soft_wrap=True,
        )
    console.print(f"page: {files.page}", soft_wrap=True)
    return 0


def _rank(record: CellRecord) -> int:
    """The paper's order of systems; others come after."""
    system = record.axes["system"]
    return SYSTEMS.index(system) if system in SYSTEMS else len(SYSTEMS)


def _examined(record: CellRecord) -> bool:
    """Whether a student of the cell is asked for: of what is only generated or measured, none is."""
    return "evaluate" in record.artifacts and (record.state == "done" or record.until not in _BEFORE)


def load_result(store: Store, record: CellRecord) -> CellResult:
    """A cell's numbers, as far as they exist."""
    tuned = _answers(store, record, "evaluate")
    untuned = _answers(store, record, "untuned")
    teacher = _answers(store, record, "teacher")
    dataset = record.manifests.get("dataset")
    return CellResult(
        key=record.key,
        axes=record.axes,
        status=_STATUS.get(record.state, "failed"),
        reason=record.reason,
        items=tuple(tuned["items"]),
        right=tuple(tuned["right"]),
        unanswered=tuned["answered"].count(False),
        base_right=tuple(untuned["right"]) if untuned["items"] else None,
        base_unanswered=untuned["answered"].count(False),
        readings=_readings(record.manifests.get("evaluate", {})),
        base_readings=_readings(record.manifests.get("untuned", {})),
        teacher_right=tuple(teacher["right"]) if teacher["items"] else None,
        teacher_unanswered=teacher["answered"].count(False),
        teacher_readings=_readings(record.manifests.get("teacher", {})),
        validation=_validation(record.manifests.get("train", {})),
        overlap=_overlap(record.manifests.get("evaluate", {}).get("contamination")),
        dataset=_summary(dataset, record.manifests.get("rate")) if dataset else None,
        assessment={
            name: value
            for stage, _ in MEASURES.values()
            for name, value in record.manifests.get(stage, {}).get("measures", {}).items()
        },
        chance=record.manifests.get("evaluate", {}).get("chance") or None,
        seconds={name: manifest["seconds"] for name, manifest in record.manifests.items()},
    )


def _answers(store: Store, record: CellRecord, name: str) -> dict[str, list[Any]]:
    if name not in record.manifests:
        return {"items": [], "right": [], "answered": []}
    return dict(json.loads((store.root / record.artifacts[name] / FILE).read_text()))


def _readings(said: dict[str, Any]) -> dict[str, float]:
    """Accuracy by each way of reading answers that the examination took."""
    return {name: said[key] / max(1, said["items"]) for name, key in _READINGS.items() if key in said}


def _validation(training: dict[str, Any]) -> float | None:
    """The moving average that chose the checkpoint, at its peak; None where no rows were held out."""
    found = {int(step): float(share) for step, share in training.get("validation_accuracies", ())}
    steps = sorted(found)
    averages = dict(zip(steps, smoothed([found[step] for step in steps]), strict=True))
    return averages.get(training.get("chosen_step", -1))


def _overlap(said: dict[str, Any] | None) -> Overlap | None:
    if said is None:
        return None
    return Overlap(
        ngram=said["ngram"],
        items_sharing=said["items_sharing"] / max(1, said["items"]),
        items_similar=said["items_similar"] / max(1, said["items"]),
        rows_sharing=said["rows_sharing"] / max(1, said["rows"]),
        rows_similar=said["rows_similar"] / max(1, said["rows"]),
        accuracy_without=said["accuracy_without"],
    )


def _summary(manifest: dict[str, Any], rating: dict[str, Any] | None) -> DatasetSummary:
    """How the rows came about, and what they cost, the ratings that a selection needed included."""
    refused: dict[str, int] = manifest["refused"]
    unusable = {why: count for why, count in refused.items() if why.startswith("unusable")}
    paid = [manifest, *([rating] if rating else [])]
    return DatasetSummary(
        accepted=manifest["rows"],
        target=manifest["target"],
        candidates=manifest["candidates"],
        rejected={why: count for why, count in refused.items() if why not in unusable},
        unusable=unusable,
        refinements=manifest["refinements"],
        repaired=sum(one["repaired"] for one in paid),
        asked_again=sum(one["asked_again"] for one in paid),
        calls=sum(one["calls"] for one in paid),
        scoring_calls=rating["calls"] if rating else 0,
        recorded=sum(one["recorded_calls"] for one in paid),
        prompt_tokens=sum(one["prompt_tokens"] for one in paid),
        completion_tokens=sum(one["completion_tokens"] for one in paid),
        price=sum(one["price_usd"] for one in paid),
    )
