"""Common random numbers: every draw has its own generator, named by (seed, slot, purpose).

No draw depends on the order in which calls return, and two systems that differ in one axis draw the
same values for everything else.
"""

from __future__ import annotations

import hashlib

import numpy as np


def entropy(*parts: str | int) -> int:
    """A 63-bit number that depends on every part and on nothing else."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *where: str | int) -> np.random.Generator:
    """The generator of one draw: `generator(seed, slot, "mix")`."""
    return np.random.default_rng(entropy(seed, *where))


def balanced(n: int, seed: int, slot: int, *purpose: str | int) -> int:
    """A place from 0 to n-1 for the slot: each block of n slots holds every place exactly once."""
    block, place = divmod(slot, n)
    return int(generator(seed, block, *purpose).permutation(n)[place])
