"""docs/architecture.svg: the parts of the package and who imports whom, as the code and its layers say.

`make architecture` draws it; tests/test_architecture.py asks that it is that of the code.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path

import grimp
import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from simula.report.figure import INK, STYLE

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
_CORE = {"domain", "prompts", "taxonomy", "mix", "critique", "scoring", "generation", "metrics", "dataset"}
_WIDE, _HIGH, _ROW = 1.6, 0.5, 1.0


def layers() -> list[list[str]]:
    """The parts from the highest to the lowest layer, as pyproject.toml lists them; without the lowest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return [re.findall(r"simula\.(\w+)", layer) for layer in contract["layers"]][:-1]


def imports() -> set[tuple[str, str]]:
    """Which part imports which; those of the lowest layer, on which all stand, are left out."""
    graph = grimp.build_graph("simula")
    shown = {part for layer in layers() for part in layer}
    found = {
        (_part(module), _part(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in found if one != other and {one, other} <= shown}


def told(edges: set[tuple[str, str]]) -> str:
    """The picture's content in words, which it carries with it."""
    return json.dumps(sorted(" -> ".join(edge) for edge in edges))


def drawn() -> str:
    """What the picture at its place was drawn from."""
    (found,) = re.findall(r"<dc:description>(.*?)</dc:description>", PICTURE.read_text(), re.DOTALL)
    return str(found).replace("&gt;", ">")


def _part(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _direct(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without those that a longer way says already."""

    @cache
    def below(part: str) -> frozenset[str]:
        own = {other for one, other in edges if one == part}
        return frozenset(own).union(*(below(other) for other in own))

    return {
        (one, other)
        for one, other in edges
        if not any(other in below(between) for start, between in edges if start == one and between != other)
    }


def _aside(row: list[str]) -> float:
    """A part alone in its layer stands left of the middle in the core and right of it elsewhere."""
    return 0.0 if len(row) > 1 else -_WIDE if row[0] in _CORE else _WIDE


def main() -> None:
    """Draw it."""
    rows = layers()
    width = max(map(len, rows)) * _WIDE * 1.5
    places = {
        part: (width * (at + 1) / (len(row) + 1) + _aside(row), -_ROW * level)
        for level, row in enumerate(rows)
        for at, part in enumerate(row)
    }
    edges = imports()
    with mpl.rc_context(
        fname=STYLE, rc={"svg.hashsalt": "architecture", "figure.constrained_layout.use": False}
    ):
        figure = Figure(figsize=(width * 0.8, len(rows) * _ROW * 0.62))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(-_ROW * len(rows) + 0.4, 0.6))
        axes.axis("off")
        for one, other in sorted(_direct(edges)):
            (x, y), (to_x, to_y) = places[one], places[other]
            bend = 0.0 if abs(to_y - y) < 1.5 * _ROW else 0.25
            axes.annotate(
                "",
                xy=(to_x, to_y + _HIGH / 2),
                xytext=(x, y - _HIGH / 2),
                zorder=1,
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": "#888888",
                    "linewidth": 0.8,
                    "connectionstyle": f"arc3,rad={bend}",
                },
            )
        for part, (x, y) in places.items():
            colour = "#dceaf7" if part in _CORE else "#f4f4f4"
            axes.add_patch(
                FancyBboxPatch(
                    (x - _WIDE / 2, y - _HIGH / 2), _WIDE, _HIGH,
                    boxstyle="round,pad=0,rounding_size=0.1",
                    facecolor=colour, edgecolor=INK, linewidth=0.8, zorder=2,
                )
            )  # fmt: skip
            axes.text(x, y, part, ha="center", va="center", color=INK, zorder=3)
        figure.savefig(PICTURE, metadata={"Date": None, "Description": told(edges)})
    print(f"{PICTURE.relative_to(ROOT)}: {len(places)} parts, {len(edges)} imports between them")


if __name__ == "__main__":
    main()
