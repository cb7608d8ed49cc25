"""One row's whole story, from its mix to what became of it: as lines, and as they are read on a terminal."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simula.critique import Verdict
from simula.domain import Domain, Example
from simula.generation import Candidate
from simula.visible import visible

Line = tuple[str, str]
"""What is said, and the text."""
_LABEL = 18
"""Cells of the widest label: 80 columns leave 59 for the text."""
_VERDICT = {"yes": "green", "no": "red", "undecided": "yellow"}
_CRITIC = {
    "requirements": "does it meet the requirements?",
    "correct": "is it correct?",
    "incorrect": "is it incorrect?",
}


def shown(text: str, style: str = "") -> Text:
    """A text that somebody else wrote, without markup."""
    return Text(visible(text), style)


def sections(candidate: Candidate) -> Iterator[tuple[str, list[Line]]]:
    """How a data point came to be, in the order of the steps, what became of it and what it cost.

    Yields:
        A step's title and its lines; steps without a line are left out.
    """
    found = {
        "where it comes from": _origin(candidate),
        "meta-prompt": _scenario(candidate),
        "judgement": _judgement(candidate),
        "data point": _example(candidate.example),
        "what became of it": _end(candidate),
        "what it cost": _cost(candidate),
        "prompt files, with the hash of their text": candidate.templates.items(),
    }
    for title, lines in found.items():
        if told := list(lines):
            yield title, told


def print_story(candidate: Candidate, domain: Domain | None, console: Console) -> None:
    """Print a data point's sections.

    Args:
        candidate: an accepted or a refused one.
        domain: that the data set is of, where it is at hand: then what a student is shown is part of it.
        console: what to print on.
    """
    for title, lines in sections(candidate):
        if title == "judgement":
            _print_judgement(candidate, console)
        else:
            _print(title, lines, console)
        if title == "what became of it" and domain is not None and candidate.example is not None:
            learned = [
                ("is shown", domain.question(candidate.example)),
                ("learns", domain.answer(candidate.example)),
            ]
            _print("what a student", learned, console)


def _origin(candidate: Candidate) -> Iterator[Line]:
    for choice in candidate.mix.choices:
        path = " > ".join(choice.path)
        yield choice.factor, f"{path}\n{choice.description}" if choice.description else path
    if candidate.mix.choices:
        yield "strategy", f"number {candidate.mix.strategy} of the taxonomies, counted from 0"
    if candidate.parents:
        yield "from slots", ", ".join(map(str, candidate.parents))
    if candidate.operation:
        yield "by", candidate.operation
    if not candidate.mix.choices and not candidate.parents:
        yield "seed", "written from the description alone"
    yield "harder", "yes, the meta-prompt was rewritten" if candidate.complex else "no"


def _scenario(candidate: Candidate) -> Iterator[Line]:
    if not candidate.scenario:
        return
    if candidate.earlier_scenarios:
        yield "shown before", f"{candidate.earlier_scenarios} earlier scenarios of the same mix"
    if candidate.complex:
        yield "at first", candidate.plain_scenario or "the mix alone"
        yield "made harder", candidate.scenario
    else:
        yield "scenario", candidate.scenario


def _judgement(candidate: Candidate) -> Iterator[Line]:
    """Verdicts, and between them the drafts and the refinements that followed."""
    for times in range(candidate.refinements + 1):
        if times:
            yield f"refinement {times}", "written again"
        if times < len(candidate.drafts):
            draft = candidate.drafts[times]
            yield "draft", f"{draft.text} / {draft.answer}"
        for verdict in (one for one in candidate.verdicts if one.refinement == times):
            model = f"\n{verdict.model}" if verdict.model else ""
            yield f"{_CRITIC[verdict.critic]} {verdict.verdict}", f"{verdict.explanation}{model}"


def _print_judgement(candidate: Candidate, console: Console) -> None:
    """The same on a terminal, in colours."""
    console.print(Text("\njudgement", style="bold"))
    for times in range(candidate.refinements + 1):
        if times:
            console.print(Padding(Text(f"refinement {times}: written again", style="italic"), (0, 0, 0, 2)))
        if times < len(candidate.drafts):
            draft = candidate.drafts[times]
            console.print(Padding(shown(f"draft: {draft.text} / {draft.answer}", "dim"), (0, 0, 0, 2)))
        for verdict in (one for one in candidate.verdicts if one.refinement == times):
            _print_verdict(verdict, console)


def _print_verdict(verdict: Verdict, console: Console) -> None:
    said = Text.assemble(f"{_CRITIC[verdict.critic]} ", (verdict.verdict, _VERDICT[verdict.verdict]))
    if verdict.model:
        said.append(f"  {verdict.model}", "dim")
    console.print(Padding(said, (0, 0, 0, 2)))
    if verdict.explanation:
        console.print(Padding(shown(verdict.explanation, "dim"), (0, 0, 0, 4)))


def _example(example: Example | None) -> Iterator[Line]:
    if example is None:
        return
    yield "question", example.question
    for letter, option in zip(string.ascii_uppercase, example.options, strict=False):
        yield f"{letter}{' (right)' if letter == example.answer else ''}", option
    if example.reasoning:
        yield "reasoning", example.reasoning
    yield "answer", example.answer


def _end(candidate: Candidate) -> Iterator[Line]:
    yield "status", f"{candidate.status}: {candidate.reason}" if candidate.reason else candidate.status
    if candidate.refinements:
        yield "refinements", str(candidate.refinements)


def _cost(candidate: Candidate) -> Iterator[Line]:
    for one in candidate.spent:
        said = f"{one.calls:,} calls, {one.prompt:,} tokens read"
        said += f" ({one.cached:,} cached)" if one.cached else ""
        said += f", {one.completion:,} written, ${one.usd:.6g}"
        yield "asked for", f"{one.model}; answered: {', '.join(one.answered)}\n{said}"
    if candidate.repaired:
        yield "repaired", f"{candidate.repaired} replies"
    if candidate.asked_again:
        yield "asked again", f"{candidate.asked_again} times, since a reply could not be read"


def _print(title: str, lines: Iterable[Line], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(overflow="fold", max_width=_LABEL)
    table.add_column(overflow="fold")
    for label, text in lines:
        table.add_row(shown(label, "dim"), shown(text))
    console.print(Text(f"\n{title}", style="bold"))
    console.print(Padding(table, (0, 0, 0, 2)))
