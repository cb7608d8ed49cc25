"""Put one question to a teacher and read the reply: strict parse, one repair, then ask again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from json_repair import repair_json

from simula.domain.checking import problem
from simula.draws import entropy
from simula.errors import RequestFailed, TeacherError, UnreadableReply
from simula.prompts.rendering import render
from simula.prompts.tally import Tally
from simula.teacher.port import Reply, Request, Teacher, Usage
from simula.teacher.price import Price

_HALF_A_PAIR = re.compile("[\\ud800-\\udfff]")
"""Half a surrogate pair, which JSON can spell and UTF-8 cannot hold."""
_SURROGATE = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
"""Either half of one, as a character or spelt."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Puts the questions of one domain to one teacher."""

    teacher: Teacher
    system: str
    temperature: float
    max_tokens: int
    attempts: int = 3
    """How often a question is put while its reply cannot be read."""
    price: Price = field(default_factory=Price)

    async def ask(
        self, template: str, schema: Mapping[str, Any], values: Mapping[str, Any], *, seed: int, tally: Tally
    ) -> dict[str, Any]:
        """The reply as an object that satisfies `schema`.

        Raises:
            RequestFailed: the teacher refused this request (a safety block, a request too long).
            UnreadableReply: no attempt gave a reply that satisfies the schema.
        """
        prompt = render(template, values)
        why = ""
        for attempt in range(self.attempts):
            request = Request(
                template=template,
                system=self.system,
                prompt=prompt,
                schema=schema,
                values=values,
                seed=entropy(seed, template, attempt) % 2**31,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
            )
            try:
                reply = await self.teacher.ask(request)
            except TeacherError as error:
                tally.lose(error.used or Usage(), self.teacher.model, self.price)
                raise
            tally.count(request, reply, self.teacher.model, self.price)
            if reply.finish == "blocked":
                raise RequestFailed(f"{template}: the teacher's safety filter blocked the reply")
            value, repaired, why = read(reply, schema)
            if value is not None:
                tally.repaired += repaired
                return value
            tally.asked_again += attempt + 1 < self.attempts
        raise UnreadableReply(f"{template}: {why} ({self.attempts} attempts)")


def read(reply: Reply, schema: Mapping[str, Any]) -> tuple[dict[str, Any] | None, bool, str]:
    """The object in a reply, whether it needed repair, and why there is none.

    A reply that was cut off at the token limit is never repaired: closing its brackets would turn half
    a sentence into data.
    """
    try:
        value, repaired = json.loads(reply.text), False
    except json.JSONDecodeError:
        if reply.finish == "length":
            return None, False, "the reply was cut off at the token limit"
        value, repaired = repair_json(reply.text, return_objects=True), True
    if _SURROGATE.search(reply.text) and _HALF_A_PAIR.search(json.dumps(value, ensure_ascii=False)):
        # It could be recorded, and neither be asked about nor be stored as text.
        return None, False, "the reply holds half a character"
    if why := problem(value, schema):
        return None, False, f"the reply does not fit its schema: {why[:200]}"
    return value, repaired, ""
