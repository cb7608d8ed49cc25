"""Who else may write what this user's processes read.

What a job of a cluster runs begins with a pickle, and whoever can put another in its place runs code as the
user of that job. Results, recorded answers and addresses of servers are only data, but nobody else is to
change them either.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def keep_to_oneself() -> None:
    """From here on nobody else may write what this process makes; who may read it, the umask still says."""
    os.umask(os.umask(_OTHERS) | _OTHERS)


def open_to_others(folder: Path) -> list[Path]:
    """The folders from this one up, symbolic links resolved, in which others may replace what lies there.

    In a sticky one, as for temporary files, they may not. Folders that are not there yet are passed over.
    """
    resolved = folder.resolve()
    return [path for path in (resolved, *resolved.parents) if path.exists() and _open(path)]


def _open(folder: Path) -> bool:
    said = folder.stat()
    strange = said.st_uid not in (0, os.geteuid())
    return strange or bool(said.st_mode & _OTHERS and not said.st_mode & stat.S_ISVTX)
