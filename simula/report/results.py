"""What a report is made from: one result a cell, whatever state the cell is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["done", "running", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """How a data set came about."""

    accepted: int
    """Rows that were kept."""
    target: int
    candidates: int
    """Points that were tried."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Reason to the number of points that a critic or the filter turned down for it."""
    unusable: Mapping[str, int] = field(default_factory=dict)
    """Reason to the number of points whose reply could not be used at all."""
    refinements: int = 0
    repaired: int = 0
    """Replies that could be read only after a repair of their JSON."""
    asked_again: int = 0
    """Calls repeated because the reply could not be read."""
    calls: int = 0
    """Teacher calls that the data set needed; calls, tokens and price are with `scoring_calls`."""
    scoring_calls: int = 0
    """Those that rated its rows, where a selection chose among them."""
    recorded: int = 0
    """Calls among them that a ledger answered."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: float = 0.0
    """US dollars."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a student's training rows have in common with the test items; shares."""

    ngram: int
    """Words of a gram."""
    items_sharing: float
    """Items that share at least one gram with a row."""
    items_similar: float
    """Items as similar to a row as the post-filter's threshold."""
    rows_sharing: float
    rows_similar: float
    accuracy_without: float | None
    """Accuracy on the items that share no gram; None where all do."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell of a sweep: where it stands in the grid, and what it has shown so far.

    Raises:
        ValueError: answers and items do not match, or a finished cell has no item.
    """

    key: str
    axes: Mapping[str, str | int | float]
    """domain, system, recipe, taxonomy, scenarios, complexity, critic, judge, double_judge, tokens,
    selection, teacher, student, training, learning_rate, embedding, variant, mechanism, size, seed,
    data_seed, experiment."""
    status: Status
    reason: str = ""
    """Why the cell failed."""
    items: tuple[str, ...] = ()
    """Ids of the test items."""
    right: tuple[bool, ...] = ()
    """Whether the tuned student was right, item by item."""
    unanswered: int = 0
    """Items without a readable answer; they count as wrong."""
    base_right: tuple[bool, ...] | None = None
    """The same of the untuned student, on the same items; it may be there before the tuned one's."""
    base_unanswered: int = 0
    readings: Mapping[str, float] = field(default_factory=dict)
    """Accuracy by each way of reading the tuned student's answers that was taken: strict, lenient,
    log-probability; one of them, or strict and lenient one after the other, is what `right` counts."""
    base_readings: Mapping[str, float] = field(default_factory=dict)
    """The same of the untuned student."""
    teacher_right: tuple[bool, ...] | None = None
    """The same of the teacher, where it sat the examination."""
    teacher_unanswered: int = 0
    teacher_readings: Mapping[str, float] = field(default_factory=dict)
    validation: float | None = None
    """Accuracy on held-out synthetic rows, by which the checkpoint was chosen."""
    overlap: Overlap | None = None
    """None where the student's evaluation is not there, or is older than this measure."""
    dataset: DatasetSummary | None = None
    assessment: Mapping[str, float] = field(default_factory=dict)
    """Measures of the data set, by name."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall time of each stage, by name."""
    chance: float | None = None
    """The share of right answers that blind guessing reaches; None where it is next to nothing."""

    def __post_init__(self) -> None:
        if len(self.right) != len(self.items):
            raise ValueError(f"cell {self.key}: {len(self.right)} answers for {len(self.items)} items")
        others = {"untuned student": self.base_right, "teacher": self.teacher_right}
        for who, right in others.items():
            if self.items and right is not None and len(right) != len(self.items):
                raise ValueError(
                    f"cell {self.key}: {len(right)} answers of the {who} for {len(self.items)} items"
                )
        if self.status == "done" and not self.items:
            raise ValueError(f"cell {self.key} is done and has no test item")
