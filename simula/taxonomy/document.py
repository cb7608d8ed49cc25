"""Taxonomies as a YAML text that a person can read, copy and edit, and that text read back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from simula.domain import strategy_problems
from simula.domain.names import folded
from simula.errors import ConfigurationError, unknown
from simula.taxonomy.tree import Node, Strategy, Taxonomies, Taxonomy

_HEADER = """\
# Factors of variation, their trees of kinds, and the strategies by which they are sampled.
#
# This file belongs to a published artifact: do not change it here. To use trees of your own,
#   1. copy it:       cp {file} my_tree.yaml
#   2. edit the copy: add, remove, rename, describe or move nodes, factors and strategies;
#   3. run with it:   simula generate ... taxonomy.expansion.edited=my_tree.yaml
# The edited trees are an artifact of their own, and each further change makes another one; what was made
# with the trees of this file stays as it is.
#
# description, children and always may be left out. Siblings have different names, each factor has children,
# and each strategy names factors of this file; a factor marked `always: true` is in every strategy. Names are
# taken as they are written: on, 1.5 and null are names like any other; quote those that YAML cannot read.
"""

Place = tuple[str | int, ...]


class Document(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_by: str | None = None
    """Key of the artifact that the trees were copied from."""
    taxonomies: tuple[Taxonomy, ...]
    strategies: tuple[Strategy, ...]

    def trees(self) -> Taxonomies:
        """The trees and strategies, which alone decide what is made with them."""
        return Taxonomies(taxonomies=self.taxonomies, strategies=self.strategies)


F = TypeVar("F", bound=Document)
"""A form of the file."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML ships no types
    """Writes texts with line breaks in double quotes: in single ones NEL would come back as a space."""

    def text(self, value: str) -> yaml.ScalarNode:
        """One text, on one line."""
        style = '"' if value.splitlines() not in ([], [value]) else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def to_yaml(taxonomies: Taxonomies, made_by: str, file: str) -> str:
    """The text of `file`, with how to edit a copy of it; `read_form` reads equal taxonomies back."""
    content = {"made_by": made_by, **taxonomies.content()}
    # One line a text, however long: what is folded over several lines is easily broken by an edit.
    body = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=math.inf)
    return f"{_HEADER.format(file=file)}{body}"


def read_form(text: str, file: str, form: type[F]) -> F:
    """The text of `file` as a form of the document; keys that the form does not default may not be empty.

    Raises:
        ConfigurationError: with every problem, each naming the file and the line or strategy; first what
            cannot be read, and where all can be read, what cannot be used.
    """
    reading = _Reading(file)
    needed = [key for key in ("taxonomies", "strategies") if form.model_fields[key].is_required()]
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}{_line(error)}: {_problem(error)}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError(f"{file}: {_keys(needed)} expected; it holds no keys and values")
    plain = reading.plain(root, ())
    found = None
    try:
        found = form.model_validate(plain)
    except ValidationError as error:
        for item in error.errors():
            reading.note(item["loc"], _sentence(item, form))
    if found is not None:
        for where, problem in _unusable(found, needed):
            reading.note(where, problem)
        kinds = {tree.factor: [path for path, _ in tree.nodes] for tree in found.taxonomies}
        always = [tree.factor for tree in found.taxonomies if tree.always]
        reading.problems += [f"{file} {said}" for said in strategy_problems(found.strategies, kinds, always)]
    if reading.problems or found is None:
        raise ConfigurationError(*reading.problems)
    return found


@dataclass(slots=True)
class _Reading:
    """YAML nodes to plain values; every scalar is a text as it is written, and every value has its line."""

    file: str
    problems: list[str] = field(default_factory=list)
    _lines: dict[Place, int] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def plain(self, node: yaml.Node, where: Place) -> Any:
        self._lines[where] = node.start_mark.line + 1
        if id(node) in self._seen:
            # Perhaps a part of itself, which no reading would end.
            self.note(where, "this stands elsewhere in the file too, as an alias (*); write it out there")
            raise ConfigurationError(*self.problems)
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*where, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        return node.value

    def _mapping(self, node: yaml.MappingNode, where: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                self._lines[(*where, name)] = key.start_mark.line + 1
                self.note((*where, name), f"the key '{name}' stands twice in one place")
            elif not (isinstance(value, yaml.ScalarNode) and not value.value and value.style is None):
                found[name] = self.plain(value, (*where, name))
                self._lines[(*where, name)] = key.start_mark.line + 1
        return found

    def note(self, where: Sequence[str | int], problem: str) -> None:
        """Keep a problem, with the line of the innermost part that is there."""
        place = tuple(where)
        while place not in self._lines:
            place = place[:-1]
        self.problems.append(f"{self.file} line {self._lines[place]}: {problem}")


def _keys(keys: Sequence[str]) -> str:
    return f"the keys {' and '.join(keys)} are" if len(keys) > 1 else f"the key {keys[0]} is"


def _unusable(found: Document, needed: Sequence[str]) -> Iterator[tuple[Place, str]]:
    """What is readable and cannot be used."""
    for key in needed:
        if not getattr(found, key):
            yield (key,), f"{key} is empty; at least one is needed"
    yield from _names(
        [(("taxonomies", i, "factor"), t.factor) for i, t in enumerate(found.taxonomies)], "factor"
    )
    for index, taxonomy in enumerate(found.taxonomies):
        if not taxonomy.children:
            yield (
                ("taxonomies", index),
                f"the factor '{taxonomy.factor}' has no children; nothing can be drawn",
            )
        yield from _siblings(taxonomy.children, ("taxonomies", index, "children"))


def _siblings(nodes: Sequence[Node], where: Place) -> Iterator[tuple[Place, str]]:
    yield from _names([((*where, index, "name"), node.name) for index, node in enumerate(nodes)], "node")
    for index, node in enumerate(nodes):
        yield from _siblings(node.children, (*where, index, "children"))


def _names(named: Sequence[tuple[Place, str]], what: str) -> Iterator[tuple[Place, str]]:
    """Names of one place that are empty, or the same but for case and white space."""
    seen: set[str] = set()
    for where, name in named:
        if not folded(name):
            yield where, f"the {what} has an empty name"
        elif folded(name) in seen:
            yield where, f"'{' '.join(name.split())}' stands twice in one place; merge the two, or rename one"
        seen.add(folded(name))


_EXPECTED = {
    "string_type": "a text is expected here",
    "tuple_type": "a list is expected here, each entry behind a dash",
    "model_type": "keys and values are expected here, such as `name: …`",
    "float_parsing": "a number is expected here",
    "float_type": "a number is expected here",
    "bool_parsing": "true or false is expected here",
    "bool_type": "true or false is expected here",
}


def _sentence(item: Any, form: type[Document]) -> str:
    """One sentence for what pydantic found wrong."""
    where, kind = item["loc"], item["type"]
    if kind == "missing":
        return f"the key '{where[-1]}' is needed here, with a value"
    if kind == "extra_forbidden":
        return unknown(str(where[-1]), sorted(_fields_beside(where, form)), "key")
    return _EXPECTED.get(kind, str(item["msg"]).removeprefix("Value error, "))


def _fields_beside(where: Place, form: type[Document]) -> Sequence[str]:
    if len(where) == 1:
        return list(form.model_fields)
    if where[0] == "strategies":
        return list(Strategy.model_fields)
    return list((Taxonomy if len(where) == 3 else Node).model_fields)


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"it is not readable as YAML ({problem}); quote names that hold special characters"
