"""What is built of the repository has all that a run reads, and says which version it is."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def committed(*folders: str) -> set[str]:
    """The files that git knows, or would take."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    said = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in said.splitlines() if (ROOT / name).is_file()}


def test_the_wheel_has_every_file_and_no_other(tmp_path: Path) -> None:
    """Built by the backend that pip builds it by."""
    build = "import sys, hatchling.build as backend; backend.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    named = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert named == committed("simula") | {f"simula/{name}" for name in committed("conf")}
    assert {f"{name}.yaml" for name in ("simula/conf/simula", "simula/conf/experiment/quickstart")} <= named
    licences = {name.partition("/licenses/")[2] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"LICENSE", "NOTICE"} <= licences


def test_version() -> None:
    said = subprocess.run(
        [str(Path(sys.executable).parent / "simula"), "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout == f"simula {version('simula')}\n"


def test_the_changelog_begins_with_what_is_unreleased_and_then_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert titles[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(project['version'])} - \d{{4}}-\d\d-\d\d", titles[1])
