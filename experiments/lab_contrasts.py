"""The paper's contrasts in the laboratory: which of them come out, and by what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.lab_answers import Written, counted_answers, read_answers, worth_of_seeing
from experiments.lab_cells import Arm, LabCell, declared, lab_cells
from experiments.lab_drawing import STOPPED, Bar, Point, draw_lab
from experiments.lab_findings import STRONG, USUAL, WEAK, Rights, Weighed, weigh
from experiments.lab_rows import Counts, counted, read_problem, wordings
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.evaluation.statistics import Comparison, mean_over_seeds
from simula.report.grid import SYSTEMS, Values
from simula.report.text_table import Line, TextTable
from simula.store.arithmetic import ArithmeticBenchmark
from simula.store.artifacts import Store

TITLE = "The paper's contrasts in the laboratory"
STUDENTS = (
    Sweep("run", ("experiment=lab_systems",)),
    Sweep("run", ("experiment=lab_skill",)),
    Sweep("run", ("experiment=lab_skill", "complexity=none", "critic=double")),
    Sweep("run", ("experiment=fig7_small", "selection=low,high")),
)
"""What students are taught from."""
DATA = tuple(Arm(name, skill, 256) for skill in (WEAK, USUAL, STRONG) for name in SYSTEMS)
"""Data sets that are counted without a student."""
GENERATED = Sweep(
    "generate",
    (
        "experiment=lab_systems",
        "size=256",
        "data_seed=0,1,2,3,4",
        f"teacher.skill={WEAK:g},{USUAL:g},{STRONG:g}",
        f"system={','.join(SYSTEMS)}",
    ),
)
"""What makes them."""
SWEEPS = (*STUDENTS, GENERATED)
BESIDES: Mapping[str, Callable[[list[Written]], list[bool]]] = {
    STOPPED: lambda said: [one.stopped for one in said],
    "of one step": lambda said: [one.right for one in said if len(one.problem.steps) == 1],
    "of more": lambda said: [one.right for one in said if len(one.problem.steps) > 1],
}
"""Measures in which a contrast is shown besides: had students stopped in time, and by a problem's steps."""
ROWS = ("wrong_plain", "wrong_complex", "wrong", "refused_plain", "refused_complex", "several", "wordings")
ANSWERS = ("stopped", "first", "sums", "more", "fewer", "one", "several")
_MANY = 5
"""Data sets from which on a mean is shown with its interval."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the store has of one arm."""

    rows: dict[Values, Counts]
    """By data seed and seed what its data sets are."""
    written: dict[Values, list[Written]]
    """The same of its students' answers."""
    wordings: dict[Values, set[tuple[str, ...]]]
    """The same of the wordings of its rows."""

    def mean(self, measure: str) -> str:
        """Of its data sets, in percent, with its interval where there are many."""
        values = [counts[measure] for counts in self.rows.values()]
        return _percent(values, interval=len(values) >= _MANY)

    def answers(self, measure: str) -> list[float | None]:
        """Of each of its students."""
        return [counted_answers(written)[measure] for written in self.written.values()]


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The finished students and data sets, and whether the paper's contrasts are seen in them."""
    known = declared(STUDENTS)
    found = _found(store, lab_cells(store, wanted, known))
    seen = weigh(
        _rights(found, lambda said: [one.right for one in said]),
        {name: _rights(found, read) for name, read in BESIDES.items()},
    )
    taught = Counter(one.arm for one in known)
    examined = [arm for arm, each in found.items() if each.written]
    arms = list(dict.fromkeys((*taught, *sorted(examined, key=str))))
    points = [_point(arm, found[arm]) for arm in arms if arm in examined]
    bars = [_bar(arm, found[arm]) for arm in DATA if arm in found]
    tables = (_contrasts(seen), _students(arms, taught, found), _data(found))
    return Rendered(TITLE, tables, seen, draw_lab(seen, points, bars), tuple(_sentences(found)))


def _sentences(found: Mapping[Arm, Found]) -> Iterator[str]:
    yield (
        "The laboratory's teacher is simulated, its student has 135 million parameters, and its data sets"
        " have a hundred rows. What holds here need not hold on the paper's scale; why it holds is counted."
    )
    worth = worth_of_seeing(
        (answer, answer.problem.wording.path in each.wordings[luck])
        for each in found.values()
        for luck, written in each.written.items()
        for answer in written
    )
    if worth is not None:
        mean, low, high = (f"{100 * value:+.1f}" for value in worth)
        yield (
            f"A wording that occurs in the rows is worth {mean} points [{low}, {high}] on test problems of"
            " that wording, had students stopped in time: students that saw it against those that did not,"
            " wording by wording."
        )


def _rights(found: Mapping[Arm, Found], read: Callable[[list[Written]], list[bool]]) -> Rights:
    return {arm: {at: read(said) for at, said in each.written.items()} for arm, each in found.items()}


