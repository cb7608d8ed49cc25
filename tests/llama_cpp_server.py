"""A real server, llama.cpp's, in this process."""

from __future__ import annotations

from pathlib import Path

import xllamacpp


def llama_server(weights: Path) -> xllamacpp.Server:
    """It answers two at a time, each in a context of 512 tokens, until it is deleted."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_parallel, parameters.n_ctx = 2, 1024
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.cache_ram_mib, parameters.warmup, parameters.verbosity = 0, False, 0
    return xllamacpp.Server(parameters)
