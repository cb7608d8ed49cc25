"""How coverage is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from simula.settings import Settings, incidental


class CoverageSettings(Settings):
    """Level-ratio coverage of taxonomies (Section 3.1)."""

    assigned: bool = True
    """A teacher re-assigns every point, one call a factor: the paper's way, and the only one for points that
    were not drawn from the taxonomies. No: by lineage alone, which costs nothing."""
    taxonomy: Path | None = incidental(None)
    """Other taxonomies than the cell's own: a file of the form of an artifact's taxonomies.yaml, ours or an
    expert's. A relative path counts from where the command was started. What the file says is the identity,
    not its name."""
    descriptions: bool = True
    """The teacher sees each node's description behind its name. The paper is silent: yes."""
    tokens: int = Field(30_000, ge=100)
    """Tokens of a taxonomy in one prompt at most, estimated from its bytes; an embedded teacher's context
    lowers it. A longer one is descended level by level, in more calls. The paper shows the whole: ours."""
    common: tuple[Annotated[int, Field(ge=1)], ...] = (100, 1000)
    """Numbers of points that coverage is told for beside that of all, by rarefaction, so that sets of
    different sizes compare; those larger than the set are left out. Ours."""
    curve: int = Field(40, ge=2)
    """Sizes on the rarefaction curve, from 1 to all, evenly on a logarithmic scale."""
    concurrency: int = incidental(64, ge=1)
    """Points assigned at once."""
