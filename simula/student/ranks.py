"""Several processes that tune one student: how they start, meet, and add up what each has computed.

The process that was started is rank 0; it starts the others, which know no stage, no manifest and no
tracking. The weights that are trained are whole in every process, and their gradients are added up once
a step. So nothing of a run depends on how many processes it has: not the optimiser, not what is
checkpointed, not the loss, which stays the mean over all supervised tokens of the batch.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from simula.errors import StudentError

_GRACE_SECONDS = 2.0
"""How long the end of another process may take to show."""
_PATIENCE = timedelta(hours=1)
"""How long a process waits for the others: one of them may be validating, or writing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which of the processes this is."""

    rank: int = 0
    ranks: int = 1
    port: int = 0
    """Where they meet on this machine."""


class Replicas(DDPStrategy):
    """Lightning's processes with their devices; adding up gradients is the module's own work.

    `sharded`: the frozen weights are cut over the processes, and put together layer by layer (FSDP2).
    """

    def __init__(self, place: Place, sharded: bool) -> None:
        super().__init__(cluster_environment=_Environment(place), timeout=_PATIENCE)
        self._sharded = sharded

    def setup(self, trainer: pl.Trainer) -> None:
        """Cut the weights before they are moved: they may not fit into one device."""
        if self._sharded:
            assert self.lightning_module is not None
            _shard(self.lightning_module.model, self.root_device.type, self.world_size)
        super().setup(trainer)

    def configure_ddp(self) -> None:
        """No wrapper: it would take the mean of means, and meet once a part instead of once a step."""


class _Environment(ClusterEnvironment):
    """Tells Lightning what it would otherwise ask of environment variables."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def creates_processes_externally(self) -> bool:
        """They are started by `others`."""
        return True

    @property
    def main_address(self) -> str:
        """This machine: a run has one."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Where the processes meet."""
        return self._place.port

    @staticmethod
    def detect() -> bool:
        """Never by itself."""
        return False

    def world_size(self) -> int:
        """Processes in all."""
        return self._place.ranks

    def set_world_size(self, size: int) -> None:
        """It is known."""

    def global_rank(self) -> int:
        """This process."""
        return self._place.rank

    def set_global_rank(self, rank: int) -> None:
        """It is known."""

    def local_rank(self) -> int:
        """This process: a run has one machine."""
        return self._place.rank

    def node_rank(self) -> int:
        """A run has one machine."""
        return 0


@contextmanager
def others(ranks: int, work: Callable[..., None], *arguments: Any) -> Iterator[Place]:
    """The place of this process among `ranks`, while the others do `work(place, ready, *arguments)`.

    `ready()` is called by each of them once it is prepared; only then does this one go on.

    Raises:
        StudentError: one of them failed.
    """
    if ranks == 1:
        yield Place()
        return
    port, parent = _free_port(), os.getpid()
    threads = max(1, torch.get_num_threads() // ranks)
    context = multiprocessing.get_context("spawn")
    started: list[tuple[BaseProcess, Connection]] = []
    try:
        for rank in range(1, ranks):
            here, there = context.Pipe(duplex=False)
            given = (Place(rank, ranks, port), there, threads, parent, work, arguments)
            process = context.Process(target=_other, args=given, daemon=True)
            process.start()
            there.close()
            started.append((process, here))
        for rank, (_, here) in enumerate(started, 1):
            _await(rank, here)
        try:
            yield Place(0, ranks, port)
        except RuntimeError as error:
            # What a process sees when another is gone says nothing of why.
            _join(started, error)
            raise
        _join(started)
    finally:
        for other, _ in started:
            other.kill()  # in the middle of an exchange it would not hear anything gentler
            other.join()
        if distributed.is_initialized():
            distributed.destroy_process_group()


def _join(started: Sequence[tuple[BaseProcess, Connection]], error: RuntimeError | None = None) -> None:
    """Wait for the others, or, after an error of this one, look for one that ended before."""
    for rank, (process, here) in enumerate(started, 1):
        process.join(_GRACE_SECONDS if error else None)
        if process.exitcode:
            said = _said(here) or f"it ended with exit code {process.exitcode}"
            raise StudentError(f"process {rank} of the training failed: {said}") from error


def _said(connection: Connection) -> str:
    """The last word of a process that ended."""
    try:
        return str(connection.recv()) if connection.poll() else ""
    except EOFError:
        return ""


def summed(tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its sum over all processes, in one exchange."""
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    distributed.all_reduce(flat)
    sizes = [tensor.numel() for tensor in tensors]
    for tensor, total in zip(tensors, torch.split(flat, sizes), strict=True):
        tensor.copy_(total.view_as(tensor))


def _await(rank: int, connection: Connection) -> None:
    try:
        problem = connection.recv()
    except EOFError:
        problem = "it ended before it was ready"
    if problem:
        raise StudentError(f"process {rank} of the training failed: {problem}")


def _other(
    place: Place,
    connection: Connection,
    threads: int,
    parent: int,
    work: Callable[..., None],
    arguments: Sequence[Any],
) -> None:
    """What a process other than rank 0 does."""
    threading.Thread(target=_outlive_no_parent, args=(parent,), daemon=True).start()
    torch.set_num_threads(threads)
    try:
        work(place, lambda: connection.send(""), *arguments)
    except StudentError as error:
        connection.send(str(error))
        raise SystemExit(1) from error


def _outlive_no_parent(parent: int) -> None:
    """A process whose parent was killed would wait for it, and hold its device, for an hour."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _shard(model: Any, device: str, ranks: int) -> None:
    """Cut the frozen weights of every layer over the processes.

    What is trained stays whole, and so does the embedding, which is the projection as well.
    """
    causal = model.get_base_model()
    mesh = init_device_mesh(device, (ranks,))
    whole = {weight for weight in model.parameters() if weight.requires_grad}
    whole |= {*causal.get_input_embeddings().parameters(), *causal.get_output_embeddings().parameters()}
    for module in [*causal.base_model.modules()]:
        if type(module).__name__ in causal._no_split_modules:
            fully_shard(module, mesh=mesh, ignored_params=whole)
    fully_shard(causal.base_model, mesh=mesh, ignored_params=whole)
