"""Expert taxonomies from where they are: shipped with the package, or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from simula.errors import ConfigurationError, unknown
from simula.metrics.taxonomy_quality import TaxonomyQualitySettings
from simula.store.node_labels import PersonLabels, read_labels
from simula.store.texts import read_text
from simula.taxonomy.expert import FORMS, Expert, from_text


@cache
def shipped() -> tuple[str, ...]:
    """Names of the expert taxonomies that come with the package, sorted."""
    names = (Path(item.name) for item in files("simula.taxonomy.expert").iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml"))


def read_expert(name: str) -> Expert:
    """The expert taxonomy of a name, or of a file; a relative path counts from where the command was started.

    Raises:
        ConfigurationError: there is none, or with every problem of its file.
    """
    if name in shipped():
        return _shipped(name)
    path = Path(name)
    if not path.suffix and path.name == name and not path.is_file():
        missing = unknown(name, list(shipped()), "shipped taxonomy")
        raise ConfigurationError(
            f"assessment.taxonomy.expert={name}: {missing}, or a file ending in {', '.join(FORMS)}"
        )
    return from_text(read_text(path, f"assessment.taxonomy.expert={name}"), name)


def read_compared(
    settings: TaxonomyQualitySettings, factors: Sequence[str], *, edited: bool
) -> tuple[Expert, PersonLabels | None]:
    """What a taxonomy is measured against: T_E, and a person's labels where they are named.

    Args:
        settings: which expert taxonomy, which tree beside it.
        factors: of the edited trees, or those that the domain states; empty: the teacher proposes them.
        edited: whether a person edited the trees.

    Raises:
        ConfigurationError: something is missing, cannot be read, or does not say which tree is meant.
    """
    if settings.expert is None:
        raise ConfigurationError(
            f"assessment.taxonomy.expert: the measure taxonomy needs one: {', '.join(shipped())}, or a file"
        )
    expert = read_expert(settings.expert)
    person = read_labels(settings.labels) if settings.labels else None
    if settings.factor is not None and factors and settings.factor not in factors:
        raise ConfigurationError(
            f"assessment.taxonomy.factor: {unknown(settings.factor, list(factors), 'factor')}"
        )
    if settings.factor is None and edited and len(factors) > 1:
        raise ConfigurationError(
            f"assessment.taxonomy.factor: name the tree to measure: {', '.join(factors)}"
        )
    if settings.factor is None and not (edited or settings.description or expert.description):
        raise ConfigurationError(
            f"assessment.taxonomy.description: {settings.expert} does not describe its topic; say here what "
            "a teacher should know of it, or measure a factor of the domain (assessment.taxonomy.factor)"
        )
    return expert, person


@cache
def _shipped(name: str) -> Expert:
    return from_text(
        (files("simula.taxonomy.expert") / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml"
    )
