"""Texts to vectors, behind a port of their own: TF-IDF, a local model, Gemini, OpenAI-compatible servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simula.embedding.budgeted import Budgeted
from simula.embedding.port import Embedder, Embeddings, Vectors, unit
from simula.embedding.settings import EmbeddingSettings, Progress, Remote
from simula.teacher.budget import Budget, Spending
from simula.teacher.waits import silent

__all__ = ["Embedder", "EmbeddingSettings", "Embeddings", "Vectors", "connect", "unit"]


def connect(
    settings: EmbeddingSettings,
    cache: Path,
    progress: Progress | None = None,
    budget: Budget | None = None,
    spending: Spending | None = None,
    say: Callable[[str], None] = silent,
) -> Embedder:
    """The embedding that settings describe.

    Args:
        settings: which embedding.
        cache: what it computes is recorded below this folder, and not paid again.
        progress: told how many of the texts that are sent are done.
        budget: what may be paid for, where it is behind a network; None: no limit.
        spending: the command's account, that its teachers are paid from too.
        say: told, in a line, what is waited for.
    """
    if not isinstance(settings, Remote):
        return settings.connect(cache, progress)

    def open_model() -> Embedder:
        model = settings.open_model()
        model.traffic.waits.say = say
        if budget is None or not budget.limited:
            return model
        return Budgeted(model, settings.price, budget, spending or Spending())

    return settings.connected(open_model, cache, progress)
