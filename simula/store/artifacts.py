"""The store: one folder an artifact, claimed by one builder, published by renaming, manifest last.

::

    <root>/<stage>/<key>/              published: complete, never changed again
    <root>/<stage>/<key>.work/         being built; survives a kill, so that the next builder goes on
    <root>/claims/<stage>--<key>       who is building; its age says whether the builder still lives

Only creating, renaming and the age of files are relied on, so that it works on shared file systems
without byte-range locks.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simula.claims import Claim
from simula.durable import own_name, write_json
from simula.errors import StoreError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Store:
    """Artifacts by stage and key below one folder."""

    root: Path

    @property
    def cells(self) -> Path:
        """Where the records of cells are."""
        return self.root / "cells"

    def folder(self, stage: str, key: str) -> Path:
        """Where a published artifact is or will be."""
        return self.root / stage / key

    def has(self, place: str) -> bool:
        """Whether the artifact `stage/key` is published; its manifest is not read."""
        return (self.root / place / MANIFEST).is_file()

    def manifest(self, stage: str, key: str) -> dict[str, Any] | None:
        """The manifest of a published artifact, or None where there is none yet.

        Raises:
            StoreError: the manifest is there but cannot be read.
        """
        path = self.folder(stage, key) / MANIFEST
        try:
            return dict(json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{path} cannot be read ({error}); move its folder away and the artifact is built again"
            ) from error

    def build(
        self, stage: str, key: str, make: Callable[[Path], Mapping[str, Any]], wait: Callable[[str], None]
    ) -> dict[str, Any]:
        """The artifact's manifest; builds it by `make` where it does not exist.

        Args:
            stage: kind of artifact.
            key: its identity.
            make: writes the files into the folder it is given (which may hold what an earlier, killed
                builder left) and returns the manifest.
            wait: called with a sentence when somebody else is building it; then this call waits.
        """
        claim = Claim(self.root / "claims" / f"{stage}--{key}".replace("/", "--"))
        while (manifest := self.manifest(stage, key)) is None:
            if claim.take():
                with claim.held():
                    self._look_again(stage, key)
                    if (manifest := self.manifest(stage, key)) is None:
                        manifest = self._make(stage, key, make)
                return manifest
            wait(f"{stage} {key} is being built by {claim.holder()}")
            time.sleep(1.0)
        return manifest

    def _look_again(self, stage: str, key: str) -> None:
        """Have what was published a moment ago by another machine seen here.

        NFS remembers for up to a minute that a name was not there, until this machine changes the folder.
        """
        folder = self.folder(stage, key).parent
        probe = folder / f".look-{own_name()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be written ({error}); free some space and start again"
            ) from error

    def _make(self, stage: str, key: str, make: Callable[[Path], Mapping[str, Any]]) -> dict[str, Any]:
        final = self.folder(stage, key)
        work = final.with_name(f"{final.name}.work")
        try:
            work.mkdir(parents=True, exist_ok=True)
            manifest = dict(make(work))
            write_json(work / MANIFEST, manifest)
            os.replace(work, final)
        except OSError as error:
            raise StoreError(
                f"{stage} {key} could not be written below {self.root}: {error}; "
                "what was made so far is kept, free some space and start again"
            ) from error
        return manifest
