"""The card of an exported data set: what it is, how it was made, what it cost, and how to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from simula.config import Config
from simula.export.tables import COLUMNS
from simula.generation import EvolInstruct, SelfInstruct
from simula.metrics.shift import FactorShift
from simula.report.text_table import Line, TextTable, escaped, markdown
from simula.stages.keys import dataset_key
from simula.teacher.settings import TeacherSettings

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_SYNTHETIC = (
    "**This data set is synthetic.** Every question, answer, line of reasoning and verdict was written by "
    "the models named below, not by people, and no person has checked the rows one by one. Answers can be "
    "wrong although critics accepted them, facts can be invented, and what the models know badly or tell "
    "one-sidedly is in here too. Measure on data of another origin before you rely on it, and say that it is "
    "synthetic where you pass it on."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a card says."""

    config: Config
    manifest: Mapping[str, Any]
    """Of the data set."""
    taxonomy: Mapping[str, Any] | None
    """The manifest of its taxonomies; None where none are drawn from."""
    foreign: Mapping[str, int]
    """Reasons of candidates refused for their language, counted."""
    command: str
    """That makes the data set again."""
    files: Mapping[str, str]
    """Files of the folder, and what they are."""


def card(facts: Facts) -> str:
    """The card: YAML for the hub, then Markdown; the same facts give the same text."""
    config, manifest = facts.config, facts.manifest
    title = f"# {escaped(config.domain.name)}: {manifest['rows']:,} synthetic data points"
    sections = (
        [title, _SYNTHETIC],
        ["## What was wanted", f"> {escaped(config.domain.description)}"],
        ["## Files", *_files(facts)],
        ["## How it was made", *_mechanism(facts)],
        ["## Candidates", *_candidates(manifest)],
        ["## Distribution of the rows", *_distribution(facts)],
        ["## Decontamination and duplicates", *_decontamination(facts)],
        ["## Cost", *_cost(facts)],
        ["## Making it again", *_again(facts)],
        ["## Licence", _licence(config)],
    )
    body = "\n\n".join(block for section in sections for block in section)
    return f"---\n{_front_matter(config, manifest)}---\n\n{body}\n"


def _front_matter(config: Config, manifest: Mapping[str, Any]) -> str:
    refused = manifest["candidates"] - manifest["rows"]
    configs: list[dict[str, Any]] = [
        {
            "config_name": "default",
            "default": True,
            "data_files": [{"split": "train", "path": "data/train.parquet"}],
        }
    ]
    if refused:
        files = [{"split": "refused", "path": "data/refused.parquet"}]
        configs.append({"config_name": "refused", "data_files": files})
    named = config.domain.language
    codes: list[str] = [*config.domain.checked_languages] or (["en"] if named == "English" else [])
    said = {
        "pretty_name": config.domain.name,
        "license": config.domain.license or "unknown",
        **({"language": codes} if codes else {}),
        "size_categories": [next((name for top, name in _SIZES if manifest["rows"] < top), "1M<n<10M")],
        "tags": ["synthetic", "simula"],
        "configs": configs,
    }
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))


def _files(facts: Facts) -> Iterator[str]:
    yield table("", ("file", "what"), facts.files.items())
    yield "Columns of the Parquet files:"
    yield table("", ("columns", "what"), COLUMNS.items())


def _mechanism(facts: Facts) -> Iterator[str]:
    config, manifest = facts.config, facts.manifest
    yield table("", ("part", "setting"), [*axes(config), *roles(config)])
    made = manifest["made"]
    keys = [("data set", manifest["key"])]
    keys += [(name, key) for name, key in manifest["inputs"].items()]
    keys += [("seed of the data", str(config.scalars.data_seed))]
    keys += [("revision of simula", made["git_revision"] or "an installed package")]
    keys += [(name, version) for name, version in made["versions"].items()]
    yield table("", ("identity", ""), keys)
    prompts = ", ".join(f"{name} {fingerprint}" for name, fingerprint in manifest["templates"].items())
    yield escaped(f"Prompt files, with the hash of their text: {prompts}.")


