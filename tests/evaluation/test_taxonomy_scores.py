"""Scores of labelled trees: by hand, against truth that was put in, and against slow re-computations."""

from __future__ import annotations

import random
from collections import Counter

import anyio
import numpy as np
import pytest
from quality_oracle import judge, node, tree
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from simula.evaluation.taxonomies import SCORES, Labels, differences, quality
from simula.metrics.taxonomy_quality import (
    LABELS,
    Judge,
    Label,
    LabelledNode,
    TaxonomyQualitySettings,
    Vote,
    agreement,
    noise,
)
from simula.prompts import Asker, Tally
from simula.taxonomy import Node, Taxonomy

O, E, R, B = LABELS  # noqa: E741 - the four labels


def draw() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_hand_worked_example() -> None:
    # T_E: of 10 nodes 9 are good (one is bad), 6 of them found again. Ours: 4 + 3 good of 10, one undecided.
    found = quality([O] * 6 + [E] * 3 + [B], [O] * 4 + [E] * 3 + [R, R, B, None], draw(), 500)
    assert found.completeness.value == 6 / 9
    assert found.soundness.value == 7 / 10
    assert found.novelty.value == 3 / 9
    assert found.coverage.value == 6 / 9 + 3 / 9
    assert found.nodes == {O: 4, E: 3, R: 2, B: 1, "undecided": 1}
    assert found.expert == {O: 6, E: 3, R: 0, B: 1, "undecided": 0}
    assert [getattr(found, name).interval for name in SCORES] == [
        "wilson",
        "wilson",
        "bootstrap",
        "bootstrap",
    ]


def labels_of(own: Taxonomy, other: Taxonomy) -> list[Label | None]:
    made = Judge(own, other, TaxonomyQualitySettings(), Asker(judge(), "s", 1.0, 1000), 0, Tally())
    return [one.label for one in anyio.run(made.label)]


@pytest.mark.parametrize(("removed", "repeated", "wrong", "new"), [(0, 0, 0, 0), (7, 4, 3, 5), (20, 0, 9, 1)])
def test_what_was_done_to_a_tree_is_what_is_scored(removed: int, repeated: int, wrong: int, new: int) -> None:
    """Ours is the expert's tree of 4 + 24 nodes, without some, with some twice, some wrong and some new."""
    branches = [node(f"b{i}", *(f"b{i}n{j}" for j in range(6))) for i in range(4)]
    names = [f"b{i}n{j}" for i in range(4) for j in range(6)]
    shuffled = random.Random(0).sample(names, len(names))
    gone, again = shuffled[:removed], shuffled[removed : removed + repeated]
    more = (
        [f"also {name}" for name in again]
        + [f"bad {i}" for i in range(wrong)]
        + [f"new {i}" for i in range(new)]
    )
    kept = [
        Node(name=branch.name, children=tuple(one for one in branch.children if one.name not in gone))
        for branch in branches
    ]
    # What comes again stands after all others, so that it is the one that repeats.
    ours = tree(*kept, *(Node(name=name) for name in more))
    expert = tree(*branches)
    found = quality(labels_of(expert, ours), labels_of(ours, expert), draw(), 100)
    good = 28
    assert found.completeness.value == (good - removed) / good
    assert found.soundness.value == (good - removed + new) / (good - removed + repeated + wrong + new)
    assert found.novelty.value == new / good
    assert found.coverage.value == (good - removed) / good + new / good


def test_shares_have_wilsons_interval() -> None:
    for part, whole in ((0, 5), (3, 9), (9, 9)):
        found = quality([O] * part + [E] * (whole - part), [O] * part + [B] * (whole - part), draw(), 100)
        low, high = proportion_confint(part, whole, method="wilson")
        for score in (found.completeness, found.soundness):
            assert (score.low, score.high) == pytest.approx((low, high), abs=1e-9)


def test_what_divides_by_nothing_has_no_value() -> None:
    found = quality([B, None], [None], draw(), 100)
    assert all(getattr(found, name).value is None and getattr(found, name).low is None for name in SCORES)
    found = quality([], [O, E], draw(), 100)
    assert found.soundness.value == 1.0
    assert found.novelty.value is None


THERE: Labels = [O] * 20 + [E] * 12 + [R] * 2 + [B] * 3 + [None] * 2
HERE: Labels = [O] * 18 + [E] * 9 + [R] * 5 + [B] * 4


