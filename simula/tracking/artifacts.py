"""What a stage made and what it was made from, as W&B's artifacts: so the lineage can be walked there.

An artifact is known by its files' places, or by their content where they are uploaded; so the run that makes
it and the runs that use it say the same of it, each without asking the server, in whatever order they arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simula.store.artifacts import MANIFEST

if TYPE_CHECKING:
    import wandb

KINDS = {"train": "adapter", "evaluate": "evaluation"}
"""Stage to W&B's type of what it makes; others are called like their stage."""
_MODEL = "model"
"""Folder of a student whose every weight was tuned: as large as the base model, so it never leaves."""
_NAME_LENGTH = 128
"""Longest name that W&B takes; the key's hash is at its end, so the end is kept."""
_METADATA = 100
"""Most keys of metadata that W&B takes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An artifact of the store, published or about to be."""

    stage: str
    key: str
    folder: Path
    """Where it is when it is published."""
    work: Path
    """Where its files are now."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """Its manifest; the numbers go with it."""

    @property
    def kind(self) -> str:
        """W&B's type."""
        return KINDS.get(self.stage, self.stage)

    @property
    def name(self) -> str:
        """W&B's name: one for each artifact of a project."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.kind}-{self.key}")[-_NAME_LENGTH:]


@dataclass(slots=True)
class Counted:
    """How files were given to W&B."""

    uploaded: int = 0
    referred: int = 0
    """Of which W&B knows where they are, and no more."""


def artifact(
    stored: Stored, how: Literal["references", "files"], largest_mb: float, sent_later: bool
) -> tuple[wandb.Artifact, Counted]:
    """The W&B artifact of `stored`, and how many of its files are `Counted` which way.

    Args:
        stored: what it is of.
        how: whether files are uploaded or referred to.
        largest_mb: files above it are referred to, in either case.
        sent_later: the client uploads when the artifact is published, not now.

    Raises:
        OSError: a file cannot be read.
    """
    import wandb
    from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry
    from wandb.sdk.lib.hashutil import md5_file_b64, md5_string

    numbers = {name: value for name, value in stored.said.items() if isinstance(value, int | float | str)}
    metadata = dict([*{"stage": stored.stage, "key": stored.key, **numbers}.items()][:_METADATA])
    made, counted = wandb.Artifact(stored.name, type=stored.kind, metadata=metadata), Counted()
    for path in _files(stored.work):
        name, size = path.relative_to(stored.work).as_posix(), path.stat().st_size
        place = (stored.folder / name).absolute()
        whole = name.split("/")[0] == _MODEL or size > largest_mb * 1e6
        # Entries and not add_file or add_reference: these copy every file, or want it in its place already.
        if how == "files" and not whole:
            counted.uploaded += 1
            here = str(place if sent_later else path.absolute())
            entry = ArtifactManifestEntry(path=name, digest=md5_file_b64(path), size=size, local_path=here)
        else:
            counted.referred += 1
            uri = place.as_uri()
            entry = ArtifactManifestEntry(path=name, digest=md5_string(uri), size=size, ref=uri)
        made.manifest.add_entry(entry)
    return made, counted


def _files(folder: Path) -> Iterator[Path]:
    """All but the manifest, which is written last."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path
