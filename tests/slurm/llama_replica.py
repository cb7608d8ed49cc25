"""A stand-in for vLLM: llama.cpp's server with the embedded weights, started as vLLM's is, by `--port N`."""

from __future__ import annotations

import signal
import sys

import xllamacpp

from simula.teacher.settings import EmbeddedTeacher
from simula.teacher.weights import shipped


def main() -> None:
    """Serve until a signal ends it."""
    (port,) = (sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--port")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(shipped(EmbeddedTeacher()))
    parameters.hostnames, parameters.port = ["0.0.0.0"], int(port)
    parameters.n_parallel, parameters.n_ctx = 2, 2048
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.cache_ram_mib, parameters.warmup, parameters.verbosity = 0, False, 0
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address} answers", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
