from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simula.store import spool
from simula.store.spool import Spool


@given(texts=some.lists(some.text(some.characters(), max_size=20), max_size=20), data=some.data())
def test_each_text_comes_back_by_its_number(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: some.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch, Spool(tmp_path_factory.getbasetemp()) as kept:
        patch.setattr(spool, "BUFFER", 16)
        for count, text in enumerate(texts, start=1):
            kept.append(text)
            number = data.draw(some.integers(0, count - 1))
            assert kept[number] == texts[number]
        assert [kept[number] for number in range(len(kept))] == texts


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    with Spool(tmp_path) as kept:
        kept.append("x" * (2 * spool.BUFFER))
        assert kept[0] == "x" * (2 * spool.BUFFER)
        assert not list(tmp_path.iterdir())
