"""An examination to be killed: says how many items are answered, and stands still after so many.

python examined_process.py SETTINGS, a JSON object
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from simula.domain import Domain, Example
from simula.evaluation.engine import answer_items
from simula.store.benchmarks import TestItem
from simula.student.settings import EvaluationSettings, StudentSettings


def main() -> None:
    import torch

    torch.set_num_threads(1)
    said = json.loads(sys.argv[1])

    def progress(done: int, total: int) -> None:
        print(done, flush=True)
        if done >= said["still_after"]:
            signal.pause()

    items = [TestItem(id=one["id"], example=Example(**one["example"])) for one in said["items"]]
    student = StudentSettings.model_validate(said["student"])
    evaluation = EvaluationSettings(**said["evaluation"])
    folder = Path(said["folder"])
    answer_items(Domain(**said["domain"]), items, student, None, evaluation, folder, folder, progress)


if __name__ == "__main__":
    main()
