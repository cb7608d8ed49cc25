"""What the manifest says of labelled taxonomies: scores by whom, by level, how sure the judge is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from simula.draws import generator
from simula.errors import ConfigurationError
from simula.evaluation.taxonomies import SCORES, Labels, differences, quality
from simula.metrics.taxonomy_quality import (
    Label,
    LabelledNode,
    TaxonomyQualitySettings,
    agreement,
    matches,
    noise,
)
from simula.store.node_labels import EXPERT, PersonLabels, Place
from simula.taxonomy import Taxonomy
from simula.taxonomy.expert import Expert
from simula.taxonomy.tree import Path

JUDGE, PERSON = "judge", "person"
"""Who labelled."""


def account(
    expert: Expert,
    trees: Mapping[str, Taxonomy],
    labelled: Mapping[Place, Sequence[LabelledNode]],
    person: PersonLabels | None,
    settings: TaxonomyQualitySettings,
) -> dict[str, Any]:
    """Scores and counts of each compared tree.

    Args:
        expert: T_E.
        trees: what is compared with it, by method.
        labelled: the nodes of both trees of each comparison, with the judge's votes.
        person: a person's labels, of all nodes or of some.
        settings: votes, resamples, seed.

    Raises:
        ConfigurationError: the person's labels are of nodes that there are not, or leave out nodes that no
            judge labels either.
    """
    given = _checked(person or {}, labelled, judged=settings.votes > 0)
    by_whom = {JUDGE: _judged(labelled)} if settings.votes else {}
    if given and all(label is not None for labels in given.values() for label in labels.values()):
        by_whom[PERSON] = given
    scores = {
        whom: {method: _scores(method, labels, whom, settings) for method in trees}
        for whom, labels in by_whom.items()
    }
    first = next(iter(scores.values()))
    return {
        "expert": {
            "factor": expert.taxonomy.factor,
            "kind": expert.kind,
            "source": expert.source,
            "nodes": len(expert.taxonomy.nodes),
            "nodes_by_level": [len(level) for level in expert.taxonomy.levels],
        },
        "trees": {
            method: {"nodes": len(tree.nodes), "nodes_by_level": [len(level) for level in tree.levels]}
            for method, tree in trees.items()
        },
        "measures": {
            f"{score} ({method.replace('_', '-')})": found["all"][score]["value"]
            for method, found in first.items()
            for score in SCORES
            if found["all"][score]["value"] is not None
        },
        "scores": scores,
        "differences": {whom: _differences(labels, whom, settings) for whom, labels in by_whom.items()},
        "matches": {
            " ".join(place): asdict(matches(nodes, labelled[_opposite(place)]))
            for place, nodes in labelled.items()
        },
        "noise": asdict(noise(node for nodes in labelled.values() for node in nodes)),
        "person": _agreed(labelled, given) if given else None,
    }


Labelled = Mapping[Place, Mapping[Path, Label | None]]
"""Node to label, for both trees of each comparison; nodes in the trees' order, None where undecided."""


def _judged(labelled: Mapping[Place, Sequence[LabelledNode]]) -> Labelled:
    return {place: {node.path: node.label for node in nodes} for place, nodes in labelled.items()}


def _checked(
    person: PersonLabels, labelled: Mapping[Place, Sequence[LabelledNode]], *, judged: bool
) -> Labelled:
    """The person's labels of all nodes, None where there is none; empty where nobody gave any."""
    if not any(person.values()):
        if not judged:
            raise ConfigurationError(
                "assessment.taxonomy.labels: the file labels no node, and votes=0 asks no judge"
            )
        return {}
    paths = {place: dict.fromkeys(node.path for node in nodes) for place, nodes in labelled.items()}
    strange = [
        f"'{' > '.join(path)}' ({' '.join(place)})"
        for place, labels in person.items()
        for path in labels
        if path not in paths.get(place, ())
    ]
    if strange:
        raise ConfigurationError(
            f"assessment.taxonomy.labels: {len(strange)} of its nodes are in none of the trees, such as "
            f"{strange[0]}"
        )
    found = {place: {path: person.get(place, {}).get(path) for path in own} for place, own in paths.items()}
    open_nodes = sum(label is None for labels in found.values() for label in labels.values())
    if open_nodes and not judged:
        raise ConfigurationError(
            f"assessment.taxonomy.labels: {open_nodes} nodes have no label, and votes=0 asks no judge"
        )
    return found


def _scores(method: str, labelled: Labelled, whom: str, settings: TaxonomyQualitySettings) -> dict[str, Any]:
    """The scores of one tree: of all nodes, and of each level."""
    expert, own = labelled[method, EXPERT], labelled[method, method]

    def found(name: str | int, level: int | None) -> dict[str, Any]:
        draw = generator(settings.seed, "taxonomy quality", whom, method, name)
        there, here = (_of_level(labels, level) for labels in (expert, own))
        return asdict(quality(there, here, draw, settings.resamples))

    depth = max(len(path) for path in (*expert, *own))
    return {"all": found("all", None), "levels": [found(level, level) for level in range(1, depth + 1)]}


def _of_level(labels: Mapping[Path, Label | None], level: int | None) -> Labels:
    return [label for path, label in labels.items() if level is None or len(path) == level]


def _differences(labelled: Labelled, whom: str, settings: TaxonomyQualitySettings) -> dict[str, Any] | None:
    """Ours minus the tree of one call, where there is one."""
    ours, other = "ours", "zero_shot"
    if (other, other) not in labelled:
        return None
    draw = generator(settings.seed, "taxonomy quality", whom, "difference")
    first, second = (
        ([*labelled[method, EXPERT].values()], [*labelled[method, method].values()])
        for method in (ours, other)
    )
    found = differences(first, second, draw, settings.resamples)
    return {score: asdict(difference) for score, difference in found.items()}


def _opposite(place: Place) -> Place:
    method, tree = place
    return method, method if tree == EXPERT else EXPERT


def _agreed(labelled: Mapping[Place, Sequence[LabelledNode]], given: Labelled) -> dict[str, Any]:
    """How many nodes a person labelled, and how far the judge agrees."""
    judge, person = (
        {(place, path): label for place, labels in whose.items() for path, label in labels.items() if label}
        for whose in (_judged(labelled), given)
    )
    nodes = sum(map(len, labelled.values()))
    return {"labelled": len(person), "of": nodes, "agreement": asdict(agreement(judge, person))}
