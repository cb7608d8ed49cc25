"""One process of a sweep: says that it is ready, waits for a line, asks, prints how many requests it sent.

python asking_process.py URL LEDGER REQUESTS CONCURRENCY
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import anyio
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.teacher import Reply, connect
from simula.teacher.settings import ServerTeacher


async def main(url: str, ledger: Path, requests: int, concurrency: int) -> None:
    teacher = connect(ServerTeacher(model="qwen", base_url=f"{url}/v1"), ledger)
    slots = anyio.Semaphore(concurrency)

    async def ask(seed: int) -> Reply:
        async with slots:
            return await teacher.ask(make_request(seed))

    replies = await in_order([partial(ask, seed) for seed in range(requests)])
    await teacher.close()
    print(sum(not reply.recorded for reply in replies))


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    anyio.run(main, sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
