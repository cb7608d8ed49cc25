"""The folder of an exported student, and the command that writes it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simula.composition import Cell
from simula.config import Config
from simula.export.folder import written_aside
from simula.export.student_card import Examined, StudentFacts, student_card
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.evaluate import FILE
from simula.stages.keys import adapter_key, artifact_keys
from simula.stages.train import STAGE, selected_rows
from simula.store.artifacts import Store

FOLDER = "students"


def export_student(cells: Sequence[Cell], extra_folder: Path | None) -> int:
    """Write a folder for the tuned student of each cell that is there; nothing is trained.

    Args:
        cells: the configured cells; those that share a student share a folder.
        extra_folder: the folder of the user's own options that they were composed with.

    Returns:
        The exit code: 0, or 1 where a student is missing, which is said on standard error.
    """
    missing = 0
    by_key: dict[str, Cell] = {}
    for cell in cells:
        by_key.setdefault(adapter_key(cell.config), cell)
    for key, cell in by_key.items():
        store, make = Store(cell.config.paths.store), _command(cell, extra_folder)
        if (manifest := store.manifest(STAGE, key)) is not None:
            print(write_student(store, cell.config, manifest, make))
        else:
            missing += 1
            what = f"there is no tuned student {key} in {store.root} to export"
            print(f"simula: {what}; make it first: {make}", file=sys.stderr)
    return 1 if missing else 0


def write_student(store: Store, config: Config, manifest: dict[str, Any], make: str) -> Path:
    """Write a student's folder below `paths.export`, beside it first, so that no half of it is seen.

    Args:
        store: holds the student, its data set and its evaluations.
        config: of the cell.
        manifest: of the student.
        make: the command that makes it again.

    Raises:
        StudentError: weights that are missing.
        StoreError: the folder cannot be written.
    """
    from simula.student.merging import multimodal, write_tuned
    from simula.student.template import Template

    key = adapter_key(config)
    final = config.paths.export / FOLDER / key
    with written_aside(final) as work:
        kept = store.folder(STAGE, key) / config.training.result
        tokenizer = write_tuned(config.student, kept, work, config.paths.cache)
        rows, _ = selected_rows(Bench(config, store, Progress("export")))
        example = next(row.example for row in rows if row.example is not None)
        (prompt,) = Template(tokenizer, config.student.prompt).prompts([config.domain.question(example)])
        facts = StudentFacts(
            config=config,
            manifest=manifest,
            command=make,
            prompt=str(tokenizer.decode(prompt)),
            multimodal=multimodal(config.student),
            untuned=_examined(store, config, "untuned"),
            tuned=_examined(store, config, "evaluate"),
        )
        (work / "README.md").write_text(student_card(facts), encoding="utf-8")
    return final


def _command(cell: Cell, extra_folder: Path | None) -> str:
    """With the cell's own words, but for where files go and what is told to W&B."""
    options = ["--config-dir", str(extra_folder)] if extra_folder else []
    told = [line for line in cell.overrides if not line.lstrip("+").startswith(("paths.", "tracking"))]
    return shlex.join(["simula", "evaluate", *options, *told])


def _examined(store: Store, config: Config, name: str) -> Examined | None:
    """The evaluation of the tuned or the untuned student; None where there is none yet."""
    stage, _, key = artifact_keys(config)[name].partition("/")
    if (manifest := store.manifest(stage, key)) is None:
        return None
    right = json.loads((store.folder(stage, key) / FILE).read_text(encoding="utf-8"))["right"]
    return Examined(key, tuple(right), manifest["unanswered"], manifest["chance"])