def _found(store: Store, cells: Sequence[LabCell]) -> dict[Arm, Found]:
    items = ArithmeticBenchmark().load(store.root)
    problems = {item.id: told for item in items if (told := read_problem(item.example)) is not None}
    found: defaultdict[Arm, Found] = defaultdict(lambda: Found({}, {}, {}))
    for cell in cells:
        rows, answers = cell.rows(), cell.folder("evaluate")
        if rows:
            found[cell.arm].rows[cell.luck] = counted(rows, cell.refused(), items)
            found[cell.arm].wordings[cell.luck] = wordings(rows)
        if answers is not None and cell.finished:
            order = cell.result().items
            found[cell.arm].written[cell.luck] = read_answers(answers, problems, order)
    return dict(found)


def _point(arm: Arm, found: Found) -> Point:
    return Point(
        arm,
        several=_mean([counts["several"] for at, counts in found.rows.items() if at in found.written]),
        right=_mean(found.answers("right")),
        stopped=_mean(found.answers("stopped")),
    )


def _bar(arm: Arm, found: Found) -> Bar:
    named = ("wrong_plain", "wrong_complex")
    plain, made_harder = ([counts[name] for counts in found.rows.values()] for name in named)
    return Bar(arm, plain=_mean(plain), made_harder=_mean(made_harder))


def _contrasts(seen: Sequence[Weighed]) -> TextTable:
    lines = []
    for one in seen:
        found = one.ours
        told = ("–", "–", "–", "0")
        if found is not None:
            told = (_points(found), f"{found.p:.2g}", f"{100 * found.detectable:.0f}", str(found.seeds))
        besides = map(_points, one.besides.values())
        cells = (one.finding.words, one.finding.paper, *told, one.verdict, *besides)
        lines.append(Line(cells, "none" if found is None else ""))
    return TextTable(
        "Contrasts",
        ("contrast", "in the paper", "accuracy, points", "p", "detectable", "seeds", "here", *BESIDES),
        tuple(lines),
        2,
        (
            "Points: above zero where the contrast is as said; same data seeds and test items, 95 % interval"
            " by hierarchical bootstrap. p: by Holm over all lines; from 5 % on: cannot tell. Detectable: the"
            " smallest true difference, points, that such a design tells four times in five. Stopped in time:"
            " the same difference, had students stopped after as many steps as a problem takes; of one step,"
            " of more: in right answers to such problems alone; all three uncorrected.",
        ),
    )


def _students(arms: Sequence[Arm], taught: Mapping[Arm, int], found: Mapping[Arm, Found]) -> TextTable:
    lines = []
    for arm in arms:
        each = found.get(arm, Found({}, {}, {}))
        done, wanted = len(each.written), taught.get(arm, 0)
        cells = [arm.system, f"{arm.skill:g}", f"{arm.size:,}", f"{done} of {max(done, wanted)}"]
        cells += [_percent(each.answers("right"), interval=True)]
        cells += [_percent(each.answers(name)) for name in ANSWERS]
        cells += [each.mean(name) for name in ("several", "wrong", "wordings")]
        tone = "none" if not done else "partial" if done < wanted else ""
        lines.append(Line(tuple(cells), tone))
    return TextTable(
        "Students: what they answer, and what they were taught from",
        (
            *("taught from", "skill", "rows", "seeds", "accuracy,\u00a0%", "stopped in time"),
            *("first step right", "its sum right", "too many steps", "too few", "of one step", "of more"),
            *("rows of more steps", "wrong rows", "wordings seen"),
        ),
        tuple(lines),
        3,
        (
            "All in percent. Accuracy: mean over seeds, with the 95 % t interval of that mean. Stopped in"
            " time: right answers, had it stopped after as many steps as the problem takes. First step"
            " right: operation, numbers and result; its sum: whether the result is that of what is written."
            " Of one step, of more: accuracy on such problems alone. Rows: of the data sets that were learned"
            " from, counted against the truth; wordings seen: as below.",
        ),
    )


def _data(found: Mapping[Arm, Found]) -> TextTable:
    lines = []
    for arm in DATA:
        each = found.get(arm)
        if each is None:
            lines.append(Line((arm.system, f"{arm.skill:g}", "0"), "none"))
            continue
        cells = (arm.system, f"{arm.skill:g}", str(len(each.rows)), *map(each.mean, ROWS))
        complexity = np.mean([one for counts in each.rows.values() if (one := counts["complexity"])])
        lines.append(Line((*cells, f"{complexity:.2f}")))
    return TextTable(
        f"Data sets of {DATA[0].size:,} rows, counted against the truth",
        (
            *("system", "skill", "sets", "wrong of plain", "wrong of harder", "wrong"),
            *("refused of plain", "refused of harder", "of more steps", "wordings seen", "complexity"),
        ),
        tuple(lines),
        2,
        (
            "All but the last in percent, the mean over data sets with the 95 % t interval of that mean."
            " Wrong: accepted rows whose answer is wrong; harder: scenarios that were made harder; refused:"
            " candidates that critics refused; wordings seen: test problems whose wording occurs in a row.",
        ),
    )


def _points(found: Comparison | None) -> str:
    if found is None:
        return "–"
    return f"{100 * found.difference:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def _percent(values: Sequence[float | None], *, interval: bool = False) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    shown = f"{100 * float(np.mean(known)):.1f}"
    if interval and len(known) > 1:
        mean = mean_over_seeds(known)
        # Equal ones are no proof that all would be equal.
        if mean.low < mean.high:
            shown += f" [{100 * mean.low:.1f}, {100 * mean.high:.1f}]"
    return shown


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
