"""One W&B run around one stage; whatever W&B does, the stage goes on.

Where the server cannot be reached the run is kept on disk, as it is without a key, and `simula track sync`
sends it later; where that is impossible too, the stage goes on untracked.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from simula.claims import Claim
from simula.tracking.artifacts import Counted, Stored, artifact
from simula.tracking.earlier import steps, told_on_disk
from simula.tracking.settings import Tracking

if TYPE_CHECKING:
    import wandb

WRITER = "writer"
"""In the folder of a run: the claim of the process that writes it, which says whether it still does."""
CUT_SHORT = "cut-short"
"""In the folder of a run online whose end the server did not confirm in time: its file holds all."""
_INIT_SECONDS = 10
_FINISH_SECONDS = 30
"""Waited at most for the server at the beginning and at the end of a stage; every other word to it is sent
beside the stage. After the first such wait that was in vain the process tries no more."""
_REQUEST_SECONDS = 10
"""Of one request, which is repeated a few times beside the stage."""
_ID_LENGTH = 64

_log = logging.getLogger(__name__)
_offline: dict[Tracking, str] = {}
"""Whose server failed once in this process, and why: it is not tried again, since every try waits for it."""
_unusable: dict[Tracking, str] = {}
"""What cannot even be kept on disk, and why."""


class Run:
    """The W&B run of one stage, or nothing where tracking is off or has failed."""

    def __init__(
        self,
        client: wandb.Run | None,
        problem: str = "",
        *,
        tracking: Tracking | None = None,
        told: Mapping[str, float] | None = None,
    ) -> None:
        """`told`: the last step of each kind that earlier parts of the run hold."""
        self._client = client
        self._online = client is not None and not client.offline
        self._folder = Path(client.settings.sync_dir) if client is not None else Path()
        self._tracking = tracking or Tracking(mode="disabled")
        self._told = dict(told or {})
        self.problem = problem
        """Why W&B's server has nothing of the stage although it should; empty: it has, or is not meant to."""

    @property
    def tracked(self) -> bool:
        """Whether anybody listens."""
        return self._client is not None

    def log(self, values: Mapping[str, Any]) -> None:
        """Append numbers to the run's history.

        Those of a step that was told before, as `train/step` counts, are left out: a stage that was killed
        repeats some.
        """
        if any(step <= self._told.get(name, step - 1) for name, step in steps(values).items()):
            return
        self._tell(lambda client: client.log(dict(values)))

    def summary(self, values: Mapping[str, Any]) -> None:
        """Set the run's final numbers, such as accuracy and price."""
        self._tell(lambda client: client.summary.update(dict(values)))

    def artifacts(self, made: Stored, used: Sequence[Stored]) -> None:
        """Say what the stage made, and of what; how many files that were goes into the summary."""
        how = self._tracking.artifacts
        if how == "none":
            return
        counted = Counted()

        def tell(client: wandb.Run) -> None:
            for stored in (*used, made):
                said, files = artifact(stored, how, self._tracking.largest_file_mb, not self._online)
                counted.uploaded += files.uploaded
                counted.referred += files.referred
                # Not log_artifact and use_artifact: these wait for the server, and the latter needs one.
                assert client._interface is not None
                user = stored is not made
                client._interface.publish_artifact(
                    client, said, ["latest"], is_user_created=user, use_after_commit=user
                )

        self._tell(tell)
        self.summary({"artifacts/uploaded": counted.uploaded, "artifacts/referred": counted.referred})

    def finish(self, exit_code: int) -> None:
        """Close the run; nothing is recorded after it."""
        self._tell(lambda client: client.finish(exit_code=exit_code))
        self._client = None

    def _tell(self, message: Callable[[wandb.Run], object]) -> None:
        if self._client is None:
            return
        try:
            message(self._client)
        except _failures() as error:
            self._client = None
            self.problem = _reason(error)
            late = isinstance(error, TimeoutError)
            later = "; simula track sync sends it again" if late and self._online else ""
            _log.warning("W&B broke off (%s): the stage goes on untracked%s.", self.problem, later)
            if self._online:
                _offline[self._tracking] = self.problem
            if not late:
                _end_client()
            elif self._online:  # what is late is still sent beside the next stage, if there is one
                with suppress(OSError):
                    (self._folder / CUT_SHORT).touch()


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a run is opened with."""

    stage: str
    key: str
    group: str
    config: Mapping[str, Any]
    folder: Path


@contextmanager
def open_run(
    tracking: Tracking, folder: Path, *, stage: str, key: str, group: str, config: Mapping[str, Any]
) -> Iterator[Run]:
    """The tracked run of one stage, finished on the way out, as failed where the stage raised.

    Args:
        tracking: mode, project and entity.
        folder: where the run's files go, into its `wandb/`.
        stage: the run's job type, such as "train".
        key: the artifact's key; the run's id follows from it, so that a requeued stage goes on in its run.
        group: the experiment.
        config: where the cell stands in the grid, flat, and its settings, nested.
    """
    with ExitStack() as writing:
        run = _open(tracking, _Opening(stage, key, group, config, folder), writing)
        exit_code = 1
        try:
            yield run
            exit_code = 0
        finally:
            run.finish(exit_code)
            with suppress(OSError):
                writing.close()


def _open(tracking: Tracking, opening: _Opening, writing: ExitStack) -> Run:
    if tracking.mode == "disabled":
        return Run(None)
    if _mode(tracking) == "online" and tracking not in _offline:
        try:
            return _started(tracking, opening, "online", writing)
        except _failures() as error:
            _offline[tracking] = _reason(error)
            _end_client()
            _log.warning(
                "W&B cannot be used (%s): this process keeps its runs in %s; simula track sync sends them.",
                _offline[tracking],
                opening.folder,
            )
    if tracking in _unusable:
        return Run(None, _unusable[tracking])
    try:
        return _started(tracking, opening, "offline", writing)
    except _failures() as error:
        _unusable[tracking] = _reason(error)
        _log.warning("W&B's files cannot be written (%s): this process goes on untracked.", _reason(error))
        return Run(None, _unusable[tracking])


def _started(
    tracking: Tracking, opening: _Opening, mode: Literal["online", "offline"], writing: ExitStack
) -> Run:
    client = _start(tracking, opening, mode)
    run_id, here = _run_id(opening.key), Path(client.settings.sync_dir)
    claim = Claim(here / WRITER)
    if claim.take():
        writing.enter_context(claim.held())
    for kind in ("train", "validation"):
        client.define_metric(f"{kind}/*", step_metric=f"{kind}/step")
    told = told_on_disk(here.parent, run_id, here)
    on_server = steps(dict(client.summary)) if client.resumed else {}
    told |= {name: max(step, told.get(name, step)) for name, step in on_server.items()}
    return Run(client, _offline.get(tracking, ""), tracking=tracking, told=told)


def _start(tracking: Tracking, opening: _Opening, mode: Literal["online", "offline"]) -> wandb.Run:
    import wandb

    opening.folder.mkdir(parents=True, exist_ok=True)
    wandb.setup(wandb.Settings(silent=True))  # else the login speaks before the run's own settings hold
    return wandb.init(
        dir=opening.folder,
        id=_run_id(opening.key),
        name=opening.key,
        project=tracking.project,
        entity=tracking.entity or None,
        group=opening.group,
        job_type=opening.stage,
        mode=mode,
        resume="allow" if mode == "online" else None,  # offline, the client would warn that it cannot look
        config=dict(opening.config),
        settings=wandb.Settings(
            silent=True,
            console="off",
            init_timeout=_INIT_SECONDS,
            finish_timeout=_FINISH_SECONDS,
            finish_timeout_raises=True,
            x_graphql_timeout_seconds=_REQUEST_SECONDS,
            x_file_stream_timeout_seconds=_REQUEST_SECONDS,
            reinit="create_new",  # stages may be open side by side
            save_code=False,
            disable_git=True,  # it would send the working tree's differences
            symlink=False,
            x_disable_stats=True,  # it asks cloud addresses who it is
        ),
    )


def _mode(tracking: Tracking) -> Literal["online", "offline"]:
    if tracking.mode == "online" or (tracking.mode == "auto" and os.environ.get("WANDB_API_KEY")):
        return "online"
    return "offline"


def _run_id(key: str) -> str:
    """W&B takes 64 plain characters; the key's hash is at its end, so the end is kept."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", key)[-_ID_LENGTH:]


