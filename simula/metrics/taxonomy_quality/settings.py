"""How taxonomies are measured against an expert's."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from simula.settings import Settings, incidental


class TaxonomyQualitySettings(Settings):
    """Whom a tree is measured against, and how its nodes are judged (Section 3, Tables 2 and 3)."""

    expert: str | None = incidental(None)
    """The expert taxonomy T_E: a shipped one's name, or a file (docs/expert_taxonomies.md). What it says is
    the identity, not its name."""
    description: str = ""
    """The paper's `y` of the topic, by which a teacher expands its own tree; empty: that of T_E's file."""
    factor: str | None = None
    """Measure this factor's tree of the cell's own taxonomies; null: one that is expanded for T_E's topic."""
    depth: int | None = Field(None, ge=1, le=12)
    """Levels to which a tree is expanded for T_E's topic; null: as many as T_E has. The paper is silent."""
    zero_shot: bool = True
    """Measure a tree of one call, too."""
    zero_shot_nodes: int | None = Field(None, ge=1)
    """How many nodes it is asked for; null: as many as the expanded tree has. The paper is silent."""
    zero_shot_tokens: int = Field(8192, ge=1)
    """Tokens that it may take, in place of the teacher's `max_tokens`."""
    votes: int = Field(1, ge=0)
    """How often each node is labelled; the majority counts. 0: by the person of `labels` alone."""
    nodes_a_call: int = Field(10, ge=1)
    """Nodes that are labelled in one call, all of one branch. The paper is silent."""
    nodes_shown: int = Field(400, ge=2)
    """Nodes of a tree that a call shows at most; of a larger one a part around those in question. The paper
    is silent."""
    labels: Path | None = incidental(None)
    """A person's labels: a changed copy of an artifact's labels.csv. What it says is the identity."""
    resamples: int = Field(10_000, ge=100)
    """Of the bootstrap over nodes."""
    seed: int = 0
    """Of the judge's sampling, and of the bootstrap."""
    concurrency: int = incidental(64, ge=1)
    """Calls of the judge at once."""

    @model_validator(mode="after")
    def _somebody_labels(self) -> TaxonomyQualitySettings:
        if not self.votes and self.labels is None:
            raise ValueError(
                "votes=0: nobody labels; name a person's labels (labels=my_labels.csv), or set votes=1"
            )
        return self
