"""Each prompt file rendered into a golden file; `SIMULA_UPDATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

import simula.prompts
from simula.domain import Domain
from simula.prompts.rendering import render, system_prompt, template_hash

GOLDEN = Path(__file__).parent.parent / "golden" / "prompts"
MIX = [
    {"factor": "weakness", "path": ["CWE-59: link following"], "description": "A link is followed."},
    {"factor": "software", "path": ["server", "FTP server"], "description": ""},
]
EXAMPLE = {"question": "Which is it?", "options": ["one", "two"], "reasoning": "Because.", "answer": "B"}
NAMED = [{"name": "server", "description": "Answers requests."}, {"name": "client", "description": "Asks."}]
CASES: dict[str, dict[str, Any]] = {
    "propose_factors": {"max_factors": 6},
    "review_factors": {"factors": NAMED, "max_factors": 6},
    "propose_children": {
        "factor": "software",
        "path": ["server"],
        "description": "Answers requests.",
        "siblings": ["client"],
        "plan": "By protocol.",
        "max_children": 12,
        "leaf": True,
    },
    "review_children": {
        "factor": "software",
        "path": [],
        "candidates": NAMED,
        "max_children": 12,
        "leaf": False,
    },
    "plan_level": {"factor": "software", "level": 1, "nodes": [["server"], ["client"]]},
    "write_strategies": {
        "factors": [
            {"name": "software", "description": "What runs.", "top": ["server", "client"], "more": 0},
            {"name": "weakness", "description": "", "top": ["CWE-59: link following"], "more": 40},
        ],
        "most": 6,
    },
    "write_scenarios": {"mix": MIX, "count": 5, "earlier": ["The one before."]},
    "complexify": {"mix": MIX, "scenario": "A file server at a school."},
    "write_sample": {"item": "vulnerability report", "mix": MIX, "scenario": "A file server at a school."},
    "write_like": {"item": "vulnerability report", "examples": [EXAMPLE, EXAMPLE | {"options": []}]},
    "evolve": {"item": "vulnerability report", "example": EXAMPLE, "operation": "reason"},
    "judge_requirements": {"mix": MIX, "scenario": "", "example": EXAMPLE},
    "judge_correct": {"example": EXAMPLE},
    "judge_incorrect": {"example": EXAMPLE},
    "refine": {"mix": MIX, "scenario": "", "example": EXAMPLE, "explanation": "Too short."},
    "corrupt_answer": {"example": EXAMPLE},
    "answer_item": {"question": "Add.\n\nWhat is 2 and 3?", "reasoning": True},
    "assign_node": {
        "factor": "software",
        "description": "What runs.",
        "within": [],
        "kinds": render(
            "_kinds",
            {
                "kinds": [
                    {"depth": 0, "name": "server", "description": "Answers requests."},
                    {"depth": 1, "name": "FTP server", "description": ""},
                    {"depth": 0, "name": "client", "description": "Asks."},
                ]
            },
        ),
        "example": EXAMPLE,
    },
    "zero_shot_taxonomy": {"factor": "software", "description": "What runs.", "depth": 2, "nodes": 40},
    "place_node": {
        "factor": "software",
        "place": ["server"],
        "children": ["file server", "web server"],
        "nodes": [["FTP server"], ["program", "browser"]],
    },
    "judge_node": {
        "factor": "software",
        "own": [{"name": "program", "depth": 0}, {"name": "browser", "depth": 1}],
        "own_hidden": 0,
        "other": [{"name": "server", "depth": 0}, {"name": "web server", "depth": 1}],
        "other_hidden": 12,
        "nodes": [["program"], ["program", "browser"]],
    },
    "score_complexity": {
        "examples": [EXAMPLE, {"question": "How many?", "options": [], "reasoning": "", "answer": "7"}],
        "attribute": "complexity",
        "guidance": "how hard it is",
        "lowest": 1,
        "highest": 100,
    },
}


def test_every_prompt_file_has_a_case() -> None:
    folder = Path(simula.prompts.__file__).parent
    files = {path.stem for path in folder.glob("*.jinja") if not path.stem.startswith("_")}
    assert files == {*CASES, "system"}


@pytest.mark.parametrize("template", CASES)
def test_rendered_prompt(template: str) -> None:
    rendered = render(template, CASES[template]) + "\n"
    golden = GOLDEN / f"{template}.txt"
    if os.environ.get("SIMULA_UPDATE_GOLDEN"):
        golden.write_text(rendered)
    assert rendered == golden.read_text()
    assert "  \n" not in rendered
    assert "\n\n\n" not in rendered


@pytest.mark.parametrize("template", CASES)
def test_a_missing_value_is_an_error(template: str) -> None:
    with pytest.raises(UndefinedError):
        render(template, {})


def test_what_a_model_wrote_is_data_never_template() -> None:
    hostile = "{{ 7 * 7 }} {% for x in y %}"
    assert hostile in render("write_sample", {"item": "d", "mix": MIX, "scenario": hostile})


def test_the_system_prompt_names_another_language() -> None:
    def domain(language: str) -> Domain:
        return Domain.model_validate(
            {"name": "d", "description": "Riddles.", "instructions": "i", "language": language}
            | {"task": {"type": "free_text"}}
        )

    assert "Nepali" in system_prompt(domain("Nepali"))
    assert "English" not in system_prompt(domain("English"))


def test_each_file_has_its_own_hash() -> None:
    assert len({template_hash(template) for template in CASES}) == len(CASES)
