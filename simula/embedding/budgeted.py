"""Embeddings within the command's budget, which teachers are paid from too."""

from __future__ import annotations

from collections.abc import Sequence

from simula.embedding.port import Embedder, Embeddings
from simula.teacher.budget import Budget, Spending
from simula.teacher.paid import Amount
from simula.teacher.port import Usage
from simula.teacher.price import Price

TEMPLATE = "embed"
"""The kind of call, beside the teachers' prompt files."""
_CHARACTERS_A_TOKEN = 3
"""For the first call only; a low number expects more than is likely."""


class Budgeted:
    """An embedding that is asked as long as the budget lasts. It stands beneath what is recorded."""

    def __init__(self, embedder: Embedder, price: Price, budget: Budget, spending: Spending) -> None:
        """Wrap what embeds one batch, whose calls cost `price`; `spending` is the whole command's."""
        self.model = embedder.model
        self._embedder = embedder
        self._price = price
        self._budget = budget
        self._spending = spending

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of one batch.

        Raises:
            BudgetSpent: the rest of the budget does not cover it; nothing was sent.
        """
        spending, characters = self._spending, max(1, sum(map(len, texts)))
        expected = await spending.begin(
            self._budget,
            self.model,
            TEMPLATE,
            lambda: self._cost(characters // _CHARACTERS_A_TOKEN + len(texts)),
            characters,
        )
        paid = Amount(calls=1)
        try:
            found = await self._embedder.embed(texts)
            paid = self._cost(found.billed)
            return found
        finally:
            spending.settle(expected, paid, self.model, TEMPLATE, characters)

    async def close(self) -> None:
        """Close the embedding."""
        await self._embedder.close()

    def _cost(self, tokens: int) -> Amount:
        return Amount(1, tokens, self._price.of(Usage(prompt=tokens)))
