"""A filling whose candidates a test can look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from simula.dataset import Filling
from simula.generation import Candidate


@dataclass
class Collected(Filling):
    """A filling that holds what it gives away."""

    candidates: list[Candidate] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keep = self.candidates.append
