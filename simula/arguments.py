"""What stands behind a command: its options and overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simula.errors import ConfigurationError, unknown
from simula.help import TAKING

RUNS = {
    "run": "evaluate",
    "taxonomy": "taxonomy",
    "generate": "generate",
    "assess": "assess",
    "train": "train",
    "evaluate": "evaluate",
}
"""Command that works through stages, to the last of them."""

NAMING_NO_CELL = ("paths", "tracking", "budget", "evaluation.learning_rate_by")
"""Groups and keys of which no cell's name depends: with these alone, all of the store's cells are meant."""

FLAGS = [
    "--multirun",
    "-m",
    "--config-dir",
    "--cfg",
    "--json",
    "--watch",
    "--inspect",
    "--student",
    "--debug",
    "--help",
]


@dataclass(slots=True)
class Arguments:
    """What stands behind the command."""

    overrides: list[str] = field(default_factory=list)
    sweep: bool = False
    folder: Path | None = None
    json: bool = False
    watch: bool = False
    """Of status: look again until nothing is at work."""
    inspect: bool = False
    """Of train: print one batch, and train nothing."""
    student: bool = False
    """Of export: the trained student, not the data set."""
    hydra: list[str] = field(default_factory=list)
    """Hydra's own flags that only print something: --cfg job, and -sc of tab completion."""

    @property
    def name_cells(self) -> bool:
        """Whether they say which cells are meant, and not only where they are or how they are shown."""
        keys = {line.lstrip("+~").partition("=")[0] for line in self.overrides}
        return self.sweep or not all(map(_beside, keys))


def _beside(key: str) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in NAMING_NO_CELL)


def read_arguments(rest: Sequence[str]) -> Arguments:
    """What the words behind a command say. Raises ConfigurationError for an option that there is not."""
    found = Arguments()
    words = iter(rest)
    for word in words:
        if word in ("-m", "--multirun"):
            found.sweep = True
        elif word == "--json":
            found.json = True
        elif word == "--watch":
            found.watch = True
        elif word == "--inspect":
            found.inspect = True
        elif word == "--student":
            found.student = True
        elif word.split("=")[0] in ("--config-dir", "-cd"):
            found.folder = _folder(word.partition("=")[2] or next(words, ""))
        elif word in ("--cfg", "-sc"):
            found.hydra += [word, next(words, "")]
        elif word.startswith("-"):
            raise ConfigurationError(unknown(word, FLAGS, "option"))
        else:
            found.overrides.append(word)
    return found


def _folder(name: str) -> Path:
    path = Path(name)
    if not name or not path.is_dir():
        raise ConfigurationError(
            f"--config-dir {name}: there is no such folder; it holds domain/mine.yaml and the like"
        )
    return path


def check_fitting(command: str, arguments: Arguments) -> None:
    """Whether the command takes these options. Raises ConfigurationError."""
    for flag, given in (
        ("--inspect", arguments.inspect),
        ("--student", arguments.student),
        ("--watch", arguments.watch),
        ("--json", arguments.json),
    ):
        if given and command not in TAKING[flag]:
            raise ConfigurationError(
                f"{flag} is an option of simula {', '.join(TAKING[flag])}, not of simula {command}"
            )
    launchers = [line for line in arguments.overrides if line.startswith("hydra/launcher=")]
    if launchers and command in RUNS and not arguments.sweep and not arguments.hydra:
        raise ConfigurationError(
            f"{launchers[0]} is for sweeps, also those of one cell; add -m, or it would run here"
        )
