"""The text of an expert taxonomy: YAML as taxonomies are published, a CSV of paths, an indented outline."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

from simula.errors import ConfigurationError
from simula.taxonomy.document import Document, read_form
from simula.taxonomy.expert.expert import Expert, Kind
from simula.taxonomy.paths import PathTree
from simula.taxonomy.tree import Path, Strategy, Taxonomy

SEPARATOR = " > "
"""Between the names of a path."""
_COLUMNS = ("path", "description")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*•]\s+)?(?P<text>.*\S)\s*$")


class _ExpertDocument(Document):
    """The YAML form: `taxonomies` with one tree, as in a published taxonomies.yaml, and what it is of."""

    description: str = ""
    kind: Kind | None = None
    source: str = ""
    strategies: tuple[Strategy, ...] = ()
    """Of a copied taxonomies.yaml; they say nothing here."""


def from_text(text: str, file: str) -> Expert:
    """The expert taxonomy in the text of `file`, whose ending says its form (`FORMS`).

    Raises:
        ConfigurationError: with every problem, each naming file and line.
    """
    form = FORMS.get(PurePath(file).suffix.lower())
    if form is None:
        raise ConfigurationError(
            f"{file} is no expert taxonomy: its ending should be one of {', '.join(FORMS)}"
        )
    return form(text, file)


def _yaml(text: str, file: str) -> Expert:
    found = read_form(text, file, _ExpertDocument)
    if len(found.taxonomies) > 1:
        factors = ", ".join(tree.factor for tree in found.taxonomies)
        raise ConfigurationError(
            f"{file} holds {len(found.taxonomies)} taxonomies ({factors}); an expert's file holds one, so "
            "leave the one that is meant"
        )
    return Expert(
        name=PurePath(file).stem,
        taxonomy=found.taxonomies[0],
        description=found.description,
        kind=found.kind,
        source=found.source,
    )


def _csv(text: str, file: str) -> Expert:
    """A column `path` (names from the top down, joined by " > ") and perhaps `description`."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [name.strip().casefold() for name in reader.fieldnames or ()]
    if "path" not in columns or set(columns) - set(_COLUMNS):
        raise ConfigurationError(
            f"{file}: a column path (such as metals{SEPARATOR}iron), and perhaps one description, are "
            f"expected; it has {', '.join(columns) or 'none'}"
        )
    reader.fieldnames = columns
    found, problems = _Tree(), []
    for row in reader:
        names = [" ".join(name.split()) for name in (row["path"] or "").split(SEPARATOR.strip())]
        place = f"{file} line {reader.line_num}"
        if not all(names):
            problems.append(f"{place}: '{row['path'] or ''}' has an empty name in its path")
        elif None in row:
            problems.append(
                f"{place}: it has more fields than there are columns; quote texts that hold commas"
            )
        elif problem := found.add(names, (row.get("description") or "").strip()):
            problems.append(f"{place}: {problem}")
    return found.expert(file, problems)


def _outline(text: str, file: str) -> Expert:
    """A node a line, indented below its parent, perhaps behind a dash; what follows ": " describes it."""
    found, problems = _Tree(), []
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        item = _ITEM.match(line)
        if item is None or item["text"].startswith("#"):
            continue
        indent = len(item["indent"].expandtabs(4))
        while above and above[-1][0] >= indent:
            above.pop()
        name, _, description = item["text"].partition(": ")
        above.append((indent, " ".join(name.split())))
        if problem := found.add([name for _, name in above], description.strip()):
            problems.append(f"{file} line {number}: {problem}")
    return found.expert(file, problems)


class _Tree:
    """A tree put together from the paths of a file's lines."""

    def __init__(self) -> None:
        self._paths = PathTree()
        self._descriptions: dict[Path, str] = {}

    def add(self, names: Iterable[str], description: str) -> str:
        """Add one node; returns what is wrong with it, or an empty text."""
        path, before = self._paths.add(names)
        if before:
            return f"'{SEPARATOR.join(path)}' stands twice; merge the two, or rename one"
        self._descriptions[path] = description
        return ""

    def expert(self, file: str, problems: list[str]) -> Expert:
        """The tree, named after its file. Raises ConfigurationError."""
        if not problems and not self._descriptions:
            problems.append(f"{file} holds no node")
        if problems:
            raise ConfigurationError(*problems)
        stem = PurePath(file).stem
        factor = " ".join(stem.replace("_", " ").split())
        return Expert(
            name=stem, taxonomy=Taxonomy(factor=factor, children=self._paths.nodes(self._descriptions))
        )


FORMS: Mapping[str, Callable[[str, str], Expert]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".csv": _csv,
    ".txt": _outline,
    ".md": _outline,
}
"""Ending of a file to the reader of its text."""
