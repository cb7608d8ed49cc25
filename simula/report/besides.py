"""Sentences beyond the comparison of systems: effects, front, teacher, growth, learning rates."""

from __future__ import annotations

from collections.abc import Iterator

from simula.evaluation.effects import Factorial
from simula.evaluation.spread import design
from simula.evaluation.statistics import Comparison
from simula.report.analysis_tables import WORDS, share_span
from simula.report.summary import Panel, Row

_NAMED = 6
"""Data sets up to which a sentence names them; of more it has their number."""


def besides(panel: Panel) -> Iterator[str]:
    """What a panel's grid shows as a whole; only what is told from none, and the front."""
    found = [*_effects(panel), *_growth(panel), *_gaps(panel), *_front(panel)]
    yield from (f"{panel.title}: {sentence}" for sentence in found)


def rate_caveats(panel: Panel) -> Iterator[str]:
    """By what learning rates were chosen, and what choosing them on the test items would have added."""
    chosen = [row for row in panel.rows if row.rates is not None and row.rates.picked is not None]
    picks = [row.rates.picked for row in chosen if row.rates is not None and row.rates.picked is not None]
    for by in dict.fromkeys(one.by for one in picks):
        own = [one for one in picks if one.by == by]
        lost, bias = max(one.difference for one in own), max(one.bias for one in own)
        rates = " and ".join(f"{rate:g}" for rate in own[0].rates)
        if by == "validation":
            yield (
                f"of the learning rates {rates} one was chosen on held-out synthetic rows; the best on the"
                f" test items would show up to {100 * lost:.1f} points more, of which luck alone gives up to"
                f" {100 * bias:.1f} where the rates are equally good."
            )
        else:
            yield (
                f"of the learning rates {rates} the best on the test items was taken: where they are"
                f" equally good, luck alone adds up to {100 * bias:.1f} points"
                " (evaluation.learning_rate_by=validation does not)."
            )
    apart = {(row.rates.tried, row.rates.apart): None for row in panel.rows if row.rates and row.rates.apart}
    for tried, why in apart:
        rates = " and ".join(f"{rate:g}" for rate in tried)
        yield f"the learning rates {rates} stand apart, each as a system of its own: {why}."
    yield from _unlike_rates(panel)


def overlap_caveats(panel: Panel) -> Iterator[str]:
    """Test items that students may have learned by heart; each row's share is in the table."""
    known = [(row.overlap, row.accuracy) for row in panel.rows if row.overlap and row.accuracy]
    most = max((overlap.items_sharing for overlap, _ in known), default=0.0)
    if most == 0:
        return
    without = [
        abs(accuracy.value - overlap.accuracy_without)
        for overlap, accuracy in known
        if overlap.accuracy_without is not None
    ]
    said = f"; without them accuracies change by up to {100 * max(without):.1f} points" if without else ""
    yield f"up to {100 * most:.1f} % of the test items have words in a row from a training row{said}."


def _unlike_rates(panel: Panel) -> Iterator[str]:
    tried: dict[str, list[str]] = {}
    for row in panel.rows:
        if row.rates is not None:
            rates = " and ".join(f"{rate:g}" for rate in row.rates.tried)
            tried.setdefault(rates, []).append(_name(panel, row))
    if len(tried) > 1:
        said = "; ".join(f"{rates}: {', '.join(names)}" for rates, names in tried.items())
        yield f"not all systems were tuned at the same learning rates ({said})."


def _effects(panel: Panel) -> Iterator[str]:
    if why := panel.analysis.no_effects:
        yield f"what each axis does cannot be told: {why}"
    found = panel.analysis.effects
    if found is None or not _more_than_systems(found):
        return
    average = _average(found)
    for one in found.effects:
        if not one.found.decided:
            continue
        verb = "adds" if one.found.difference > 0 else "takes"
        if one.kind == "main":
            yield f"{one.axis}, {one.change}, {verb} {_size(one.found)} {average}, {design(one.found.runs)}"
        else:
            more = "more" if one.found.difference > 0 else "less"
            yield f"{one.axis}: {one.change} together are {_size(one.found)} {more} than their sum"
    open_ = [one for one in found.effects if one.kind == "main" and not one.found.decided]
    if open_:
        least = max(one.found.detectable for one in open_)
        names = ", ".join(dict.fromkeys(one.axis for one in open_))
        detects = f": the sweep detects {100 * least:.1f} points or more" if 0 < least <= 1 else ""
        yield f"cannot tell an effect of {names}{detects}"


def _more_than_systems(found: Factorial) -> bool:
    """Of one axis, without sizes or rates beside it, the comparison of its systems has said everything."""
    mains = {one.axis for one in found.effects if one.kind == "main"}
    return len(mains) > 1 or bool(mains and found.blocks)


def _average(found: Factorial) -> str:
    if not found.complete:
        return "if the axes add up"
    several = len({one.axis for one in found.effects if one.kind == "main"}) > 1
    over = [*(["the other axes"] if several else []), *(WORDS[name] for name in found.blocks)]
    return f"averaged over {' and '.join(over)}"


def _growth(panel: Panel) -> Iterator[str]:
    for one in panel.analysis.growth:
        if one.against is not None and one.against.decided:
            more = "more" if one.against.difference > 0 else "less"
            yield (
                f"each doubling of the rows adds {_size(one.against)} {more} to {one.system} than to"
                f" {panel.reference}"
            )


def _gaps(panel: Panel) -> Iterator[str]:
    if panel.teacher is None or panel.untuned is None:
        return
    known = [row for row in panel.rows if row.gap is not None]
    for row in (row for row in known if row.size == max(row.size for row in known)):
        assert row.gap is not None
        share = share_span(row.gap).replace(" ", " % ", 1)
        yield f"{_name(panel, row)} has gone {share} of the way from the untuned student to the teacher"
    if not known and any(row.accuracy for row in panel.rows):
        base, teacher = panel.untuned.accuracy.value, panel.teacher.accuracy.value
        yield (
            f"the teacher ({100 * teacher:.1f} %) is not told to be above the untuned student"
            f" ({100 * base:.1f} %), so that there is no gap to close"
        )


def _front(panel: Panel) -> Iterator[str]:
    front = panel.analysis.front
    if front is None:
        return
    several = len(panel.sizes) > 1
    beaten = [point for point in front.points if point.beaten_by is not None]
    price = "price" if front.unit == "$" else "tokens"
    if len(beaten) > _NAMED:
        said = f"{len(beaten)} of {len(front.points)} are no better and no cheaper than another"
        yield f"{said}, by accuracy and {price}; the table of prices says by which each is beaten"
        return
    names = [f"{p.system}, {p.size:,} rows" if several else p.system for p in beaten]
    if beaten:
        said = "; ".join(f"{name} (by {p.beaten_by})" for name, p in zip(names, beaten, strict=True))
        yield f"no better and no cheaper than another, by accuracy and {price}: {said}"


def _size(found: Comparison) -> str:
    low, high = sorted((abs(found.low), abs(found.high)))
    return f"{100 * abs(found.difference):.1f} points [{100 * low:.1f}, {100 * high:.1f}]"


def _name(panel: Panel, row: Row) -> str:
    return f"{row.system}, {row.size:,} rows" if len(panel.sizes) > 1 else row.system
