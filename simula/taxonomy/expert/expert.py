"""An expert taxonomy: one tree that people made, with the topic it is of."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simula.taxonomy.tree import Taxonomy

Kind = Literal["grounded", "conceptual"]
"""Whether nature decides what belongs into it, or people's concepts do (Section 3, Table 2)."""


class Expert(BaseModel):
    """T_E, as a teacher's tree of the same topic is measured against it (Section 3)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Of a shipped one, or of its file without the ending."""
    taxonomy: Taxonomy
    """The tree; its factor is the topic's name, as prompts say it."""
    description: str = ""
    """The paper's `y` of the topic, by which a teacher expands a tree of its own; empty: not stated."""
    kind: Kind | None = None
    """None: not stated; means over kinds leave it out."""
    source: str = ""
    """Where its facts come from."""

    @cached_property
    def depth(self) -> int:
        """Levels below the root."""
        return len(self.taxonomy.levels)

    def content(self) -> dict[str, Any]:
        """What it says, in canonical form: its name, kind and source decide no label."""
        tree = self.taxonomy.model_dump(mode="json", exclude_defaults=True)
        return {"description": self.description, "taxonomy": tree}
