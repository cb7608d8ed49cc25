"""What a provider says went wrong, in the port's words.

==============================  =====================================================================
fault                           outcome
==============================  =====================================================================
429 (too many calls)            sent again; no sooner than RetryInfo or Retry-After asks. Where it names
                                a spent quota a minute, other calls are held back as long (`circuit.py`)
429, the day's quota or a wait  stop: "the quota is used up"
of more than ten minutes
408, 500, 502, 503, 504, 529    sent again, after waits that double, with jitter (`repeats.py`), and no sooner
                                than RetryInfo or Retry-After asks
the same, a wait of more than   stop: "asks to come back in 3,600 s"
ten minutes
time-out, slow drip             the whole call, reading included, has `timeout` seconds; sent again
dropped connection              sent again
truncated or foreign body       sent again; with an error's status, that status decides
empty candidates, no text       sent again
truncated JSON in a reply that  the adapter returns it; `prompts/asking.py` repairs it, counted, or asks
claims to be whole              again; else the slot is refused, "the reply does not fit its schema"
MAX_TOKENS ("length")           the adapter returns it; asked again, never repaired; else the slot is
                                refused, "cut off at the token limit"
safety block, refusal           the slot is refused, "the teacher's safety filter blocked the reply"
400, max_tokens "too large"     stop: "lower teacher.max_tokens"
400, a context no longer than   stop: "fits no prompt beside a reply of 8,192; lower teacher.max_tokens"
max_tokens
413, 400 "too long"             the slot is refused, "does not take a request of this length"
attempts used up                the slot is refused where other calls were answered meanwhile, else stop; each
                                time empty: the slot is refused
401, 402, 403, invalid key      stop: "refuses the credentials of GEMINI_API_KEY"
404 (retired model)             stop: "there is no model … here, or no longer"
another model answered          stop, unless `allow_model` names it; an answer without a name is believed,
                                and recorded as of "unknown"
any other status                stop: "does not accept requests as they are sent here"
nearly everything fails         probes, one call at a time; stop after `outage_seconds` (`circuit.py`)
==============================  =====================================================================

"Stop" is `TeacherUnavailable`: one sentence, and nothing more is sent; "refused" is `RequestFailed` or
`UnreadableReply`: the slot is kept with its reason. A call that no attempt got an answer to is `RequestLost`,
which an examination does not take for the teacher's word. What an unusable answer took is billed all the
same: the call's reply or error tells it (`Reply.unusable`, `TeacherError.used`).
`tests/teacher/test_faults.py` and `test_outages.py` have each line against the real adapters,
`test_odd_bodies.py` odd bodies.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from simula.errors import RequestFailed, TeacherUnavailable
from simula.teacher.model_names import one_of
from simula.teacher.port import Usage

_PASSING = {408, 425, 429, 500, 502, 503, 504, 529}
_BUSY = {429, 503, 504, 529}
"""Statuses of a provider that has too much to do, which less load may mend."""
_PATIENCE = 600.0
"""A provider that asks for a longer wait than this many seconds has closed for the day."""
_SPENT = re.compile(r"PerDay|insufficient_quota|billing", re.IGNORECASE)
_NAMED_QUOTA = re.compile(r"Per(?:Second|Minute|Hour)|rate_limit_exceeded")
"""A quota that fills up again soon, as Google (quotaId) and OpenAI (code) name it."""
_BAD_KEY = re.compile(r"API_KEY_INVALID|invalid_api_key")
_OPTIONS = {"gemini-3.5-flash-lite": "gemini_flash_lite"}
"""Models that want other settings than those before them, and the option of `teacher=` that has these."""
_CONTEXT = re.compile(r"context_(?:size|length)|maximum context", re.IGNORECASE)
_CONTEXT_LENGTH = re.compile(r"context length\D{0,20}(\d+)", re.IGNORECASE)
"""As vLLM, SGLang and OpenAI say, which keep room for the longest reply. llama.cpp, which keeps none, speaks
of the context's size."""
_TOO_LONG = re.compile(
    r"(?:tokens?|prompt|input|content|context|payload|request|string)\b[^.]*"
    r"(?:exceed|too (?:long|large)|longer than)",
    re.IGNORECASE,
)
_REPLY_TOO_LONG = re.compile(
    r"(?:max_(?:completion_|output_)?tokens|maxOutputTokens)\b.*"
    r"(?:exceed|too large|at most|less than|maximum|range)"
)
"""Said of the reply alone: no prompt is short enough."""


def secret_in(variable: str | None, model: str, otherwise: str) -> str:
    """The key from the environment, without the blanks around it; empty where none is wanted.

    Args:
        variable: its name in the environment; None: no key is wanted.
        model: what it is for.
        otherwise: what else to do where it is not set.

    Raises:
        TeacherUnavailable: the variable is not set, or holds what cannot be sent as a key.
    """
    secret = os.environ.get(variable, "").strip() if variable else ""
    if variable and not secret:
        raise TeacherUnavailable(
            f"{model} needs a key and {variable} is not set: export {variable}=…, or {otherwise}"
        )
    if not (secret.isascii() and secret.isprintable()):
        raise TeacherUnavailable(
            f"{variable} holds a line end, a control character or a letter outside of ASCII, which no key "
            f"does: export {variable}=… again"
        )
    return secret


