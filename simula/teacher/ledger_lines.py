"""The lines of a ledger's files: how a call is written, and how what was written is found again."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from simula.teacher.ledger_index import short
from simula.teacher.port import Reply, Usage

_HEAD = re.compile(rb'{"key":"([0-9a-f]{12,40})",')
"""A line begins with its key, so that the index needs no JSON parser."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds beyond what was read of it."""

    path: Path
    keys: list[int]
    """The first 64 bits of each key."""
    offsets: list[int]
    """Where their lines begin."""
    end: int
    """Where the last whole line ends."""


def read_lines(path: Path, offset: int) -> Found:
    """The whole lines of a file from an offset on. Raises OSError."""
    keys, offsets = [], []
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                break
            if line.endswith(b"}\n") and (head := _HEAD.match(line)):
                keys.append(short(head[1]))
                offsets.append(offset)
            offset += len(line)
    return Found(path, keys, offsets, offset)


def parse_line(line: bytes, key: str) -> Reply | None:
    """The answer that a line holds; None where it is spoiled, as by a crash, or where it is another key's."""
    try:
        said = json.loads(line)
        if said["key"] != key or not isinstance(said["text"], str):
            return None
        return Reply(said["text"], said["model"], said["finish"], Usage(**said["usage"]), recorded=True)
    except (ValueError, KeyError, TypeError):
        return None


def write_line(key: str, template: str, asked: str, reply: Reply, seconds: float) -> bytes:
    """The line of a call, with the time of day."""
    usage = reply.usage
    said = {
        "key": key,
        "template": template,
        "asked": asked,
        "text": reply.text,
        "model": reply.model,
        "finish": reply.finish,
        "usage": {
            "prompt": usage.prompt,
            "cached": usage.cached,
            "completion": usage.completion,
            "thinking": usage.thinking,
        },
        "seconds": round(seconds, 3),
        "time": round(time.time(), 3),
    }
    # A reply may hold half a surrogate pair, which plain UTF-8 refuses.
    return _encode(said).encode("utf-8", "surrogatepass") + b"\n"
