"""Stage 2: mechanism and taxonomies to a data set of exactly N rows."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio

from simula.config import Config
from simula.dataset import Filling
from simula.domain import MultipleChoice
from simula.errors import ShortOfTarget
from simula.generation import Candidate, Mechanism
from simula.metrics.shift import NodeCounts, shifts
from simula.mix import planned
from simula.stages.bench import Bench, cost
from simula.stages.keys import dataset_key, rows_key, taxonomy_key
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import read_taxonomies
from simula.store.artifacts import MANIFEST, write_json
from simula.store.benchmarks.item import checksum
from simula.store.rows import COUNTS, REFUSED, ROWS, read_rows, write_rows

STAGE = "dataset"


def build_dataset(bench: Bench) -> dict[str, Any]:
    """The manifest of the cell's data set.

    Raises:
        ShortOfTarget: the candidate limit came first; the rows so far are kept beside the store's
            artifacts and the sentence says where.
    """
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return anyio.run(_make, bench, folder, log)

    inputs = {TAXONOMY: taxonomy_key(config)} if config.draws_mixes else {}
    return bench.build(STAGE, rows_key(config), inputs, make)


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config = bench.config
    size = config.scalars.size
    items = config.benchmark.load(config.paths.benchmarks)
    test = [(item.id, item.example.text) for item in items]
    taxonomies = read_taxonomies(bench) if config.draws_mixes else None
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(bench.asker(config.teacher))
        judge = await stack.enter_async_context(bench.asker(config.judge)) if config.judge else writer
        double_judge = judge
        if config.double_judge:
            double_judge = await stack.enter_async_context(bench.asker(config.double_judge))
        mechanism = Mechanism(
            domain=config.domain,
            taxonomies=taxonomies,
            taxonomy=config.taxonomy,
            scenarios=config.scenarios,
            complexity=config.complexity,
            critic=config.critic,
            seed=config.scalars.data_seed,
            writer=writer,
            judge=judge,
            double_judge=double_judge,
            recipe=config.recipe,
        )
        with bench.progress.bar("dataset: rows accepted") as meter:

            def on_change(filling: Filling) -> None:
                refused = len(filling.candidates) - filling.accepted
                meter(filling.accepted, size, f"({refused} refused, {filling.in_flight} in flight)")
                log({"accepted": filling.accepted, "refused": refused, "calls": filling.tally.calls})

            filling = Filling(mechanism, config.dataset, size, test, _taxonomy_tokens(bench), on_change)
            filling.restore(stored := _stored(bench))
            if stored:
                bench.progress.line(f"dataset: {len(filling.candidates)} candidates of another size stand")
            await filling.run()
    said = {
        **_write(bench, folder, filling),
        "test_items_compared_with": len(items),
        "test_items_checksum": checksum(items) if items else None,
        **_shift(config, filling),
    }
    if not filling.accepted or (filling.accepted < size and not filling.exhausted):
        raise ShortOfTarget(_short(bench, folder, filling, said))
    return said


def _taxonomy_tokens(bench: Bench) -> int:
    """What the taxonomies cost, which a token budget has to pay for too."""
    if not bench.config.draws_mixes:
        return 0
    manifest = bench.store.manifest(TAXONOMY, taxonomy_key(bench.config)) or {}
    return int(manifest.get("prompt_tokens", 0)) + int(manifest.get("completion_tokens", 0))


def _stored(bench: Bench) -> list[Candidate]:
    """This data set's candidates at another size, in slot order: of a larger one, else of the largest."""
    folder = bench.store.folder(STAGE, dataset_key(bench.config))
    sizes = {}
    for manifest in folder.glob(f"*/{MANIFEST}"):
        if not manifest.parent.suffix:  # .work: not published
            sizes[int(json.loads(manifest.read_text())["rows"])] = manifest.parent
    if not sizes:
        return []
    enough = [size for size in sizes if size >= bench.config.scalars.size]
    chosen = sizes[min(enough) if enough else max(sizes)]
    candidates = read_rows(chosen / ROWS) + read_rows(chosen / REFUSED)
    return sorted(candidates, key=lambda candidate: candidate.slot)


def _write(bench: Bench, folder: Path, filling: Filling) -> dict[str, Any]:
    config = bench.config
    candidates = filling.candidates
    accepted = [candidate for candidate in candidates if candidate.status == "accepted"]
    refused = [candidate for candidate in candidates if candidate.status != "accepted"]
    write_rows(folder / ROWS, accepted)
    write_rows(folder / REFUSED, refused)
    spent = [one for candidate in candidates for one in candidate.spent]
    said = {
        "rows": len(accepted),
        "target": config.scalars.size,
        "ended_by": "tokens" if filling.exhausted else "size",
        "candidates": len(candidates),
        "refused": dict(sorted(Counter(map(refusal, refused)).items())),
        "refinements": sum(candidate.refinements for candidate in candidates),
        "complex_rows": sum(candidate.complex for candidate in accepted),
        "sequential_rows": sum(candidate.earlier_scenarios > 0 for candidate in accepted),
        **cost(spent, filling.tally),
        # Of every candidate, those of an earlier size included.
        "repaired": sum(candidate.repaired for candidate in candidates),
        "asked_again": sum(candidate.asked_again for candidate in candidates),
        "templates": dict(sorted({k: v for c in candidates for k, v in c.templates.items()}.items())),
    }
    if isinstance(config.domain.task, MultipleChoice):
        letters = Counter(candidate.example.answer for candidate in accepted if candidate.example)
        said["right_letters"] = dict(sorted(letters.items()))
    return said


def _shift(config: Config, filling: Filling) -> dict[str, Any]:
    """How far refusals moved the distribution over nodes away from the planned one, by factor."""
    taxonomies = filling.mechanism.taxonomies
    if taxonomies is None:
        return {}
    drawn = [candidate.mix for candidate in filling.candidates]
    kept = [candidate.mix for candidate in filling.candidates if candidate.status == "accepted"]
    found = shifts(planned(taxonomies, config.taxonomy), NodeCounts(drawn), NodeCounts(kept))
    return {"shift": [factor.to_json() for factor in found]}


def refusal(candidate: Candidate) -> str:
    """The kind of refusal, as tables count it: "rejected: requirements", "unusable: cut off"."""
    if candidate.status in ("rejected", "undecided"):
        return f"{candidate.status}: {candidate.reason}"
    if candidate.status == "unusable":
        return f"unusable: {candidate.reason.split(':')[0]}"
    return candidate.status


def _short(bench: Bench, folder: Path, filling: Filling, said: Mapping[str, Any]) -> str:
    """Keep what there is outside of the work folder, and say where."""
    kept = bench.store.root / "short" / rows_key(bench.config)
    kept.mkdir(parents=True, exist_ok=True)
    for name in (ROWS, REFUSED):
        shutil.copyfile(folder / name, kept / name)
    write_json(kept / COUNTS, said)
    refused = ", ".join(f"{count} {why}" for why, count in said["refused"].items())
    return (
        f"{filling.accepted} of {filling.size} rows after {filling.limit} candidates ({refused}); "
        f"they are kept in {kept}; raise dataset.candidates_per_row, lower size, or choose another critic"
    )


def read_dataset(bench: Bench) -> list[Candidate]:
    """The published rows, in slot order."""
    return read_rows(bench.store.folder(STAGE, rows_key(bench.config)) / ROWS)
