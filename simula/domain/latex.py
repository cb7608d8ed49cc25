r"""Final answers in LaTeX: the one in `\boxed{}`, and when two of them are the same.

`normal` follows the rules by which MATH's authors compare answers (Hendrycks et al. 2021, `is_equiv` of their
repository), `loosened` adds some of Minerva's (Lewkowycz et al. 2022, Appendix D.1), `value` compares plain
numbers and fractions. A computer algebra system would find more to be equal, but needs seconds and a time
limit for some answers, so that a score would depend on the machine.
"""

from __future__ import annotations

import re
from fractions import Fraction

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def boxed(text: str) -> str | None:
    r"""What the last `\boxed{}` or `\fbox{}` holds, braces within it balanced; None where there is none.

    Without braces (`\boxed 7$`) it is what stands up to the next dollar sign or the end of the line. One that
    is not closed, as in a text that was cut off, holds nothing.
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    rest = text[boxes[-1].end() :]
    if not rest.startswith("{"):
        return re.split(r"[$\n]", rest, maxsplit=1)[0].strip() or None
    depth = 0
    for brace in _BRACE.finditer(rest):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)  # an escaped brace counts as neither
        if depth == 0 and brace.group() == "}":
            return rest[1 : brace.start()].strip() or None
    return None


def normal(answer: str) -> str:
    """The form in which two answers are compared, as MATH's authors do; equal forms are equal answers."""
    text = answer.replace("\n", "").replace("\\!", "").replace("\\\\", "\\")
    text = re.sub(r"[td]frac", "frac", text)
    text = re.sub(r"\\left(?![a-z])|\\right(?![a-z])|\^\{\\circ\}|\^\\circ|\\\$", "", text)
    text = text.partition("\\text{ ")[0]  # a unit to the right of the number
    text = re.sub(r"\\?%", "", text)
    text = re.sub(r"(^|[ {])\.", r"\g<1>0.", text)
    name, equals, said = text.partition("=")
    if equals and "=" not in said and len(name) <= 2:  # "x = 5", "k=5"
        text = said
    text = re.sub(r"\\sqrt([^{\s])", r"\\sqrt{\1}", text).replace(" ", "")
    text = re.sub(r"\\frac([^{\\])(\{|[^{\\])", _braced, text)
    if text == "0.5":
        return r"\frac{1}{2}"
    over = re.fullmatch(r"(-?\d+)/(-?\d+)", text)
    return rf"\frac{{{over[1]}}}{{{over[2]}}}" if over else text


def loosened(answer: str) -> str:
    r"""The normal form without what carries no value: `\text{}`, thin spaces, a full stop, dollar signs."""
    text = re.sub(r"\\(?:text|textbf|mathrm|mbox|mathbf)\{([^{}]*)\}", r"\1", answer)
    text = re.sub(r"\\[,;: ]|\$|\\ast", "", text).strip().rstrip(".").strip()
    return normal(text).casefold()


def value(answer: str) -> Fraction | None:
    """The number that an answer plainly states: 1,000, 0.75 or a fraction of two whole numbers; else None."""
    text = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?:\D|$))", "", loosened(answer))
    if re.fullmatch(r"-?\d{1,60}(\.\d{1,60})?", text):
        return Fraction(text)
    over = re.fullmatch(r"(-?)\\frac\{(-?\d{1,60})\}\{(-?\d{1,60})\}", text)
    if over is None or not int(over[3]):
        return None
    return Fraction(int(over[2]), int(over[3])) * (-1 if over[1] else 1)


def _braced(found: re.Match[str]) -> str:
    r"""`\frac12` and `\frac1{72}` with all braces."""
    below = found[2] if found[2] == "{" else f"{{{found[2]}}}"
    return rf"\frac{{{found[1]}}}{below}"
