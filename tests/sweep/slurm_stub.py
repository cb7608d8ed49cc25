"""A Slurm of scripts: it numbers what it is given, and says what a test has written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SBATCH = """\
#!/bin/sh
here={here}
[ -e "$here/refuses" ] && {{ echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2; exit 1; }}
job=$(($(ls "$here" | grep -c '^script-') + 1))
cp "$1" "$here/script-$job"
echo "Submitted batch job $job"
"""
SAYS = """\
#!/bin/sh
echo "{name} $*" >> {here}/asked
cat {here}/{name}.says 2>/dev/null || true
"""


@dataclass(frozen=True, slots=True)
class Stub:
    """The scripts' folder."""

    here: Path

    def says(self, name: str, *lines: str) -> None:
        """What a command prints from now on."""
        (self.here / f"{name}.says").write_text("".join(f"{line}\n" for line in lines))

    @property
    def scripts(self) -> list[str]:
        """The text of everything that was submitted."""
        count = len(list(self.here.glob("script-*")))
        return [(self.here / f"script-{job}").read_text() for job in range(1, count + 1)]

    def queue(self, state: str = "PENDING", reason: str = "Priority", node: str = "") -> None:
        """All that was submitted is in the queue."""
        lines = []
        for job, script in enumerate(self.scripts, start=1):
            (name,) = [line.partition("=")[2] for line in script.splitlines() if "--job-name" in line]
            arrays = [line for line in script.splitlines() if "--array=0-" in line]
            last = int(arrays[0].partition("0-")[2].partition("%")[0]) if arrays else None
            ids = [f"{job}"] if last is None else [f"{job}_{element}" for element in range(last + 1)]
            lines += [f"{one}|{state}|{reason}|{node}||{name}" for one in ids]
        self.says("squeue", *lines)
