"""What is known of each batch job, durable before the next step is taken: a killed process's batches go on.

A batch is a folder that appears in one step, with all its requests in it, and goes in one step, when every
answer is in the ledger. A claim beside it says which process follows it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simula.claims import Claim
from simula.durable import sync_folder, write_json
from simula.errors import StoreError
from simula.settings import fingerprint

_RECORD = "record.json"
_LEFT_ALONE = 86400.0
"""Seconds after which nobody is at work on a folder any more that is no batch yet, or none any longer."""


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch."""

    template: str
    """Its prompt file."""
    submission: int
    """1 where the request is submitted for the first time."""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """How far one batch has come."""

    folder: Path
    items: Mapping[str, Item]
    """By the name under which the ledger will keep the answer."""
    created: float
    """Seconds since the epoch."""
    file: str = ""
    """The uploaded file; once it is here, the service may have been told to create the batch."""
    uploaded: float = 0.0
    """When, seconds since the epoch."""
    name: str = ""
    """The service's name of the batch."""
    state: str = ""
    """How the batch ended; empty while it has not."""

    @property
    def display_name(self) -> str:
        """The name that we gave it: by this it is found where its creation was never heard of again."""
        return f"simula-{self.folder.name}"

    @property
    def requests(self) -> Path:
        """The file that is uploaded."""
        return self.folder / "requests.jsonl"

    @property
    def results(self) -> Path:
        """The file that was downloaded; there once it is complete."""
        return self.folder / "results.jsonl"

    def save(self) -> None:
        """Make durable what has become known."""
        self._write(self.folder)

    def remove(self) -> None:
        """Forget a batch whose answers are all in the ledger."""
        old = self.folder.with_suffix(".old")
        self.folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)

    def _write(self, folder: Path) -> None:
        said = asdict(self)
        del said["folder"]
        write_json(folder / _RECORD, said)
        sync_folder(folder)


def claim_on(folder: Path) -> Claim:
    """A new claim on the batch in `folder`."""
    return Claim(folder.with_suffix(".claim"))


def new_batch(
    above: Path, lines: Mapping[str, bytes], items: Mapping[str, Item]
) -> tuple[BatchRecord, Claim]:
    """A batch that this process has claimed, durable.

    Args:
        above: folder of all batches.
        lines: each request as the service reads it, by its key.
        items: what else is known of it.

    Raises:
        StoreError: it cannot be written, such as on a full disk.
    """
    # The number tells a second submission of the same requests from the first one.
    name = f"{fingerprint(sorted(lines))}-{secrets.token_hex(4)}"
    record = BatchRecord(above / name, items, round(time.time(), 3))
    aside = record.folder.with_suffix(".new")
    try:
        aside.mkdir(parents=True)
        with (aside / record.requests.name).open("wb") as file:
            file.writelines(lines.values())
            file.flush()
            os.fsync(file.fileno())
        record._write(aside)
        claim = claim_on(record.folder)
        claim.take()
        aside.rename(record.folder)
        sync_folder(above)
    except OSError as error:
        raise StoreError(
            f"a batch cannot be recorded in {above}: {error.strerror}; it is not sent"
        ) from error
    return record, claim


def read_batch(folder: Path) -> BatchRecord | None:
    """The batch in a folder; None where it has just been finished.

    Raises:
        StoreError: the record cannot be read.
    """
    try:
        said = json.loads((folder / _RECORD).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"the batch in {folder} cannot be read: {error}") from error
    items = {key: Item(**item) for key, item in said.pop("items").items()}
    return BatchRecord(folder, items, **said)


def batches(above: Path) -> list[Path]:
    """The folders of all batches that are not finished."""
    return sorted(path.parent for path in above.glob(f"*/{_RECORD}") if not path.parent.suffix)


def sweep(above: Path) -> None:
    """Remove what processes left that were killed while a batch began or ended, a day later."""
    for path in above.glob("*"):
        unfinished = path.suffix in (".new", ".old", ".claim") and not path.with_suffix("").exists()
        if unfinished and time.time() - path.stat().st_mtime > _LEFT_ALONE:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
