"""A process that asks by batches, to be killed: `python batch_client.py URL FOLDER REQUESTS SECONDS`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import anyio
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.teacher import Ledger, Recorded
from simula.teacher.settings import GeminiBatchTeacher, models, options


async def main(url: str, folder: Path, count: int, gather: float) -> None:
    settings = GeminiBatchTeacher(
        base_url=url,
        folder=folder / "batches",
        gather=gather,
        poll=0.05,
        first_wait=0.01,
        requests_per_file=50,
    )
    ledger = Ledger(folder)
    teacher = Recorded(settings.over(ledger), ledger, options(settings), models(settings))
    await in_order([lambda seed=seed: teacher.ask(make_request(seed)) for seed in range(count)])
    await teacher.close()


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
