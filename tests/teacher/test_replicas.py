"""Several servers of one model: how calls are spread, and what a lost server costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
import virtual_clock
from fake_openai import FakeServer
from teacher_requests import make_request

from simula.errors import TeacherUnavailable
from simula.teacher.faults import PassingFault
from simula.teacher.replicas import Replicas
from simula.teacher.settings import ServerTeacher


class Site:
    """Servers by their addresses: each takes a second for a call, or fails at once where it is down."""

    def __init__(self, folder: Path, *addresses: str) -> None:
        self.folder = folder
        self.down: set[str] = set()
        self.asked = Counter[str]()
        self.replicas = Replicas(folder, lambda address: _Way(self, address))  # type: ignore[arg-type, return-value]
        folder.mkdir()
        for address in addresses:
            self.write(address)

    def write(self, address: str) -> None:
        (self.folder / f"1_{address}").write_text(f"{address}\n")

    async def ask(self, calls: int) -> int:
        """So many calls at once; how many were answered."""
        answered = 0

        async def one() -> None:
            nonlocal answered
            try:
                await self.replicas.post({})
                answered += 1
            except PassingFault:
                pass

        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(one)
        return answered


class _Way:
    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address

    async def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.site.asked[self.address] += 1
        if self.address in self.site.down:
            raise PassingFault("connection refused")
        await anyio.sleep(1)
        return {}


def test_each_has_as_many_calls_in_flight(tmp_path: Path) -> None:
    site = Site(tmp_path / "servers", "a", "b", "c")
    assert virtual_clock.run(site.ask, 12) == 12
    assert site.asked == {"a": 4, "b": 4, "c": 4}


def test_a_server_that_is_down_gets_one_call_in_ten_seconds(tmp_path: Path) -> None:
    """By hand: one fails, the others go to b; then one try at 10 s and at 20 s, and at 30 s it is back."""
    site = Site(tmp_path / "servers", "a", "b")
    site.down.add("a")

    async def half_a_minute() -> list[int]:
        lost = []
        for second in range(34):
            if second == 25:
                site.down.clear()
            lost.append(3 - await site.ask(3))
        return lost

    lost = virtual_clock.run(half_a_minute)
    assert sum(lost) == 3
    assert [second for second, count in enumerate(lost) if count] == pytest.approx([0, 10, 20], abs=1)
    # Since it is back: 30 to 33, of whose first three calls it gets one and then up to two each.
    assert 3 + 4 <= site.asked["a"] <= 3 + 8


def test_servers_come_and_go(tmp_path: Path) -> None:
    site = Site(tmp_path / "servers", "a")

    async def course() -> list[dict[str, int]]:
        found = []
        for change in (lambda: None, lambda: site.write("b"), (site.folder / "1_a").unlink):
            change()
            await anyio.sleep(6)
            site.asked.clear()
            await site.ask(4)
            found.append(dict(site.asked))
        return found

    assert virtual_clock.run(course) == [{"a": 4}, {"a": 2, "b": 2}, {"b": 4}]


def test_a_file_that_is_being_written_is_no_address(tmp_path: Path) -> None:
    site = Site(tmp_path / "servers", "a")
    (site.folder / ".1_b").write_text("http://half")
    virtual_clock.run(site.ask, 4)
    assert site.asked == {"a": 4}


def test_a_lost_server_loses_no_call(tmp_path: Path) -> None:
    """Over HTTP, with the address of a server that is not there any more."""

    async def run() -> tuple[int, int]:
        async with FakeServer() as gone, FakeServer() as stays:
            for name, fake in (("1_0", gone), ("1_1", stays)):
                (tmp_path / name).write_text(f"{fake.url}/v1\n")
            teacher = ServerTeacher(model="qwen", servers=tmp_path, first_wait=0.01).connect()
            replies = 0

            async def ask(seed: int) -> None:
                nonlocal replies
                assert (await teacher.ask(make_request(seed))).finish == "stop"
                replies += 1

            async with anyio.create_task_group() as group:
                for seed in range(8):
                    group.start_soon(ask, seed)
            await gone.__aexit__()
            async with anyio.create_task_group() as group:
                for seed in range(40):
                    group.start_soon(ask, seed)
            await teacher.close()
            assert len(gone.bodies) > 0
            return replies, len(gone.bodies) + len(stays.bodies)

    assert anyio.run(run) == (48, 48)


def test_without_any_server_one_sentence_says_where_it_was_looked_for(tmp_path: Path) -> None:
    teacher = ServerTeacher(model="qwen", servers=tmp_path / "none", attempts=2, first_wait=0.01)
    with pytest.raises(TeacherUnavailable, match=rf"no server has written its address into {tmp_path}/none"):
        anyio.run(teacher.connect().ask, make_request())


def test_where_the_servers_are_is_not_who_answers(tmp_path: Path) -> None:
    one, other = ServerTeacher(model="qwen"), ServerTeacher(model="qwen", servers=tmp_path)
    assert one.identity() == other.identity()


def test_every_replica_is_sent_the_key_of_their_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As vLLM wants it where VLLM_API_KEY was exported for its server."""
    monkeypatch.setenv("VLLM_API_KEY", "a-key")

    async def run() -> set[str | None]:
        async with FakeServer() as first, FakeServer() as second:
            for name, fake in (("1_0", first), ("1_1", second)):
                (tmp_path / name).write_text(f"{fake.url}/v1\n")
            teacher = ServerTeacher(model="qwen", servers=tmp_path, key_variable="VLLM_API_KEY").connect()
            async with anyio.create_task_group() as group:
                for seed in range(4):
                    group.start_soon(teacher.ask, make_request(seed))
            await teacher.close()
            assert first.headers
            assert second.headers
            return {headers.get("Authorization") for headers in (*first.headers, *second.headers)}

    assert anyio.run(run) == {"Bearer a-key"}
