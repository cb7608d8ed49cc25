"""Price lists as data with a date: what they say, and what is doubtful about them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from urllib.parse import urlsplit

from simula.embedding.settings import Remote as RemoteEmbedding
from simula.plan.calls import Asked
from simula.plan.steps import Plan
from simula.teacher.model_names import one_of
from simula.teacher.settings import Remote

OLD_DAYS = 90
"""Prices that were read longer ago are warned of."""


def teachers(plan: Plan) -> list[Asked]:
    """Every teacher and embedding that is asked, once for each model and price."""
    found = {
        (cost.teacher.model, cost.teacher.price): cost.teacher for step in plan.steps for cost in step.costs
    }
    return list(found.values())


def price_line(teacher: Asked) -> str:
    """ "gemini-2.5-flash: $0.3 in, $0.03 cached, $2.5 out a million tokens (read 2026-11-22)"."""
    price = teacher.price
    if price.free:
        return f"{teacher.model}: free"
    read = f"read {price.date}" if price.date else "no date"
    listed = f"${price.input:g} in"
    if not isinstance(teacher, RemoteEmbedding):
        listed += f", ${price.cached:g} cached, ${price.output:g} out"
    return f"{teacher.model}: {listed} a million tokens ({read})"


def price_warnings(asked: Iterable[Asked], today: datetime.date) -> list[str]:
    """One sentence for each price that is old, another model's, undated, or missing for a model elsewhere."""
    found = []
    for teacher in asked:
        price = teacher.price
        group, sent = "teacher", "teacher.price.input and teacher.price.output"
        if isinstance(teacher, RemoteEmbedding):
            group, sent = "embedding", "embedding.price.input"
        if price.free:
            if isinstance(teacher, Remote | RemoteEmbedding) and not _on_this_machine(teacher):
                found.append(
                    f"{teacher.model} has no price and counts as free: state {sent}, or count GPU hours "
                    "where the machine is your own"
                )
        elif price.model is not None and not one_of(teacher.model, (price.model,)):
            found.append(
                f"{teacher.model}: its prices are those of {price.model}: state {sent}, with "
                f"{group}.price.model={teacher.model}"
            )
        elif price.date is None:
            found.append(f"{teacher.model}: its prices have no date: state {group}.price.date")
        elif (age := (today - price.date).days) > OLD_DAYS:
            found.append(
                f"{teacher.model}: its prices were read {age} days ago, on {price.date}: "
                f"compare them with the provider's page and override {group}.price"
            )
    return found


def _on_this_machine(teacher: Remote | RemoteEmbedding) -> bool:
    host = urlsplit(getattr(teacher, "base_url", None) or "").hostname
    return host in ("localhost", "127.0.0.1", "::1")
