"""Where a benchmark's file is: below `paths.benchmarks`, else at a pinned revision on the hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from simula.errors import BenchmarkError
from simula.hub import quiet_hub
from simula.settings import Settings, incidental
from simula.store.benchmarks.formats import Row, read_rows
from simula.store.benchmarks.item import Expected, TestItem

Convert = Callable[[int, Row], TestItem | None]
"""Row number from 1 and row to an item, or to None where the row is not of the benchmark; a ValueError says
what is wrong with the row."""


class Hub(Settings):
    """One file of a data set repository on the Hugging Face hub.

    The file itself is fetched and read as a local one would be. `datasets.load_dataset` is not used: it reads
    CTIBench's TSV by pandas, which turns the five empty options into missing values.
    """

    repository: str
    """Such as `openai/gsm8k`."""
    file: str
    """The file's path in the repository; `{part}` is as in `Source.file`."""
    revision: str
    """The full commit: a branch such as `main` may hold other items tomorrow."""


class Source(Settings):
    """A benchmark's file, in its original format."""

    file: str
    """Path below `paths.benchmarks`; a file that is there is read, and the hub is not asked. Where a
    benchmark is published in several files, `{part}` stands for what their names differ in."""
    hub: Hub | None = None
    """Where the file is fetched from when it is not there; null: it is nowhere on the hub."""
    origin: str = incidental()
    """Page where a person finds the file; named when it is missing."""

    def items(self, folder: Path, convert: Convert, expected: Expected) -> list[TestItem]:
        """All items of the file.

        Args:
            folder: `paths.benchmarks`.
            convert: what makes an item of a row.
            expected: what the items must be.

        Raises:
            BenchmarkError: the file cannot be had or read, a row is not as it should be, or the items are not
                the expected ones.
        """
        path = self.path(folder)
        return expected.check(_converted(path, convert), str(path))

    def items_of_parts(
        self, folder: Path, parts: Mapping[str, Convert], expected: Expected
    ) -> list[TestItem]:
        """All items of several files: of each part in turn, by its own conversion.

        Raises:
            BenchmarkError: as `items` does.
        """
        items = [
            item
            for part, convert in parts.items()
            for item in _converted(self._of(part).path(folder), convert)
        ]
        return expected.check(items, str(folder / self.file))

    def path(self, folder: Path) -> Path:
        """The file on this machine, fetched if need be. Raises BenchmarkError where it cannot be had."""
        path = folder / self.file
        if path.exists():
            return path
        advice = f"Get it from {self.origin} and put it at {path} (paths.benchmarks is {folder})."
        if self.hub is None:
            raise BenchmarkError(f"The benchmark's file {self.file} is missing. {advice}")
        return fetch(self.hub, advice)

    def _of(self, part: str) -> Source:
        hub = self.hub and self.hub.model_copy(update={"file": self.hub.file.replace("{part}", part)})
        return self.model_copy(update={"file": self.file.replace("{part}", part), "hub": hub})


def _converted(path: Path, convert: Convert) -> list[TestItem]:
    """The items of a file. Raises BenchmarkError where it, or one of its rows, is not as it should be."""
    items = []
    for number, row in enumerate(read_rows(path), start=1):
        try:
            item = convert(number, row)
        except ValueError as problem:
            raise BenchmarkError(f"{path}, row {number}: {problem}.") from problem
        if item is not None:
            items.append(item)
    return items


def fetch(hub: Hub, advice: str) -> Path:
    """The hub's file on this machine. Raises BenchmarkError, which ends in `advice`."""
    from huggingface_hub import hf_hub_download

    try:
        with quiet_hub():
            found = hf_hub_download(hub.repository, hub.file, repo_type="dataset", revision=hub.revision)
        return Path(found)
    except OSError as problem:  # what all of the client's network, permission and not-found errors are
        reason = str(problem).partition("\n")[0].rstrip(".")
        raise BenchmarkError(
            f"{hub.file} of {hub.repository} at {hub.revision[:12]} cannot be fetched from the hub: "
            f"{reason}. {advice}"
        ) from problem
