"""What a call costs beyond the bare client's, everything included: mixes, prompts, ledger, parsing, lineage.

    make bench-teacher                               about two minutes
    python benchmarks/teacher.py --seconds 5

Against a mock on loopback in a process of its own, 256 calls in flight: a bare aiohttp loop that sends one
body again and again, and a data set of the system `full` as the dataset stage fills it; google-genai's own
client in a bare loop, and the same data set through it. Each is measured in a window after two seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import anyio
from fast_teacher import text

from simula.concurrency import rare_collections, run
from simula.critique import CriticSettings
from simula.dataset import Filling
from simula.domain import Domain
from simula.domain.number import Number
from simula.generation import Complexity, DatasetSettings, Mechanism, Scenarios, Simula
from simula.prompts import Asker, system_prompt
from simula.stages.counting import Counts
from simula.store.rows import RowWriter
from simula.store.spool import Spool
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings
from simula.teacher import Request, connect
from simula.teacher.ledger import shared_ledger
from simula.teacher.settings import GeminiTeacher, ServerTeacher

IN_FLIGHT = 256
WARM_S = 2.0
KEY = "BENCHMARK_KEY"


@dataclass(frozen=True)
class Measured:
    """One line of the table."""

    what: str
    latency: float
    calls: float
    """A second."""
    cpu: float
    """Milliseconds of this process for each call."""


@contextmanager
def mock(latency: float) -> Iterator[str]:
    """The mock's address, while it runs."""
    script = str(Path(__file__).with_name("mock_server.py"))
    command = [sys.executable, script, str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


async def window(
    what: str, latency: float, seconds: float, work: Callable[[], Awaitable[None]], done: Callable[[], int]
) -> Measured:
    """Start the work, measure it for a while, and cancel it."""
    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await anyio.sleep(WARM_S + 2 * latency)
        calls, clock, busy = done(), time.perf_counter(), time.process_time()
        await anyio.sleep(seconds)
        calls, clock, busy = done() - calls, time.perf_counter() - clock, time.process_time() - busy
        group.cancel_scope.cancel()
    return Measured(what, latency, calls / clock, 1000 * busy / calls)


async def in_loops(call: Callable[[int], Awaitable[None]]) -> None:
    """As many loops as calls in flight."""

    async def loop(number: int) -> None:
        while True:
            await call(number)

    async with anyio.create_task_group() as group:
        for number in range(IN_FLIGHT):
            group.start_soon(loop, number)


def typical() -> Request:
    """A request like most."""
    draw = random.Random(0)
    return Request(
        template="write_sample",
        system=system_prompt(domain()),
        prompt=text(draw, 120),
        schema=Number().reply_schema(),
        values={},
        seed=1,
        temperature=1.0,
        max_tokens=2048,
    )


async def bare(url: str, latency: float, seconds: float) -> Measured:
    """aiohttp alone: post a body, read the answer as JSON."""
    request, done = typical(), 0
    body = {
        "model": "mock",
        "messages": [
            {"role": "system", "content": request.system},
            {"role": "user", "content": request.prompt},
        ],
        "temperature": 1.0,
        "max_tokens": 2048,
        "seed": 1,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": request.template, "strict": True, "schema": dict(request.schema)},
        },
    }
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call(number: int) -> None:
            nonlocal done
            async with session.post(f"{url}/v1/chat/completions", json={**body, "seed": done}) as response:
                json.loads((await response.json())["choices"][0]["message"]["content"])
            done += 1

        return await window("bare aiohttp", latency, seconds, lambda: in_loops(call), lambda: done)


async def sdk(url: str, latency: float, seconds: float) -> Measured:
    """google-genai alone, as its documentation calls it."""
    from google import genai
    from google.genai import types

    request, done = typical(), 0
    http = types.HttpOptions(base_url=url, api_version="v1beta")
    client = genai.Client(vertexai=False, api_key="none", http_options=http)

    async def call(number: int) -> None:
        nonlocal done
        config = types.GenerateContentConfig(
            system_instruction=request.system,
            temperature=1.0,
            max_output_tokens=2048,
            seed=done,
            response_mime_type="application/json",
            response_json_schema=dict(request.schema),
        )
        answer = await client.aio.models.generate_content(
            model="mock", contents=request.prompt, config=config
        )
        json.loads(answer.text or "")
        done += 1

    try:
        return await window("bare google-genai", latency, seconds, lambda: in_loops(call), lambda: done)
    finally:
        await client.aio.aclose()
        client.close()


