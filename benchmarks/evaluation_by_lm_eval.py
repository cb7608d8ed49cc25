"""lm-evaluation-harness's side of `evaluation.py`; its interpreter has nothing of this project.

python evaluation_by_lm_eval.py choice|generation ROWS OUT MODEL BATCH TOKENS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import lm_eval
import torch
from lm_eval.models.huggingface import HFLM


class Timed(HFLM):
    """The harness's own class; notes what its answers take."""

    wall = cpu = 0.0

    def loglikelihood(self, *arguments: Any, **options: Any) -> Any:
        """As the harness, timed."""
        return self._noted(super().loglikelihood, *arguments, **options)

    def generate_until(self, *arguments: Any, **options: Any) -> Any:
        """As the harness, timed."""
        return self._noted(super().generate_until, *arguments, **options)

    def _noted(self, call: Any, *arguments: Any, **options: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        found = call(*arguments, **options)
        self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu
        return found


def main() -> None:
    """Answer the rows, and write the times and what was answered."""
    kind, rows, out, folder, batch, tokens = sys.argv[1:]
    torch.set_num_threads(1)
    model = Timed(pretrained=folder, device="cpu", dtype="float32", batch_size=int(batch))
    task: dict[str, Any] = {
        "task": kind,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": rows}},
        "test_split": "test",
        "doc_to_text": "{{prompt}}",
        "num_fewshot": 0,
    }
    if kind == "choice":
        task |= {
            "output_type": "multiple_choice",
            "doc_to_choice": "{{answers}}",
            "doc_to_target": "{{gold}}",
        }
        task |= {"metric_list": [{"metric": "acc"}]}
    else:
        greedy = {"do_sample": False, "max_gen_toks": int(tokens), "until": ["<|im_end|>"]}
        task |= {
            "output_type": "generate_until",
            "doc_to_target": "{{answers[0]}}",
            "generation_kwargs": greedy,
        }
        task |= {"metric_list": [{"metric": "exact_match"}]}
    found = lm_eval.simple_evaluate(model=model, tasks=[task], log_samples=True, bootstrap_iters=0)
    assert found is not None
    samples = sorted(found["samples"][kind], key=lambda one: one["doc_id"])
    answers = [
        ["", [value for (value, _), *_ in one["resps"]], one["acc"]]
        if kind == "choice"
        else [one["resps"][0][0], [], 0]
        for one in samples
    ]
    Path(out).write_text(json.dumps({"wall": model.wall, "cpu": model.cpu, "answers": answers}))


if __name__ == "__main__":
    main()
