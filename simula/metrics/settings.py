"""How a data set is measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from simula.metrics.coverage.settings import CoverageSettings
from simula.metrics.critics import CriticsSettings
from simula.metrics.taxonomy_quality.settings import TaxonomyQualitySettings
from simula.metrics.validity import ValiditySettings
from simula.settings import Settings

Measure = Literal["diversity", "coverage", "critics", "taxonomy", "complexity", "validity"]
"""What can be taken of a set; each is an artifact of its own."""


class Columns(Settings):
    """Where a file's data points are, by the names of its columns."""

    question: str = "question"
    """The text that is asked, or the only text."""
    answer: str | None = "answer"
    """The right answer: of options the letter, the place counted from 0, or the text. Null: there is none."""
    options: tuple[str, ...] = ()
    """One column with a list of options, or one column an option. Empty: there are no options."""
    reasoning: str | None = None
    """How the answer is reached. Null: there is no such column."""
    id: str | None = None
    """Names a row. Null: its place in the file, from 1."""
    labels: tuple[str, ...] = ()
    """Columns of what people said of a row; `level` is one that the measures know."""


class DiversitySettings(Settings):
    """How different points are (Section 3.2)."""

    neighbours: int = Field(10, ge=2)
    """k of the local distance: 10, paper."""
    exact_up_to: int = Field(50_000, ge=0)
    """Points among which neighbours are found exactly, in O(n²·d); among more, approximately."""
    cells: int | None = Field(None, ge=1)
    """Cells of the approximate search. Null: 4·√n, by faiss's guideline for under a million vectors."""
    probes: int = Field(32, ge=1)
    """Cells that are searched for a point's neighbours: more find more of them and take longer."""
    points_a_cell: int = Field(64, ge=1)
    """Points drawn for each cell, from which k-means learns the cells."""
    recall_points: int = Field(1000, ge=1)
    """Points whose exact neighbours are found, too, to measure the recall of approximate ones."""
    resamples: int = Field(2000, ge=100)
    """Bootstrap resamples behind each interval."""
    largest_spectrum: int = Field(4096, ge=1)
    """Rows of the matrix whose eigenvalues the Vendi score needs, at most; the smaller of points and the
    vectors' numbers. Beyond it, where they would take minutes, there is no Vendi score."""
    piece: int = Field(10_000, ge=1)
    """n-grams in each of the pieces over which distinct-n is averaged, so that sets of any length compare."""


class AssessmentSettings(Settings):
    """Which measures are taken of which data set (Section 3)."""

    measures: tuple[Measure, ...] = Field(("diversity",), min_length=1)
    """The measures, in the order in which they are taken."""
    dataset: str | None = None
    """What is measured. Null: the cell's own rows. `benchmark`: the domain's test items. Else a file (.jsonl,
    .json, .csv, .tsv, .xlsx, .parquet), one of the hub (`hub:owner/name/path/to/file.parquet@revision`), or a
    stored data set: its folder, its key, or how the key begins."""
    columns: Columns = Columns()
    """Where the data points of a file are."""
    diversity: DiversitySettings = DiversitySettings()
    """Of the measure `diversity`."""
    coverage: CoverageSettings = CoverageSettings()
    """Of the measure `coverage`."""
    critics: CriticsSettings = CriticsSettings()
    """Of the measure `critics`."""
    pooled: bool = False
    """Rate all sets of the sweep in one pool, so that their complexity compares (Section 3.3), in place of
    each by itself."""
    real: bool = False
    """Pool the benchmark's own items with them, as the set "real"."""
    validity: ValiditySettings = ValiditySettings()
    """Over which schedules scores are compared with people."""
    points: int | None = Field(1000, ge=3)
    """Data points measured: 1,000, paper; of our own rows the first, which are a random part, of other sets
    drawn without replacement. Null: all."""
    taxonomy: TaxonomyQualitySettings = TaxonomyQualitySettings()
    """Of the measure `taxonomy`, which is of no data set."""

    @model_validator(mode="after")
    def _each_once(self) -> AssessmentSettings:
        if len(set(self.measures)) < len(self.measures):
            raise ValueError(f"measures={list(self.measures)} names one twice")
        return self

    @model_validator(mode="after")
    def _pool(self) -> AssessmentSettings:
        if self.pooled and "complexity" not in self.measures:
            raise ValueError("pooled=true is of the measure complexity, which is not among the measures")
        if self.real and not self.pooled:
            raise ValueError("real=true joins a pool: it needs pooled=true")
        return self

    @model_validator(mode="after")
    def _levels(self) -> AssessmentSettings:
        if "validity" in self.measures and self.dataset != "benchmark" and "level" not in self.columns.labels:
            raise ValueError(
                "validity compares scores with human levels: dataset=benchmark where it has levels, or a "
                "file whose column of levels is named by columns.labels=[level]"
            )
        return self

    @property
    def taken(self) -> tuple[Measure, ...]:
        """The measures that each set has by itself."""
        return tuple(name for name in self.measures if not (self.pooled and name == "complexity"))
