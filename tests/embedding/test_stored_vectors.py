"""A vector is durable before it is used, and no text is sent twice; what a crash spoiled is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from embedding_fakes import WIDTH, Letters, expected
from hypothesis import given, settings
from hypothesis import strategies as st

from simula.embedding import Embeddings, vectors
from simula.embedding.stored import Stored
from simula.embedding.vectors import VectorCache, key_of
from simula.errors import StoreError, TeacherUnavailable

TEXTS = [f"text {'ab'[n % 2] * n}" for n in range(1, 24)]


def stored(folder: Path, model: Letters, batch: int = 4, concurrency: int = 8) -> Stored:
    return Stored(
        "letters", lambda: model, VectorCache(folder, fsync=False), batch=batch, concurrency=concurrency
    )


def embedded(folder: Path, texts: list[str], model: Letters | None = None, **how: int) -> Embeddings:
    return anyio.run(closing, stored(folder, model or Letters(), **how), texts)


async def closing(embedder: Stored, texts: list[str]) -> Embeddings:
    try:
        return await embedder.embed(texts)
    finally:
        await embedder.close()


def refuse() -> Letters:
    raise AssertionError("nothing is to be opened")


def test_vectors_are_in_the_order_of_the_texts_whatever_ends_first(tmp_path: Path) -> None:
    model = Letters()
    found = embedded(tmp_path, TEXTS, model)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    assert [len(call) for call in model.calls] == [4, 4, 4, 4, 4, 3]
    assert model.most_at_once == 6
    assert found.truncated.tolist() == [len(text) > 20 for text in TEXTS]


def test_vectors_that_fill_memory_come_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = [*TEXTS, *TEXTS[::-1]]
    in_memory = embedded(tmp_path, again)
    names = set(tmp_path.iterdir())
    monkeypatch.setattr(vectors, "_IN_MEMORY", 4 * WIDTH * len(again) - 1)
    monkeypatch.setattr(vectors, "_ROWS", 5)
    laid_out = embedded(tmp_path, again)
    assert isinstance(laid_out.vectors, np.memmap)
    assert not isinstance(in_memory.vectors, np.memmap)
    assert (laid_out.vectors == in_memory.vectors).all()
    assert (laid_out.truncated == in_memory.truncated).all()
    assert set(tmp_path.iterdir()) == names


def test_no_more_calls_at_once_than_allowed(tmp_path: Path) -> None:
    model = Letters()
    embedded(tmp_path, TEXTS, model, batch=2, concurrency=3)
    assert model.most_at_once == 3


def test_nothing_is_sent_or_opened_twice(tmp_path: Path) -> None:
    first = embedded(tmp_path, TEXTS)
    again = Stored("letters", refuse, VectorCache(tmp_path), batch=4, concurrency=1)
    found = anyio.run(again.embed, TEXTS[::-1])
    np.testing.assert_array_equal(found.vectors, first.vectors[::-1])
    np.testing.assert_array_equal(found.truncated, first.truncated[::-1])
    assert (found.sent, found.tokens) == (0, 0)


def test_only_what_is_new_is_sent(tmp_path: Path) -> None:
    embedded(tmp_path, TEXTS[:10])
    model = Letters()
    found = embedded(tmp_path, [*TEXTS, TEXTS[0], TEXTS[-1]], model)
    assert sorted(text for call in model.calls for text in call) == sorted(TEXTS[10:])
    assert found.sent == 13
    np.testing.assert_allclose(found.vectors[-2:], expected([TEXTS[0], TEXTS[-1]]), atol=1e-6)


def test_what_was_answered_before_a_failure_is_kept(tmp_path: Path) -> None:
    class Failing(Letters):
        async def embed(self, texts: Sequence[str]) -> Embeddings:
            if len(self.calls) == 3:
                raise TeacherUnavailable("gone")
            return await super().embed(texts)

    with pytest.raises(TeacherUnavailable, match="gone"):
        embedded(tmp_path, TEXTS, Failing(), concurrency=1)
    assert embedded(tmp_path, TEXTS).sent == len(TEXTS) - 12


def test_an_answer_on_its_way_to_the_disk_survives_a_cancellation(tmp_path: Path) -> None:
    class Slow(VectorCache):
        def append(self, *vectors: Any) -> None:
            events.append("arrived")
            anyio.from_thread.run(anyio.sleep, 0.2)
            super().append(*vectors)
            events.append("durable")

    events: list[str] = []

    async def run() -> None:
        embedder = Stored("letters", Letters, Slow(tmp_path), batch=4, concurrency=1)
        with anyio.move_on_after(0.15):
            await embedder.embed(TEXTS[:4])
            events.append("used")
        await embedder.close()

    anyio.run(run)
    assert events == ["arrived", "durable"]
    assert embedded(tmp_path, TEXTS[:4]).sent == 0


def test_many_processes_write_and_read_one_folder(tmp_path: Path) -> None:
    one, other = VectorCache(tmp_path), VectorCache(tmp_path)
    for cache, text in ((one, "a"), (other, "b"), (one, "c")):
        cache.append([key_of(text)], expected([text]), np.array([False]))
    for cache in (one, other):
        cache.refresh()
        vectors, _ = cache.read([key_of(text) for text in "cab"])
        np.testing.assert_array_equal(vectors, expected("cab"))
        cache.close()
    assert len(list(tmp_path.iterdir())) == 2


@settings(deadline=None, max_examples=25)
@given(cut=st.integers(1, 3 * (20 + 4 * WIDTH)))
def test_a_torn_tail_loses_only_what_it_cut(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("torn")
    embedded(folder, ["a", "b", "c"], batch=3)
    (file,) = folder.iterdir()
    data = file.read_bytes()
    size = len(data) // 3
    file.write_bytes(data[:-cut])
    model = Letters()
    found = embedded(folder, ["a", "b", "c"], model)
    lost = -(-cut // size)
    assert found.sent == lost
    np.testing.assert_array_equal(found.vectors, expected(["a", "b", "c"]))
    # The torn file stays as it is: what was lost is in another one.
    assert len(list(folder.iterdir())) == 2


def test_a_record_without_its_content_is_not_there(tmp_path: Path) -> None:
    """After a power cut a file may have its length and not its bytes."""
    embedded(tmp_path, ["a", "b"], batch=2)
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2 + 24] + bytes(len(data) // 2 - 24))
    assert embedded(tmp_path, ["a", "b"]).sent == 1
    assert embedded(tmp_path, ["a", "b"]).sent == 0


def test_another_model_under_the_same_name_is_told_by_its_width(tmp_path: Path) -> None:
    embedded(tmp_path, ["a"])
    wide = VectorCache(tmp_path)
    wide.refresh()
    with pytest.raises(StoreError, match=f"gives 2 numbers a vector where it gave {WIDTH} before"):
        wide.append([key_of("b")], np.array([[1, 0]], dtype=np.float32), np.array([False]))


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="vectors cannot be recorded in"):
        embedded(tmp_path / "file", ["a"])


def test_no_room_for_the_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded(tmp_path, TEXTS)

    def full(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vectors, "_IN_MEMORY", 0)
    monkeypatch.setattr(vectors, "TemporaryFile", full)
    with pytest.raises(StoreError, match=r"23 vectors cannot be laid out .* No space left on device"):
        embedded(tmp_path, TEXTS)


def test_progress_counts_what_is_sent(tmp_path: Path) -> None:
    embedded(tmp_path, TEXTS[:3])
    said: list[tuple[int, int]] = []

    def told(done: int, total: int) -> None:
        said.append((done, total))

    embedder = Stored("letters", Letters, VectorCache(tmp_path), batch=10, concurrency=1, progress=told)
    anyio.run(closing, embedder, TEXTS)
    assert said == [(10, 20), (20, 20)]


def test_no_texts_are_no_vectors(tmp_path: Path) -> None:
    assert embedded(tmp_path, []).vectors.shape == (0, 0)
