"""Critics: what they ask, and what their verdicts mean."""

from simula.critique.corruption import Corruption, as_shown, corrupt
from simula.critique.double import Asked, Judged, decide, double_critic, judge_doubly
from simula.critique.settings import CriticSettings
from simula.critique.verdict import Decision, Verdict, judge

__all__ = [
    "Asked",
    "Corruption",
    "CriticSettings",
    "Decision",
    "Judged",
    "Verdict",
    "as_shown",
    "corrupt",
    "decide",
    "double_critic",
    "judge",
    "judge_doubly",
]
