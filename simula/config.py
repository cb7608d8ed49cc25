"""Composed configuration to frozen, validated objects. Below this module nobody sees a DictConfig."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from hydra.errors import InstantiationException
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from pydantic import BaseModel, Field, ValidationError

from simula.advice.settings import AdviceSettings
from simula.critique.settings import CriticSettings
from simula.dataset.selection import SelectionSettings
from simula.domain import Domain
from simula.embedding import EmbeddingSettings
from simula.errors import ConfigurationError, unknown
from simula.generation.settings import Complexity, DatasetSettings, Recipe, Scenarios, Simula
from simula.help import conf_folder
from simula.metrics.settings import AssessmentSettings
from simula.mix import contradictions, stated
from simula.paths import Paths
from simula.scoring import ScoringSettings
from simula.settings import Settings
from simula.store.benchmarks import TestItem
from simula.store.edited import read_covered, read_edited
from simula.store.expert import read_compared
from simula.store.measured_sets import BENCHMARK, file_of, hub_of
from simula.store.node_labels import PersonLabels
from simula.student.settings import EvaluationSettings, StudentSettings, TrainerSettings, TrainingSettings
from simula.taxonomy import Taxonomies
from simula.taxonomy.document import Document
from simula.taxonomy.expert import Expert
from simula.taxonomy.settings import TaxonomySettings
from simula.teacher.budget import Budget
from simula.teacher.settings import TeacherSettings
from simula.tracking.settings import Tracking
from simula.trust import foreign, foreign_hydra


class Benchmark(Protocol):
    """Settings of a benchmark, which know how to read its items."""

    def load(self, folder: Path) -> list[TestItem]:
        """The items, from `folder` where they are not embedded. Raises BenchmarkError."""
        ...

    def identity(self) -> dict[str, Any]:
        """What decides the items."""
        ...


class Scalars(Settings):
    """The top-level keys that are not groups."""

    experiment: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    """Name under which cells are grouped in reports and on W&B; no part of any artifact's identity."""
    system: str = Field(min_length=1)
    """Name of the mechanism in tables: a preset's name, or one of your own."""
    size: int = Field(ge=1)
    """Rows of the data set: accepted, unique points, before a selection takes some of them."""
    seed: int = Field(ge=0)
    """Seed of the student: order of rows, initial adapter. Data sets do not depend on it."""
    data_seed: int = Field(ge=0)
    """Seed of the data set: mixes, scenarios, the teacher's sampling."""


@dataclass(frozen=True, slots=True)
class Config:
    """One cell, validated."""

    scalars: Scalars
    domain: Domain
    benchmark: Benchmark
    taxonomy: TaxonomySettings
    scenarios: Scenarios
    complexity: Complexity
    critic: CriticSettings
    dataset: DatasetSettings
    recipe: Recipe
    teacher: TeacherSettings
    judge: TeacherSettings | None
    """The critics' teacher, where it is another than the writer's."""
    double_judge: TeacherSettings | None
    """The double critic's teacher, where it is another than the requirement critic's."""
    selection: SelectionSettings
    scoring: ScoringSettings
    """How rows are rated, where the selection needs it."""
    scorer: TeacherSettings | None
    """The teacher that scores, where it is another than the writer."""
    student: StudentSettings
    training: TrainingSettings
    trainer: TrainerSettings
    """The machine; no part of any identity."""
    evaluation: EvaluationSettings
    advice: AdviceSettings
    """What a pilot tries; no part of a cell."""
    assessment: AssessmentSettings
    embedding: EmbeddingSettings
    """What distances between rows are measured on."""
    budget: Budget
    """What this command may pay for; no part of any identity."""
    tracking: Tracking
    paths: Paths
    choices: Mapping[str, str]
    """Group to the option chosen, as tables name it."""
    edited: Document | None = None
    """Trees that a person edited, where `taxonomy.expansion.edited` names their file."""
    covered: Taxonomies | None = None
    """Trees that coverage is measured on, where `assessment.coverage.taxonomy` names their file."""
    expert: Expert | None = None
    """T_E, where taxonomies are measured: `assessment.taxonomy.expert`."""
    person: PersonLabels | None = None
    """A person's labels of the measured nodes, where `assessment.taxonomy.labels` names their file."""

    @property
    def draws_mixes(self) -> bool:
        """Whether the recipe needs taxonomies at all."""
        return isinstance(self.recipe, Simula)

    @property
    def only_measured(self) -> bool:
        """Whether no data set is made: another one is measured, or taxonomies alone."""
        return self.assessment.dataset is not None or self.assessment.measures == ("taxonomy",)

    @property
    def needs_taxonomies(self) -> bool:
        """Whether the domain's taxonomies are needed: to draw from, to measure coverage on, or themselves."""
        own = not self.only_measured and self.draws_mixes
        factor = self.expert is not None and self.assessment.taxonomy.factor is not None
        return own or factor or ("coverage" in self.assessment.measures and self.covered is None)

    @property
    def judged_by(self) -> TeacherSettings:
        """Who answers the requirement critic."""
        return self.judge or self.teacher

    @property
    def double_judged_by(self) -> TeacherSettings:
        """Who answers the double critic."""
        return self.double_judge or self.judged_by

    @property
    def scored_by(self) -> TeacherSettings:
        """Who scores batches of rows, and assigns points to nodes."""
        return self.scorer or self.teacher


