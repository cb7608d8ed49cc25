"""The hub's real client against a hub on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

REVISION = "740312add88f781978c0658806c59bc2815b9866"
HEADER = b"question,choice0,choice1,answer\n"
FILES = {
    f"/datasets/openai/gsm8k/resolve/{REVISION}/main/test.jsonl": (
        b'{"question": "How many?", "answer": "Nine.\\n#### 9"}\n'
    ),
    f"/datasets/cais/mmlu/resolve/{REVISION}/logic/test.csv": HEADER + b"P?,no,yes,1\n",
    f"/datasets/cais/mmlu/resolve/{REVISION}/physics/test.csv": HEADER + b"Q?,a,b,0\n",
}

LOAD = f"""
import sys
from pathlib import Path
from simula.errors import BenchmarkError
from simula.store.benchmarks import Expected, Gsm8k, Hub, Source
hub = Hub(repository="openai/gsm8k", file=sys.argv[2], revision="{REVISION}")
source = Source(file="gsm8k/test.jsonl", hub=hub, origin="https://example.org/gsm8k")
try:
    print(Gsm8k(source=source, expected=Expected(items=1)).load(Path(sys.argv[1]))[0].example.answer)
except BenchmarkError as problem:
    print("refused:", problem)
"""


LOAD_PARTS = f"""
import sys
from pathlib import Path
from simula.store.benchmarks import Expected, Hub, Mmlu, Source
hub = Hub(repository="cais/mmlu", file="{{part}}/test.csv", revision="{REVISION}")
source = Source(file="mmlu/{{part}}.csv", hub=hub, origin="-")
mmlu = Mmlu(source=source, subjects=("logic", "physics"), expected=Expected(items=2))
print([(item.id, item.example.answer) for item in mmlu.load(Path(sys.argv[1]))])
"""


class HubOfFewFiles(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        body = FILES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("ETag", f'"{zlib.crc32(body or b"")}"')  # files of one tag are one file in the cache
        self.send_header("X-Repo-Commit", REVISION)
        if body is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(FILES.get(self.path, b""))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HubOfFewFiles)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def load(hub: str, folder: Path, file: str, script: str = LOAD) -> str:
    """What a process prints that loads a benchmark; the client reads its settings once, as it is imported."""
    settings = {"HF_ENDPOINT": hub, "HF_HOME": str(folder / "cache"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", script, str(folder), file]
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_file_that_is_not_local_is_fetched_at_its_revision(hub: str, tmp_path: Path) -> None:
    assert load(hub, tmp_path, "main/test.jsonl") == "9"
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k/test.jsonl").write_text('{"question": "Local?", "answer": "#### 1"}\n')
    assert load(hub, tmp_path, "main/test.jsonl") == "1"


def test_a_file_that_the_hub_does_not_have_is_a_clear_error(hub: str, tmp_path: Path) -> None:
    said = load(hub, tmp_path, "main/other.jsonl")
    assert said.startswith("refused: main/other.jsonl of openai/gsm8k at 740312add88f cannot be fetched")
    assert "Get it from https://example.org/gsm8k and put it at" in said
    assert str(tmp_path / "gsm8k/test.jsonl") in said


def test_each_part_is_fetched_unless_it_is_local(hub: str, tmp_path: Path) -> None:
    assert load(hub, tmp_path, "", LOAD_PARTS) == "[('logic/test/0', 'B'), ('physics/test/0', 'A')]"
    (tmp_path / "mmlu").mkdir()
    (tmp_path / "mmlu/physics.csv").write_text("question,choice0,choice1,answer\nLocal?,a,b,1\n")
    assert load(hub, tmp_path, "", LOAD_PARTS) == "[('logic/test/0', 'B'), ('physics/test/0', 'B')]"
