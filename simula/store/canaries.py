"""What earlier runs said of the canaries: one small file a run, so that nobody needs locks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from simula.critique import Judged
from simula.durable import write_json
from simula.errors import StoreError


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """The canaries judged once."""

    run: str
    """The run's own name, under which its calls are in the ledger."""
    at: str
    """When it began, ISO 8601 in UTC: names sort by it."""
    answered: tuple[str, ...]
    """The models that answered, as they name themselves."""
    verdicts: Mapping[str, Judged]
    """By canary."""


def keep_run(folder: Path, one: CanaryRun) -> None:
    """Write a run beside the earlier ones. Raises OSError."""
    write_json(folder / f"{one.at.replace(':', '')}-{one.run}.json", asdict(one))


def kept_runs(folder: Path) -> list[CanaryRun]:
    """The runs of a folder, the first one first.

    Raises:
        StoreError: one of them cannot be read.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def first_of(runs: Sequence[CanaryRun], answered: tuple[str, ...]) -> CanaryRun | None:
    """The run to compare with: the first that these very models answered, else the first of all.

    So a new version under the same name is compared with the old one once, and with itself from then on.
    """
    return next((one for one in runs if one.answered == answered), runs[0] if runs else None)


def _read(path: Path) -> CanaryRun:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        verdicts = {name: Judged(**judged) for name, judged in said["verdicts"].items()}
        return CanaryRun(said["run"], said["at"], tuple(said["answered"]), verdicts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}); move it away, and the canaries compare with a later run"
        ) from error
