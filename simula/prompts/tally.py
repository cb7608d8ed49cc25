"""What calls cost, and what went wrong on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from simula.prompts.rendering import template_hash
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.price import Price


class Spent(BaseModel):
    """Calls, tokens and price of one teacher, for a row or for a whole stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The model asked for."""
    answered: tuple[str, ...]
    """The models that answered, as they name themselves."""
    calls: int
    prompt: int
    """Tokens of the prompts, cached ones included."""
    cached: int
    """The part of `prompt` that the provider billed as cached."""
    completion: int
    """Tokens that the teacher wrote, thinking included."""
    usd: float
    """By the price list of the configuration, whether paid for now or when it was recorded."""

    @property
    def tokens(self) -> int:
        """All tokens, read and written."""
        return self.prompt + self.completion


@dataclass(slots=True)
class _Account:
    """The running sums of one teacher; integers, so that no order of completion changes them."""

    price: Price
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    fresh: Usage = field(default_factory=Usage)
    unusable: Usage = field(default_factory=Usage)
    answered: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Account) -> None:
        self.calls += other.calls
        self.usage += other.usage
        self.fresh += other.fresh
        self.unusable += other.unusable
        self.answered.update(other.answered)


@dataclass(slots=True)
class Tally:
    """What the calls of one piece of work cost, and what went wrong on the way."""

    calls: int = 0
    recorded: int = 0
    """Calls answered from the ledger: nothing was sent."""
    repaired: int = 0
    """Replies that only parsed after one repair."""
    asked_again: int = 0
    """Replies that could not be read, after which the same question was put again."""
    templates: dict[str, str] = field(default_factory=dict)
    """Prompt file to the hash of its text."""
    accounts: dict[str, _Account] = field(default_factory=dict)
    """By the model asked for."""

    def count(self, request: Request, reply: Reply, model: str, price: Price) -> None:
        """Add one answered call to the teacher that goes by `model`."""
        account = self._account(model, price)
        account.calls += 1
        account.unusable += reply.unusable
        account.usage += reply.usage
        account.answered[reply.model] += 1
        self.calls += 1
        if reply.recorded:
            self.recorded += 1
        else:
            account.fresh += reply.usage
        self.templates[request.template] = template_hash(request.template)

    def lose(self, used: Usage, model: str, price: Price) -> None:
        """Add what a call without a usable answer took."""
        if used.total:
            self._account(model, price).unusable += used

    def add(self, other: Tally) -> None:
        """Add another piece of work."""
        self.calls += other.calls
        self.recorded += other.recorded
        self.repaired += other.repaired
        self.asked_again += other.asked_again
        self.templates.update(other.templates)
        for model, theirs in other.accounts.items():
            self.accounts.setdefault(model, _Account(theirs.price)).add(theirs)

    @property
    def spent(self) -> tuple[Spent, ...]:
        """By teacher, sorted by its name."""
        return tuple(
            Spent(
                model=model,
                answered=tuple(sorted(account.answered)),
                calls=account.calls,
                prompt=account.usage.prompt,
                cached=account.usage.cached,
                completion=account.usage.written,
                usd=account.price.of(account.usage),
            )
            for model, account in sorted(self.accounts.items())
            # What went wrong on the way once is in no row.
            if account.calls
        )

    @property
    def paid_now_usd(self) -> float:
        """Price of the calls that were really sent, unusable answers included."""
        return sum(account.price.of(account.fresh + account.unusable) for account in self.accounts.values())

    @property
    def fresh_tokens(self) -> int:
        """Tokens of the calls that were really sent, unusable answers included."""
        return sum(account.fresh.total for account in self.accounts.values()) + self.unusable_tokens

    @property
    def unusable_tokens(self) -> int:
        """Tokens that were billed for answers that could not be used, such as empty ones."""
        return sum(account.unusable.total for account in self.accounts.values())

    def _account(self, model: str, price: Price) -> _Account:
        account = self.accounts.get(model)
        if account is None:
            account = self.accounts[model] = _Account(price)
        return account


class Total:
    """Sums by teacher, over work added piece by piece; in one order, sums of prices come out the same."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._answered: dict[str, set[str]] = {}
        self._sums: dict[str, dict[str, Any]] = {}

    def add(self, one: Spent) -> None:
        """Add one piece of work."""
        sums = self._sums.get(one.model)
        if sums is None:
            sums = self._sums[one.model] = dict.fromkeys(_SUMMED, 0)
            self._answered[one.model] = set()
        self._answered[one.model].update(one.answered)
        for name in _SUMMED:
            sums[name] += getattr(one, name)

    @property
    def spent(self) -> list[Spent]:
        """The sums, sorted by the teacher's name."""
        return [
            Spent(model=model, answered=tuple(sorted(self._answered[model])), **sums)
            for model, sums in sorted(self._sums.items())
        ]


_SUMMED = ("calls", "prompt", "cached", "completion", "usd")


def total(spent: Iterable[Spent]) -> list[Spent]:
    """Sums by teacher, sorted by its name."""
    sums = Total()
    for one in spent:
        sums.add(one)
    return sums.spent
