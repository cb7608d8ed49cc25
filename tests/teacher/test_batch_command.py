"""The command line with the batch teacher: a whole data set at half the price."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from fake_gemini import KEY
from fake_gemini_batch import FakeBatches

from simula.composition import cells
from simula.plan import plan
from simula.stages.keys import artifact_keys

SIMULA = str(Path(sys.executable).with_name("simula"))
GSM8K = ["domain=gsm8k", "student=gemma3_4b_pt", "size=400"]


def test_a_plan_prices_batches_at_half_and_names_the_same_artifacts(tmp_path: Path) -> None:
    # Canaries are asked online alone.
    full = [*GSM8K, "system=full", "critic.canaries=0", f"paths.root={tmp_path}"]
    (online,) = cells([*full, "teacher=gemini_flash"], sweep=False)
    (batch,) = cells([*full, "teacher=gemini_flash_batch"], sweep=False)
    assert artifact_keys(online.config) == artifact_keys(batch.config)
    online_usd, batch_usd = (sum(step.usd for step in plan([cell]).steps) for cell in (online, batch))
    assert batch_usd == pytest.approx(online_usd / 2)
    assert batch_usd > 1


def test_a_data_set_is_generated_by_batches(tmp_path: Path) -> None:
    rows, slots = 150, 200
    chosen = [*GSM8K[:2], "system=baseline", f"size={rows}", "benchmark=none", "tracking=none"]
    batch = ["teacher=gemini_flash_batch", "teacher.gather=0.5", "teacher.poll=0.1"]

    async def main() -> tuple[FakeBatches, list[subprocess.CompletedProcess[str]]]:
        async with FakeBatches() as fake:
            environment = {
                **os.environ,
                "SIMULA_ROOT": str(tmp_path),
                "GEMINI_API_KEY": KEY,
                "GOOGLE_GEMINI_BASE_URL": fake.url,
            }

            def simula(*arguments: str) -> subprocess.CompletedProcess[str]:
                command = [SIMULA, "generate", *chosen, *arguments]
                return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)

            first = await anyio.to_thread.run_sync(
                lambda: simula(*batch, f"dataset.concurrency={slots}", f"size={rows}")
            )
            # The same data set by the online teacher is the same artifact: nothing is sent.
            again = await anyio.to_thread.run_sync(lambda: simula("teacher=gemini_flash"))
            return fake, [first, again]

    fake, ended = anyio.run(main)
    for one in ended:
        assert one.returncode == 0, one.stderr[-3000:]
    assert fake.online == []
    (manifest,) = [
        json.loads(path.read_text()) for path in tmp_path.glob("store/dataset/*/n150/manifest.json")
    ]
    assert manifest["rows"] == rows
    assert manifest["calls"] <= sum(fake.answered.values())
    assert set(fake.answered.values()) == {1}
    # All slots ask for their samples at one time.
    largest = max(len(job["requests"]) for job in fake.batches.values())
    assert largest > rows / 2
    assert "[gsm8k" in ended[0].stderr
    assert "submitted as batches/b1" in ended[0].stderr
    assert list(tmp_path.glob("ledger/batches/*/*")) == []