_OPTIONAL = {"judge", "double_judge", "scorer"}
"""Teachers of roles, null where another one does their work."""


def parse(composed: DictConfig, choices: Mapping[str, str]) -> Config:
    """Validate a composed configuration.

    Args:
        composed: what Hydra composed, with or without its own `hydra` node.
        choices: group to the option chosen (`hydra.runtime.choices`).

    Raises:
        ConfigurationError: with every problem, each naming key, value and what was expected.
    """
    problems: list[str] = []
    apart = {"scalars", "choices", "edited", "covered", "expert", "person"}
    groups = [field.name for field in fields(Config) if field.name not in apart]
    known = {*groups, *Scalars.model_fields, "hydra"}
    for name in composed:
        if str(name) not in known:
            problems.append(unknown(str(name), sorted(known), "key"))
    problems += foreign_hydra(composed)
    parts: dict[str, Any] = {name: _group(name, composed, problems) for name in groups}
    scalars = _scalars(composed, problems)
    edited = _edited(parts["taxonomy"], problems)
    if parts["domain"] is not None and not edited:
        problems += [f"domain: {problem}" for problem in contradictions(stated(parts["domain"]))]
    problems += _unknown_set(parts["assessment"], parts["paths"])
    covered = _covered(parts["assessment"], problems)
    expert, person = _compared(parts["assessment"], parts["domain"], edited, problems)
    if not isinstance(parts["recipe"], Simula):
        problems += _unused_axes(parts)
    if problems:
        raise ConfigurationError(*problems)
    assert scalars is not None
    system = _system_name(scalars.system, choices)
    if parts["selection"].rated:
        # "full, low complexity": another arm than the whole data set's, wherever systems are named.
        system += f", {parts['selection'].which} {parts['scoring'].attribute}"
    named = scalars.model_copy(update={"system": system})
    parts |= {"edited": edited, "covered": covered, "expert": expert, "person": person}
    return Config(scalars=named, choices=dict(choices), **parts)


def _unknown_set(assessment: AssessmentSettings | None, paths: Paths | None) -> list[str]:
    """A set that is to be measured and is not there; what the hub has is known when it is asked."""
    if assessment is None or paths is None or assessment.dataset in (None, BENCHMARK):
        return []
    try:
        if hub_of(assessment.dataset) is None:
            file_of(assessment.dataset, paths.store)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def _unused_axes(parts: Mapping[str, Any]) -> list[str]:
    """Axes that a recipe without mixes would ignore without a word."""
    chosen = []
    if parts["scenarios"] and parts["scenarios"].count:
        chosen.append("scenarios=none")
    if parts["complexity"] and parts["complexity"].fraction:
        chosen.append("complexity=none")
    name = type(parts["recipe"]).__name__
    return [f"recipe {name} has no scenarios and no complexity: add {' '.join(chosen)}"] if chosen else []


def _system_name(label: str, choices: Mapping[str, str]) -> str:
    """The preset's name, and which of its axes were chosen otherwise: "full with critic=none"."""
    preset = conf_folder() / "system" / f"{choices.get('system')}.yaml"
    if not preset.is_file():
        return label
    own = {"recipe": "simula"}
    own |= {str(key).split("/")[-1]: option for item in _defaults(preset) for key, option in item.items()}
    changed = [f"{axis}={choices[axis]}" for axis, option in own.items() if choices[axis] != option]
    return f"{label} with {', '.join(changed)}" if changed else label


@cache
def _defaults(preset: Path) -> list[dict[str, str]]:
    found = OmegaConf.to_container(OmegaConf.load(preset).defaults)
    assert isinstance(found, list)
    return found


