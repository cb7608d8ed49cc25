from typing import Literal

import anyio
import pytest

from simula.domain.schema import TEXT, strict_object
from simula.errors import RequestFailed, UnreadableReply
from simula.prompts import Asker, Tally
from simula.teacher import ScriptedTeacher
from simula.teacher.port import Reply, Usage

SCHEMA = strict_object(plan=TEXT)
VALUES = {"factor": "software", "level": 1, "nodes": [["server"]]}


def ask(
    *replies: tuple[str, Literal["stop", "length", "blocked"]],
) -> tuple[dict[str, str], Tally, ScriptedTeacher]:
    usage, tally = Usage(prompt=10, completion=5), Tally()
    teacher = ScriptedTeacher([Reply(text, "scripted-001", finish, usage) for text, finish in replies])
    asker = Asker(teacher, "system", 0.7, 100)
    value = anyio.run(lambda: asker.ask("plan_level", SCHEMA, VALUES, seed=1, tally=tally))
    return value, tally, teacher


def test_a_reply_that_fits_is_read_at_once() -> None:
    value, tally, _ = ask(('{"plan": "By protocol."}', "stop"))
    assert value == {"plan": "By protocol."}
    assert (tally.calls, tally.repaired, tally.asked_again) == (1, 0, 0)
    (spent,) = tally.spent
    assert (spent.model, spent.answered, spent.prompt, spent.completion) == (
        "scripted",
        ("scripted-001",),
        10,
        5,
    )


def test_a_slip_is_repaired_once_and_counted() -> None:
    value, tally, _ = ask(("Sure! {'plan': 'By protocol.',}", "stop"))
    assert value == {"plan": "By protocol."}
    assert tally.repaired == 1


def test_what_cannot_be_read_is_asked_again_with_another_seed() -> None:
    value, tally, teacher = ask(('{"idea": "no"}', "stop"), ('{"plan": "yes"}', "stop"))
    assert value == {"plan": "yes"}
    assert (tally.calls, tally.asked_again) == (2, 1)
    assert len({request.seed for request in teacher.requests}) == 2


@pytest.mark.parametrize(
    "half", ['{"plan": "cut \\ud83d"}', '{"plan": "cut \ud83d"}', "{'plan': 'cut \\udc00',}"]
)
def test_half_a_character_is_asked_again(half: str) -> None:
    value, tally, _ = ask((half, "stop"), ('{"plan": "whole \\ud83d\\ude00"}', "stop"))
    assert value == {"plan": "whole \U0001f600"}
    assert tally.asked_again == 1


def test_a_reply_cut_off_is_never_repaired_into_data() -> None:
    with pytest.raises(UnreadableReply, match="cut off at the token limit"):
        ask(*[('{"plan": "By proto', "length")] * 3)


def test_a_blocked_reply_fails_without_another_try() -> None:
    with pytest.raises(RequestFailed, match="safety"):
        ask(("", "blocked"))
