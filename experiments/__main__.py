"""The paper's figures and tables beside ours.

python -m experiments                                  lists them, with the commands of their results
python -m experiments plan figure_4 [group=option]     what these commands would still cost; all: of every one
python -m experiments figure_4 [teacher=gemini_flash]  renders one from what the store has; all: every one
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.sweeps import Sweep, cost
from experiments.writing import Rendered, write
from simula.errors import ConfigurationError, SimulaError, unknown
from simula.paths import default_paths
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
    try:
        if wrong := [name for name in names if name not in ITEMS]:
            raise ConfigurationError(unknown(wrong[0], list(ITEMS), "item"))
        return _plan(names, words) if planned else _render(names, words)
    except ConfigurationError as error:
        print(f"experiments: {error}", file=sys.stderr)
        return error.exit_code


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
        except BrokenPipeError:
            raise
        except (SimulaError, OSError) as error:
            print(f"experiments: {name}: {error}", file=sys.stderr)
            code = error.exit_code if isinstance(error, SimulaError) else 1
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


def _render(names: Sequence[str], words: Sequence[str]) -> int:
    paths = default_paths()
    store = Store(paths.store)
    wanted = dict(word.split("=", 1) for word in words)
    if strange := [axis for axis in wanted if axis not in AXES]:
        raise ConfigurationError(unknown(strange[0], list(AXES), "axis"))
    known = [record.axes for record in all_records(store)] if wanted else []

    def shown(name: str) -> None:
        item = importlib.import_module(f"experiments.{name}")
        _check(known, item.SWEEPS, wanted, store)
        rendered: Rendered = item.render(store, wanted)
        commands = [sweep.line() for sweep in item.SWEEPS]
        files = write(name, rendered, paths.root / "experiments", commands)
        missing = sum(one.ours is None for one in rendered.compared)
        outside = sum(one.outside for one in rendered.compared)
        print(
            f"{rendered.title}: {len(rendered.compared)} lines, {missing} without a result of ours, "
            f"{outside} outside"
        )
        for path in files:
            print(f"  {path}")

    return _each(shown, names)


def _check(
    known: Sequence[Mapping[str, Any]], sweeps: Sequence[Sweep], wanted: Mapping[str, str], store: Store
) -> None:
    """Whether any cell of the sweeps meets the choices; where none of them has a cell, nothing is known.

    Args:
        known: the axes of the store's cells.
        sweeps: of the item.
        wanted: axis to value.
        store: named where none does.

    Raises:
        ConfigurationError: none does, with the values that there are.
    """
    words = [word.partition("=") for sweep in sweeps for word in sweep.overrides]
    own = {value for key, _, value in words if key == "experiment"}
    experiments = {wanted["experiment"]} if "experiment" in wanted else own
    cells = [axes for axes in known if axes["experiment"] in experiments]
    for axis, value in wanted.items() if cells else ():
        values = {str(cell[axis]) for cell in cells if axis in cell}
        cells = [cell for cell in cells if str(cell.get(axis)) == value]
        if not cells:
            others = sorted(values, key=lambda one: (len(one), one))  # numbers in their order
            raise ConfigurationError(unknown(value, others, f"cell in {store.root} with {axis}"))


if __name__ == "__main__":
    try:
        ended = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        fall_silent()
        ended = 0
    sys.exit(ended)