async def ours(
    what: str, settings: ServerTeacher | GeminiTeacher, latency: float, seconds: float
) -> Measured:
    """A data set of the system `full`, through ledger, post-filter and Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = shared_ledger(Path(folder) / "ledger")
        teacher = connect(settings, Path(folder) / "ledger")
        asker = Asker(teacher, system_prompt(domain()), 1.0, 2048)
        made = Mechanism(
            domain=domain(),
            taxonomies=taxonomies(),
            taxonomy=TaxonomySettings(),
            scenarios=Scenarios(),
            complexity=Complexity(),
            critic=CriticSettings(),
            seed=0,
            writer=asker,
            judge=asker,
            double_judge=asker,
            recipe=Simula(),
        )
        counts = Counts()
        with RowWriter(Path(folder) / "rows") as rows, Spool(Path(folder)) as texts:

            def keep(candidate: Any) -> None:
                rows.add(candidate)
                counts.add(candidate)

            filling = Filling(made, DatasetSettings(concurrency=IN_FLIGHT), 10**6, keep=keep, texts=texts)
            try:
                with rare_collections():
                    return await window(what, latency, seconds, filling.run, lambda: len(ledger))
            finally:
                await teacher.close()
                ledger.close()


def domain() -> Domain:
    """Word problems."""
    return Domain(
        name="bench",
        description="Word problems of grade-school mathematics with worked solutions. " * 8,
        item="word problem",
        task=Number(),
        instructions="Solve this.",
    )


def taxonomies() -> Taxonomies:
    """Four factors of 8 kinds that each divide into 8."""
    draw = random.Random(0)

    def nodes(above: str, depth: int) -> tuple[Node, ...]:
        if not depth:
            return ()
        names = [f"{above}{letter}" for letter in "abcdefgh"]
        return tuple(
            Node(name=name, description=text(draw, 10), children=nodes(name, depth - 1)) for name in names
        )

    factors = ("topic", "setting", "numbers", "form")
    trees = tuple(Taxonomy(factor=factor, children=nodes(factor[0], 2)) for factor in factors)
    return Taxonomies(taxonomies=trees, strategies=(Strategy(factors=factors, weight=1),))


def server(url: str) -> ServerTeacher:
    """The mock as a server that speaks OpenAI's chat completions."""
    return ServerTeacher(model="mock", base_url=f"{url}/v1", concurrency=IN_FLIGHT)


def gemini(url: str) -> GeminiTeacher:
    """The mock as Gemini."""
    return GeminiTeacher(model="mock", base_url=url, key_variable=KEY, concurrency=IN_FLIGHT)


async def measure(seconds: float, latencies: list[float]) -> None:
    """Print the table, line by line."""
    print(f"{'':34} {'latency':>8} {'calls/s':>9} {'CPU ms/call':>12} {'of the bare':>12}")
    for latency in latencies:
        with mock(latency) as url:
            pairs: list[tuple[Measured, Measured]] = []
            first = await bare(url, latency, seconds)
            pairs.append((first, await ours("simula, OpenAI-compatible", server(url), latency, seconds)))
            first = await sdk(url, latency, seconds)
            pairs.append((first, await ours("simula, google-genai", gemini(url), latency, seconds)))
        for base, mine in pairs:
            for said, share in ((base, ""), (mine, f"{mine.calls / base.calls:.2f} × calls")):
                print(
                    f"{said.what:34} {1000 * said.latency:>5.0f} ms {said.calls:>9,.0f} {said.cpu:>12.3f}"
                    f" {share:>12}" + (f", {mine.cpu / base.cpu:.2f} × CPU" if share else ""),
                    flush=True,
                )


def main() -> None:
    """Measure at both latencies."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each window")
    parser.add_argument("--latency", type=float, nargs="*", default=[0.5, 0.05], help="seconds")
    arguments = parser.parse_args()
    os.environ[KEY] = "none"
    run(measure, arguments.seconds, arguments.latency)


if __name__ == "__main__":
    main()
