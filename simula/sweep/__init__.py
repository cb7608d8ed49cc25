"""Sweeps on a cluster: every missing artifact once, as a job of its own that waits for what it is made from."""

from simula.sweep.settings import Slurm

__all__ = ["Slurm"]
