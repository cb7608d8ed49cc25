from __future__ import annotations

import pytest

from simula.composition import launcher
from simula.errors import ConfigurationError
from simula.sweep.settings import Slurm, read_launcher

GPU = "hydra/launcher=slurm_gpu"


def read(*overrides: str) -> Slurm:
    settings = read_launcher(launcher(overrides))
    assert settings is not None
    return settings


def test_both_kinds_of_job_are_set_in_one_command() -> None:
    found = read(GPU, "hydra.launcher.partition=a100", "hydra.launcher.cpu_jobs.partition=short", "seed=0,1")
    assert (found.partition, found.gres, found.name) == ("a100", "gpu:1", "simula-gpu")
    assert (found.for_cpu.partition, found.for_cpu.gres, found.for_cpu.name) == ("short", None, "simula-cpu")


def test_one_launcher_may_serve_all_jobs() -> None:
    found = read("hydra/launcher=slurm_cpu", "hydra.launcher.partition=short")
    assert found.for_cpu is found


def test_every_key_is_written_out_in_the_files() -> None:
    """So that it can be overridden without a plus sign."""
    for name, own in (("slurm_cpu", {"cpu_jobs"}), ("slurm_gpu", {"cpu_jobs"})):
        assert set(launcher([f"hydra/launcher={name}"])) == {*Slurm.model_fields, "_target_"} | own


@pytest.mark.parametrize("name", ["local", "basic"])
def test_other_launchers_are_hydras_own(name: str) -> None:
    assert read_launcher(launcher([f"hydra/launcher={name}"])) is None


def test_mistakes_are_told_by_key() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(
            GPU,
            "hydra.launcher.cpus_per_task=none",
            "+hydra.launcher.partitions=a",
            "hydra.launcher.timeout_min=3",
        )
    told = str(caught.value)
    assert "hydra.launcher.cpus_per_task: " in told
    assert "did you mean partition?" in told


def test_a_limit_leaves_time_before_its_warning() -> None:
    with pytest.raises(ConfigurationError, match="signal_delay_s=180 seconds before the end"):
        read(GPU, "hydra.launcher.timeout_min=3")
