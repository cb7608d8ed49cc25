"""Benchmarks: real test items, read from where they are, in their own formats.

`item` is one test item, with the check that a benchmark holds those it should; `source` finds a benchmark's
file, below `paths.benchmarks` or on the hub, and `formats` reads it; then one small module a benchmark.
"""

from simula.store.benchmarks.cti import CtiMcq, CtiRcm
from simula.store.benchmarks.global_mmlu import GlobalMmlu
from simula.store.benchmarks.gsm8k import Gsm8k
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.lexam import Lexam
from simula.store.benchmarks.math import Math
from simula.store.benchmarks.mmlu import Mmlu
from simula.store.benchmarks.nothing import NoBenchmark
from simula.store.benchmarks.source import Hub, Source

__all__ = [
    "CtiMcq",
    "CtiRcm",
    "Expected",
    "GlobalMmlu",
    "Gsm8k",
    "Hub",
    "Lexam",
    "Math",
    "Mmlu",
    "NoBenchmark",
    "Source",
    "TestItem",
]
