"""The mechanism's fourth axis: quality."""

from __future__ import annotations

from pydantic import Field

from simula.settings import Settings


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
