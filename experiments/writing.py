"""A table or figure as files: Markdown, CSV, LaTeX, PNG, PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simula.report.figure import Drawing
from simula.report.files import csv_text
from simula.report.text_table import TextTable, escaped, markdown

_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "–": "--",
    "−": "$-$",
    "κ": r"$\kappa$",
    "μ": r"$\mu$",
    "\u00a0": "~",
}


class Beside(Protocol):
    """Something of the paper's beside ours: a number, or a setting."""

    @property
    def ours(self) -> Any:
        """Ours; None where there is none."""
        ...

    @property
    def outside(self) -> bool:
        """Whether the two are not compatible."""
        ...

    def record(self) -> dict[str, str | int | float | None]:
        """As plain values, one line of a CSV file."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """One item of the paper's, as far as there are results."""

    title: str
    tables: tuple[TextTable, ...]
    compared: Sequence[Beside]
    drawing: Drawing | None = None
    sentences: tuple[str, ...] = ()


def write(name: str, rendered: Rendered, folder: Path, commands: Sequence[str] = ()) -> list[Path]:
    """Write NAME.md, NAME.csv, NAME.tex, and NAME.png and NAME.pdf where there is a figure; the files.

    Args:
        name: of the item.
        rendered: what it shows.
        folder: where to.
        commands: what makes its results, for the Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = f"![{escaped(rendered.title)}]({name}.png)" if rendered.drawing else ""
    made = "\n".join(("```bash", *commands, "```")) if commands else ""
    blocks = [f"# {escaped(rendered.title)}", made, image, *map(escaped, rendered.sentences)]
    blocks += map(markdown, rendered.tables)
    texts = {
        "md": "\n\n".join(block for block in blocks if block) + "\n",
        "csv": csv_text([one.record() for one in rendered.compared]),
        "tex": "\n".join(map(latex, rendered.tables)),
    }
    files = []
    for suffix, text in texts.items():
        files.append(folder / f"{name}.{suffix}")
        files[-1].write_text(text, encoding="utf-8")
    if rendered.drawing is not None:
        for suffix, content in (("png", rendered.drawing.png), ("pdf", rendered.drawing.pdf)):
            files.append(folder / f"{name}.{suffix}")
            files[-1].write_bytes(content)
    return files


def latex(table: TextTable) -> str:
    """The table with booktabs' rules, its notes below."""
    form = "l" * table.keys + "r" * (len(table.columns) - table.keys)
    lines = [table.columns, *(cells for _, cells in table.rows)]
    head, *body = [" & ".join(map(_tex, cells)) + r" \\" for cells in lines]
    notes = [rf"\par\footnotesize {_tex(note)}" for note in table.notes]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            rf"\caption{{{_tex(table.title)}}}",
            rf"\begin{{tabular}}{{{form}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def _tex(text: str) -> str:
    return re.sub("|".join(map(re.escape, _LATEX)), lambda found: _LATEX[found.group()], text)
