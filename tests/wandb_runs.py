"""What the real W&B client leaves on disk, read back; and a run to begin with."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simula.tracking import Tracking, open_run

KEY = "train/gsm8k-full-64-3f9a0c21bd7e"
RUN = "train-gsm8k-full-64-3f9a0c21bd7e"
CONFIG = {"system": "full", "size": 64, "seed": 1, "settings": {"training": {"rank": 8}}}


def a_run(mode: str, folder: Path, key: str = KEY, **settings: Any) -> Any:
    tracking = Tracking(mode=mode, **settings)
    return open_run(tracking, folder, stage="train", key=key, group="lab", config=CONFIG)


def spoken_to(script: str, folder: Path) -> subprocess.Popen[str]:
    """A process of its own that runs a script on a folder, and that its test talks to."""
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def records(folder: Path) -> Iterator[Any]:
    """The records of the one offline run below `folder`.

    The file is LevelDB's log after a header of 7 bytes: blocks of 32 KiB, in them pieces of crc (4 bytes),
    length (2), type (1: whole, 2: first, 3: middle, 4: last); what is left of a block under 7 bytes is
    padding.
    """
    import wandb
    from wandb.proto import wandb_internal_pb2

    wandb.teardown()  # the side process closes the file a moment after the run is finished
    (file,) = folder.rglob("run-*.wandb")
    data = file.read_bytes()
    assert struct.unpack("<4sH", data[:6]) == (b":W&B", 0xBEE1)
    at, collected = 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        collected += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(collected)
            collected = b""
            yield record
