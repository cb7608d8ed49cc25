"""How taxonomies are built, and how nodes are drawn from them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from simula.settings import Settings, incidental


class Expansion(Settings):
    """How the taxonomies of a domain are built (Section 2.1); shared by all systems of the domain."""

    depth: int = Field(3, ge=1, le=12)
    """Levels below the root: 3, LEXam 4 (inferred from Figure 4c)."""
    proposals: int = Field(3, ge=1)
    """N, how often a node's children are asked for; the answers are united. The paper is silent: 3."""
    leaves: bool = True
    """Below the first level the teacher may say that a node does not divide further. A very small model says
    so of everything; then no."""
    max_factors: int = Field(6, ge=1)
    """Factors kept at most; a warning is counted when more were proposed."""
    max_children: int = Field(12, ge=1)
    """Children of a node kept at most; a warning is counted when more came."""
    max_frontier: int = Field(200, ge=1)
    """Nodes of one level expanded at most; a warning is counted when more wait."""
    seed: int = 0
    """Seed of the teacher's sampling while it builds taxonomies and strategies."""
    edited: Path | None = incidental(None)
    """Trees that a person edited: a changed copy of an artifact's taxonomies.yaml, instead of all the above.

    A relative path counts from where the command was started. What the file says is the identity,
    not its name.
    """


class TaxonomySettings(Settings):
    """The mechanism's first axis: global coverage."""

    levels: Literal["all", "top"] = "all"
    """Nodes are drawn from all levels, or from the top level only (Section 2.2)."""
    node_distribution: Literal["uniform_level", "uniform_node"] = "uniform_level"
    """A uniform level and then a uniform node of it, or uniform over all nodes. The paper is silent."""
    expansion: Expansion = Expansion()
    """How the taxonomies are built; equal in all systems that are compared."""
