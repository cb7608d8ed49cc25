import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from simula.dataset import SimilarityIndex, ngrams
from simula.dataset.similarity import fewest_shared

WORDS = st.lists(st.sampled_from(["red", "green", "blue", "one", "two"]), min_size=0, max_size=8).map(
    " ".join
)


@st.composite
def copies(draw: st.DrawFn) -> list[str]:
    """Texts of 20 to 30 words, and copies of them with up to three words changed, added or cut off."""
    texts: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        size, number = draw(st.integers(20, 30)), len(texts)
        words = [f"w{number}x{place}" for place in range(size)]
        texts.append(" ".join(words))
        for _ in range(draw(st.integers(1, 6))):
            copy = list(words)
            for _ in range(draw(st.integers(0, 3))):
                place = draw(st.integers(0, len(copy) - 1))
                copy[place : place + 1] = draw(st.sampled_from([[], ["new"], ["new", "words"]]))
            texts.append(" ".join(copy[draw(st.integers(0, 3)) :]))
    return draw(st.permutations(texts))


def jaccard(one: str, other: str, n: int) -> float:
    a, b = ngrams(one, n), ngrams(other, n)
    return len(a & b) / len(a | b)


def agrees(texts: list[str], n: int, threshold: float, crowd: int) -> None:
    """Every text is looked for before it is added, and the answer is brute force's each time."""
    index = SimilarityIndex(n, threshold, crowd=crowd)
    for number, text in enumerate(texts):
        before = enumerate(texts[:number])
        assert index.similar(text) == next(
            (str(i) for i, other in before if jaccard(text, other, n) >= threshold), None
        )
        index.add(str(number), text)


CROWDS = st.sampled_from([1, 2, 64])


@given(
    texts=st.lists(WORDS, max_size=12),
    n=st.integers(1, 4),
    threshold=st.sampled_from([0.07, 0.3, 0.5, 0.8, 1.0]),
    crowd=CROWDS,
)
def test_the_index_decides_like_brute_force_on_few_words(
    texts: list[str], n: int, threshold: float, crowd: int
) -> None:
    agrees(texts, n, threshold, crowd)


@settings(deadline=None)
@given(
    texts=copies(),
    n=st.sampled_from([1, 2, 5, 13]),
    threshold=st.sampled_from([0.2, 0.5, 0.8, 0.95, 1.0]),
    crowd=CROWDS,
)
def test_the_index_decides_like_brute_force_on_near_copies(
    texts: list[str], n: int, threshold: float, crowd: int
) -> None:
    agrees(texts, n, threshold, crowd)


def rows(count: int, seed: int) -> list[str]:
    """Half are new texts of 90 words, a third with a common opening; half are copies changed near the end."""
    draw = np.random.default_rng(seed)
    openings = [[f"opening{number}word{place}" for place in range(30)] for number in range(2)]
    texts: list[list[str]] = []
    for _ in range(count):
        if texts and draw.random() < 0.5:
            words = list(texts[draw.integers(len(texts))])
            for place in draw.integers(1, 30, size=draw.integers(0, 3)):
                words[-place] = f"word{draw.integers(50_000)}"
            words = words[draw.integers(0, 4) :]
        else:
            words = [f"word{number}" for number in draw.integers(50_000, size=90)]
            if (opening := draw.integers(6)) < 2:
                words[:30] = openings[opening]
        texts.append(words)
    return [" ".join(words) for words in texts]


def brute_force(texts: list[str], n: int, threshold: float) -> list[int | None]:
    """For each text the earliest kept one that is similar; kept are those without one. All pairs, counted."""
    columns: dict[tuple[str, ...], int] = {}
    sets = [[columns.setdefault(gram, len(columns)) for gram in ngrams(text, n)] for text in texts]
    sizes = np.array([len(grams) for grams in sets])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    matrix = sparse.csr_matrix((np.ones(ends[-1], dtype=np.int32), np.concatenate(sets), ends))
    shared = (matrix @ matrix.T).tocsr()
    twins: list[int | None] = []
    for row in range(len(texts)):
        others = shared.indices[shared.indptr[row] : shared.indptr[row + 1]]
        both = shared.data[shared.indptr[row] : shared.indptr[row + 1]]
        similar = others[both / (sizes[row] + sizes[others] - both) >= threshold]
        twins.append(min((int(i) for i in similar if i < row and twins[i] is None), default=None))
    return twins


