"""Taxonomies on the terminal: `simula taxonomy`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from simula.report.story import shown
from simula.stages.taxonomy import PAGE, TREES
from simula.taxonomy import Node, Taxonomies, Taxonomy
from simula.taxonomy.account import sentences, warnings

WHOLE = 200
"""Up to so many nodes are printed; of more, the upper levels."""
UPPER = 2


def print_trees(found: Taxonomies, manifest: Mapping[str, Any], folder: Path, console: Console) -> None:
    """Print the trees, what the reviews did to them, warnings, and where the other forms are.

    Args:
        found: the taxonomies.
        manifest: of their artifact.
        folder: where it is.
        console: what to print on.
    """
    deepest = len(found.nodes_by_level) if sum(found.nodes_by_level) <= WHOLE else UPPER
    for taxonomy in found.taxonomies:
        console.print(_tree(taxonomy, deepest))
    for strategy in found.strategies:
        console.print(shown(f"strategy of weight {strategy.weight:g}: {', '.join(strategy.factors)}"))
        for exclusion in strategy.excluded:
            console.print(shown(f"  never {exclusion}"))
    for sentence in sentences(manifest):
        console.print(shown(sentence))
    for warning in warnings(manifest):
        console.print(shown(f"warning: {warning}", "bold yellow"))
    if deepest < len(found.nodes_by_level):
        console.print(
            Text(
                f"{sum(found.nodes_by_level):,} nodes: the first {UPPER} levels are shown, the files hold all"
            )
        )
    console.print(f"to browse: {folder / PAGE}", style="dim", soft_wrap=True, markup=False, highlight=False)
    console.print(
        f"to edit:   cp {folder / TREES} my_tree.yaml, then taxonomy.expansion.edited=my_tree.yaml",
        style="dim",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _tree(taxonomy: Taxonomy, deepest: int) -> Tree:
    counts = " / ".join(f"{len(level):,}" for level in taxonomy.levels)
    tree = Tree(
        Text.assemble(shown(taxonomy.factor, "bold"), f"  {counts}  ", shown(taxonomy.description, "dim"))
    )
    for child in taxonomy.children:
        _grow(tree, child, deepest - 1)
    return tree


def _grow(above: Tree, node: Node, deeper: int) -> None:
    below = sum(1 for _ in node.walk()) - 1
    hidden = f"  (+{below:,} below)" if below and not deeper else ""
    branch = above.add(Text.assemble(shown(node.name), hidden, shown(f"  {node.description}", "dim")))
    for child in node.children if deeper else ():
        _grow(branch, child, deeper - 1)
