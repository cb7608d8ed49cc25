"""Figure 5: densities of complexity Elo: real data and five systems by domain, each domain rated in one pool.

The densities themselves are drawn by the sweep, in outputs/report/measures/complexity.png.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.comparison import Compared, Ours, number, reference, table
from experiments.drawing import draw
from experiments.results import ONE_SET, domains_at_work
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.stages.measures.pooled import stored_pools
from simula.store.artifacts import Store

_NUMBERS = {"mode": "mode", "mean": "mean", "q05": "5 % quantile", "q95": "95 % quantile"}
"""The paper's column to our number's name."""
TITLE = "Figure 5: complexity Elo of real data and of five systems"
SWEEPS = (Sweep("assess", ("experiment=figure_5",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's mode, mean and quantiles beside those of the store's pools; of several the one made last.

    Of the axes that `wanted` may name, a pool has its domain and its teacher.
    """
    by_domain: dict[str, Mapping[str, Any]] = {}
    for manifest in sorted(stored_pools(store).values(), key=lambda one: str(one["made"]["started"])):
        own = all(manifest.get(name) == value for name, value in wanted.items())
        if own and manifest["attribute"] == "complexity":
            by_domain[manifest["domain"]] = manifest
    running = domains_at_work(store, {"experiment": "figure_5", **wanted})
    compared = [
        Compared(
            {"domain": line["domain"], "system": line["system"]},
            name,
            number(line[name]),
            ours=_ours(by_domain.get(line["domain"]), line["system"], name),
            state="running" if line["domain"] in running else "missing",
        )
        for line in reference("complexity_elo.csv")
        for name in _NUMBERS
    ]
    return Rendered(
        TITLE,
        (table(TITLE, compared, 0),),
        tuple(compared),
        draw([one for one in compared if one.what == "mean"], ("domain",), "system", lambda _: "mean Elo"),
        ("Elo compares within a pool: a pool of other sets has another zero.", ONE_SET),
    )


def _ours(pool: Mapping[str, Any] | None, system: str, name: str) -> Ours | None:
    if pool is None:
        return None
    said = next((one for one in pool["sets"] if one["set"] == system), None)
    if said is None or said["elo"] is None:
        return None
    value, low, high = said["elo"][_NUMBERS[name]]
    return Ours(value, low, high, f"{pool['set']}: {pool['points']:,} points, scored by {pool['scorer']}")
