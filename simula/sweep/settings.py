"""What a site asks of its jobs: the keys of `hydra/launcher=slurm_cpu` and `slurm_gpu`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from simula.errors import ConfigurationError, unknown
from simula.settings import Settings, incidental

TARGET = "simula.sweep.Slurm"
"""`_target_` of a launcher file that submits to Slurm by this package."""
LEAST_RUN_S = 60
"""Seconds that must be left of a time limit when its warning has been given."""


class Slurm(Settings):
    """How jobs are asked for; no field is part of any artifact's identity."""

    name: str = incidental("simula", pattern=r"^[\w.-]+$")
    """Beginning of the jobs' names; the sweep's name and a number follow."""
    partition: str | None = incidental(None)
    """The site's partition, or several with commas; null: its default one."""
    account: str | None = incidental(None)
    """Who is charged; null: the user's default account."""
    qos: str | None = incidental(None)
    """Quality of service; null: the default one."""
    constraint: str | None = incidental(None)
    """Features that a node must have, such as `a100&ib`."""
    exclude: str | None = incidental(None)
    """Nodes that are not to be used."""
    gres: str | None = incidental(None)
    """Generic resources of a job, such as `gpu:1` or `gpu:a100:1`."""
    cpus_per_task: int = incidental(4, ge=1)
    """CPU cores of a job."""
    mem_gb: float | None = incidental(None, gt=0)
    """Memory of a job, in GB; null: the partition's default."""
    timeout_min: int = incidental(1440, ge=2)
    """Time limit of a job, in minutes. Who runs into it is queued again, `max_num_timeout` times."""
    signal_delay_s: int = incidental(180, ge=1)
    """Seconds between the warning and the end: more than the longest checkpoint takes."""
    max_num_timeout: int = incidental(20, ge=0)
    """How often a job that ran into its time limit is queued again."""
    array_parallelism: int = incidental(64, ge=1)
    """Jobs of one array that run at once."""
    mail_type: str | None = incidental(None)
    """When Slurm writes a mail, such as `FAIL` or `END,FAIL`."""
    mail_user: str | None = incidental(None)
    """Whom it writes to."""
    requeue: bool = incidental(True)
    """Ask that jobs may be queued again, which some sites forbid by default."""
    setup: tuple[str, ...] = incidental(())
    """Lines of shell before the job, such as `module load cuda`."""
    python: str | None = incidental(None)
    """What starts Python on a node; null: the Python that submits. In a container:
    `apptainer exec --nv /shared/simula.sif python`."""
    srun_args: tuple[str, ...] = incidental(())
    """Further options of srun, such as `--container-image=…` of pyxis."""
    additional_parameters: Mapping[str, str | int | bool] = incidental({})
    """Any further option of sbatch by its long name: `{reservation: course}`."""
    cpu_jobs: Slurm | None = Field(None, json_schema_extra={"incidental": True})
    """How jobs are asked for that need no GPU: taxonomies, data sets, measures, ratings, the teacher's
    answers. Null: as the others."""

    @model_validator(mode="after")
    def _warned_in_time(self) -> Self:
        if 60 * self.timeout_min < self.signal_delay_s + LEAST_RUN_S:
            raise ValueError(
                f"timeout_min={self.timeout_min} leaves under a minute before the warning, which comes "
                f"signal_delay_s={self.signal_delay_s} seconds before the end; raise or lower one of them"
            )
        if self.cpu_jobs is not None and self.cpu_jobs.cpu_jobs is not None:
            raise ValueError("cpu_jobs has no cpu_jobs of its own")
        return self

    @property
    def for_cpu(self) -> Slurm:
        """The settings of jobs that need no GPU."""
        return self.cpu_jobs or self


def read_launcher(launcher: Mapping[str, Any]) -> Slurm | None:
    """The settings of a composed launcher; None where it is not one of Slurm's.

    Raises:
        ConfigurationError: with every key or value that cannot be used.
    """
    if launcher.get("_target_") != TARGET:
        return None
    try:
        return Slurm.model_validate(_plain(launcher))
    except ValidationError as error:
        raise ConfigurationError(*map(_sentence, error.errors())) from error


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    """Without the targets, which name this class at both places."""
    return {
        name: _plain(value) if isinstance(value, Mapping) else value
        for name, value in node.items()
        if name != "_target_"
    }


def _sentence(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in ("hydra", "launcher", *problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{key}: {unknown(str(problem['loc'][-1]), sorted(Slurm.model_fields), 'key')}"
    message = str(problem["msg"]).replace("Value error, ", "")
    return f"{key}: {message[0].lower()}{message[1:]}"
