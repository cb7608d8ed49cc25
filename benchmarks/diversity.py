"""How long the measures of diversity take, and how much memory: made-up vectors and texts.

    make bench-diversity                      512,000 points of 384 numbers, texts of 90 words
    python benchmarks/diversity.py 100000     fewer

A vector is one common direction, one of 2,000 topics (by Zipf's law) and the point's own part, the latter two
with variances that fall like 1/√rank; so 6,263 points are as far apart as as many exam questions by
all-MiniLM-L6-v2 (global 0.90 and local 0.47 both), and their neighbours somewhat harder to find. The vectors
are written to a file and read from there (`numpy.memmap`), as a set's need not fit in memory. Texts are those
of the post-filter's benchmark.

Each measure runs in a process of its own. Its peak of resident memory includes the pages of the vectors' file
that it read. All measures together must take less than 20 minutes, none more than 8 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from postfilter import synthetic_rows

from simula.metrics import DiversitySettings
from simula.metrics.distances import Vectors, global_shares, local_shares
from simula.metrics.diversity import wording
from simula.metrics.neighbours import nearest
from simula.metrics.resampling import bootstrapped
from simula.metrics.vendi import vendi_score

WIDTH = 384
TOPICS = 2_000
COMMON, TOPIC, OWN = 0.3, 0.75, 0.6
"""Mean lengths of a vector's parts, before it is scaled to 1."""
BLOCK = 20_000
LIMIT_MINUTES, LIMIT_GB = 20, 8
SETTINGS = DiversitySettings()


def write_vectors(path: Path, points: int, seed: int) -> None:
    """Unit vectors (points, WIDTH), float32."""
    draw = np.random.default_rng(seed)
    spectrum = np.arange(1, WIDTH + 1) ** -0.25
    spectrum /= np.linalg.norm(spectrum)
    across, within = (np.linalg.qr(draw.normal(size=(WIDTH, WIDTH)))[0] for _ in range(2))
    topics = COMMON * within[0] + TOPIC * (draw.normal(size=(TOPICS, WIDTH)) * spectrum) @ across
    chances = 1 / np.arange(1, TOPICS + 1)
    vectors = np.memmap(path, dtype=np.float32, mode="w+", shape=(points, WIDTH))
    for start in range(0, points, BLOCK):
        size = min(BLOCK, points - start)
        chosen = draw.choice(TOPICS, p=chances / chances.sum(), size=size)
        wide = topics[chosen] + OWN * (draw.normal(size=(size, WIDTH)) * spectrum) @ within
        vectors[start : start + size] = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    vectors.flush()


def whole(vectors: Vectors, seed: int) -> dict[str, Any]:
    """The global distance with its interval."""
    return bootstrapped(global_shares(vectors), np.random.default_rng(seed), SETTINGS.resamples)._asdict()


def near(vectors: Vectors, seed: int) -> dict[str, Any]:
    """The local distance with its interval, and how well its neighbours were found."""
    found = nearest(vectors, SETTINGS, np.random.default_rng(seed))
    shares = local_shares(vectors, found.places)
    told = bootstrapped(shares, np.random.default_rng(seed), SETTINGS.resamples)._asdict()
    return told | ({} if found.check is None else asdict(found.check))


def effective(vectors: Vectors, seed: int) -> dict[str, Any]:
    """The Vendi score."""
    return {"value": vendi_score(vectors, SETTINGS.largest_spectrum)}


MEASURES: dict[str, Callable[[Vectors, int], dict[str, Any]]] = {
    "global distance": whole,
    "local distance": near,
    "Vendi score": effective,
}
WORDS = "distinct words"


def measured(name: str, path: Path, points: int, seed: int) -> dict[str, Any]:
    """One measure: what it found, seconds, CPU seconds, peak GB. Making texts is no part of the seconds."""
    texts = list(synthetic_rows(points, seed)) if name == WORDS else []
    wall, cpu = time.perf_counter(), time.process_time()
    if name == WORDS:
        found = {f"distinct-{one.n}": one.share for one in wording(texts, SETTINGS, seed)}
    else:
        vectors = np.memmap(path, dtype=np.float32, mode="r", shape=(points, WIDTH))
        found = MEASURES[name](vectors, seed)
    return {
        "found": found,
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def main() -> None:
    """Each measure in turn, a line each, and whether both limits hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("points", type=int, nargs="?", default=512_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--vectors", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.measure:
        print(json.dumps(measured(said.measure, said.vectors, said.points, said.seed)))
        return
    print(f"{said.points:,} points, {WIDTH} numbers each; load {os.getloadavg()[0]:.1f}", flush=True)
    took = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        write_vectors(path, said.points, said.seed)
        print(f"{'measure':16} {'rows':>9} {'seconds':>9} {'CPU s':>9} {'peak GB':>8}")
        for name in (*MEASURES, WORDS):
            words = ["--measure", name, "--vectors", str(path), str(said.points), "--seed", str(said.seed)]
            done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, check=True)
            one = json.loads(done.stdout)
            took.append(one)
            print(
                f"{name:16} {said.points:9,} {one['seconds']:9.1f} {one['cpu']:9.1f} {one['gb']:8.2f}  "
                + ", ".join(f"{key} {value:.6g}" for key, value in one["found"].items()),
                flush=True,
            )
    minutes, cpu = (sum(one[clock] for one in took) / 60 for clock in ("seconds", "cpu"))
    peak = max(one["gb"] for one in took)
    print(
        f"together {minutes:.1f} minutes (limit {LIMIT_MINUTES}), {cpu:.1f} of CPU;"
        f" peak {peak:.2f} GB (limit {LIMIT_GB}); load {os.getloadavg()[0]:.1f}"
    )
    if minutes > LIMIT_MINUTES or peak > LIMIT_GB:
        raise SystemExit("over a limit")


if __name__ == "__main__":
    main()
