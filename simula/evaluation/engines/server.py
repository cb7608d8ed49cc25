"""A server that speaks OpenAI's protocol and serves the student: vLLM, llama.cpp, SGLang, a hosted one.

A student with a chat template is asked by chat completions: one message of the user, the question. It is
assumed that the server renders it by the student's own template, as servers of a model's folder do, and adds
no system turn. A student of plain prompts is asked by completions, with the prompt's tokens as they are. Of
sampling nothing is said but that `temperature` is 0: a server that adds the model's own repetition penalty
changes answers (vLLM: `--generation-config vllm`).

A closed list is scored where each of its answers is one token, by the probabilities that the server tells of
the first token's 20 likeliest. An answer that is not among them is less probable than those that are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from anyio import CapacityLimiter

from simula.concurrency import in_order, run
from simula.domain import Example
from simula.errors import StudentError, TeacherError
from simula.evaluation.engines.port import Examinee, Keep
from simula.student.marking import Said, marked
from simula.teacher.bodies import mapping, mappings
from simula.teacher.endpoint import Endpoint
from simula.teacher.faults import Boundary, PassingFault, secret_in
from simula.teacher.model_names import UNKNOWN, one_of
from simula.teacher.traffic import Limits, Traffic

_LIKELIEST = 20
"""OpenAI's limit, and vLLM's unless it is told otherwise."""
_ATTEMPTS, _FIRST_ATTEMPTS = 8, 3
"""How often a call is sent: in an examination, and before anything is spent, where a wait helps nobody."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One item as it is sent."""

    body: Mapping[str, Any]
    scored: bool
    """Whether probabilities are asked for."""