def _group(name: str, composed: DictConfig, problems: list[str]) -> Any:
    node = composed.get(name)
    if not node or "_target_" not in node:
        if node or name not in _OPTIONAL:
            lack = "lacks _target_" if node else "is empty"
            problems.append(f"{name}: the chosen option's file {lack}; it states _target_ and its keys")
        return None
    try:
        # Resolved first: interpolations may point outside of the group.
        plain = OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
        if not (strange := foreign(plain, name)):
            return instantiate(plain, _convert_="all")
        problems.extend(strange)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValidationError):
            problems.extend(_sentences(cause, name, plain))
        else:
            problems.append(f"{name}: {error}".replace("\n", " "))
    except MissingMandatoryValue as error:
        key = str(error.full_key or str(error).splitlines()[0].rpartition(" ")[2])
        key = f"{name}.{key.removeprefix(f'{name}.')}"
        problems.append(f"{key} must be given: {key}=…")
    except OmegaConfBaseException as error:
        problems.append(f"{name}: {str(error).splitlines()[0]}")
    return None


def _scalars(composed: DictConfig, problems: list[str]) -> Scalars | None:
    values = {name: composed.get(name) for name in Scalars.model_fields}
    try:
        return Scalars.model_validate(values)
    except ValidationError as error:
        problems.extend(_sentences(error, "", None))
    return None


def _edited(taxonomy: TaxonomySettings | None, problems: list[str]) -> Document | None:
    """The trees that the configuration names; their content, not their file's name, decides the keys."""
    if taxonomy is None or taxonomy.expansion.edited is None:
        return None
    try:
        return read_edited(taxonomy.expansion.edited)
    except ConfigurationError as error:
        problems.extend(error.problems)
    return None


def _covered(assessment: AssessmentSettings | None, problems: list[str]) -> Taxonomies | None:
    """The trees that coverage is to be measured on, where they are others than the domain's own."""
    if assessment is None or assessment.coverage.taxonomy is None:
        return None
    try:
        return read_covered(assessment.coverage.taxonomy)
    except ConfigurationError as error:
        problems.extend(error.problems)
    return None


def _compared(
    assessment: AssessmentSettings | None,
    domain: Domain | None,
    edited: Document | None,
    problems: list[str],
) -> tuple[Expert | None, PersonLabels | None]:
    """The expert taxonomy that others are measured against, and a person's labels, where they are needed."""
    if assessment is None or domain is None or "taxonomy" not in assessment.measures:
        return None, None
    own = edited.taxonomies if edited else ()
    factors = [tree.factor for tree in own] or [factor.name for factor in domain.factors]
    try:
        return read_compared(assessment.taxonomy, factors, edited=edited is not None)
    except ConfigurationError as error:
        problems.extend(error.problems)
    return None, None


def _sentences(error: ValidationError, prefix: str, node: Any) -> list[str]:
    """One sentence for each thing that pydantic found wrong."""
    found = []
    for item in error.errors():
        if item["type"] == "too_short" and any(item["loc"] == one["loc"][:-1] for one in error.errors()):
            continue  # a list without its wrong items: what is wrong with those is said
        key = ".".join(str(part) for part in (prefix, *item["loc"]) if part != "")
        if item["type"] == "extra_forbidden":
            siblings = _fields_at(node, item["loc"])
            found.append(f"{key}: {unknown(str(item['loc'][-1]), siblings, 'key')}")
        elif item["type"] == "tuple_type" and isinstance(item["input"], str):
            found.append(f"{key}={item['input']}: a list is needed here, such as {key}=[{item['input']}]")
        elif item["type"] == "missing":
            found.append(f"{key}: a value is needed here and none is given")
        else:
            value = "" if isinstance(item["input"], dict) else f"={item['input']!r}"
            found.append(
                f"{key}{value}: {item['msg'][0].lower()}{item['msg'][1:]}".replace("value error, ", "")
            )
    return found


def _fields_at(node: Any, where: tuple[int | str, ...]) -> list[str]:
    """The field names of the settings class that a wrong key was given to."""
    target: Any = get_class(node["_target_"])
    for step in where[:-1]:
        field = target.model_fields.get(step) if isinstance(step, str) else None
        if (
            field is None
            or not isinstance(field.annotation, type)
            or not issubclass(field.annotation, BaseModel)
        ):
            break
        target = field.annotation
    return sorted(target.model_fields)
