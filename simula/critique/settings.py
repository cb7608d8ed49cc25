"""The mechanism's fourth axis: quality."""

from __future__ import annotations

from pydantic import Field

from simula.settings import Settings, incidental


class CriticSettings(Settings):
    """Which critics judge a sample (Section 2.4)."""

    requirements: bool = True
    """Judge meaning and form against the mix; a negative verdict leads to a refinement."""
    double: bool = True
    """Ask "is it correct?" and "is it incorrect?" in two independent calls; accept on yes and no."""
    refinements: int = Field(2, ge=0)
    """Refinements after a negative requirement verdict before the sample is rejected.
    The paper is silent: 2."""
    rewrites: int = Field(0, ge=0)
    """Rewrites after a negative double verdict before the sample is rejected (Section 2.4 allows both).
    0, rejection at once: the paper's experiments."""
    canaries: int = incidental(8, ge=0)
    """Test items that the double critic judges anew at the start of every run that pays for it (a data set
    that is begun or gone on with, a pilot, the measure `critics`), each with its right answer and with a
    wrong one: four calls an item, 32 by default and once a run, which no recorded answer saves. Only teachers
    behind a network are asked so, and not by batches: others do not change. 0: none."""
    canary_flips: float = incidental(0.1, ge=0, le=1)
    """Share of the canaries' verdicts that are others than at first, above which a warning is printed."""
