"""Common random numbers: every draw has its own generator, named by (seed, slot, purpose).

No draw depends on the order in which calls return, and two systems that differ in one axis draw the
same values for everything else.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np


def entropy(*parts: str | int) -> int:
    """A 63-bit number that depends on every part and on nothing else."""
    text = "\x1f".join([f"{type(part).__name__}:{part}" for part in parts])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *where: str | int) -> np.random.Generator:
    """The generator of one draw: `generator(seed, slot, "mix")`."""
    # What `default_rng` gives, without its case distinctions.
    return np.random.Generator(np.random.PCG64(entropy(seed, *where)))


def balanced(n: int, seed: int, slot: int, *purpose: str | int) -> int:
    """A place from 0 to n-1 for the slot: each block of n slots holds every place exactly once."""
    block, place = divmod(slot, n)
    return _shuffled(n, seed, block, purpose)[place]


@lru_cache(maxsize=1024)
def _shuffled(n: int, seed: int, block: int, purpose: tuple[str | int, ...]) -> tuple[int, ...]:
    """The places of a block, which its n slots ask for one after the other."""
    return tuple(generator(seed, block, *purpose).permutation(n).tolist())
