"""How soon a run goes on: opening its ledger, looking a call up, runs that are recorded or were killed.

python benchmarks/ledger.py                      100,000 recorded calls; a run of 2,000 rows
python benchmarks/ledger.py 1000000 --rows 8000  other sizes
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from fast_teacher import WORDS, text
from scale import killed, made

from simula.teacher import Ledger, Reply, Usage
from simula.teacher.ledger_lines import write_line


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calls", type=int, nargs="?", default=100_000)
    parser.add_argument("--rows", type=int, default=2000)
    arguments = parser.parse_args()
    keys = [hashlib.sha256(str(number).encode()).hexdigest()[:20] for number in range(arguments.calls)]
    draw = random.Random(0)
    replies = [Reply(text(draw, WORDS), "m", "stop", Usage(300, 0, 150, 0)) for _ in range(500)]
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "recorded.jsonl").open("wb") as file:
            for number, key in enumerate(keys):
                file.write(write_line(key, "write_sample", "m", replies[number % 500], 0.5))
        size = (Path(folder) / "recorded.jsonl").stat().st_size
        began, busy = time.perf_counter(), time.process_time()
        ledger = Ledger(Path(folder))
        opened, cpu = time.perf_counter() - began, time.process_time() - busy
        looked_up = keys[:: max(1, len(keys) // 10_000)]
        began = time.perf_counter()
        for key in looked_up:
            assert ledger.get(key) is not None
        each = (time.perf_counter() - began) / len(looked_up)
        ledger.close()
    print(
        f"{len(keys):,} calls, {size / 2**20:,.0f} MiB: opened in {opened:.2f} s ({cpu:.2f} s of CPU),"
        f" a call looked up in {1e6 * each:.0f} µs",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        fresh = made(arguments.rows, Path(folder))
        told("its rows deleted", made(arguments.rows, Path(folder)))
        shutil.rmtree(Path(folder) / "cache")
        told("its rows and the cache deleted", made(arguments.rows, Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        killed(arguments.rows, Path(folder), fresh["sent"])
        told("killed at its last call", made(arguments.rows, Path(folder)))
    rows = round(1.1 * arguments.calls / fresh["calls"] * arguments.rows)
    with tempfile.TemporaryDirectory() as folder:
        killed(rows, Path(folder), arguments.calls)
        told(f"killed at call {arguments.calls:,}", made(rows, Path(folder)))


def told(what: str, said: dict[str, Any]) -> None:
    """Print one run."""
    first = f", the first after {said['first']:.2f} s" if said["first"] is not None else ""
    print(
        f"{said['rows']:,} rows, {said['calls']:,} calls, {what}: {said['sent']:,} sent{first};"
        f" {said['seconds']:.2f} s ({said['cpu']:.2f} s of CPU);"
        f" with the start of the process {said['process']:.2f} s ({said['process_cpu']:.2f} s of CPU)",
        flush=True,
    )


if __name__ == "__main__":
    main()
