"""One process of a sweep: asks within a limit that it shares, then prints when its calls left.

    python sharing_process.py FOLDER REQUESTS_PER_MINUTE SECONDS [die]

With `die` it ends without a word to the others, as after kill -9.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import anyio

from simula.teacher.traffic import Limits, Traffic


async def ask(folder: Path, rate: float, seconds: float, *, die: bool) -> None:
    traffic, left = Traffic("m", Limits(4, requests_per_minute=rate, sharing=folder)), []

    async def call() -> None:
        # The machine's clock, which all processes here read alike.
        left.append(time.time())

    with anyio.move_on_after(seconds):
        while True:
            await traffic.send(call)
    print(json.dumps(left), flush=True)
    if die:
        os._exit(0)
    await traffic.close()


if __name__ == "__main__":
    where, rate, seconds, *rest = sys.argv[1:]
    anyio.run(lambda: ask(Path(where), float(rate), float(seconds), die=bool(rest)))
