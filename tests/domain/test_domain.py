from typing import Any

import pytest
from pydantic import ValidationError

from simula.domain import Domain

SAID: dict[str, Any] = {
    "name": "d",
    "description": "Sums.",
    "instructions": "Add.",
    "task": {"type": "free_text"},
}


@pytest.mark.parametrize("name", ["", "../../esc", "a/b", ".hidden", "two words"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        Domain.model_validate(SAID | {"name": name})


@pytest.mark.parametrize(
    "factors",
    [
        [{"name": "a"}, {"name": "A "}],
        [{"name": "a", "children": [{"name": "s"}, {"name": "t"}, {"name": "s"}]}],
        [{"name": "a", "children": [{"name": "s", "children": [{"name": "x"}, {"name": "x"}]}]}],
    ],
)
def test_siblings_of_one_name_are_refused(factors: list[Any]) -> None:
    with pytest.raises(ValidationError, match="siblings must differ"):
        Domain.model_validate(SAID | {"factors": factors})


def test_one_name_in_two_branches_is_fine() -> None:
    twins = [{"name": name, "children": [{"name": "same"}]} for name in ("a", "b")]
    assert Domain.model_validate(SAID | {"factors": twins}).factors[0].name == "a"


def test_empty_texts_and_names_are_refused() -> None:
    for changes in ({"description": ""}, {"instructions": ""}, {"factors": [{"name": ""}]}):
        with pytest.raises(ValidationError, match="at least 1 character"):
            Domain.model_validate(SAID | changes)


def test_a_known_language_is_checked_unless_others_are_stated() -> None:
    assert Domain.model_validate(SAID).checked_languages == ()
    assert Domain.model_validate(SAID | {"language": "Korean"}).checked_languages == ("ko",)
    stated = Domain.model_validate(SAID | {"language": "Korean", "languages": ["ko", "en"]})
    assert stated.checked_languages == ("ko", "en")
