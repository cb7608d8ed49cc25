"""What is measured: the points of the cell's own rows, or of the set that `assessment.dataset` names."""

from __future__ import annotations

from simula.config import Config
from simula.draws import generator
from simula.metrics import Point, points_of
from simula.stages.bench import Bench
from simula.stages.dataset import STAGE as DATASET
from simula.stages.dataset import read_dataset
from simula.stages.keys import rows_key
from simula.store.measured_sets import BENCHMARK, file_of, points_of_items, read_points
from simula.store.rows import ROWS


def measured_points(bench: Bench) -> list[Point]:
    """The points that are measured, `assessment.points` of them, in the set's order.

    Raises:
        ConfigurationError: there is no such file or data set.
        BenchmarkError: it cannot be had or read.
    """
    config, most = bench.config, bench.config.assessment.points
    name = config.assessment.dataset
    if name is None:
        return points_of(read_dataset(bench))[:most]
    if name == BENCHMARK:
        points = points_of_items(config.benchmark.load(config.paths.benchmarks))
    else:
        points = read_points(file_of(name, config.paths.store), config.assessment.columns)
    if most is None or most >= len(points):
        return points
    # A file may be sorted by what is measured, so that its first rows would say little of it.
    drawn = generator(config.scalars.data_seed, "measured points").permutation(len(points))[:most]
    return [points[place] for place in sorted(drawn.tolist())]


def measured_set(config: Config) -> str:
    """What a measure was computed on, for people: the system, or the set's name."""
    name = config.assessment.dataset
    if name is None:
        return config.scalars.system
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
