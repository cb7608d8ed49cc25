"""lm-evaluation-harness's side of the comparison; run by an interpreter that has it and none of this project.

    python lm_eval_side.py gsm8k ROWS OUT
    python lm_eval_side.py choice ROWS OUT MODEL

Each line of ROWS is what one item needs, and OUT gets the harness's own samples.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import lm_eval
import torch
import yaml
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM


class Recorded(LM):
    """Says what has been said before: the field `said` of each document."""

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        return [request.doc["said"] for request in requests]

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> Any:
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> Any:
        raise NotImplementedError


def evaluated(model: LM, task: dict[str, Any], rows: str) -> list[dict[str, Any]]:
    """The samples of a task over local rows, each kept as the harness logs it."""
    task |= {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": rows, "train": rows}}}
    task |= {"dataset_name": None, "num_fewshot": 0}
    found = lm_eval.simple_evaluate(model=model, tasks=[task], log_samples=True, bootstrap_iters=0)
    assert found is not None
    return list(found["samples"][task["task"]])


def gsm8k(rows: str, out: str) -> None:
    """Both of the harness's scores of what each row says, by its own task file."""
    file = Path(lm_eval.__file__).parent / "tasks/gsm8k/gsm8k.yaml"
    samples = evaluated(Recorded(), yaml.safe_load(file.read_text()), rows)
    write(out, [(one["doc_id"], one["filter"], one["exact_match"]) for one in samples])


def choice(rows: str, out: str, folder: str) -> None:
    """The log-probability of each letter after each row's prompt."""
    torch.set_num_threads(1)
    model = HFLM(pretrained=folder, device="cpu", dtype="float32", batch_size=4)
    task = {
        "task": "choice",
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{prompt}}",
        "doc_to_choice": "{{letters}}",
        "doc_to_target": "{{gold}}",
        "metric_list": [{"metric": "acc"}],
    }
    samples = evaluated(model, task, rows)
    write(out, [(one["doc_id"], [value for (value, _), *_ in one["resps"]], one["acc"]) for one in samples])


def write(out: str, found: list[Any]) -> None:
    """As one JSON document."""
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    {"gsm8k": gsm8k, "choice": choice}[sys.argv[1]](*sys.argv[2:])