@pytest.mark.parametrize("crowd", [4, 64])
def test_5000_rows_get_the_decisions_of_brute_force(crowd: int) -> None:
    texts = rows(5000, seed=3)
    index = SimilarityIndex(13, 0.8, crowd=crowd)
    found: list[int | None] = []
    for number, text in enumerate(texts):
        twin = index.similar(text)
        found.append(None if twin is None else int(twin))
        if twin is None:
            index.add(str(number), text)
    assert found == brute_force(texts, 13, 0.8)
    copied = sum(twin is not None for twin in found)
    assert 1000 < copied < 2400, "copies, and not all of them similar"
    assert index._common, "openings that many rows share"


def test_exactly_the_threshold_is_similar() -> None:
    # 9 and 9 grams of 13 of 21 words; the last word changed: 8 in common of 10, 4/5.
    words = [f"w{place}" for place in range(21)]
    one, other = " ".join(words), " ".join([*words[:-1], "new"])
    assert jaccard(one, other, 13) == 0.8
    index = SimilarityIndex(13, 0.8)
    index.add("one", one)
    assert index.similar(other) == "one"
    assert index.similar(" ".join([*words[:-1], "new", "end"])) is None


@pytest.mark.parametrize("threshold", [0.07, 0.1, 0.29, 0.3, 0.58, 0.7, 0.8, 0.9, 1.0])
def test_fewest_shared_is_the_smallest_that_can_reach_the_threshold(threshold: float) -> None:
    for size in range(1, 400):
        fewest = next(m for m in range(1, size + 1) if m / size >= threshold)
        assert fewest_shared(size, threshold) == fewest


def test_a_hand_worked_example() -> None:
    # 4 and 4 bigrams, 3 in common: 3 / 5.
    assert jaccard("a b c d e", "a b c d f", 2) == 0.6


def test_the_earliest_of_several_is_named() -> None:
    index = SimilarityIndex(2, 0.5)
    for name in ("first", "second"):
        index.add(name, "a b c d e")
    assert index.similar("a b c d f") == "first"


def test_a_text_shorter_than_n_equals_only_itself() -> None:
    index = SimilarityIndex(13, 0.8)
    index.add("short", "SQL injection in a forum.")
    assert index.similar("sql injection, in a forum") == "short"
    assert index.similar("sql injection in a shop") is None
    assert (
        index.similar("SQL injection in a forum, where twelve more words follow so that it is long") is None
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 3 + 4?", "What is 3 + 5?"),
        ("What is 3 + 4?", "What is 3 - 4?"),
        ("What is 3 * 4?", "What is 3 / 4?"),
        ("Is x < 4?", "Is x > 4?"),
        ("What is 2^3?", "What is 2 3?"),
        ("3 + 4 = ?", "3 × 4 = ?"),
        ("두 수의 합은?", "두 수의 차는?"),
        ("को मान कति हो?", "को मान के हो?"),
    ],
)
def test_short_texts_that_differ_in_a_number_a_sign_or_a_word_are_not_similar(one: str, other: str) -> None:
    index = SimilarityIndex(13, 0.8)
    index.add("one", one)
    assert index.similar(other) is None
    assert index.similar(one.upper()) == "one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("गर्‍यो, नेपालको हुन्छ?", ("गर्‍यो", "नेपालको", "हुन्छ")),
        ("두 수의 합이 15이고", ("두", "수의", "합이", "15이고")),
        ("Größere Fläche (m²)", ("größere", "fläche", "m²")),
        ("gro\u0308ße", ("größe",)),
        ("Cross-site scripting and/or CSRF.", ("cross", "site", "scripting", "and", "or", "csrf")),
    ],
)
def test_words_stay_whole_in_every_script(text: str, words: tuple[str, ...]) -> None:
    assert ngrams(text, 13) == {words}


def test_hash_randomisation_changes_nothing() -> None:
    code = "from simula.dataset.similarity import _hashes; print(list(_hashes('a b c d e', 2)))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert printed.pop().count(b",") == 3
