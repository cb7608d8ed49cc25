"""Is a text in the language that it should be in? (The paper's Korean, Nepali and Swiss data sets.)"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import regex

from simula.domain import Language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FEWEST_LETTERS = 10
"""Letters of prose below which a text has no language that could be told."""
SCRIPT_SHARE = 0.3
"""Share of letters outside the Latin script from which a text is judged by these alone: a Korean question
may name "binary search tree" in Latin letters. A syllable of Hangul counts as two letters."""
UNLIKELY = 0.1
"""Probability that the detector gives the wanted languages below which a text is foreign: the teacher was
asked for them, so that a short text is doubtful only where another language is far likelier."""

_NO_PROSE = regex.compile(
    r"""
      \$(?=\S)[^$\n]*(?<=\S)\$(?!\d)                # $LaTeX$, not "$5 or $7"
    | \\\(.*?\\\) | \\\[.*?\\\] | \\\p{L}+          # \(…\), \[…\], \frac
    | `[^`]*`                                       # code
    | \p{L}+(?=\()                                  # sin(x)
    | (?<!\p{Greek})\p{Greek}(?!\p{Greek})          # one Greek letter
    """,
    regex.VERBOSE | regex.DOTALL,
)
_LATIN = regex.compile(r"\p{Latin}+")
_OTHER = regex.compile(r"[[\p{L}\p{M}\p{Join_Control}]--\p{Latin}]+", regex.VERSION1)
_SYLLABLE = regex.compile(r"\p{Hangul}")
_SHORTEST_LATIN = 3
"""Letters of a Latin word that counts as prose: x, kg, ab are names and units."""

_NO_LANGUAGE = "zxx"
"""The detector's class of numbers, markup and identifiers."""

_SMALL_WORDS = {
    "ne": """छ छन् छैन छैनन् हुन् हुन्छ हुन्छन् हुँदैन हुँदा हुने भएको भए भयो भने भन्छ थियो थिए थिइन् होइन होला र मा कति कुन
        कसरी किन वटा एउटा दुई पनि यो त्यो यस त्यस उसले उनले तलका तलको मध्ये लागि गर्नुहोस् लगाउनुहोस् दिनुहोस् गर्छ
        गर्दछ गरेको सकिन्छ पर्छ""",
    "hi": """है हैं था थी थे में और की नहीं क्या यह वह ये वे इस उस इसका उसका उसने कौन कितना कितनी कितने कैसे क्यों होगा होगी
        होंगे होता होती होते तो लिए कीजिए कीजिये करें करो बताइए दो किया गया दिया""",
}
"""Words that one of two languages of one script has and the other has not. In a question of six words they
are surer than letter statistics."""
_TELLING = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}


def foreign(text: str, languages: Iterable[Language]) -> str | None:
    """The language that a text is surely in instead of a wanted one, or None.

    Formulas, code, numbers, units and single letters belong to no language: what is left of a text, its
    prose, is judged, and a text with too little of it is not foreign. No wanted language: nothing is.

    Args:
        text: A data point's question with its options, or its reasoning.
        languages: The wanted languages, ISO 639-1 codes; a text may be in any of them.

    Returns:
        The ISO 639 code of the likeliest language where none of the wanted ones is likely; None for a text
        in a wanted language and for one of which nothing can be said.
    """
    wanted = set(languages)
    if not wanted or (prose := _prose(text)) is None:
        return None
    if (told := _told_by_words(prose)) is not None:
        return None if told in wanted else told
    chances = dict(_detector().rank(prose))
    if sum(float(chances[language]) for language in wanted) >= UNLIKELY:
        return None
    likeliest = max(set(chances) - wanted, key=chances.__getitem__)
    return None if likeliest == _NO_LANGUAGE else likeliest


def _prose(text: str) -> str | None:
    """The words by which a text's language is told; None where they are too few."""
    text = _NO_PROSE.sub(" ", unicodedata.normalize("NFKC", text))
    latin, other = _LATIN.findall(text), _OTHER.findall(text)
    latin_letters = sum(len(word) for word in latin if len(word) >= _SHORTEST_LATIN)
    other_letters = sum(len(word) for word in other) + len(_SYLLABLE.findall(text))
    if other_letters and other_letters >= SCRIPT_SHARE * (latin_letters + other_letters):
        words, letters = other, other_letters
    else:
        words, letters = latin, latin_letters
    return " ".join(words) if letters >= FEWEST_LETTERS else None


def _told_by_words(prose: str) -> str | None:
    """The language whose small words clearly prevail, if one's do."""
    words = prose.split()
    counts = {language: sum(word in small for word in words) for language, small in _TELLING.items()}
    first, second = sorted(counts, key=counts.__getitem__, reverse=True)[:2]
    return first if counts[first] > counts[second] else None


@cache
def _detector() -> LanguageIdentifier:
    """Naive Bayes over byte n-grams, 139 languages, offline. Loaded when first asked: it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