class PassingFault(Exception):
    """A fault that may be gone a moment later; the call is sent again."""

    def __init__(
        self,
        what: str,
        wait: float = 0.0,
        *,
        busy: bool = False,
        quota: bool = False,
        empty: bool = False,
        used: Usage | None = None,
    ) -> None:
        """Say what happened.

        Args:
            what: one line, free of the key.
            wait: seconds that the provider asks to wait before the next attempt.
            busy: the provider has too much to do: less load may mend it.
            quota: it names a quota that is spent until `wait` is over, for every call.
            empty: the teacher answered, and its answer was empty.
            used: what an answer that cannot be used says it took.
        """
        super().__init__(what)
        self.wait = wait
        self.busy = busy
        self.quota = quota
        self.empty = empty
        self.used = used


@dataclass(frozen=True, slots=True)
class Boundary:
    """Translates a provider's failures; everything it says is free of the key."""

    model: str
    credential: str
    """Where the key comes from, such as "GEMINI_API_KEY"."""
    secret: str = field(default="", repr=False)
    group: str = "teacher"
    """Configuration group that errors name."""
    named: str = "model"
    """The group's setting of the model's name."""
    length: str = "max_tokens"
    """The group's setting of the longest reply."""

    def fault(
        self, status: int, message: str, reason: str = "", wait: float = 0.0, max_tokens: int = 0
    ) -> Exception:
        """The error for an HTTP status and what came with it.

        Args:
            status: HTTP status.
            message: the provider's sentence.
            reason: its machine-readable words, such as RESOURCE_EXHAUSTED or API_KEY_INVALID.
            wait: seconds that it asks to wait before the next attempt.
            max_tokens: the longest reply that was asked for; 0: none was named.
        """
        said = f"{status}: {self.clean(message)}"
        if status in {401, 402, 403} or _BAD_KEY.search(reason):
            return TeacherUnavailable(f"{self.model} refuses the credentials of {self.credential} ({said})")
        if status == 404:
            return TeacherUnavailable(
                f"there is no model {self.model} here, or no longer ({said}); "
                f"choose another one with {self.group}.{self.named}=…"
            )
        if status == 429 and (wait > _PATIENCE or _SPENT.search(reason)):
            return TeacherUnavailable(
                f"{self.model}: the quota is used up ({said}); the same command goes on when there is more"
            )
        if status in _PASSING and wait > _PATIENCE:
            return TeacherUnavailable(
                f"{self.model} asks to come back in {wait:,.0f} s ({said}); the same command goes on then"
            )
        if status in _PASSING:
            quota = status == 429 and bool(_NAMED_QUOTA.search(reason))
            return PassingFault(said, wait, busy=status in _BUSY, quota=quota)
        words = f"{reason} {message}" if status == 400 else ""
        if _REPLY_TOO_LONG.search(words) and not _CONTEXT.search(words):
            return TeacherUnavailable(
                f"{self.model} does not give replies of this length ({said}); "
                f"lower {self.group}.{self.length}"
            )
        if (context := _CONTEXT_LENGTH.search(words)) and max_tokens >= int(context[1]):
            return TeacherUnavailable(
                f"the context of {self.model}, {int(context[1]):,} tokens, fits no prompt beside a reply of "
                f"{max_tokens:,} ({said}); lower {self.group}.{self.length} or serve a longer context"
            )
        if status == 413 or context or _CONTEXT.search(words) or _TOO_LONG.search(words):
            return RequestFailed(f"{self.model} does not take a request of this length: {said}")
        return TeacherUnavailable(f"{self.model} does not accept requests as they are sent here ({said})")

    def late(self, seconds: float) -> PassingFault:
        """The fault of a call without a whole answer after so many seconds."""
        return PassingFault(f"no answer within {seconds:g} s", busy=True)

    def other_model(
        self, answered: str, allowed: tuple[str, ...], used: Usage | None = None
    ) -> TeacherUnavailable | None:
        """The error where another model answered than the one asked for, or one of those allowed.

        Args:
            answered: the model's name, as the answer says it.
            allowed: other models whose answers are accepted.
            used: what the answer says it took.
        """
        if one_of(answered, (self.model, *allowed)):
            return None
        answered = self.clean(answered)
        option = _OPTIONS.get(answered) if self.group == "teacher" else None
        error = TeacherUnavailable(
            f"{answered} answered where {self.model} was asked; if that is what you want, "
            f"accept it with {self.group}.allow_model=[{answered}] or ask for it with "
            + (f"teacher={option} or {option}_batch" if option else f"{self.group}.model={answered}")
        )
        error.used = used
        return error

    def clean(self, text: str) -> str:
        """`text` on one line, short, without the key as it is or as JSON and addresses spell it."""
        if self.secret:
            forms = {
                self.secret,
                json.dumps(self.secret)[1:-1],
                quote(self.secret),
                quote(self.secret, safe=""),
            }
            for form in sorted(forms, key=len, reverse=True):
                text = text.replace(form, "…")
        return " ".join(text.split())[:300]