class Server:
    """Answers by a server; each is kept when it comes, so that a kill repeats the items in flight."""

    def __init__(self, examinee: Examinee) -> None:
        """Prepare; nothing is sent.

        Raises:
            StudentError: a key is wanted and its variable is not set.
        """
        asked, kept = examinee.evaluation, examinee.kept
        assert asked.url is not None
        assert asked.served_untuned is not None
        self._examinee = examinee
        self._model = (
            asked.served_untuned if kept is None else asked.served.replace("{adapter}", kept.parent.name)
        )
        self._chat = examinee.student.prompt == "chat"
        self._known: dict[tuple[str, ...], list[tuple[int | str, ...]]] = {}
        try:
            secret = secret_in(
                asked.key_variable, self._model, "set evaluation.key_variable=null for a server without"
            )
        except TeacherError as error:
            raise StudentError(str(error)) from error
        self._boundary = Boundary(
            self._model,
            asked.key_variable or asked.url,
            secret,
            group="evaluation",
            named="served_untuned" if kept is None else "served",
            length="max_new_tokens",
        )

    def answer(self, examples: Sequence[Example], keep: Keep) -> None:
        """Ask every item, `evaluation.concurrency` at once."""
        self._ask(examples, keep, _ATTEMPTS)

    def check(self, example: Example) -> None:
        """Ask one item, so that what is wrong shows before anything is spent. Raises StudentError."""
        self._ask([example], lambda said: None, _FIRST_ATTEMPTS)

    def _ask(self, examples: Sequence[Example], keep: Keep, attempts: int) -> None:
        try:
            run(self._answer, examples, keep, attempts)
        except TeacherError as error:
            kept = self._examinee.kept
            student = f"; the tuned student lies in {kept}" if kept else ""
            raise StudentError(f"the server {self._examinee.evaluation.url}: {error}{student}") from error

    async def _answer(self, examples: Sequence[Example], keep: Keep, attempts: int) -> None:
        asked = self._examinee.evaluation
        questions = self._questions(examples)
        url = f"{(asked.url or '').rstrip('/')}/{'chat/' if self._chat else ''}completions"
        endpoint = Endpoint(url, self._boundary, asked.timeout)
        traffic = Traffic(self._model, Limits(asked.concurrency, attempts=attempts))
        limiter = CapacityLimiter(asked.concurrency)

        async def one(index: int) -> None:
            async with limiter:
                question = questions[index]

                async def attempt() -> tuple[str, Mapping[int | str, float] | None]:
                    return self._read(await endpoint.post(question.body), question.scored)

                text, likeliest = await traffic.send(attempt)
                keep([self._said(examples[index], index, text, likeliest)])

        try:
            await in_order([partial(one, index) for index in range(len(examples))])
        finally:
            await traffic.close()
            await endpoint.close()

    def _questions(self, examples: Sequence[Example]) -> list[_Question]:
        """Raises StudentError where probabilities count and answers are several tokens."""
        one = self._examinee
        texts = [one.domain.question(example) for example in examples]
        prompts = [] if self._chat else self._template.prompts(texts)
        found = []
        for index, example in enumerate(examples):
            answers = one.domain.task.answers(example)
            scored = bool(answers) and one.evaluation.choice == "logprob"
            if scored:
                self._tokens(answers)
            # One token at least: it carries the probabilities.
            tokens = max(1, one.evaluation.choice_tokens) if answers else one.evaluation.max_new_tokens
            body: dict[str, Any] = {"model": self._model, "temperature": 0, "max_tokens": tokens}
            if self._chat:
                body["messages"] = [{"role": "user", "content": texts[index]}]
                body |= {"logprobs": True, "top_logprobs": _LIKELIEST} if scored else {}
            else:
                body["prompt"] = prompts[index]
                body |= {"logprobs": _LIKELIEST} if scored else {}
            found.append(_Question(body, scored))
        return found

    def _said(
        self, example: Example, index: int, text: str, likeliest: Mapping[int | str, float] | None
    ) -> Said:
        one = self._examinee
        answers = one.domain.task.answers(example)
        heard = None if answers and not one.evaluation.choice_tokens else text
        if likeliest is None:
            return marked(one.domain, example, index, heard, None, one.marking)
        names = zip(answers, self._tokens(answers), strict=True)
        scores = {
            answer: max(likeliest[name] for name in found)
            for answer, token in names
            if (found := [name for name in token if name in likeliest])
        }
        return marked(one.domain, example, index, heard, scores, one.marking)

    def _read(self, body: Mapping[str, Any], scored: bool) -> tuple[str, Mapping[int | str, float] | None]:
        """The text, and where they are asked for the likeliest first tokens by number and by text.

        Raises:
            PassingFault: the body is no completion.
            StudentError: another model answered, or no probabilities came.
        """
        model = str(body.get("model") or UNKNOWN)
        if not one_of(model, (self._model,)):
            raise StudentError(
                f"the server {self._examinee.evaluation.url} answered as {self._boundary.clean(model)} where "
                f"{self._model} was asked: set evaluation.{self._boundary.named}"
            )
        try:
            choice = body["choices"][0]
            said = choice["message"].get("content") if self._chat else choice["text"]
            told = choice.get("logprobs")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise PassingFault(self._boundary.clean(f"not a completion: {json.dumps(body)}")) from None
        if said is not None and not isinstance(said, str):
            raise PassingFault(self._boundary.clean(f"the text is a {type(said).__name__}"))
        if not scored:
            return said or "", None
        if not isinstance(told, Mapping):
            raise StudentError(
                f"the server {self._examinee.evaluation.url} tells no probabilities of first tokens "
                f"(logprobs, {_LIKELIEST} of them, were asked for): set evaluation.choice=letter, or take a "
                "server that does, such as vLLM's or llama.cpp's"
            )
        return said or "", _likeliest(told)

    @cached_property
    def _template(self) -> Any:
        from simula.student.template import Template
        from simula.student.weights import tokenizer

        one = self._examinee
        return Template(tokenizer(one.student, one.cache), one.student.prompt)

    def _tokens(self, answers: tuple[str, ...]) -> list[tuple[int | str, ...]]:
        """Each answer's token as servers name it: its number, or one of its spellings.

        Raises:
            StudentError: an answer is several tokens, or two begin alike.
        """
        if answers not in self._known:
            ids = self._template.answers(answers)
            several = next((answer for answer, own in zip(answers, ids, strict=True) if len(own) > 1), None)
            if several is not None or len({own[0] for own in ids}) < len(ids):
                raise StudentError(
                    "evaluation.engine=server tells probabilities of single tokens, and the answer "
                    f"{several or answers[0]!r} is not told from others by one: set "
                    "evaluation.choice=letter, or evaluation.engine=transformers or vllm"
                )
            self._known[answers] = [_names(self._template.tokenizer, own[0]) for own in ids]
        return self._known[answers]


def _names(tokenizer: Any, token: int) -> tuple[int | str, ...]:
    piece = str(tokenizer.convert_ids_to_tokens(token)).replace(
        "\u2581", " "
    )  # as SentencePiece writes a space
    return token, str(tokenizer.decode([token])), piece


def _likeliest(told: Mapping[str, Any]) -> dict[int | str, float]:
    """The first token's likeliest alternatives; empty where the student ended at once and none are told.

    Chat completions, and llama.cpp's completions, list objects; completions of others hold a mapping.
    """
    by_text = _first(told.get("top_logprobs"))
    listed = mappings(_first(told.get("content")).get("top_logprobs"))
    found: dict[int | str, float] = {}
    for name, value in [
        *by_text.items(),
        *((one.get("token"), one.get("logprob")) for one in listed),
        *((one.get("id"), one.get("logprob")) for one in listed),
    ]:
        # Two tokens may read alike; the first is the likelier.
        if isinstance(name, int | str) and isinstance(value, int | float) and math.isfinite(value):
            found.setdefault(name, float(value))
    return found


def _first(said: Any) -> Mapping[str, Any]:
    return mapping(said[0]) if isinstance(said, list) and said else {}
