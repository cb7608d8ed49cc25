"""Embeddings behind a network are paid for from the command's budget; what stands is kept."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from embedding_fakes import FakeServer

from simula.embedding import Embeddings, connect
from simula.embedding.settings import EmbeddingSettings, ServerEmbedding
from simula.errors import BudgetSpent, TeacherUnavailable
from simula.teacher import Budget, Price, Spending

TEXTS = [f"{'word ' * 8}{number}" for number in range(10)]
"""Nine tokens each, as the fake counts words."""
PRICE = Price(input=1e6)
"""A dollar a token."""


async def embedded(
    settings: EmbeddingSettings, folder: Path, budget: Budget, spending: Spending
) -> Embeddings:
    embedder = connect(settings, folder, None, budget, spending)
    try:
        return await embedder.embed(TEXTS)
    finally:
        await embedder.close()


@pytest.mark.parametrize(
    ("budget", "calls"),
    [(Budget(calls=3), 3), (Budget(tokens=4 * 9), 4), (Budget(usd=4 * 9 + 8.9), 4), (Budget(usd=0), 0)],
)
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_budget_stops_and_a_larger_one_sends_the_rest(
    budget: Budget, calls: int, concurrency: int, tmp_path: Path
) -> None:
    async def run() -> None:
        async with FakeServer() as fake:
            settings = ServerEmbedding(
                model="letters", base_url=f"{fake.url}/v1", batch=1, concurrency=concurrency, price=PRICE
            )
            spending, rest = Spending(), Spending()
            with pytest.raises(BudgetSpent, match="goes on from here"):
                await embedded(settings, tmp_path, budget, spending)
            assert len(fake.bodies) == spending.paid.calls == calls
            assert spending.paid.tokens == spending.paid.usd == 9 * calls
            found = await embedded(settings, tmp_path, Budget(calls=10 - calls), rest)
            assert (found.sent, found.tokens, len(fake.bodies)) == (10 - calls, 9 * (10 - calls), 10)
            # Everything is recorded now.
            await embedded(settings, tmp_path, Budget(calls=0), Spending())
            assert len(fake.bodies) == 10

    anyio.run(run)


def test_what_nobody_counted_is_paid_for_by_its_length(tmp_path: Path) -> None:
    async def run() -> Spending:
        async with FakeServer() as fake:
            good = fake.good
            fake.good = lambda body: {**dict(good(body)), "usage": None}
            settings = ServerEmbedding(model="letters", base_url=f"{fake.url}/v1", batch=5, price=PRICE)
            spending = Spending()
            await embedded(settings, tmp_path, Budget(tokens=1000), spending)
            return spending

    spending = anyio.run(run)
    assert spending.paid.tokens == spending.paid.usd == 2 * 52  # five texts of 41 characters


def test_a_long_batch_is_expected_to_cost_more_than_a_short_one(tmp_path: Path) -> None:
    """Shorter texts are sent first; their mean would let the long ones pass the budget."""

    async def run() -> None:
        async with FakeServer() as fake:
            settings = ServerEmbedding(model="letters", base_url=f"{fake.url}/v1", batch=1)
            spending = Spending()
            embedder = connect(settings, tmp_path, None, Budget(tokens=50), spending)
            with pytest.raises(BudgetSpent):
                await embedder.embed(["a b", "c d", "e f g " * 20])
            await embedder.close()
            assert spending.paid.tokens == 4

    anyio.run(run)


def test_a_call_that_fails_is_a_call(tmp_path: Path) -> None:
    async def run() -> Spending:
        async with FakeServer(model="other") as fake:
            settings = ServerEmbedding(model="letters", base_url=f"{fake.url}/v1")
            spending = Spending()
            with pytest.raises(TeacherUnavailable, match="other answered"):
                await embedded(settings, tmp_path, Budget(calls=5), spending)
            return spending

    assert anyio.run(run).paid.calls == 1
