"""The system prompt: equal in all calls of a stage, and the sample S in the taxonomy stage only."""

import os
from pathlib import Path

import pytest

from simula.domain import Domain
from simula.prompts.rendering import system_prompt

GOLDEN = Path(__file__).parent.parent / "golden" / "prompts"
DOMAIN = Domain.model_validate(
    {"name": "d", "description": "Riddles of the sea.", "instructions": "i", "language": "Korean"}
    | {"task": {"type": "free_text"}, "seeds": ["What has waves\nand no hair?", "What ebbs?"]}
)


@pytest.mark.parametrize(("name", "sample"), [("system", False), ("system_with_sample", True)])
def test_rendered_prompt(name: str, sample: bool) -> None:
    rendered = system_prompt(DOMAIN, sample=sample) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("SIMULA_UPDATE_GOLDEN"):
        golden.write_text(rendered)
    assert rendered == golden.read_text()
    assert ("What ebbs?" in rendered) == sample


def test_without_a_sample_both_are_equal() -> None:
    bare = DOMAIN.model_copy(update={"seeds": ()})
    assert system_prompt(bare, sample=True) == system_prompt(bare) == system_prompt(DOMAIN)
