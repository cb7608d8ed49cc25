"""Two small data sets with one taxonomy to look into, whose texts try to be more than text."""

from __future__ import annotations

from collections import Counter

from simula.critique import Verdict
from simula.domain import Example
from simula.generation import Candidate
from simula.mix import Choice, Mix
from simula.report.explorer import Assigned, Explorer, ShownSet
from simula.taxonomy import Node, Taxonomies, Taxonomy

HOSTILE = (
    "<script>window.ran = 1</script></script><!--<script> \"quoted\" & 'more' &amp; \\u003c </article></main>"
    "<img src=x onerror=window.ran=1>\u2028window.ran = 1\u2029\u202etxet"
)
NEPALI = "रामले ५ वटा स्याउ किने। उनीसँग कति बाँकी छन्?"
ARABIC = "اشترى أحمد 3 كتب بسعر 12 درهماً للكتاب. كم دفع؟"

TREE = Taxonomies(
    taxonomies=(
        Taxonomy(
            factor="animal",
            description="What it is about.",
            children=(
                Node(name="cat", children=(Node(name="house cat"), Node(name="lynx"))),
                Node(name=HOSTILE, description=HOSTILE, children=(Node(name=NEPALI),)),
            ),
        ),
        Taxonomy(factor="form", children=(Node(name="verse"), Node(name=ARABIC))),
    ),
    strategies=(),
)
"""By number: animal 0, cat 1, house cat 2, lynx 3, hostile 4, Nepali 5, form 6, verse 7, Arabic 8."""


def candidate(slot: int, animal: tuple[str, ...], form: str, question: str, reason: str = "") -> Candidate:
    """A row, or, with a reason, a rejected candidate."""
    return Candidate(
        slot=slot,
        status="rejected" if reason else "accepted",
        reason=reason,
        mix=Mix(
            strategy=0,
            choices=(
                Choice(factor="animal", path=animal, description=""),
                Choice(factor="form", path=(form,), description=""),
            ),
        ),
        scenario=f"a scenario: {question}",
        example=Example(question=question, answer="३", options=("one", question)),
        verdicts=(Verdict(critic="correct", verdict="no", explanation=f"{reason} {question}"),),
    )


ROWS = (
    candidate(0, ("cat", "lynx"), "verse", HOSTILE),
    candidate(1, (HOSTILE, NEPALI), ARABIC, NEPALI),
    candidate(3, ("cat",), ARABIC, ARABIC),
    *(candidate(10 + at, ("cat", "lynx"), "verse", f"question {at}") for at in range(25)),
)
REFUSED = (candidate(2, (HOSTILE,), "verse", "A wrong one.", HOSTILE),)


def explorer() -> Explorer:
    """A data set of 28 rows, and one of 512,000 of which two are shown."""
    drawn = Counter((one.factor, *one.path) for row in ROWS for one in row.mix.choices)
    assigned = Assigned(20, {("animal", "cat"): 12, ("animal", HOSTILE): 5})
    large = {("animal", "cat", "house cat"): 512_000, ("form", "verse"): 512_000}
    plain = (candidate(9, ("cat", "house cat"), "verse", "Of the large one."),)
    return Explorer(
        trees={"stories-1a2b": TREE},
        sets=(
            ShownSet(HOSTILE, "stories-full-1", "stories-1a2b", 28, 1, (*ROWS, *REFUSED), drawn, assigned),
            ShownSet("large", "stories-base-2", "stories-1a2b", 512_000, 40, plain, large),
            ShownSet("without a tree", "stories-evol-3", None, 1, 0, (ROWS[3],)),
        ),
        notes=(f"Left out: {HOSTILE}",),
    )