def axes(config: Config) -> Iterator[tuple[str, str]]:
    """The mechanism: what each of its parts is called, and what was chosen."""
    if config.draws_mixes:
        yield "recipe", "the paper's (Simula): mix, scenario, complexity, sample, critics"
        levels = {"all": "nodes of all levels", "top": "nodes of the top level only"}[config.taxonomy.levels]
        yield "global coverage", f"{levels}, {config.taxonomy.node_distribution.replace('_', ' ')}"
        yield "local diversity", _diversity(config)
        share = f"{100 * config.complexity.fraction:g} % of the meta-prompts made harder"
        yield "complexity", share if config.complexity.fraction else "no meta-prompt made harder"
    else:
        kinds = {SelfInstruct: "like Self-Instruct", EvolInstruct: "like Evol-Instruct"}
        settings = ", ".join(f"{name} {value}" for name, value in config.recipe.model_dump().items())
        yield "recipe", f"{kinds[type(config.recipe)]}, from the description alone; {settings}"
    critic, said = config.critic, []
    if critic.requirements:
        said.append(f"requirement critic, refinements at most: {critic.refinements}")
    if critic.double:
        said.append(f"double critic (correct? incorrect?), rewrites at most: {critic.rewrites}")
    yield "quality", "; ".join(said) or "no critics"


def _diversity(config: Config) -> str:
    scenarios = config.scenarios
    if not scenarios.count:
        return "no scenarios: the mix is the meta-prompt"
    said = f"{scenarios.count} scenarios a mix, one of them kept"
    if scenarios.sequential_after is None:
        return said
    after, shown = scenarios.sequential_after, scenarios.shown
    return f"{said}; from {after} earlier ones of a mix on, the last {shown} are shown"


def roles(config: Config) -> Iterator[tuple[str, str]]:
    """Who writes and who judges."""
    roles: dict[str, TeacherSettings] = {"writer": config.teacher}
    if config.critic.requirements:
        roles["requirement critic"] = config.judged_by
    if config.critic.double:
        roles["double critic"] = config.double_judged_by
    for role, teacher in roles.items():
        yield role, f"{teacher.model}, temperature {teacher.temperature:g}"


def _candidates(manifest: Mapping[str, Any]) -> Iterator[str]:
    tried = manifest["candidates"]
    said = f"{manifest['rows']:,} of {tried:,} candidates became rows"
    if manifest["ended_by"] == "tokens":
        dropped = manifest["dropped"]
        said += (
            f"; the data set ended with its token budget ({dropped['candidates']:,} more, for "
            f"{dropped['tokens']:,} tokens, were under way beyond it and were dropped)"
        )
    yield f"{said}."
    again, harder = manifest["refinements"], manifest["complex_rows"]
    yield f"Rows of harder meta-prompts: {harder:,}. Data points written again after a verdict: {again:,}."
    if manifest["refused"]:
        lines = [
            (why, f"{count:,}", f"{100 * count / tried:.1f}") for why, count in manifest["refused"].items()
        ]
        yield table("", ("refused as", "candidates", "% of all"), lines)
    else:
        yield "None was refused."


def _distribution(facts: Facts) -> Iterator[str]:
    manifest = facts.manifest
    drawn = [shift for said in manifest.get("shift", ()) if (shift := FactorShift.from_json(said)).candidates]
    if drawn:
        yield (
            "Rows and candidates by node of each factor's top level. Critics and filters do not refuse "
            "uniformly: where the shares differ, the rows are not distributed as they were drawn."
        )
    else:
        yield "The recipe draws no mixes, so that there is no plan to compare the rows with."
    yield from map(_factor, sorted(drawn, key=lambda shift: shift.factor))
    if codes := facts.config.domain.checked_languages:
        counts = sorted(facts.foreign.items())
        foreign = ", ".join(f"{count:,} {why}" for why, count in counts) or "none"
        yield f"Languages: {', '.join(codes)}. Candidates refused for another one: {foreign}."
    if letters := manifest.get("right_letters"):
        yield f"Right letters: {', '.join(f'{letter} {count:,}' for letter, count in letters.items())}."


