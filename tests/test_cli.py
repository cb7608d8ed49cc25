"""The command line as a user meets it: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SIMULA = [str(Path(sys.executable).parent / "simula")]
LAB = ["domain=arithmetic", "teacher=simulated", "tracking=none"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    keys = {"GEMINI_API_KEY", "WANDB_API_KEY"}
    kept = {name: value for name, value in os.environ.items() if name not in keys}
    return kept | {"SIMULA_ROOT": str(tmp_path / "outputs"), "COLUMNS": "120"}


def simula(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIMULA, *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["show", "--help"], ["track", "--help"], ["export", "--help"]],
)
def test_help_needs_no_heavy_import(environment: dict[str, str], arguments: list[str]) -> None:
    listing = subprocess.run(
        [sys.executable, "-X", "importtime", *SIMULA, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = {line.split("|")[-1].strip() for line in listing.stderr.splitlines()}
    assert not imported & {"hydra", "omegaconf", "pydantic", "torch", "numpy", "rich", "wandb"}
    assert "usage: simula" in listing.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "track takes one word, sync or view"),
        (["synk"], "did you mean sync?"),
        (["sync"], "WANDB_API_KEY is not set"),
        (["view", "experiment=lab"], "WANDB_API_KEY is not set"),
    ],
)
def test_track_says_what_it_needs(environment: dict[str, str], words: list[str], sentence: str) -> None:
    said = simula(environment, "track", *words)
    assert (said.returncode, said.stdout) == (2, "")
    assert sentence in said.stderr
    assert not Path(environment["SIMULA_ROOT"]).exists()


@pytest.mark.parametrize(
    ("command", "named", "not_named"),
    [
        ("status", ("--watch", "--json", "[-m]"), ("--inspect", "--student")),
        ("train", ("--inspect", "[-m]"), ("--watch", "--json")),
        ("doctor", ("--json",), ("[-m]", "--multirun")),
        ("cancel", ("simula cancel [sweep]",), ("[-m]", "group=option")),
    ],
)
def test_the_help_of_a_command_names_its_own_options(
    environment: dict[str, str], command: str, named: tuple[str, ...], not_named: tuple[str, ...]
) -> None:
    _, _, said = simula(environment, command, "--help").stdout.partition("usage:")
    assert all(word in said for word in named)
    assert not any(word in said for word in not_named)


def test_run_help_names_groups_options_and_keys(environment: dict[str, str]) -> None:
    said = simula(environment, "run", "--help").stdout
    for name in (
        "gsm8k",
        "local_global",
        "gemini_flash",
        "gemma3_4b_pt",
        "slurm_gpu",
        "quickstart",
        "size: 32",
    ):
        assert name in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["rum"], "there is no command 'rum'; did you mean run?"),
        (["run", "domain=gsm8"], "did you mean gsm8k?"),
        (["plan", "-m", "size=1,0", "system=ful"], "did you mean full?"),
        (["run", "--config-dir", "nowhere"], "--config-dir nowhere: there is no such folder"),
        (["plan", "--config-dir=nowhere"], "--config-dir nowhere: there is no such folder"),
        (
            ["show", "a", "b", "c"],
            "show takes nothing, or a data set and perhaps a row, and no -m; a b c was given",
        ),
        (["show", "maths", "3"], "simula generate makes one"),
        (["generate", "--inspect"], "--inspect is an option of simula train, not of simula generate"),
        (
            ["run", "hydra/launcher=slurm_gpu"],
            "hydra/launcher=slurm_gpu is for sweeps, also those of one cell; add -m",
        ),
        (["train", "--student"], "--student is an option of simula export, not of simula train"),
        (["report", "--json"], "--json is an option of simula plan, advise, status, doctor, show, not of"),
        (["completion", "zsh"], "completion takes no words, and zsh was given"),
        (["run", "--multrun", "size=4"], "there is no option '--multrun'; did you mean --multirun?"),
    ],
)
def test_a_mistake_is_exit_code_2_and_no_traceback(
    environment: dict[str, str], arguments: list[str], expected: str
) -> None:
    ended = simula(environment, *arguments)
    assert ended.returncode == 2
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not Path(environment["SIMULA_ROOT"]).exists()


def test_a_data_set_is_shown_and_exported(environment: dict[str, str]) -> None:
    small = [*LAB, "system=self_instruct", "size=6"]
    missing = simula(environment, "export", *small)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "make it first: simula generate domain=arithmetic" in missing.stderr
    assert simula(environment, "generate", *small).returncode == 0
    row = simula(environment, "show", "arithmetic", "5", "domain=arithmetic", "--json")
    assert json.loads(row.stdout)["slot"] == 5
    told = simula(environment, "show", "arithmetic", "slot:5", "domain=arithmetic").stdout
    assert 'then write the number after "####"' in " ".join(told.split())
    exported = simula(environment, "export", *small)
    assert (exported.returncode, exported.stderr) == (0, "")
    lines = (Path(exported.stdout.strip()) / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[5])["messages"][0]["content"].endswith(
        json.loads(row.stdout)["example"]["question"]
    )


def test_a_folder_that_cannot_be_written_is_one_sentence_before_any_work(environment: dict[str, str]) -> None:
    ended = simula(environment | {"SIMULA_ROOT": "/dev/null/outputs"}, "generate", *LAB, "size=5")
    assert ended.returncode == 1
    assert "/dev/null/outputs cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_completion_knows_commands_groups_and_options(environment: dict[str, str]) -> None:
    def completed(line: str) -> list[str]:
        words = line.split(" ")
        script = f"""
            eval "$({SIMULA[0]} completion)"
            simula() {{ {SIMULA[0]} "$@"; }}
            COMP_WORDS=({line}) COMP_CWORD={len(words) - 1} COMP_LINE='{line}' COMP_POINT={len(line)}
            _simula 2>/dev/null
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        shell = ["bash", "-c", script]
        return subprocess.run(
            shell, env=environment, capture_output=True, text=True, timeout=60, check=True
        ).stdout.split()

    assert completed("simula sta") == ["status"]
    assert "domain=" in completed("simula run dom")
    assert completed("simula run domain=gs") == ["domain=gsm8k"]


