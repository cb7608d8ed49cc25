"""The paper's figures and tables beside ours.

python -m experiments                                  lists them, with the commands of their results
python -m experiments plan figure_4 [group=option]     what these commands would still cost; all: of every one
python -m experiments figure_4 [teacher=gemini_flash]  renders one from what the store has; all: every one
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from experiments.sweeps import cost
from experiments.writing import Rendered, write
from simula.errors import SimulaError, unknown
from simula.progress import thinking
from simula.stages.bench import ARM, PANEL, REPLICATE
from simula.stages.record import all_records
from simula.store.artifacts import Store
from simula.visible import fall_silent

AXES = (*PANEL, *ARM, *REPLICATE, "measured", "size")
"""By whose values cells may be chosen."""

ITEMS = (
    "figure_3",
    "figure_4",
    "figure_5",
    "figure_6",
    "figure_7",
    "figure_10",
    "figure_12",
    "figure_13",
    "tables_2_3",
    "table_4",
    "table_5",
    "table_6",
    "fig6_small",
    "fig7_small",
    "lab_contrasts",
)
"""Each a module with TITLE, SWEEPS (the commands that make its results) and render."""


def main(arguments: list[str]) -> int:
    """List the items, plan those that are named, or render them; the exit code."""
    if {"-h", "--help", "help"} & set(arguments):
        print(__doc__)
        return 0
    names = [word for word in arguments if "=" not in word]
    words = [word for word in arguments if "=" in word]
    if not names:
        print(__doc__)
        return _list()
    planned = names[0] == "plan"
    names = names[planned:] or ["all"]
    names = list(ITEMS) if names == ["all"] else names
    if wrong := [name for name in names if name not in ITEMS]:
        print(f"experiments: {unknown(wrong[0], list(ITEMS), 'item')}", file=sys.stderr)
        return 2
    return _plan(names, words) if planned else _render(names, words)


def _list() -> int:
    for name in ITEMS:
        item = importlib.import_module(f"experiments.{name}")
        print(f"{name:<13} {item.TITLE}")
        for sweep in item.SWEEPS:
            print(f"{'':<13}   {sweep.line()}")
    return 0


def _each(work: Callable[[str], None], names: Sequence[str]) -> int:
    """Do the work for each item; the exit code of the last that could not be done."""
    code = 0
    for name in names:
        try:
            work(name)
        except SimulaError as error:
            print(f"experiments: {name}: {error}", file=sys.stderr)
            code = error.exit_code
    return code


def _plan(names: Sequence[str], more: Sequence[str]) -> int:
    def planned(name: str) -> None:
        item = importlib.import_module(f"experiments.{name}")
        print(item.TITLE)
        for sweep in item.SWEEPS:
            print(f"  {sweep.line(more)}")
        if not item.SWEEPS:
            print("  it needs no result")
            return
        with thinking("reading the configuration of every cell …"):
            left = cost(item.SWEEPS, more)
        print(f"  still to do: {left}")

    return _each(planned, names)


def _empty(store: Store, wanted: Mapping[str, str]) -> str:
    """Which choice no cell of the store meets, in a sentence; nothing of a store without cells."""
    cells = [record.axes for record in all_records(store)]
    for axis, value in wanted.items():
        values = sorted({str(axes[axis]) for axes in cells if axis in axes})
        if values and value not in values:
            return unknown(value, values, f"cell in {store.root} with {axis}")
    return ""


def _render(names: Sequence[str], words: Sequence[str]) -> int:
    root = Path(os.environ.get("SIMULA_ROOT", "outputs"))
    wanted = dict(word.split("=", 1) for word in words)
    store = Store(root / "store")
    if strange := [axis for axis in wanted if axis not in AXES]:
        print(f"experiments: {unknown(strange[0], list(AXES), 'axis')}", file=sys.stderr)
        return 2
    if empty := _empty(store, wanted):
        print(f"experiments: {empty}", file=sys.stderr)
        return 2

    def shown(name: str) -> None:
        item = importlib.import_module(f"experiments.{name}")
        rendered: Rendered = item.render(store, wanted)
        missing = sum(one.ours is None for one in rendered.compared)
        outside = sum(one.outside for one in rendered.compared)
        print(
            f"{rendered.title}: {len(rendered.compared)} lines, {missing} without a result of ours, "
            f"{outside} outside"
        )
        for path in write(name, rendered, root / "experiments", [sweep.line() for sweep in item.SWEEPS]):
            print(f"  {path}")

    return _each(shown, names)


if __name__ == "__main__":
    try:
        ended = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        fall_silent()
        ended = 0
    sys.exit(ended)
