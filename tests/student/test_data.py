"""The loader: every row once a pass, little padding, the same rest after a restart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from simula.student.data import IGNORED, Batch, Layout, Loader
from simula.student.rows import Row
from simula.student.settings import TrainingSettings

SHARED = [7, 8]


def rows(count: int) -> list[Row]:
    """Rows that begin alike, tell themselves apart by their first own token, and differ in length."""
    return [
        Row(np.array([*SHARED, 100 + i, *range(10, 11 + i % 5), 50, 51], np.int32), 4 + i % 5)
        for i in range(count)
    ]


def seen(batch: Batch) -> list[int]:
    return [int(row[0]) - 100 for part in batch.parts for row in part.ids]


def loader(count: int = 21, **settings: object) -> Loader:
    return Loader(rows(count), TrainingSettings(batch_size=4, **settings), seed=1)


def test_every_pass_holds_every_row_once_in_its_own_order() -> None:
    batches = [seen(batch) for batch in loader(epochs=2)]
    assert len(batches) == 2 * 6
    first, second = ([row for batch in batches[i : i + 6] for row in batch] for i in (0, 6))
    assert sorted(first) == sorted(second) == list(range(21))
    assert first != second


def test_steps_are_of_equal_size() -> None:
    assert {len(seen(batch)) for batch in loader()} == {3, 4}


def test_a_fraction_of_a_pass() -> None:
    assert len(list(loader(epochs=0.5))) == len(loader(epochs=0.5)) == 3


def test_two_loaders_agree_and_another_seed_differs() -> None:
    again = [seen(batch) for batch in loader()]
    assert [seen(batch) for batch in loader()] == again
    other = Loader(rows(21), TrainingSettings(batch_size=4), seed=2)
    assert [seen(batch) for batch in other] != again


def test_a_restored_loader_goes_on_where_it_was() -> None:
    whole = [seen(batch) for batch in loader(epochs=3)]
    stopped = loader(epochs=3)
    batches = iter(stopped)
    for _ in range(8):
        next(batches)
    restored = loader(epochs=3)
    restored.load_state_dict(stopped.state_dict())
    assert [seen(batch) for batch in restored] == whole[8:]


def test_neighbours_in_length_share_a_batch() -> None:
    def padding(window: int) -> int:
        batches = Loader(rows(200), TrainingSettings(batch_size=8, window=window), seed=1)
        return sum(int((part.ids == 0).sum()) for batch in batches for part in batch.parts)

    assert padding(window=8) < padding(window=1) / 2


def test_labels_are_the_tokens_after_each_position_of_the_answer() -> None:
    [batch] = Loader(rows(2), TrainingSettings(), seed=0)
    assert batch.prefix.tolist() == [SHARED]
    assert batch.supervised == 4
    assert batch.tokens == 6 + 7
    [part] = batch.parts
    by_row = {
        row[0]: (row, label) for row, label in zip(part.ids.tolist(), part.labels.tolist(), strict=True)
    }
    ignored = IGNORED
    assert by_row[100] == ([100, 10, 50, 51, 0], [ignored, 50, 51, ignored, ignored])
    assert by_row[101] == ([101, 10, 11, 50, 51], [ignored, ignored, 50, 51, ignored])


@pytest.mark.parametrize("micro", [1, 2, 3, 16])
def test_parts_hold_the_batch_in_order(micro: int) -> None:
    whole = [seen(batch) for batch in loader()]
    cut = list(loader(micro_batch_size=micro))
    assert [seen(batch) for batch in cut] == whole
    assert max(len(part.ids) for batch in cut for part in batch.parts) <= micro


@pytest.mark.parametrize(("ranks", "micro"), [(2, 2), (3, 1), (6, 16)])
def test_processes_divide_the_rows_of_each_step(ranks: int, micro: int) -> None:
    training = TrainingSettings(batch_size=4, micro_batch_size=micro)
    loaders = [
        Loader(rows(21), training, seed=1, layout=Layout(rank=rank, ranks=ranks)) for rank in range(ranks)
    ]
    for whole, *shares in zip(loader(), *loaders, strict=True):
        assert {(share.supervised, share.tokens) for share in shares} == {(whole.supervised, whole.tokens)}
        assert len({len(share.parts) for share in shares}) == 1, "all meet equally often"
        learned = [
            int(row[0]) - 100
            for share in shares
            for part in share.parts
            for row, labels in zip(part.ids, part.labels, strict=True)
            if (labels != IGNORED).any()
        ]
        assert sorted(learned) == sorted(seen(whole))


def test_packed_rows_stand_one_after_the_other() -> None:
    layout = Layout(packed=True)
    [batch] = Loader(rows(2), TrainingSettings(), seed=0, layout=layout)
    [part] = batch.parts
    assert batch.prefix.shape == (1, 0)
    assert part.positions is not None
    by_row = {100: [7, 8, 100, 10, 50, 51], 101: [7, 8, 101, 10, 11, 50, 51]}
    order = [int(part.ids[0, 2]), 201 - int(part.ids[0, 2])]
    assert part.ids[0].tolist() == by_row[order[0]] + by_row[order[1]]
    assert part.positions[0].tolist() == [i for row in order for i in range(len(by_row[row]))]
    learned = [label for label in part.labels[0].tolist() if label != IGNORED]
    assert learned == [50, 51] * 2
    assert part.to(torch.device("meta")).positions.device.type == "meta"


def test_a_batch_moves_with_all_its_tensors() -> None:
    [batch, *_] = loader()
    moved = batch.to(torch.device("meta"))
    assert {moved.prefix.device.type, moved.parts[0].ids.device.type, moved.parts[0].labels.device.type} == {
        "meta"
    }
