"""A sweep of 4,200 cells before a stubbed Slurm: what planning, submitting and asking for its status take.

    python benchmarks/sweep.py

No job runs: `sbatch` numbers what it is given, `squeue` says that all of it waits. Half of the artifacts are
then published as manifests alone, and the status is asked for again. Domains, teacher and student are the
embedded and the simulated ones, which a plan does not ask.
"""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CELLS = (
    *(
        "domain=arithmetic,cwe_examples",
        "teacher=simulated",
        "system=baseline,local,global,local_global,full",
    ),
    *("size=4000,16000,64000,128000,256000,512000", "seed=range(0,10)", "data_seed=range(0,7)"),
)
"""2 × 5 × 6 × 10 × 7."""
SBATCH = """\
#!/bin/sh
read job < {here}/count
job=$((job + 1))
echo $job > {here}/count
array="s/^#SBATCH --array=0-\\([0-9]*\\).*/$job last \\1/p"
sed -n -e "s/^#SBATCH --job-name=/$job name /p" -e "$array" "$1" >> {here}/jobs
echo "Submitted batch job $job"
"""
SQUEUE = """\
#!/usr/bin/awk -f
BEGIN {{
    while ((getline line < "{here}/jobs") > 0) {{ split(line, word, " "); said[word[1], word[2]] = word[3] }}
    getline count < "{here}/count"
    for (job = 1; job <= count; job++) {{
        name = said[job, "name"]
        if (!((job, "last") in said)) print job "|PENDING|Priority|||" name
        else for (at = 0; at <= said[job, "last"]; at++) print job "_" at "|PENDING|Priority|||" name
    }}
}}
"""


def main() -> None:
    """Run every step in a process of its own and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        stubs = here / "bin"
        stubs.mkdir()
        (here / "count").write_text("0\n")
        others = dict.fromkeys(("sacct", "srun", "scancel"), "#!/bin/sh\n")
        others["scontrol"] = "#!/bin/sh\necho MaxArraySize = 1001\n"
        for name, text in {"sbatch": SBATCH, "squeue": SQUEUE, **others}.items():
            (stubs / name).write_text(text.format(here=here))
            (stubs / name).chmod(stat.S_IRWXU)
        path = f"{stubs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SIMULA_ROOT": str(here / "outputs")}
        store = here / "outputs" / "store"
        print(f"load {os.getloadavg()[0]:.1f}")
        plan = _timed("plan -m", environment, "plan", "-m", "--json", *CELLS)
        print("  ", json.loads(plan)["jobs"])
        print("  ", _timed("run -m", environment, "run", "-m", "hydra/launcher=slurm_gpu", *CELLS).strip())
        print(f"   files: {_size(store)}; sbatch calls: {(here / 'count').read_text().strip()}")
        _timed("run -m again", environment, "run", "-m", "hydra/launcher=slurm_gpu", *CELLS)
        _timed("status", environment, "status", "--json")
        _timed("status -m", environment, "status", "-m", "--json", *CELLS)
        _publish(store)
        print(f"half is done; files: {_size(store)}")
        _timed("status", environment, "status", "--json")
        _timed("status -m", environment, "status", "-m", "--json", *CELLS)


def _timed(name: str, environment: dict[str, str], *words: str) -> str:
    """What a command prints; its wall and CPU seconds are printed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", "from simula.cli import main; main()", *words],
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"simula {name}: {seconds:.1f} s, {used:.1f} s of CPU", flush=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _publish(store: Path) -> None:
    """A manifest for every second cell's artifacts: with what the status and the plan read of one."""
    manifest = {"seconds": 1.0, "versions": ["x" * 1500], "teachers": ["simulated"], "refused": {}}
    manifest |= dict.fromkeys(("candidates", "rows", "calls", "asked_again", "refinements"), 1000)
    (cells,) = store.glob("sweeps/*/cells.json")
    for cell in json.loads(cells.read_text())[::2]:
        for place in cell["artifacts"].values():
            folder = store / place
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "manifest.json").write_text(json.dumps(manifest))


def _size(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return f"{len(files):,}, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
