"""The level of education that MMLU's subjects name: what people say of how hard their questions are."""

from __future__ import annotations

_LEVELS = {"elementary": "1", "high_school": "2", "college": "3"}
"""Elementary school, high school, college: 1 to 3, as in the paper's Table 4."""


def subject_labels(subject: str) -> dict[str, str]:
    """The subject, and its level where it names one: `conceptual_physics` has none."""
    level = next((level for school, level in _LEVELS.items() if subject.startswith(f"{school}_")), None)
    return {"subject": subject} | ({} if level is None else {"level": level})
