"""Runs that were kept on disk, sent to W&B by its own client, each once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simula.claims import Claim
from simula.errors import ConfigurationError, StoreError
from simula.progress import counted
from simula.tracking.tracker import CUT_SHORT, WRITER

_SENT = ".synced"
"""What the client puts beside the file of a run that it has sent."""
_TOGETHER = 16
"""Runs that one process of the client is given; of one run, parts are sent one after the other."""
_SECONDS = 60
"""That this process may take for each of its runs."""
_PATIENCE = {
    f"WANDB__{part}_{name}": value
    for part in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER")
    for name, value in {
        "TIMEOUT_SECONDS": "20",
        "RETRY_MAX": "2",
        "RETRY_WAIT_MIN_SECONDS": "1",
        "RETRY_WAIT_MAX_SECONDS": "5",
    }.items()
}
"""Of each request, for the client, which else goes on for ever: three tries of 20 s."""
_OWN = ("WANDB_SERVICE", "WANDB_MODE")
"""Of this process, and of new runs: the client that sends goes by neither."""
_OFFLINE = "offline-"
"""Begins the name of the folder of a part that was never online."""
_PART = re.compile(r"run-\d+_\d+-(?P<run>.+)")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the runs of a folder."""

    now: int
    before: int
    """Sent by an earlier command."""
    written: int
    """Still being written, or the later part of one that is."""
    failed: int
    reason: str
    """Why, as the client said it last."""

    def sentence(self) -> str:
        """The counts, in words."""
        told = f"W&B: {counted(self.now, 'run')} sent"
        for count, what in (
            (self.before, "sent before"),
            (self.written, "still being written, to be sent later"),
            (self.failed, "not sent"),
        ):
            told += f", {count} {what}" if count else ""
        return f"{told}: {self.reason}" if self.failed else told


def send(folder: Path) -> Sent:
    """Send what was not sent yet; a stage that goes on in several parts is sent in their order.

    Of runs online those whose end the server did not confirm are sent again, unless the stage has gone on in
    a later part.

    Args:
        folder: where tracked runs are kept (`paths.tracking`).

    Raises:
        ConfigurationError: there is no key.
        StoreError: another process is sending, or the folder cannot be written.
    """
    if not os.environ.get("WANDB_API_KEY"):
        raise ConfigurationError("WANDB_API_KEY is not set; simula track needs the key of a W&B account")
    parts = _parts(folder / "wandb")
    waiting = [part for part in parts if not _sent(part)]
    if not waiting:
        return Sent(0, len(parts), 0, 0, "")
    with _alone(folder / "wandb" / "sending"):
        ready = _ended(waiting)
        kept = [part for part in ready if part.name.startswith(_OFFLINE)]
        # The others after them: what the server has of these it may take no second time.
        reason = _send(kept) or _send([part for part in ready if part not in kept])
    now = sum(map(_sent, ready))
    return Sent(now, len(parts) - len(waiting), len(waiting) - len(ready), len(ready) - now, reason)


def _parts(folder: Path) -> list[Path]:
    """The parts of runs that the server is not known to have, in the order in which they began."""
    known = sorted(
        (path for path in folder.glob("*run-*") if _file(path)),
        key=lambda part: part.name.removeprefix(_OFFLINE),
    )
    last = {_run(part): part for part in known}
    return [
        part
        for part in known
        if part.name.startswith(_OFFLINE) or ((part / CUT_SHORT).exists() and last[_run(part)] == part)
    ]


def _run(part: Path) -> str:
    found = _PART.fullmatch(part.name.removeprefix(_OFFLINE))
    return found["run"] if found else part.name


def _file(part: Path) -> Path | None:
    return next(part.glob("run-*.wandb"), None)


def _sent(part: Path) -> bool:
    return any(part.glob(f"*{_SENT}"))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    claim = Claim(path)
    try:
        mine = claim.take()
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error}), where it is noted what was sent") from error
    if not mine:
        raise StoreError(f"runs are being sent by {claim.holder()}; wait for it to end")
    with claim.held():
        yield


def _ended(parts: Sequence[Path]) -> list[Path]:
    """Those that nobody writes any more, without what comes after one that somebody does."""
    ready, busy = [], set()
    for part in parts:
        run, claim = _run(part), Claim(part / WRITER)
        if run in busy or not claim.take():
            busy.add(run)
            continue
        claim.release()
        ready.append(part)
    return ready


def _send(parts: Sequence[Path]) -> str:
    """Hand runs to the client; the reason where it sends none of some, after which no more are tried.

    The first goes alone: where it cannot be sent, the others would only wait as long.
    """
    batches = [parts[:1], *(parts[at : at + _TOGETHER] for at in range(1, len(parts), _TOGETHER))]
    reason = ""
    for batch in batches:
        if batch:
            reason = _client(batch) or reason
            if not any(map(_sent, batch)):
                break
    return reason


def _client(parts: Sequence[Path]) -> str:
    """The client's last complaint, where it does not send all."""
    kept = {name: value for name, value in os.environ.items() if name not in _OWN}
    kept["WANDB_DIR"] = str(parts[0].parents[1])  # for its own log
    command = [sys.executable, "-m", "wandb", "sync", "--include-online", *map(str, parts)]
    limit = _SECONDS * len(parts)
    try:
        done = subprocess.run(
            command, env={**kept, **_PATIENCE}, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the server took longer than {limit} s"
    if all(map(_sent, parts)):
        return ""
    said = [line for line in done.stderr.splitlines() if "ERROR" in line or "Error" in line]
    return said[0].partition("ERROR ")[2] or said[0] if said else "the client did not say why"
