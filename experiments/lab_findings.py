"""The paper's contrasts as sums of the laboratory's arms, and what its students say of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.lab_cells import Arm
from experiments.small import added_up
from simula.evaluation.statistics import Comparison, holm
from simula.report.grid import Values

Rights = Mapping[Arm, Mapping[Values, Sequence[bool]]]
"""Arm to what of each test item is right, by data seed and seed."""
Signed = tuple[Arm, int]

WEAK, USUAL, STRONG = 2.5, 4.5, 7.0
"""Skills of the teachers: that of `conf/teacher/simulated.yaml`, and the two that it names."""
SMALL, LARGE = 64, 128
"""Rows of a data set that a student is taught from."""
SPLIT = 160
"""Rows of `experiment=fig7_small`, before the split to 64."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A contrast between arms."""

    words: str
    paper: str
    """Whether the paper finds it."""
    parts: tuple[Signed, ...]
    """What is added up: above zero where the words are true."""
    open: bool = False
    """Whether the paper leaves it open, or finds the one on some benchmarks and the contrary on others."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A contrast as far as there are students."""

    finding: Finding
    ours: Comparison | None
    """In accuracy, a share; None where no seed is finished in every arm."""
    besides: Mapping[str, Comparison | None]
    """The same in other measures, by name, uncorrected."""

    @property
    def outside(self) -> bool:
        """Whether the contrary of what the paper finds is told."""
        return self.verdict == "against the paper"

    @property
    def verdict(self) -> str:
        """In words; of one data set each nothing is told, since its luck is in no interval."""
        if self.ours is None:
            return "missing"
        if len(self.ours.runs) == 1:
            return "one data set each"
        if not self.ours.decided:
            return "cannot tell"
        above = self.ours.difference > 0
        if self.finding.open:
            return "told" if above else "the contrary is told"
        return "as the paper" if above else "against the paper"

    def record(self) -> dict[str, str | int | float | None]:
        """As plain values, one line of a CSV file."""
        said: dict[str, str | int | float | None] = {"measure": self.finding.words}
        for name, found in {"ours": self.ours, **self.besides}.items():
            said |= {
                name: found.difference if found else None,
                f"{name}_low": found.low if found else None,
                f"{name}_high": found.high if found else None,
            }
        ours = self.ours
        on = f"{ours.seeds} seeds, {ours.items} test items" if ours else ""
        return {**said, "mark": self.verdict, "computed_on": on}


def system(name: str, size: int, skill: float = USUAL) -> Arm:
    """An arm of `experiment=lab_systems`."""
    return Arm(name, skill, size)


def mechanism(complexity: str, critic: str, skill: float) -> Arm:
    """An arm of `experiment=lab_skill`."""
    return Arm(f"complexity={complexity} critic={critic}", skill, SMALL)


def _above(better: str, worse: str, paper: str, *, open: bool = False) -> list[Finding]:
    return [
        Finding(
            f"{better} is above {worse}, {size:,} rows",
            paper,
            ((system(better, size), 1), (system(worse, size), -1)),
            open,
        )
        for size in (SMALL, LARGE)
    ]


def _gain(better: str, worse: str, paper: str, *, open: bool = False) -> Finding:
    large, small = _above(better, worse, paper)[::-1]
    parts = (*large.parts, *((arm, -sign) for arm, sign in small.parts))
    return Finding(f"{better} gains on {worse} from {SMALL:,} to {LARGE:,} rows", paper, parts, open)


def _worth(name: str, paper: str, skill: float, sign: int, words: str) -> Finding:
    plain = mechanism("none", "none", skill)
    with_it = mechanism("all", "none", skill) if name == "complexity" else mechanism("none", "double", skill)
    return Finding(words, paper, ((with_it, sign), (plain, -sign)))


def _difference(first: Finding, second: Finding, words: str, paper: str) -> Finding:
    return Finding(words, paper, (*first.parts, *second.parts))


_SPLIT = Finding(
    f"the most complex rows are above the least complex ones, skill {USUAL:g}",
    "GSM8k: yes; LEXam: no",
    ((Arm("full, high complexity", USUAL, SPLIT), 1), (Arm("full, low complexity", USUAL, SPLIT), -1)),
    open=True,
)
_HELPS = _worth("complexity", "GSM8k: yes", STRONG, 1, f"complexity helps, skill {STRONG:g}")
_HURTS = _worth("complexity", "LEXam: yes", WEAK, -1, f"complexity hurts, skill {WEAK:g}")
_CRITIC_WEAK = _worth("critic", "yes", WEAK, 1, f"critics help, skill {WEAK:g}")
_CRITIC_STRONG = _worth("critic", "yes", STRONG, 1, f"critics help, skill {STRONG:g}")


def _rightness(complexity: str) -> Finding:
    parts = ((mechanism(complexity, "none", STRONG), 1), (mechanism(complexity, "none", WEAK), -1))
    words = (
        f"the same problems answered by skill {STRONG:g} are above those by {WEAK:g}, complexity={complexity}"
    )
    return Finding(words, "not tried", parts, open=True)


FINDINGS = (
    *_above("full", "baseline", "yes"),
    _gain("full", "baseline", "yes"),
    *_above("global", "local", "CTI: yes; LEXam, GSM8k: no", open=True),
    _gain("global", "local", "CTI-MCQ: yes; others: no", open=True),
    _SPLIT,
    _HELPS,
    _HURTS,
    _difference(_HELPS, _HURTS, "complexity is worth more where the teacher is strong", "yes"),
    _rightness("none"),
    _rightness("all"),
    _CRITIC_WEAK,
    _CRITIC_STRONG,
    Finding(
        "critics are worth more where the teacher is weak",
        "yes",
        (*_CRITIC_WEAK.parts, *((arm, -sign) for arm, sign in _CRITIC_STRONG.parts)),
    ),
)
"""What is asked of the laboratory."""


def weigh(
    right: Rights, besides: Mapping[str, Rights], findings: Sequence[Finding] = FINDINGS
) -> list[Weighed]:
    """Each finding on the seeds that are finished in all of its arms; p by Holm over all of them.

    Args:
        right: whether the answer to each test item is right.
        besides: the same of other measures, by name.
        findings: what is asked.
    """
    ours = [_contrast(right, finding) for finding in findings]
    corrected = iter(holm([one for one in ours if one is not None]))
    return [
        Weighed(
            finding,
            one and next(corrected),
            {name: _contrast(rights, finding) for name, rights in besides.items()},
        )
        for finding, one in zip(findings, ours, strict=True)
    ]


def _contrast(rights: Rights, finding: Finding) -> Comparison | None:
    return added_up([(rights.get(arm, {}), sign) for arm, sign in finding.parts], finding.words)
