"""The paper's figures and tables beside ours.

python -m experiments                                  lists them, with the commands of their results
python -m experiments figure_4 [teacher=gemini_flash]  renders one from what the store has; all: every one
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from experiments.writing import Rendered, write
from simula.errors import unknown
from simula.stages.record import all_records
from simula.store.artifacts import Store

ITEMS = ("figure_3", "figure_4", "figure_5", "figure_10", "tables_2_3", "table_4", "table_5")


def main(arguments: list[str]) -> int:
    """List the items, or render those that are named, or all; the exit code."""
    root = Path(os.environ.get("SIMULA_ROOT", "outputs"))
    names = [word for word in arguments if "=" not in word]
    wanted = dict(word.split("=", 1) for word in arguments if "=" in word)
    if not names:
        print(__doc__ + "\n")
        for name in ITEMS:
            print((importlib.import_module(f"experiments.{name}").__doc__ or "").strip() + "\n")
        return 0
    names = list(ITEMS) if names == ["all"] else names
    if wrong := [name for name in names if name not in ITEMS]:
        print(f"experiments: {unknown(wrong[0], list(ITEMS), 'item')}", file=sys.stderr)
        return 2
    store = Store(root / "store")
    axes = sorted({axis for record in all_records(store) for axis in record.axes})
    if axes and (strange := [axis for axis in wanted if axis not in axes]):
        print(f"experiments: {unknown(strange[0], axes, 'axis')}", file=sys.stderr)
        return 2
    for name in names:
        rendered: Rendered = importlib.import_module(f"experiments.{name}").render(store, wanted)
        missing = sum(one.ours is None for one in rendered.compared)
        outside = sum(one.mark == "outside" for one in rendered.compared)
        print(
            f"{rendered.title}: {len(rendered.compared)} numbers, {missing} without a result of ours, "
            f"{outside} outside"
        )
        for path in write(name, rendered, root / "experiments"):
            print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
