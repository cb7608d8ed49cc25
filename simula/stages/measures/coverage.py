"""The measure `coverage`: which share of the taxonomies' nodes the points reach (Section 3.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.config import Config
from simula.draws import entropy
from simula.errors import SimulaError, UnreadableReply
from simula.metrics import Point
from simula.metrics.coverage import (
    Assignment,
    Coverage,
    Expected,
    Outline,
    Places,
    agreements,
    assign,
    counted,
    coverage,
    curve_sizes,
    places_by_lineage,
)
from simula.prompts import Tally
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.keys import MEASURES, taxonomy_key
from simula.stages.measures.points import inputs, read_set
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import read_taxonomies
from simula.store.coverage import write_assignments, write_coverage, write_nodes
from simula.taxonomy import Taxonomies
from simula.teacher.settings import EmbeddedTeacher, ReplayTeacher, TeacherSettings

ASSIGNED, LINEAGE = "assigned", "lineage"
"""The two ways in which points are placed: by a teacher, as the paper's, or by what they were drawn from."""

_BRANCHES = 10
"""Empty branches that the manifest names; the artifact's file holds all."""


def measure_coverage(bench: Bench) -> dict[str, Any]:
    """The manifest of the coverage.

    Raises:
        SimulaError: nothing says where the points stand.
        UnreadableReply: the teacher assigned no point readably.
        ConfigurationError: a taxonomy has a level too long for one call.
    """
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, bench, folder, log)

    stage, key = MEASURES["coverage"]
    trees = {} if config.covered else {TAXONOMY: taxonomy_key(config)}
    return bench.build(stage, key(config), {**inputs(config), **trees}, make)


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config, settings = bench.config, bench.config.assessment.coverage
    measured = read_set(bench)
    points = measured.points
    trees = config.covered or read_taxonomies(bench)
    lineage = places_by_lineage(trees, [point.mix for point in points])
    ways: dict[str, Places] = {}
    said: dict[str, Any] = {}
    tally = Tally()
    if settings.assigned:
        shown = shown_outlines(config, trees)
        assignments = await _assigned(bench, points, shown, tally)
        write_assignments(folder, [point.id for point in points], assignments)
        ways[ASSIGNED] = {factor: [one.place for one in found] for factor, found in assignments.items()}
        said["assigned"] = counted(assignments, shown)
    if any(path for paths in lineage.values() for path in paths):
        ways[LINEAGE] = lineage
    if not ways:
        raise SimulaError(
            "the points were not drawn from these taxonomies: only a teacher can say where they stand; "
            "set assessment.coverage.assigned=true"
        )
    sizes = curve_sizes(len(points), settings.curve, settings.common)
    found = {way: coverage(trees, places, sizes) for way, places in ways.items()}
    write_coverage(folder, found)
    write_nodes(folder, trees, ways)
    numbers = dict(pair for way, one in found.items() for pair in _numbers(way, one, settings.common))
    measures = {name: one.share for name, one in numbers.items()}
    log(measures)
    return {
        **measured.said,
        "points": len(points),
        "common": [size for size in settings.common if size <= len(points)],
        "trees": str(settings.taxonomy) if config.covered else taxonomy_key(config),
        "measures": measures,
        "intervals": {name: [one.low, one.high] for name, one in numbers.items() if one.low is not None},
        **said,
        "agreement": _agreement(trees, ways),
        "empty": {way: _empty(one) for way, one in found.items()},
        **cost(tally.spent, tally),
    }


def shown_outlines(config: Config, trees: Taxonomies) -> list[Outline]:
    """The taxonomies as the teacher is shown them, as much at a time as settings and its context allow."""
    settings = config.assessment.coverage
    context = _context(config.scored_by)
    # The other half is for the data point, what is asked and the reply.
    tokens = settings.tokens if context is None else min(settings.tokens, context // 2)
    return [Outline(tree, tokens, settings.descriptions) for tree in trees.taxonomies]


def _context(teacher: TeacherSettings) -> int | None:
    """Tokens that a teacher in this process reads at most; None where it is not known."""
    if isinstance(teacher, ReplayTeacher):
        return _context(teacher.of)
    return teacher.context if isinstance(teacher, EmbeddedTeacher) else None


async def _assigned(
    bench: Bench, points: Sequence[Point], shown: Sequence[Outline], tally: Tally
) -> dict[str, list[Assignment]]:
    """Every point's node in every factor, by the teacher. Raises UnreadableReply where none could be read."""
    config = bench.config
    ended, wanted = Counter[str](), len(points) * len(shown)
    async with bench.asker(config.scored_by) as asker:
        with bench.progress.bar("coverage: points assigned") as meter:

            def on_assigned(assignment: Assignment) -> None:
                ended[assignment.status] += 1
                lost = ended["unreadable"] + ended["failed"]
                meter(
                    ended.total(),
                    wanted,
                    f"{lost} without an answer" if lost else "",
                    lambda: paid_now(tally),
                )

            seed = entropy(config.scalars.data_seed, "coverage")
            examples = [(point.id, point.example.model_dump(mode="json")) for point in points]
            concurrency = config.assessment.coverage.concurrency
            found = await assign(examples, shown, asker, seed, tally, concurrency, on_assigned)
    if not ended["assigned"] and not ended["nowhere"]:
        first = next(one for assignments in found.values() for one in assignments)
        raise UnreadableReply(f"none of {wanted} points could be assigned; the first: {first.reason}")
    return found


def _numbers(way: str, found: Coverage, common: Sequence[int]) -> Iterator[tuple[str, Expected]]:
    """The level ratios by name; by lineage, which reaches every factor that is drawn, without level 0."""
    for level in found.levels[way == LINEAGE :]:
        name = f"coverage level {level.level}" + (f", {ASSIGNED}" if way == ASSIGNED else "")
        yield name, level.curve[-1]
        for points in common:
            if expected := level.at(points):
                yield f"{name}, of {points:,} points", expected


def _agreement(trees: Taxonomies, ways: Mapping[str, Places]) -> list[dict[str, Any]]:
    """Of assignment and lineage, where there are both: one entry a factor and level."""
    if len(ways) < 2:
        return []
    return [
        asdict(one)
        for tree in trees.taxonomies
        for one in agreements(
            tree.factor, len(tree.levels), ways[LINEAGE][tree.factor], ways[ASSIGNED][tree.factor]
        )
    ]


def _empty(found: Coverage) -> dict[str, Any]:
    """How many branches no point reaches, how many nodes that are, and the largest of them."""
    return {
        "branches": len(found.empty),
        "nodes": sum(branch.nodes for branch in found.empty),
        "largest": [asdict(branch) for branch in found.empty[:_BRANCHES]],
    }
