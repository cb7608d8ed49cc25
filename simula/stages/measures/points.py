"""What is measured: the points of the cell's own rows, or of the set that `assessment.dataset` names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simula.config import Config
from simula.draws import generator
from simula.errors import BenchmarkError
from simula.metrics import Point, points_of
from simula.stages.bench import UNNAMED, Bench
from simula.stages.dataset import STAGE as DATASET
from simula.stages.dataset import read_dataset
from simula.stages.keys import dataset_key, rows_key
from simula.store.measured_sets import BENCHMARK, content_of, file_of, points_of_items, read_points
from simula.store.rows import ROWS


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """The points that are measured, and what a manifest says of the set that they are of."""

    points: list[Point]
    said: Mapping[str, Any]
    """`set`, its name; of a file also `file`, what tells files of one name apart, and `empty_texts`, the rows
    that are left out since nothing stands in them."""


def read_set(bench: Bench) -> MeasuredSet:
    """The points that are measured, `assessment.points` of them, in the set's order.

    Raises:
        ConfigurationError: there is no such file or data set.
        BenchmarkError: it cannot be had or read, or no row has a text.
    """
    config, settings = bench.config, bench.config.assessment
    said: dict[str, Any] = {"set": measured_set(config)}
    if settings.dataset is None:
        return MeasuredSet(points_of(read_dataset(bench))[: settings.points], said)
    if settings.dataset == BENCHMARK:
        points = points_of_items(config.benchmark.load(config.paths.benchmarks))
    else:
        path = file_of(settings.dataset, config.paths.store)
        rows = read_points(path, settings.columns)
        points = [point for point in rows if point.example.question]
        if not points:
            raise BenchmarkError(f"{path}: no row has a text in column {settings.columns.question!r}.")
        if empty := len(rows) - len(points):
            bench.progress.line(f"{empty:,} of {len(rows):,} rows of {path} have no text and are left out")
        columns = settings.columns.identity()
        said |= {
            "file": {"rows": len(rows), "content": content_of(path), "columns": columns},
            "empty_texts": empty,
        }
    most = settings.points
    if most is None or most >= len(points):
        return MeasuredSet(points, said)
    # A file may be sorted by what is measured, so that its first rows would say little of it.
    drawn = generator(config.scalars.data_seed, "measured points").permutation(len(points))[:most]
    return MeasuredSet([points[place] for place in sorted(drawn.tolist())], said)


def measured_set(config: Config) -> str:
    """What a measure was computed on, for people: the system, or the set's name.

    Rows of a mechanism without a name are called as their folder is, without what is hashed.
    """
    name = config.assessment.dataset
    if name is None:
        system = config.scalars.system
        key, selection = dataset_key(config).rpartition("-")[0], system.removeprefix(UNNAMED)
        return key + selection if system.startswith(UNNAMED) else system
    return f"{config.domain.name}, real" if name == BENCHMARK else name


def answers_known(config: Config) -> bool:
    """Whether somebody vouches for the answers: those of rows of ours are only what critics accepted."""
    name = config.assessment.dataset
    if name is None or name == BENCHMARK:
        return name is not None
    return file_of(name, config.paths.store).name != ROWS


def inputs(config: Config) -> dict[str, str]:
    """The artifacts that a measure is made from."""
    return {DATASET: rows_key(config)} if config.assessment.dataset is None else {}
