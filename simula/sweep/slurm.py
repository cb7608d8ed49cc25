"""What Slurm is asked: which jobs are in its queue, how jobs ended, how large an array may be."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from simula.errors import SimulaError
from simula.sweep.tasks import MAX_ARRAY

_RUNS = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "CONFIGURING"})
_QUEUED = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"})
_NEVER = "DependencyNeverSatisfied"
_NAME = re.compile(r".*:(?P<sweep>[^:]+):(?P<array>[0-9a-f]+)")
_AT_ONCE = 500
"""Jobs asked for by one call of sacct, whose command line is bounded."""


class SlurmUnavailable(SimulaError):
    """Slurm is not there, or refuses."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the queue."""

    id: str
    """`12_3`, or `12` where it is of no array."""
    state: str
    reason: str
    """Why it waits, in Slurm's word."""
    node: str
    needs: str
    """The dependencies that are not fulfilled, as Slurm writes them."""
    sweep: str
    array: str
    """The array's name in the sweep's folder."""

    @property
    def runs(self) -> bool:
        """Whether it has begun."""
        return self.state in _RUNS

    @property
    def element(self) -> int:
        """Its place in the array."""
        _, _, element = self.id.partition("_")
        return int(element or 0)


def job_name(prefix: str, sweep: str, array: str) -> str:
    """The name of an array's jobs, by which anybody finds them again."""
    return f"{prefix}:{sweep}:{array}"


def present() -> bool:
    """Whether Slurm's commands are on this machine."""
    return shutil.which("squeue") is not None


def queued() -> list[Job]:
    """Every job of any sweep that runs or may still run.

    Raises:
        SlurmUnavailable: squeue is not there or refuses, as where the controller does not answer.
    """
    said = ask("squeue", "--array", "--noheader", "--format=%i|%T|%r|%N|%E|%j")
    found = []
    for line in said.splitlines():
        job, state, reason, node, needs, name = line.split("|", 5)
        match = _NAME.fullmatch(name)
        if match and (state in _RUNS or (state in _QUEUED and reason != _NEVER)):
            found.append(Job(job, state, reason, node, needs, match["sweep"], match["array"]))
    return found


def ended(jobs: Collection[str]) -> dict[str, str]:
    """Job to the state in which Slurm says that it ended, such as TIMEOUT; none where nothing is kept."""
    found: dict[str, str] = {}
    wanted = sorted({job.partition("_")[0] for job in jobs})
    for start in range(0, len(wanted), _AT_ONCE):
        names = ",".join(wanted[start : start + _AT_ONCE])
        try:
            said = ask(
                *("sacct", "--parsable2", "--noheader", "--allocations"),
                *("--format=JobID,State", f"--jobs={names}"),
            )
        except SlurmUnavailable:
            # No accounting at this site: that a job is gone is known from the queue.
            break
        for job, state in (line.split("|", 1) for line in said.splitlines() if "|" in line):
            # Those of an array that never began are told together: 12_[3-7%2].
            found[job.partition("_[")[0]] = state
    return {job: found.get(job) or found.get(job.partition("_")[0], "") for job in jobs}


def array_limit() -> int:
    """How many tasks an array may have (MaxArraySize, whose last index is not to be used)."""
    match = re.search(r"MaxArraySize\s*=\s*(\d+)", ask("scontrol", "show", "config"))
    return max(1, int(match[1]) - 1) if match else MAX_ARRAY


def cancel(jobs: Sequence[str]) -> None:
    """Tell Slurm to end jobs."""
    for start in range(0, len(jobs), _AT_ONCE):
        ask("scancel", *jobs[start : start + _AT_ONCE])


def ask(*command: str) -> str:
    """What one of Slurm's commands says.

    Raises:
        SlurmUnavailable: it is not there, fails, or does not answer in a minute.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except FileNotFoundError as error:
        raise SlurmUnavailable(
            f"there is no {command[0]} here: is this a machine of a Slurm cluster?"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SlurmUnavailable(f"{command[0]} did not answer within a minute") from error
    if done.returncode:
        raise SlurmUnavailable(f"{command[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
