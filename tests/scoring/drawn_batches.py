"""Scored batches as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from simula.scoring import ScoredBatch


@st.composite
def scored_batches(draw: st.DrawFn) -> tuple[int, list[ScoredBatch]]:
    """A number of items, and batches of any size, none included, with scores."""
    items = draw(st.integers(2, 12))
    batches = []
    for _ in range(draw(st.integers(0, 12))):
        members = draw(st.lists(st.integers(0, items - 1), unique=True, max_size=5))
        batches.append(ScoredBatch(tuple(members), tuple(draw(st.integers(1, 100)) for _ in members)))
    return items, batches
