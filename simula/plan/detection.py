"""What the comparisons of a planned sweep will be able to tell apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simula.config import Config
from simula.evaluation.power import Arm, Noise, detectable, measured_noise
from simula.evaluation.spread import design
from simula.plan.calls import examined_items
from simula.stages.bench import ARM, PANEL, REPLICATE, axes
from simula.stages.evaluate import FILE
from simula.stages.record import CellRecord, all_records
from simula.store.artifacts import Store
from simula.student.rows import validation_rows

_RATE = "learning_rate"
_SYSTEM = tuple(name for name in ARM if name != _RATE)
_EXPERIMENT = "experiment"

Values = tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """What one comparison of two systems of a sweep will detect."""

    where: str
    """Domain, student and size."""
    systems: int
    runs: tuple[int, ...]
    """Runs of each data seed that every system has."""
    items: int
    points: float
    """Smallest difference, as a share, that is found in 80 % of all repetitions."""
    same_items: float | None
    """The same of these very items, as the paper's intervals speak of; None where there is one run."""
    comparisons: int
    """Of the whole sweep, which Holm's correction is made over."""
    noise: Noise
    measured: dict[str, int]
    """Of the noise's parts, those that stored runs show, and how many runs or pairs these are."""


def detections(configs: Sequence[Config], assumed_items: int) -> list[Detection]:
    """What each domain, student and size of a sweep will detect; nothing where one system stands alone.

    Of several learning rates the report will choose one a system, so that they are one; where nothing will
    decide between them, each is a system of its own, as there.
    """
    panels: dict[Values, dict[Values, dict[Values, Config]]] = {}
    placed = [(config, axes(config)) for config in configs]
    apart = {_system(said) for config, said in placed if _undecided(config)}
    for config, said in placed:
        system = _system(said)
        arm = (*system, said[_RATE] if system in apart else "")
        arms = panels.setdefault(tuple(said[name] for name in (*PANEL, "size")), {})
        arms.setdefault(arm, {})[tuple(said[name] for name in REPLICATE)] = config
    compared = {panel: arms for panel, arms in panels.items() if len(arms) > 1}
    family = sum(len(arms) - 1 for arms in compared.values())
    records = all_records(Store(configs[0].paths.store)) if compared else []
    found = [_detection(arms, family, assumed_items, records) for arms in compared.values()]
    return [one for one in found if one is not None]


def _system(said: Mapping[str, str | int | float]) -> Values:
    return tuple(said[name] for name in (*PANEL, "size", *_SYSTEM))


def _undecided(config: Config) -> bool:
    """Whether nothing will choose between its learning rate and others: the setting, or too few rows."""
    by, rows = config.evaluation.learning_rate_by, round(config.scalars.size * config.selection.kept)
    return by == "none" or (by == "validation" and not validation_rows(rows, config.training))


def detection_lines(found: Sequence[Detection]) -> list[str]:
    """Sentences for the plan; the noise is told once where it is the same."""
    lines = []
    for one in found:
        said = f"{one.where}: {one.systems} systems, {design(one.runs)}, {one.items:,} items: "
        said += f"a comparison detects {100 * one.points:.1f} points or more"
        if one.comparisons > 1:
            said += f", corrected for {one.comparisons} comparisons"
        if one.same_items is not None:
            said += f"; alone and on these very items {100 * one.same_items:.1f}"
        lines.append(said)
    lines += dict.fromkeys(_noise(one) for one in found)
    return lines


def _noise(one: Detection) -> str:
    noise = one.noise
    parts = {
        "luck_sd": f"luck of seeds {100 * noise.luck_sd:.2f} points",
        "discordant": f"{100 * noise.discordant:.0f} % of answers differ between systems",
        "between_seeds": f"{100 * noise.between_seeds:.0f} % between seeds of one",
        "data_share": f"{100 * noise.data_share:.0f} % of that luck the data's",
    }
    known = (f"{said} ({_source(one, name)})" for name, said in parts.items())
    return f"  with {', '.join(known)}"


def _source(one: Detection, name: str) -> str:
    if name in one.measured:
        return f"measured, {one.measured[name]:,}"
    return "the paper's" if name == "luck_sd" else "assumed"


def _detection(
    arms: dict[Values, dict[Values, Config]],
    family: int,
    assumed_items: int,
    records: Sequence[CellRecord],
) -> Detection | None:
    common = sorted(set.intersection(*(set(cells) for cells in arms.values())), key=str)
    if not common:
        return None
    config = next(iter(next(iter(arms.values())).values()))
    runs = [sum(place[0] == data for place in common) for data in dict.fromkeys(p[0] for p in common)]
    items = examined_items(config, assumed_items)
    noise, measured = measured_noise(_stored(config, records), Noise())
    found = detectable(items, len(runs), min(runs), noise, family)
    where = f"{config.domain.name}, {config.student.name}, {config.scalars.size:,} rows"
    return Detection(
        where, len(arms), tuple(runs), items, found.items_redrawn, found.same_items, family, noise, measured
    )


def _stored(config: Config, records: Sequence[CellRecord]) -> list[Arm]:
    """Finished runs of this domain and student, whatever they were made by."""
    root, own = config.paths.store, axes(config)
    arms: dict[Values, list[tuple[Values, str | int | float, list[bool]]]] = {}
    for record in records:
        said = record.axes
        if "evaluate" not in record.manifests or any(said.get(n) != own[n] for n in ("domain", "student")):
            continue
        right = json.loads((root / record.artifacts["evaluate"] / FILE).read_text())["right"]
        arm = tuple(str(value) for name, value in said.items() if name not in {*REPLICATE, _EXPERIMENT})
        shared = (name for name in (*PANEL, "size", *REPLICATE) if name != _EXPERIMENT)
        place = tuple(said.get(name, "") for name in shared)
        runs = arms.setdefault(arm, [])
        if place not in [one for one, _, _ in runs]:
            runs.append((place, said.get("data_seed", 0), right))
    return [
        Arm(
            np.array([right for _, _, right in runs], dtype=bool),
            [data for _, data, _ in runs],
            [place for place, _, _ in runs],
        )
        for runs in arms.values()
    ]
