"""Where a critic bench keeps its numbers by group of questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from experiments.comparison import Ours
from experiments.results import Found
from simula.stages.measures.critics import STUDIES


def studied(of: Found | None, by: str, name: str) -> Mapping[str, Any] | None:
    """The questions of one group, such as those of level 3; None where nothing of them is finished."""
    if of is None or of.state != "done":
        return None
    studies = json.loads((of.folder / STUDIES).read_text(encoding="utf-8"))
    return next((study for study in studies if (study["by"], study["name"]) == (by, name)), None)


def estimate(of: Found | None, study: Mapping[str, Any] | None, part: str, name: str) -> Ours | None:
    """One number of the double critic with its interval; None where it is not known."""
    if of is None or study is None:
        return None
    said = study["critics"]["double"][part][name]
    if said["value"] is None:
        return None
    on = f"{study['questions']:,} questions, teacher {of.manifest['teacher']}, critic {of.manifest['critic']}"
    return Ours(said["value"], said["low"], said["high"], on)


def counted(of: Found | None, study: Mapping[str, Any] | None, name: str) -> Ours | None:
    """Of how many answers a share of the measured part is."""
    if of is None or study is None:
        return None
    return Ours(float(study["critics"]["double"]["empirical"][name]["of"]))
