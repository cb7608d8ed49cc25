"""The measure `taxonomy`: a tree, and one of a single call, beside an expert's (Tables 2 and 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.draws import entropy
from simula.durable import write_json
from simula.errors import ConfigurationError, RequestFailed, UnreadableReply, unknown
from simula.metrics.taxonomy_quality import Judge, LabelledNode, batches
from simula.prompts import Tally, system_prompt
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.keys import MEASURES, taxonomy_key
from simula.stages.measures.quality_account import account
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import build_taxonomies, read_taxonomies
from simula.stages.topic import topic_cell
from simula.store.node_labels import EXPERT, Place, write_labels
from simula.taxonomy import Taxonomy
from simula.taxonomy.expert import Expert
from simula.taxonomy.zero_shot import zero_shot

LABELS = "labels.csv"
"""Every node with its label: a changed copy is what `assessment.taxonomy.labels` names."""
TREES = "trees.json"


def measure_taxonomy(bench: Bench) -> dict[str, Any]:
    """The manifest of the measure; the measured tree is expanded first, as an artifact of its own.

    Raises:
        ConfigurationError: there is no such factor, or a person's labels are of other nodes.
        UnreadableReply: the teacher gave no tree, or the judge no label at all.
    """
    config = bench.config
    topic = topic_cell(config)
    assert topic is not None
    source = replace(bench, config=topic)
    build_taxonomies(source)

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, source, folder, log)

    stage, key = MEASURES["taxonomy"]
    return bench.build(stage, key(config), {TAXONOMY: taxonomy_key(topic)}, make)


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config = bench.config
    expert = config.expert
    assert expert is not None
    trees = {"ours": _measured(bench)}
    tally, single = Tally(), _Single()
    if config.assessment.taxonomy.zero_shot:
        single = await _single(bench, trees["ours"], tally)
        if single.tree is not None:
            trees["zero_shot"] = single.tree
    labelled, counts = await _labelled(bench, expert, trees, tally)
    write_labels(folder / LABELS, labelled)
    shown = {EXPERT: expert.taxonomy, **trees}
    write_json(folder / TREES, {name: tree.model_dump(mode="json") for name, tree in shown.items()})
    said = account(expert, trees, labelled, config.person, config.assessment.taxonomy)
    log(said["measures"])
    return {
        "set": expert.name,
        **said,
        "zero_shot_tree": {"repairs": dict(sorted(single.counts.items())), "lost": single.lost},
        "judging": {" ".join(place): found for place, found in counts.items()},
        "judge": config.judged_by.model,
        "judge_is_writer": config.judged_by.identity() == config.teacher.identity(),
        **cost(tally.spent, tally),
    }


def _measured(bench: Bench) -> Taxonomy:
    """The tree that is measured. Raises ConfigurationError."""
    found = {tree.factor: tree for tree in read_taxonomies(bench).taxonomies}
    factor = bench.config.assessment.taxonomy.factor
    if factor is None:
        # Of a topic, or of edited trees that hold no other.
        (tree,) = found.values()
        return tree
    if factor not in found:
        raise ConfigurationError(f"assessment.taxonomy.factor: {unknown(factor, list(found), 'factor')}")
    return found[factor]


@dataclass(frozen=True, slots=True)
class _Single:
    """The tree of one call, or why there is none."""

    tree: Taxonomy | None = None
    counts: Counter[str] = field(default_factory=Counter)
    lost: str | None = None


async def _single(bench: Bench, ours: Taxonomy, tally: Tally) -> _Single:
    config = bench.config
    settings, counts = config.assessment.taxonomy, Counter[str]()
    nodes = settings.zero_shot_nodes or len(ours.nodes)
    depth = config.taxonomy.expansion.depth
    async with bench.asker(config.teacher) as plain:
        # As in every taxonomy step, the sample S stands beside y.
        system = system_prompt(config.domain, sample=True)
        asker = replace(plain, system=system, max_tokens=settings.zero_shot_tokens)
        seed = config.taxonomy.expansion.seed
        try:
            tree = await zero_shot(ours.factor, ours.description, depth, nodes, seed, asker, tally, counts)
        except (RequestFailed, UnreadableReply) as error:
            bench.progress.line(f"taxonomy: no tree of one call, measured without it ({error})")
            return _Single(None, counts, str(error))
    return _Single(tree, counts)


async def _labelled(
    bench: Bench, expert: Expert, trees: Mapping[str, Taxonomy], tally: Tally
) -> tuple[dict[Place, list[LabelledNode]], dict[Place, dict[str, int]]]:
    """Every node of both trees of each comparison with its votes, and what was counted on the way."""
    config = bench.config
    settings = config.assessment.taxonomy
    found: dict[Place, list[LabelledNode]] = {}
    counts: dict[Place, dict[str, int]] = {}
    pairs = [
        ((method, side), own, other)
        for method, tree in trees.items()
        for side, own, other in ((EXPERT, expert.taxonomy, tree), (method, tree, expert.taxonomy))
    ]
    if not settings.votes:
        return {place: [LabelledNode(path, ()) for path, _ in own.nodes] for place, own, _ in pairs}, counts
    calls = settings.votes * sum(_calls(own, settings.nodes_a_call) for _, own, _ in pairs)
    async with bench.asker(config.judged_by) as asker:
        with bench.progress.bar("taxonomy: calls to the judge, at least") as meter:
            done = 0

            def on_call() -> None:
                nonlocal done
                done += 1
                meter(done, max(done, calls), paid=lambda: paid_now(tally))

            for place, own, other in pairs:
                judge = Judge(own, other, settings, asker, entropy(settings.seed, *place), tally, on_call)
                found[place] = await judge.label()
                counts[place] = dict(sorted(judge.counts.items()))
    if not any(node.votes for nodes in found.values() for node in nodes):
        raise UnreadableReply(
            f"none of {sum(map(len, found.values()))} nodes could be labelled; a stronger judge "
            "(teacher@judge), a larger teacher.max_tokens or fewer nodes a call "
            "(assessment.taxonomy.nodes_a_call) may help"
        )
    return found, counts


def _calls(tree: Taxonomy, size: int) -> int:
    """Calls that label a tree once, where all of the other one is shown."""
    return len(batches([path for path, _ in tree.nodes], size))
