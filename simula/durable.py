"""Writing what must survive a power cut, where many processes write side by side."""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
from io import FileIO
from pathlib import Path
from typing import Any


def own_name() -> str:
    """A name that no other process, on no other host, has."""
    host = re.sub(r"[^A-Za-z0-9]+", "-", platform.node())[:40]
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


def own_file(folder: Path, ending: str, fsync: bool = True) -> FileIO:
    """A new file of this process alone: nobody needs locks, which shared file systems do not all have.

    Args:
        folder: where; made if it is not there.
        ending: of its name, such as ".jsonl".
        fsync: its name survives a power cut.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{own_name()}{ending}").open("xb", buffering=0)
    if fsync:
        sync_folder(folder)
    return file


def append(file: FileIO, data: bytes, fsync: bool = True) -> None:
    """Write all of `data`, and where `fsync` is true return only when it survives a power cut.

    Raises:
        OSError: it was not written, or only its beginning.
    """
    rest = memoryview(data)
    while rest:
        # On a disk that is nearly full a write takes a part, and the next one fails.
        rest = rest[file.write(rest) :]
    if fsync:
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Make what a library has written durable; a folder is passed over."""
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def sync_tree(folder: Path) -> None:
    """Make a folder that a library has written durable: all files and all names in it."""
    for path in folder.rglob("*"):
        sync_folder(path) if path.is_dir() else sync_file(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Write aside, make durable, rename, and make that durable: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{own_name()}")
    try:
        with aside.open("w", encoding="utf-8") as stream:
            json.dump(value, stream, indent=1, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    os.replace(aside, path)
    sync_folder(path.parent)


def overwrite_json(path: Path, value: Any) -> None:
    """Write over a small file that is there, which takes no room of a full disk; a reader may see half of it.

    Raises:
        OSError: it is not there, or even that is not possible.
    """
    data = json.dumps(value, indent=1, ensure_ascii=False).encode()
    with path.open("r+b") as stream:
        # What was there may be longer; blanks behind the value mean nothing.
        stream.write(data.ljust(path.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
