"""A server on loopback that answers chat completions and generateContent after a settable latency, validly.

    python benchmarks/mock_server.py 0.5             prints its port, and stops when its standard input ends

It is written on the bare protocol, so that it takes little of the machine from what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

from fast_teacher import answer

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_INCORRECT = "Is this answer incorrect?"
"""How the second of the double critic's questions is told where the prompt's name is not sent."""


def reply(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer's body in the provider's form."""
    if "generateContent" in path:
        config = body["generationConfig"]
        prompt = body["contents"][0]["parts"][0]["text"]
        text = json.dumps(answer(config["responseJsonSchema"], config["seed"], _INCORRECT in prompt))
        part = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 300, "candidatesTokenCount": 150, "totalTokenCount": 450}
        return {"candidates": [part], "usageMetadata": usage, "modelVersion": "mock", "responseId": "r"}
    asked = body["response_format"]["json_schema"]
    text = json.dumps(answer(asked["schema"], body["seed"], asked["name"] == "judge_incorrect"))
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 300, "completion_tokens": 150, "total_tokens": 450}
    return {"id": "c", "object": "chat.completion", "model": "mock", "choices": [choice], "usage": usage}


class Mock(asyncio.Protocol):
    """One connection."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request after the latency."""
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.data) < whole:
                return
            body, self.data = self.data[end + 4 : whole], self.data[whole:]
            path = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(self.latency, self.answer, path, body)

    def answer(self, path: str, body: bytes) -> None:
        """Send the answer, unless nobody waits for it any more."""
        if not self.transport.is_closing():
            said = json.dumps(reply(path, json.loads(body))).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
            self.transport.write(head.encode() + said)


async def serve(latency: float) -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Mock(latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
