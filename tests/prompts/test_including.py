"""Prompt files with others in them read as Jinja itself renders them."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from jinja2 import Environment, PackageLoader, StrictUndefined

import simula.prompts
from simula.prompts.rendering import render

INCLUDING = [
    "assign_node",
    "complexify",
    "corrupt_answer",
    "evolve",
    "judge_correct",
    "judge_incorrect",
    "judge_requirements",
    "refine",
    "score_complexity",
    "write_like",
    "write_sample",
    "write_scenarios",
]
JINJA = Environment(
    loader=PackageLoader("simula", "prompts"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
"""As the package's own, but with `include` left to Jinja."""

texts = st.text(max_size=8)
lists = st.lists(texts, max_size=3)
examples = st.fixed_dictionaries({"question": texts, "answer": texts, "options": lists, "reasoning": texts})
mixes = st.lists(st.fixed_dictionaries({"factor": texts, "path": lists, "description": texts}), max_size=3)
values = st.fixed_dictionaries(
    {
        "mix": mixes,
        "scenario": texts,
        "example": examples,
        "examples": st.lists(examples, max_size=3),
        "earlier": lists,
        "item": texts,
        "operation": st.sampled_from(["constrain", "deepen", "broaden"]),
        "explanation": texts,
        "count": st.just(5),
        "attribute": texts,
        "guidance": texts,
        "lowest": st.just(1),
        "highest": st.just(10),
        "factor": texts,
        "description": texts,
        "within": lists,
        "kinds": texts,
    }
)


def test_these_are_the_files_that_include_others() -> None:
    folder = Path(simula.prompts.__file__).parent
    assert (
        sorted(path.stem for path in folder.glob("*.jinja") if "{% include" in path.read_text()) == INCLUDING
    )


@pytest.mark.parametrize("template", INCLUDING)
@given(said=values)
def test_an_included_file_reads_as_jinja_includes_it(template: str, said: dict[str, object]) -> None:
    assert render(template, said) == JINJA.get_template(f"{template}.jinja").render(said).strip()
