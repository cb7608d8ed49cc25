"""Labels of nodes as a CSV that a person can read, copy and change, and that copy read back."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as File

from simula.errors import ConfigurationError, unknown
from simula.metrics.taxonomy_quality import LABELS, Label, LabelledNode
from simula.store.texts import read_text
from simula.taxonomy.tree import Path

Place = tuple[str, str]
"""What is compared with T_E (`ours`, `zero_shot`), and whose node it is: that tree's, or `expert`."""
PersonLabels = Mapping[Place, Mapping[Path, Label]]
EXPERT = "expert"
METHODS = ("ours", "zero_shot")
_SEPARATOR = " > "
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that a spreadsheet would compute, or that was marked for beginning so."""
_NEEDED = ("comparison", "tree", "path", "label")
_COLUMNS = (*_NEEDED, "match", "votes", "reason")


def write_labels(file: File, labelled: Mapping[Place, Sequence[LabelledNode]]) -> None:
    """One line a node of either tree of each comparison; `label` is empty where it is undecided."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for (comparison, tree), nodes in labelled.items():
            for node in nodes:
                match = _SEPARATOR.join(node.match or ())
                votes = " ".join(vote.label for vote in node.votes)
                path = _SEPARATOR.join(node.path)
                said = (comparison, tree, path, node.label or "", match, votes, node.reason)
                writer.writerow(map(_marked, said))


def read_labels(file: File) -> PersonLabels:
    """A person's labels; what has no label is left out, and other columns say nothing.

    Args:
        file: a copy of what `write_labels` wrote; a relative one counts from where the command was started.

    Raises:
        ConfigurationError: with every problem, each naming its line.
    """
    named = f"assessment.taxonomy.labels={file}"
    reader = csv.DictReader(read_text(file, named).splitlines(keepends=True))
    if missing := [name for name in _NEEDED if name not in (reader.fieldnames or ())]:
        raise ConfigurationError(
            f"{named}: columns {', '.join(_NEEDED)} are expected; {', '.join(missing)} missing"
        )
    found: dict[Place, dict[Path, Label]] = {}
    problems = []
    for row in reader:
        place = (row["comparison"], row["tree"])
        path = tuple(_unmarked(row["path"] or "").split(_SEPARATOR))
        said = (row["label"] or "").strip()
        if problem := "; ".join(_problems(place, said)):
            problems.append(f"{named} line {reader.line_num}: {problem}")
        elif path in found.setdefault(place, {}):
            problems.append(f"{named} line {reader.line_num}: '{row['path']}' is labelled twice")
        elif said:
            found[place][path] = next(label for label in LABELS if label == said)
    if problems:
        raise ConfigurationError(*problems)
    return found


def _marked(cell: str) -> str:
    """A text of a model's as a spreadsheet shows it, which takes an apostrophe before it for that."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unmarked(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _problems(place: Place, label: str) -> Iterator[str]:
    comparison, tree = place
    if comparison not in METHODS:
        yield unknown(comparison, list(METHODS), "comparison")
    elif tree not in (EXPERT, comparison):
        yield unknown(tree, [EXPERT, comparison], "tree of the comparison")
    if label and label not in LABELS:
        yield unknown(label, list(LABELS), "label")