def _factor(shift: FactorShift) -> str:
    lines = [
        (
            node.node,
            f"{node.accepted:,}",
            _share(node.accepted, shift.accepted),
            _share(node.candidates, shift.candidates),
            f"{100 * node.planned:.1f}",
        )
        for node in shift.nodes
    ]
    notes = []
    if shift.distance is not None:
        notes.append(
            f"Total variation between plan and rows: {shift.distance:.3f}; "
            f"{shift.distance_by_chance:.3f} is to be expected by chance."
        )
    return table(shift.factor, ("node", "rows", "% of rows", "% of candidates", "% planned"), lines, notes)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def _decontamination(facts: Facts) -> Iterator[str]:
    dataset, manifest = facts.config.dataset, facts.manifest
    rule = (
        f"whose {dataset.ngram}-grams have a Jaccard similarity of {dataset.similarity:g} or more to those of"
    )
    if items := manifest["test_items_compared_with"]:
        benchmark = facts.config.choices.get("benchmark", "")
        yield escaped(
            f"Each candidate that no critic refused was compared with the {items:,} items of "
            f"the benchmark {benchmark} (checksum of the items: {manifest['test_items_checksum']}). "
            f"One {rule} an item is refused as contaminated: "
            f"{manifest['refused'].get('contaminated', 0):,} were, and no row is."
        )
    else:
        yield "There is no benchmark: **the rows were compared with no test items.**"
    yield (
        f"One {rule} an earlier row is refused as a duplicate: "
        f"{manifest['refused'].get('duplicate', 0):,} were."
    )


def _cost(facts: Facts) -> Iterator[str]:
    lines = []
    for what, manifest in (("taxonomies", facts.taxonomy or {}), ("data set", facts.manifest)):
        for model, spent in manifest.get("teachers", {}).items():
            numbers = (f"{spent[name]:,}" for name in ("calls", "prompt", "cached", "completion"))
            lines.append((what, model, ", ".join(spent["answered"]), *numbers, f"{spent['usd']:.4f}"))
    columns = (
        "for",
        "model asked for",
        "answered",
        "calls",
        "tokens read",
        "of these cached",
        "tokens written",
        "price, $",
    )
    yield table("", columns, lines)
    yield "Of all candidates, the refused ones included, by the price list of the configuration."


def _again(facts: Facts) -> Iterator[str]:
    yield f"```bash\n{facts.command}\n```"
    yield (
        "`configuration.yaml` says what each option stood for. A model that is asked again may answer "
        "otherwise; with the recorded calls of the first run the same rows come out."
    )


def _licence(config: Config) -> str:
    if config.domain.license:
        return f"{escaped(config.domain.license)}, as stated by who made the data set."
    return (
        "**No licence is stated.** Who passes the data set on has to choose one, within the terms of the "
        "models that wrote it: export it again with `++domain.license=…`, or say it in the domain's file."
    )


def table(title: str, columns: tuple[str, ...], lines: Any, notes: Any = ()) -> str:
    """A table in Markdown; numbers stand right where a column holds nothing else."""
    cells = tuple(tuple(line) for line in lines)
    words = [at for at in range(len(columns)) if any(not _number(line[at]) for line in cells)]
    found = TextTable(title, columns, tuple(map(Line, cells)), max(words, default=-1) + 1, tuple(notes))
    return markdown(found).removeprefix("### \n\n")


def _number(text: str) -> bool:
    return text == "–" or text.replace(",", "").replace(".", "").isdigit()


def configuration(config: Config) -> str:
    """What determines the data set, as YAML: the domain in full, each setting by its name."""
    parts = {
        name: getattr(config, name).identity()
        for name in (
            "benchmark",
            "recipe",
            "taxonomy",
            "scenarios",
            "complexity",
            "critic",
            "dataset",
            "teacher",
        )
    }
    parts |= {
        name: settings.identity()
        for name, settings in (("judge", config.judge), ("double_judge", config.double_judge))
        if settings is not None
    }
    said = {
        "key": dataset_key(config),
        "size": config.scalars.size,
        "data_seed": config.scalars.data_seed,
        "tokens": config.dataset.tokens,
        "domain": config.domain.model_dump(mode="json"),
        **parts,
    }
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))
