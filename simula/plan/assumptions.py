"""What a plan assumes where nothing has been measured yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TOKENS: Mapping[str, tuple[int, int]] = {
    "propose_factors": (250, 300),
    "review_factors": (450, 300),
    "propose_children": (400, 350),
    "review_children": (650, 350),
    "plan_level": (900, 200),
    "write_strategies": (900, 500),
    "write_scenarios": (400, 500),
    "complexify": (400, 130),
    "write_sample": (400, 220),
    "write_like": (1400, 220),
    "evolve": (450, 220),
    "judge_requirements": (550, 130),
    "judge_correct": (450, 150),
    "judge_incorrect": (450, 150),
    "refine": (700, 220),
    "answer_item": (300, 200),
    "zero_shot_taxonomy": (300, 1800),
    "place_node": (350, 40),
    "judge_node": (1800, 450),
    "corrupt_answer": (350, 200),
}
"""Tokens read and written in a call of each prompt file, the system instruction included."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan assumes where nothing has been measured yet; printed with it."""

    tokens: Mapping[str, tuple[int, int]] = field(default_factory=lambda: TOKENS)
    factors: int = 4
    """Where the teacher proposes them; the paper's domains have 3 to 5."""
    children_by_level: tuple[int, ...] = (7, 4, 2)
    """Children a node; GSM8k's taxonomies have 27, 99 and 208 nodes (Figure 4c)."""
    accepted_without_critic: float = 0.97
    accepted_with_critic: float = 0.75
    """Rejection over the paper's five benchmarks runs from 3 % to 61 % (Table 1)."""
    refinements_a_candidate: float = 0.3
    double_judged: float = 0.9
    """Share of the candidates that the requirement critic passes on to the double critic."""
    tokens_a_row: int = 300
    tokens_a_score: int = 4
    tokens_a_node: int = 25
    """Of a taxonomy's node with its description."""
    tokens_a_name: int = 8
    """Of a taxonomy's node without."""
    test_items: int = 1500
    gpu_flops: float = 1.5e14
    """Operations a second of one data-centre GPU as trained on: about 40 % of an A100's peak."""
    bytes_a_row: int = 2000
    bytes_a_call: int = 2500
