"""Where an installed package is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_folder(package: str) -> Path | None:
    """The folder of an installed package; None where it is not installed.

    Found without importing: the package's own imports may need what is not installed here.
    """
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None
