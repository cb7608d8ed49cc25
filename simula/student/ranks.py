"""Several processes that tune one student: how they meet, and add up what each has computed.

The weights that are trained are whole in every process, and their gradients are added up once a step. So
nothing of a run depends on how many processes it has: not the optimiser, not what is checkpointed, not the
loss, which stays the mean over all supervised tokens of the batch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

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

    def broadcast(self, obj: Any, src: int = 0) -> Any:
        """What one process says, which is plain values, in all of them.

        As JSON: Lightning sends a pickle over the loopback, where other users of the machine may speak, too.
        """
        if not distributed.is_initialized():
            return obj
        said = torch.tensor(list(json.dumps(obj).encode()), dtype=torch.uint8, device=self.root_device)
        size = torch.tensor(len(said), device=self.root_device)
        distributed.broadcast(size, src)
        if self.global_rank != src:
            said = torch.empty(int(size), dtype=torch.uint8, device=self.root_device)
        distributed.broadcast(said, src)
        return json.loads(bytes(said.tolist()))

    def configure_ddp(self) -> None:
        """No wrapper: it would take the mean of means, and meet once a part instead of once a step."""


class _Environment(ClusterEnvironment):
    """Tells Lightning what it would otherwise ask of environment variables."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def creates_processes_externally(self) -> bool:
        """They are started by `processes.others`."""
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


def summed(tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its sum over all processes, in one exchange."""
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    distributed.all_reduce(flat)
    sizes = [tensor.numel() for tensor in tensors]
    for tensor, total in zip(tensors, torch.split(flat, sizes), strict=True):
        tensor.copy_(total.view_as(tensor))


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