def slow(there: Labels, here: Labels) -> dict[str, float]:
    """The definitions, counted one by one."""
    good = sum(label in (O, E) for label in there)
    completeness = sum(label == O for label in there) / good
    soundness = sum(label in (O, E) for label in here) / sum(label is not None for label in here)
    novelty = sum(label == E for label in here) / good
    return dict(zip(SCORES, (completeness, soundness, novelty, completeness + novelty), strict=True))


def redrawn(labels: Labels, dice: random.Random) -> Labels:
    return dice.choices(
        [label for label in labels if label is not None], k=sum(label is not None for label in labels)
    )


def test_ratios_have_the_interval_of_a_bootstrap_that_draws_node_by_node() -> None:
    found = quality(THERE, HERE, draw(), 20_000)
    dice = random.Random(1)
    drawn = [slow(redrawn(THERE, dice), redrawn(HERE, dice)) for _ in range(4_000)]
    for name in ("novelty", "coverage"):
        score = getattr(found, name)
        low, high = np.quantile([one[name] for one in drawn], [0.025, 0.975])
        assert score.value == slow(THERE, HERE)[name]
        # Quantiles of 4,000 draws are known to about 0.01 here.
        assert (score.low, score.high) == pytest.approx((low, high), abs=0.025)


def test_differences_draw_the_experts_nodes_with_both_labels() -> None:
    other_there = [label if at % 4 else E if label == O else label for at, label in enumerate(THERE)]
    other_here: Labels = [O] * 12 + [E] * 3 + [B] * 5
    found = differences((THERE, HERE), (other_there, other_here), draw(), 20_000)
    ours, other = slow(THERE, HERE), slow(other_there, other_here)
    dice = random.Random(2)
    pairs = list(zip(THERE, other_there, strict=True))
    drawn: dict[str, list[float]] = {name: [] for name in SCORES}
    for _ in range(4_000):
        both = dice.choices(pairs, k=len(pairs))
        one = slow([pair[0] for pair in both], redrawn(HERE, dice))
        two = slow([pair[1] for pair in both], redrawn(other_here, dice))
        for name in SCORES:
            drawn[name].append(one[name] - two[name])
    for name in SCORES:
        assert found[name].value == pytest.approx(ours[name] - other[name])
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        assert (found[name].low, found[name].high) == pytest.approx((low, high), abs=0.03)
    # The same tree twice differs by nothing at all in what hangs on T_E alone.
    same = differences((THERE, HERE), (THERE, HERE), draw(), 200)["completeness"]
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_noise_is_the_share_of_pairs_of_votes_that_differ() -> None:
    def labelled(*labels: Label) -> LabelledNode:
        return LabelledNode((str(labels),), tuple(Vote(label, None) for label in labels))

    found = noise([labelled(O, O, O), labelled(B, B, R), labelled(B, R, E), labelled(B), labelled()])
    # 0 of 3 pairs, 2 of 3, 3 of 3; one vote is no pair.
    assert (found.nodes, found.unanimous) == (3, 1)
    assert found.disagreement == pytest.approx((0 + 2 / 3 + 1) / 3)
    assert noise([labelled(B)]).disagreement is None
    assert labelled(R, B, B, R).label == R


def test_agreement_is_cohens_kappa() -> None:
    dice = random.Random(3)
    judged = {at: dice.choice(LABELS) for at in range(60)}
    person = {
        at: judged[at] if dice.random() < 0.6 else dice.choice(LABELS) for at in range(10, 70) if at in judged
    }
    found = agreement(judged, person)
    table = np.zeros((4, 4))
    for at in person:
        table[LABELS.index(judged[at]), LABELS.index(person[at])] += 1
    assert found.nodes == len(person) == 50
    assert found.share == np.trace(table) / 50
    assert found.kappa == pytest.approx(cohens_kappa(table).kappa)
    # By hand: 3 of 4 agree; by chance (2·3 + 2·1)/16 = 1/2 would.
    by_hand = agreement({1: O, 2: O, 3: B, 4: B}, {1: O, 2: O, 3: B, 4: O, 5: R})
    assert (by_hand.share, by_hand.kappa) == (3 / 4, pytest.approx(1 / 2))
    assert agreement({1: O}, {1: O}).kappa is None
    assert agreement({1: O}, {2: O}).share is None
    assert Counter(judged.values()).total() == 60
