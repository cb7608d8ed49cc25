"""Sweeps on a cluster: every missing artifact once, by a job that waits for what it is made from."""

from simula.sweep.settings import Slurm

__all__ = ["Slurm"]