def test_plan_needs_no_key_and_spends_nothing(environment: dict[str, str]) -> None:
    paper = ["domain=gsm8k", "system=full", "teacher=gemini_flash", "student=gemma3_4b_pt", "size=4000"]
    ended = simula(environment, "plan", *paper)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "still to do" in ended.stdout
    dataset = next(line for line in ended.stdout.splitlines() if line.startswith("dataset"))
    calls = float(dataset.split()[4].removesuffix("k")) * 1000
    # 5.5 calls a candidate and its refinements, and a quarter of the candidates rejected.
    assert 4000 * 5.5 < calls < 4000 * 10
    assert not Path(environment["SIMULA_ROOT"]).exists()


def test_what_ctrl_c_ended_is_called_so_with_what_the_command_had_left(environment: dict[str, str]) -> None:
    root = Path(environment["SIMULA_ROOT"])
    command = [*SIMULA, "generate", *LAB, "system=full", "size=2000"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process ignores it
    try:
        running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    while not list(root.glob("ledger/*.jsonl")):
        assert running.poll() is None
        time.sleep(0.02)  # between two looks at another process, which ends the wait if it ends
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    (cell,) = json.loads(simula(environment, "status", "--json").stdout)["cells"]
    assert (cell["state"], cell["reason"]) == ("interrupted", "stopped by hand (Ctrl-C)")
    assert cell["missing"][-1] == "dataset"


def test_a_run_goes_on_after_a_kill_and_does_nothing_when_done(environment: dict[str, str]) -> None:
    command = [*SIMULA, "assess", *LAB, "system=full", "size=120"]
    store = Path(environment["SIMULA_ROOT"]) / "store"
    killed = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    samples = 0
    while samples < 10:
        assert killed.poll() is None
        time.sleep(0.02)
        ledger = (path.read_bytes() for path in Path(environment["SIMULA_ROOT"]).glob("ledger/*.jsonl"))
        samples = sum(lines.count(b'"write_sample"') for lines in ledger)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()

    state = json.loads(simula(environment, "status", "--json").stdout)["cells"][0]
    assert (state["state"], state["missing"][0]) == ("interrupted", "dataset")
    ended = simula(environment, *command[1:])
    assert ended.returncode == 0, ended.stderr
    (manifest,) = [json.loads(path.read_text()) for path in store.glob("dataset/*/n120/manifest.json")]
    assert manifest["rows"] == 120
    rows = next(store.glob("dataset/*/n120/rows.parquet")).read_bytes()

    # The same run undisturbed, elsewhere, gives the same bytes.
    other = environment | {"SIMULA_ROOT": environment["SIMULA_ROOT"] + "-undisturbed"}
    assert simula(other, *command[1:], "dataset.concurrency=3").returncode == 0
    (undisturbed,) = Path(other["SIMULA_ROOT"]).glob("store/dataset/*/n120/rows.parquet")
    assert undisturbed.read_bytes() == rows

    ledger = {path: path.stat().st_mtime_ns for path in Path(environment["SIMULA_ROOT"], "ledger").rglob("*")}
    again = simula(environment, *command[1:])
    assert again.returncode == 0
    assert "done in" not in again.stderr
    assert ledger == {
        path: path.stat().st_mtime_ns for path in Path(environment["SIMULA_ROOT"], "ledger").rglob("*")
    }


def test_a_hopeless_run_ends_with_exit_code_3_and_keeps_its_rows(environment: dict[str, str]) -> None:
    ended = simula(
        environment,
        "generate",
        *LAB,
        "system=full",
        "size=30",
        "dataset.candidates_per_row=1",
        "teacher.specificity=1",
    )
    assert ended.returncode == 3
    assert "of 30 rows after 30 candidates" in ended.stderr
    assert list(Path(environment["SIMULA_ROOT"]).glob("store/short/*/n30/rows.parquet"))
    # Nothing is lost: with a higher limit only the missing slots are asked for.
    ended = simula(environment, "generate", *LAB, "system=full", "size=30", "teacher.specificity=1")
    assert ended.returncode == 0, ended.stderr


def test_a_smaller_data_set_is_the_prefix_and_costs_nothing(environment: dict[str, str]) -> None:
    for size in (40, 15):
        assert simula(environment, "generate", *LAB, "system=local", f"size={size}").returncode == 0
    (small,) = Path(environment["SIMULA_ROOT"]).glob("store/dataset/*/n15/manifest.json")
    manifest = json.loads(small.read_text())
    assert manifest["recorded_calls"] == manifest["calls"]
