"""The simulated teacher behind the port: one request at a time, the same answer to the same request."""

import asyncio
import json
from dataclasses import replace

import jsonschema
import pytest

from simula.domain import FreeText, Identifier, Number
from simula.domain.schema import TEXT, strict_object
from simula.errors import TeacherUnavailable
from simula.prompts import replies
from simula.teacher.port import Request
from simula.teacher.price import Price
from simula.teacher.simulated import SimulatedTeacher

MIX = [
    {"factor": "calculation", "path": ["addition"], "description": ""},
    {"factor": "setting", "path": ["shop", "bakery"], "description": ""},
]
EXAMPLE = {
    "question": "Sarah has 24 muffins and buys 18 more. How many muffins does Sarah have now?",
    "options": [],
    "reasoning": "",
    "answer": "42",
}
MADE = {"mix": MIX, "scenario": "", "example": EXAMPLE}
PATH = {"factor": "calculation", "path": ["addition"], "leaf": True}
TREE = PATH | {"siblings": [], "plan": "", "max_children": 12}
REQUESTS = {
    "propose_factors": (replies.factors(6), {"max_factors": 6}),
    "review_factors": (
        replies.factors(6),
        {"factors": [{"name": "mood", "description": ""}], "max_factors": 6},
    ),
    "propose_children": (replies.children(12, least=0), TREE),
    "review_children": (replies.children(12, least=0), PATH | {"candidates": [], "max_children": 12}),
    "plan_level": (replies.plan(), {"factor": "calculation", "level": 1, "nodes": [["addition"]]}),
    "write_strategies": (
        replies.strategies(["calculation", "setting", "form"], 40),
        {
            "factors": [
                {"name": name, "description": "", "top": []} for name in ("calculation", "setting", "form")
            ]
        },
    ),
    "write_scenarios": (replies.scenarios(5), {"mix": MIX, "count": 5, "earlier": []}),
    "complexify": (replies.scenario(), {"mix": MIX, "scenario": ""}),
    "write_sample": (Number().reply_schema(), {"mix": MIX, "scenario": ""}),
    "refine": (Number().reply_schema(), MADE | {"explanation": "wrong"}),
    "judge_requirements": (replies.judgement(), MADE),
    "judge_correct": (replies.judgement(), {"example": EXAMPLE}),
    "judge_incorrect": (replies.judgement(), {"example": EXAMPLE}),
    "score_complexity": (replies.scores(2, 1, 100), {"examples": [EXAMPLE] * 2, "lowest": 1, "highest": 100}),
    "assign_node": (
        replies.node(2),
        {"factor": "calculation", "paths": [["addition"], ["subtraction"]], "example": EXAMPLE},
    ),
}


def request(template: str, seed: int = 0, **other) -> Request:
    schema, values = REQUESTS[template]
    return Request(template, "system text", "a prompt of five words", schema, values | other, seed, 1.0, 1024)


def ask(teacher, asked: Request):
    return asyncio.run(teacher.ask(asked))


@pytest.mark.parametrize("template", REQUESTS)
def test_every_prompt_has_a_reply_of_its_form(template):
    teacher = SimulatedTeacher().connect()
    for seed in range(20):
        reply = ask(teacher, request(template, seed))
        jsonschema.validate(json.loads(reply.text), REQUESTS[template][0])
        assert reply.finish == "stop"
        assert reply.model == teacher.model


@pytest.mark.parametrize("template", REQUESTS)
def test_the_same_request_has_the_same_answer_whoever_asks_and_whenever(template):
    asked = [request(template, seed) for seed in range(10)]
    first, second = SimulatedTeacher().connect(), SimulatedTeacher().connect()
    forwards = [ask(first, one).text for one in asked]
    backwards = [ask(second, one).text for one in reversed(asked)]
    assert forwards == backwards[::-1]


def test_another_seed_is_another_sample():
    teacher = SimulatedTeacher().connect()
    assert len({ask(teacher, request("write_sample", seed)).text for seed in range(50)}) > 25


def test_usage_grows_with_the_words():
    teacher = SimulatedTeacher().connect()
    short = request("write_sample")
    long = replace(short, prompt="word " * 100)
    assert ask(teacher, short).usage.prompt == round(1.3 * 2) + round(1.3 * 5)
    assert ask(teacher, long).usage.prompt == round(1.3 * 2) + 130
    assert ask(teacher, request("write_scenarios")).usage.completion > ask(teacher, short).usage.completion


def test_a_reply_over_the_limit_is_cut_off():
    reply = ask(SimulatedTeacher().connect(), replace(request("write_scenarios"), max_tokens=20))
    assert reply.finish == "length"
    assert reply.usage.completion == 20
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


def test_traits_name_the_model_and_its_price_does_not():
    assert SimulatedTeacher().model == SimulatedTeacher(price=Price(input=1)).model
    assert SimulatedTeacher().model != SimulatedTeacher(skill=1).model


def test_what_it_cannot_do_it_says():
    teacher = SimulatedTeacher().connect()
    with pytest.raises(TeacherUnavailable, match="does not know the prompt 'sing'"):
        ask(teacher, replace(request("write_sample"), template="sing"))
    other = replace(request("write_scenarios"), template="write_sample", schema=strict_object(letter=TEXT))
    with pytest.raises(TeacherUnavailable, match="domain=arithmetic"):
        ask(teacher, replace(other, values={"mix": MIX, "scenario": ""}))
    feelings = Identifier(pattern="joy|fear", choices={"joy": "glad", "fear": "afraid"})
    for schema in (feelings.reply_schema(), Identifier(pattern=r"CWE-\d+").reply_schema()):
        with pytest.raises(
            TeacherUnavailable, match="the answer a number, not with question, answer of this"
        ):
            ask(teacher, replace(request("write_sample"), schema=schema))


def test_free_text_is_served_too():
    reply = ask(
        SimulatedTeacher().connect(), replace(request("write_sample"), schema=FreeText().reply_schema())
    )
    assert set(json.loads(reply.text)) == {"question", "answer"}