def _failures() -> tuple[type[Exception], ...]:
    """What the client raises when server, side process or disk fail; not all of it is a `wandb.Error`."""
    import wandb
    from wandb.sdk.lib.asyncio_manager import AlreadyJoinedError
    from wandb.sdk.mailbox import HandleAbandonedError, MailboxClosedError
    from wandb.sdk.mailbox.mailbox_handle import ServerResponseError

    # The last where another stage of this process has ended the client meanwhile.
    lost = (HandleAbandonedError, MailboxClosedError, ServerResponseError, AlreadyJoinedError)
    return (wandb.Error, OSError, *lost)


def _end_client() -> None:
    """End the client's side process: it has died, or still tries to begin a run and keeps its id from use.

    The client waits for that without a limit, and then would end this process with the same exit code: so it
    does in a thread, and a side process that goes on is killed.
    """
    import wandb
    from wandb.sdk import wandb_setup

    connection = getattr(wandb_setup._singleton, "_connection", None)
    side = getattr(connection, "_proc", None)

    def end() -> None:
        with suppress(*_failures()):  # it may have died of what the server said
            wandb.teardown()

    ending = Thread(target=end, daemon=True)
    ending.start()
    ending.join(_FINISH_SECONDS)
    if ending.is_alive() and side is not None:
        side._process.kill()
        ending.join(_FINISH_SECONDS)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
