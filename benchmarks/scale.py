"""How long a data set of the system `full` takes, and how much memory, with a teacher that answers at once.

    make bench-scale                                 64,000 and 512,000 accepted rows
    python benchmarks/scale.py 8000 64000            other sizes
    python benchmarks/scale.py 8000 --again          each a second time from the ledger, as after a kill

Everything is in it that a run does: taxonomies, mixes, prompts, the ledger with its fsync, parsing, the
post-filter, Parquet. Each size is a process of its own in a folder of its own, which is deleted.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from fast_teacher import FastTeacher, FastTeacherSettings

SIZES = (64_000, 512_000)
DOMAIN = "gsm8k"


def run(size: int, root: Path, kill_at: int = 0) -> dict[str, Any]:
    """Make one data set in `root`; what it took. The process is killed at that call, where it is not 0."""
    from simula.composition import cells
    from simula.stages.cell import run_cell

    chosen = (f"domain={DOMAIN}", "benchmark=none", "teacher=simulated", "tracking=none", "system=full")
    (cell,) = cells([*chosen, f"size={size}", f"paths.root={root}"], sweep=False)
    config = replace(cell.config, teacher=FastTeacherSettings(kill_at=kill_at))
    began, memory = time.perf_counter(), []

    def watch() -> None:
        while True:
            memory.append((time.perf_counter() - began, resident()))
            time.sleep(max(0.5, (time.perf_counter() - began) / 50))

    if (reason := run_cell(config, "taxonomy")) is not None:
        raise SystemExit(reason)
    FastTeacher.asked = 0
    began, busy = time.perf_counter(), time.process_time()
    threading.Thread(target=watch, daemon=True).start()
    if (reason := run_cell(config, "generate")) is not None:
        raise SystemExit(reason)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    (manifest,) = root.glob(f"store/dataset/*/n{size}/manifest.json")
    said = json.loads(manifest.read_text())
    return {
        "rows": said["rows"],
        "candidates": said["candidates"],
        "calls": said["calls"],
        "sent": FastTeacher.asked,
        "first": FastTeacher.first - began if FastTeacher.asked else None,
        "seconds": seconds,
        "cpu": busy,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
        "memory": [
            next((m for at, m in memory if at >= seconds * part / 8), memory[-1][1]) for part in range(1, 8)
        ],
    }


def killed(size: int, root: Path, call: int) -> None:
    """Begin a data set in `root` in a process of its own, which is killed at that call."""
    command = [sys.executable, __file__, str(size), "--one", str(root), "--kill-at", str(call)]
    ended = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    assert ended == -signal.SIGKILL, ended


def made(size: int, root: Path) -> dict[str, Any]:
    """Make one data set in `root` in a process of its own, and delete it; what it took, and its ledger, stay.

    `process` and `process_cpu` are the seconds of the whole process, start and imports included.
    """
    command = [sys.executable, __file__, str(size), "--one", str(root)]
    began, busy = time.perf_counter(), children_cpu()
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    said: dict[str, Any] = json.loads(printed.splitlines()[-1])
    shutil.rmtree(root / "store" / "dataset")
    return said | {"process": time.perf_counter() - began, "process_cpu": children_cpu() - busy}


def children_cpu() -> float:
    """Seconds of CPU of the processes that were begun here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def table(found: list[dict[str, Any]]) -> str:
    """One line a run."""
    lines = [
        f"{'rows':>8} {'candidates':>10} {'calls':>10} {'sent':>10} {'minutes':>8} {'CPU min':>8}"
        f" {'ms/call':>8} {'peak MiB':>9}  resident MiB at 1/8 … 7/8"
    ]
    for said in found:
        memory = " ".join(f"{m:,.0f}" for m in said["memory"])
        lines.append(
            f"{said['rows']:>8,} {said['candidates']:>10,} {said['calls']:>10,} {said['sent']:>10,}"
            f" {said['seconds'] / 60:>8.2f} {said['cpu'] / 60:>8.2f}"
            f" {1000 * said['cpu'] / said['calls']:>8.3f} {said['peak']:>9,.0f}  {memory}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run each size in a process of its own and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--again", action="store_true", help="make each once more, all calls recorded")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--kill-at", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(run(arguments.sizes[0], arguments.one, arguments.kill_at)))
        return
    found = []
    for size in arguments.sizes:
        root = Path(tempfile.mkdtemp(prefix="simula-scale-"))
        try:
            found += [made(size, root) for _ in range(1 + arguments.again)]
        finally:
            shutil.rmtree(root)
        print(table(found), flush=True)
    if len(found) > 1 and not arguments.again:
        first, last = found[0], found[-1]
        print(f"time({last['rows']:,}) = {last['seconds'] / first['seconds']:.2f} × time({first['rows']:,})")


if __name__ == "__main__":
    main()
