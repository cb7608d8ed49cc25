import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml

from simula.dataset import foreign
from simula.domain import Language

TEXTS: dict[Language, list[str]] = yaml.safe_load(
    Path(__file__).with_name("languages.yaml").read_text(encoding="utf-8")
)
EACH = [(language, text) for language, texts in TEXTS.items() for text in texts]
FORMULAS = [
    "x = 3, 2x + 1 = ?",
    r"$\int_0^1 \frac{x^2}{\sqrt{1 + x}} \, dx = \text{const}$",
    r"\[\lim_{n \to \infty} \left(1 + \frac{1}{n}\right)^n\]",
    "sin(x) + cos(x) = sqrt(2) sin(x + π/4)",
    "α + β + γ = 180°",
    "𝑎𝑥 + 𝑏𝑦 = 𝑐",
    "`for item in sorted(numbers): print(item)`",
    "12 km, 3 h, 80 km/h",
    "",
]
TOO_SHORT = {
    r"Evaluate $\int_0^1 x^2 \, dx$.",
}


def test_the_texts_cover_every_language_that_a_domain_can_name() -> None:
    assert set(TEXTS) == set(get_args(Language))
    assert all(len(TEXTS[language]) >= 15 for language in ("ko", "ne", "hi", "en", "de"))


def test_what_is_too_short_is_in_the_file() -> None:
    assert {text for _, text in EACH} >= TOO_SHORT


@pytest.mark.parametrize(("language", "text"), EACH)
def test_a_text_is_at_home_in_its_own_language(language: Language, text: str) -> None:
    assert foreign(text, (language,)) is None


@pytest.mark.parametrize("wanted", get_args(Language))
def test_a_text_of_another_language_is_named_by_it_or_too_short_to_tell(wanted: Language) -> None:
    found = {text: foreign(text, (wanted,)) for language, text in EACH if language != wanted}
    assert {text for text, language in found.items() if language is None} == {
        text for language, text in EACH if text in TOO_SHORT and language != wanted
    }
    assert all(found[text] in (None, language) for language, text in EACH if language != wanted)


def test_nepali_and_hindi_share_a_script_and_are_told_apart() -> None:
    assert {foreign(text, ("ne",)) for text in TEXTS["hi"]} == {"hi"}
    assert {foreign(text, ("hi",)) for text in TEXTS["ne"]} == {"ne"}


@pytest.mark.parametrize("other", ["fr", "it"])
def test_german_or_english_refuses_their_neighbours(other: Language) -> None:
    assert {foreign(text, ("de", "en")) for text in TEXTS[other]} == {other}
    assert {foreign(text, ("de", "en")) for text in TEXTS["de"] + TEXTS["en"]} == {None}


def test_one_wanted_language_refuses_the_other() -> None:
    assert foreign("Welche der folgenden Zahlen ist keine Primzahl?", ("en",)) == "de"
    assert foreign("Which of the following is not a prime number?", ("de",)) == "en"


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("wanted", get_args(Language))
def test_formulas_have_no_language(text: str, wanted: Language) -> None:
    assert foreign(text, (wanted,)) is None


def test_latin_names_do_not_make_a_korean_text_foreign() -> None:
    text = "다음 중 안정 정렬이 아닌 것은?\nbubble sort\ninsertion sort\nmerge sort\nquicksort"
    assert foreign(text, ("ko",)) is None


def test_one_korean_word_does_not_make_an_english_text_korean() -> None:
    assert foreign("Which of these poems of the genre 시조 is the oldest that has survived?", ("ko",)) == "en"


def test_prices_are_no_formulas() -> None:
    assert foreign("A pen costs $5 and every notebook costs $7 in this shop.", ("ko",)) == "en"


def test_without_a_wanted_language_nothing_is_foreign() -> None:
    assert all(foreign(text, ()) is None for _, text in EACH)


def test_the_detector_is_loaded_by_its_first_use_only() -> None:
    code = "import sys, simula.dataset; assert 'py3langid' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
