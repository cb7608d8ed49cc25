"""A taxonomy as a teacher is shown it: numbered lines, whole or, where that is too long, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simula.errors import ConfigurationError
from simula.prompts.rendering import render
from simula.taxonomy import Taxonomy
from simula.taxonomy.tree import Node, Path

_BYTES_A_TOKEN = 4
"""Of a text in UTF-8: about what tokenizers need for English; a Korean or Nepali letter has three."""


@dataclass(frozen=True, slots=True)
class View:
    """What one call shows of a taxonomy."""

    within: Path
    """The node whose part is shown; empty for the root."""
    paths: tuple[Path, ...]
    """Of the shown nodes, by number from 1."""
    text: str
    """One line a node: its number, its name, perhaps its description."""
    whole: bool
    """Everything below `within` is shown; else its children alone."""

    @property
    def tokens(self) -> int:
        """About how many tokens the text has."""
        return estimated_tokens(self.text)


@dataclass(frozen=True)
class Outline:
    """One taxonomy, in views of at most so many tokens."""

    taxonomy: Taxonomy
    tokens: int
    descriptions: bool
    """Each node's description stands behind its name."""

    @cached_property
    def views(self) -> Mapping[Path, View]:
        """The view within each node that is asked about: of the root alone where the whole taxonomy fits.

        Raises:
            ConfigurationError: the children of one node are more than a view holds.
        """
        found: dict[Path, View] = {}
        waiting: list[tuple[Path, Sequence[Node]]] = [((), self.taxonomy.children)]
        while waiting:
            within, children = waiting.pop()
            view = self._view(within, children, whole=True)
            if view.tokens > self.tokens:
                view = self._view(within, children, whole=False)
                waiting += [((*within, child.name), child.children) for child in children if child.children]
            if view.tokens > self.tokens:
                name = " > ".join((self.taxonomy.factor, *within))
                raise ConfigurationError(
                    f"the {len(children)} kinds of '{name}' take about "
                    f"{view.tokens:,} tokens, and a call shows {self.tokens:,} (assessment.coverage.tokens, "
                    "and what the teacher's context holds): raise it, leave out descriptions "
                    "(assessment.coverage.descriptions=false), or divide the kinds by another level"
                )
            found[within] = view
        return found

    @property
    def divided(self) -> bool:
        """Whether the taxonomy is descended level by level."""
        return len(self.views) > 1

    @property
    def calls(self) -> int:
        """Views that a point is shown at most, one below the other."""
        return max(sum(path[:depth] in self.views for depth in range(len(path) + 1)) for path in self.views)

    @property
    def tokens_a_call(self) -> float:
        """About how many tokens of the taxonomy a call shows, on average over the views."""
        return sum(view.tokens for view in self.views.values()) / len(self.views)

    def _view(self, within: Path, children: Sequence[Node], *, whole: bool) -> View:
        nodes = [
            (path, node)
            for child in children
            for path, node in (child.walk(within) if whole else [((*within, child.name), child)])
        ]
        kinds: list[dict[str, Any]] = [
            {
                "depth": len(path) - len(within) - 1,
                "name": _one_line(node.name),
                "description": _one_line(node.description) if self.descriptions else "",
            }
            for path, node in nodes
        ]
        return View(within, tuple(path for path, _ in nodes), render("_kinds", {"kinds": kinds}), whole)


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, in any language: a quarter of its bytes."""
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def _one_line(text: str) -> str:
    return " ".join(text.split())
