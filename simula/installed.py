"""Where an installed package is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_folder(package: str) -> Path | None:
    """The folder of an installed package; None where it is not installed.

    Found without importing: the package's own imports may need what is not installed here.
    """
    # Of a dotted name the first part would be imported.
    spec = find_spec(package) if package.isidentifier() else None
    return Path(spec.origin).parent if spec and spec.origin else None
