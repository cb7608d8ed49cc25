"""kill -9 in any stage that asks a teacher: what was recorded is not asked again; the rows are the same."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
from pathlib import Path
import anyio
import simula.store.settled
from simula.composition import cells
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.rate import rate_selected
from simula.store.artifacts import Store
from simula.teacher.recorded import key_of
from simula.teacher.settings import options
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.teacher import Simulated

simula.store.settled._BUFFER = 16  # so that a kill leaves what is settled, as in a larger data set
root, sends = Path(sys.argv[1]), Path(sys.argv[2]).open("a", buffering=1)
killer, left = (sys.argv[3], int(sys.argv[4])) if sys.argv[3:] else ("", 0)

class Slow(Simulated):
    async def ask(self, request):
        key = key_of(request, self.model, options(self.traits))
        sends.write(f"{request.template} {key}\\n")
        global left
        left -= request.template == killer
        if killer and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        await anyio.sleep(0.01)
        return await super().ask(request)

SimulatedTeacher.connect = lambda settings: Slow(settings)
(cell,) = cells(["domain=arithmetic", "teacher=simulated", "tracking=none", "system=full", "size=24",
    "taxonomy.expansion.depth=2", "dataset.concurrency=8", "selection=high", f"paths.root={root}"],
    sweep=False)
assert run_cell(cell.config, "generate") is None
rate_selected(Bench(cell.config, Store(cell.config.paths.store), Progress("rate")))
"""


def recorded(root: Path) -> set[str]:
    """Keys of the whole lines of the ledger."""
    lines = [
        line
        for path in root.glob("**/ledger/*.jsonl")
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
    return {str(json.loads(line)["key"]) for line in lines}


def sent(sends: Path) -> list[tuple[str, str]]:
    """Prompt file and key of each call, in order."""
    if not sends.exists():
        return []
    lines = sends.read_text().splitlines(keepends=True)
    return [tuple(line.split()) for line in lines if line.endswith("\n")]


def made(root: Path) -> dict[str, bytes]:
    """The files that the stages made, but for manifests, which hold times."""
    files = (path for path in (root / "store").glob("*/*/**/*") if path.suffix in {".parquet", ".yaml"})
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_kill_9_in_any_stage_repeats_at_most_the_calls_in_flight(tmp_path: Path) -> None:
    root, sends = tmp_path / "killed", tmp_path / "sends"
    command, left = [sys.executable, "-c", SCRIPT], list[int]()
    for template in (
        "propose_children",
        "review_children",
        "write_sample",
        "judge_incorrect",
        "score_complexity",
    ):
        known, before = recorded(root), len(sent(sends))
        # It kills itself when it sends so many of these: whoever watched it might be late.
        at = [template, "12" if template == "judge_incorrect" else "2"]
        killed = subprocess.run(
            [*command, str(root), str(sends), *at], stderr=subprocess.DEVNULL, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        left += [path.read_bytes().count(b"\n") for path in root.glob("cache/candidates/*/*.jsonl")]
        assert not known & {key for _, key in sent(sends)[before:]}
    known, before = recorded(root), len(sent(sends))
    subprocess.run([*command, str(root), str(sends)], check=True, stderr=subprocess.DEVNULL)
    assert not known & {key for _, key in sent(sends)[before:]}
    assert recorded(root) == {key for _, key in sent(sends)}
    calm = tmp_path / "calm"
    subprocess.run([*command, str(calm), str(tmp_path / "others")], check=True, stderr=subprocess.DEVNULL)
    assert made(root) == made(calm)
    assert max(left) > 1, "no run went on behind settled candidates"
    assert {Path(name).name for name in made(root)} >= {"taxonomies.yaml", "rows.parquet", "ratings.parquet"}
