"""The bodies of OpenAI's chat completions, on loopback."""

from __future__ import annotations

from typing import Any

from loopback import Answer, Loopback


def answer(
    content: Any = '{"question":"How many?","answer":"5"}',
    finish: str = "stop",
    model: str = "qwen",
    **message: Any,
) -> dict[str, Any]:
    """A body as chat completions send it."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {
            "prompt_tokens": 40,
            "completion_tokens": 15,
            "total_tokens": 55,
            "prompt_tokens_details": {"cached_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def error(status: int, message: str, kind: str = "", code: str = "", **headers: str) -> Answer:
    """An error as OpenAI sends it; header names with underscores."""
    body = {"error": {"message": message, "type": kind, "code": code, "param": None}}
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


class FakeServer(Loopback):
    """Good answers at any address."""

    def __init__(self, *script: Answer) -> None:
        super().__init__(lambda body: answer(), *script)
