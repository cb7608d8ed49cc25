"""What a sweep will detect, by the paper's noise or by what finished runs say."""

import json
from pathlib import Path

import pytest

from simula.composition import cells
from simula.evaluation.power import Noise, detectable
from simula.plan import plan
from simula.plan.detection import Detection, detection_lines, detections
from simula.stages.bench import axes
from simula.stages.keys import artifact_keys, cell_key

LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2")


def detected(root: Path, *overrides: str) -> list[Detection]:
    made = plan(cells([*LAB, *overrides, f"paths.root={root}"], sweep=True))
    return detections(made.configs, 1500)


def test_a_sweep_says_what_it_will_detect(tmp_path: Path) -> None:
    sweep = ["system=baseline,local,full", "data_seed=0,1,2", "seed=0,1", "evaluation.limit=200"]
    found = detected(tmp_path, *sweep)
    (one,) = found
    assert (one.systems, one.runs, one.items, one.comparisons) == (3, (2, 2, 2), 200, 2)
    assert one.points == detectable(200, 3, 2, Noise(), 2).items_redrawn
    assert one.measured == {}
    first, noise = detection_lines(found)
    assert "3 systems, 3 data seeds × 2 training seeds, 200 items: a comparison detects" in first
    assert "luck of seeds 0.70 points (the paper's)" in noise
    assert detected(tmp_path, "system=full", "seed=0,1") == []


@pytest.mark.parametrize(
    ("overrides", "systems"),
    [
        (["size=64000"], 2),  # one rate a system is chosen on held-out rows
        (["size=64"], 4),  # too few rows to hold any out
        (["size=64000", "evaluation.learning_rate_by=none"], 4),
        (["size=64", "evaluation.learning_rate_by=test"], 2),
    ],
)
def test_learning_rates_are_no_systems_where_one_is_chosen(
    tmp_path: Path, overrides: list[str], systems: int
) -> None:
    sweep = ["system=baseline,full", "training.learning_rate=0.005,0.01", *overrides]
    (one,) = detected(tmp_path, *sweep)
    assert (one.systems, one.comparisons, one.runs) == (systems, systems - 1, (1,))


def test_what_the_report_keeps_apart_is_not_compared(tmp_path: Path) -> None:
    sweep = ["system=baseline,full", "training.epochs=1,2"]
    found = detected(tmp_path, *sweep)
    assert [(one.systems, one.comparisons) for one in found] == [(2, 2), (2, 2)]


def test_finished_runs_tell_the_noise(tmp_path: Path) -> None:
    lines = [*LAB, "system=baseline,full", "seed=0,1", f"paths.root={tmp_path}"]
    for at, cell in enumerate(cells(lines, sweep=True)):
        store, stage = cell.config.paths.store, artifact_keys(cell.config)["evaluate"]
        folder = store / stage
        folder.mkdir(parents=True)
        right = [at // 2 == 0, at % 2 == 0, True, False]
        (folder / "results.json").write_text(json.dumps({"right": right}))
        (folder / "manifest.json").write_text("{}")
        record = {"key": cell_key(cell.config), "axes": axes(cell.config), "status": "done"}
        record |= {"artifacts": artifact_keys(cell.config), "reason": "", "until": "evaluate"}
        (store / "cells").mkdir(exist_ok=True)
        (store / "cells" / f"{record['key']}.json").write_text(json.dumps(record))
    (one,) = detected(tmp_path, "system=baseline,full", "seed=0,1")
    assert one.measured == {"between_seeds": 2, "discordant": 2, "luck_sd": 4}
    assert (one.noise.discordant, one.noise.between_seeds) == (0.25, 0.25)
    assert "between systems (measured, 2)" in detection_lines([one])[1]
