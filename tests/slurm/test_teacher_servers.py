"""slurm/vllm.sh on a real Slurm, with llama.cpp's server in vLLM's place: never run with vLLM itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, started
from swept import SMALL, Swept

from simula.teacher.settings import EmbeddedTeacher
from simula.teacher.weights import shipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

HERE = Path(__file__).parent
SIZE = 4
SERVED = (
    *("hydra/launcher=slurm_vllm", *SMALL[1:]),
    *("teacher=vllm", "teacher.max_tokens=120", "teacher.concurrency=4"),
)
TREES = """\
taxonomies:
- factor: place
  children:
  - name: shop
  - name: school
strategies:
- weight: 1
  factors: [place]
"""


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with a core for each of two servers and for the sweep's jobs, whatever the machine has."""
    with started(tmp_path_factory.mktemp("roomy"), cpus=4) as running:
        yield running


def test_servers_begin_serve_are_lost_and_end(roomy: Cluster, tmp_path: Path) -> None:
    """Jobs wait for a healthy server; one of two is killed and no call is lost; in the end none is left."""
    trees = tmp_path / "trees.yaml"
    trees.write_text(TREES)
    cells = (
        *("domain=arithmetic", "tracking=none", f"taxonomy.expansion.edited={trees}", "system=baseline"),
        *(f"size={SIZE}", "dataset.candidates_per_row=20", f"teacher.model={shipped(EmbeddedTeacher())}"),
    )
    sweep = Swept(roomy, tmp_path / "root", (*cells, *SERVED), "generate")
    said = sweep.said("generate", "-m", *SERVED, *cells)
    assert "submitted 2 jobs" in said
    (waits,) = sweep.status()
    assert waits["state"] == "waiting"
    assert "JobHeldUser" in waits["reason"]
    servers = roomy.ask(*submitted(sweep, "--array=0-1")).strip()
    addresses = sweep.root / "servers" / "vllm"
    sweep.wait("both addresses", lambda: len(list(addresses.glob("*"))) == 2, 180)
    assert all(path.read_text().startswith("http://") for path in addresses.iterdir())
    answers = sweep.root / "ledger"
    sweep.wait("answers", lambda: sum(path.stat().st_size for path in answers.rglob("*.jsonl")) > 0, 180)
    roomy.ask("scancel", "--signal=KILL", "--full", f"{servers}_0")
    sweep.wait(
        "a sweep that ends", lambda: not [job for job in sweep.jobs if job.split("_")[0] != servers], 200
    )
    assert sweep.built == {"taxonomy": 1, "dataset": 1}
    (done,) = sweep.status()
    assert "dataset" not in done["missing"]
    sweep.wait("no server", lambda: not sweep.jobs)
    assert not list(addresses.iterdir())
    manifest = json.loads((sweep.root / "store" / done["artifacts"]["dataset"] / "manifest.json").read_text())
    assert manifest["rows"] == SIZE
    assert not [why for why in manifest["refused"] if "gave no answer" in why]


def submitted(sweep: Swept, *options: str) -> tuple[str, ...]:
    """The command that starts servers, as a user's but for the node's size."""
    return (
        *("env", f"SIMULA_ROOT={sweep.root}", "EVERY_S=2", "sbatch", "--parsable", *options),
        *("--cpus-per-task=1", "--mem=1G", f"--output={sweep.root}/teacher-%a.log"),
        *(str(HERE.parents[1] / "slurm" / "vllm.sh"), sys.executable, str(HERE / "llama_replica.py")),
    )
