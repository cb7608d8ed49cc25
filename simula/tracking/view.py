"""A saved view of the grid in W&B: the axes of every tuned student beside what came of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from simula.durable import write_json
from simula.errors import ConfigurationError, TrackingError
from simula.tracking.settings import Tracking

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace

EXAMINED = "examined"
"""Key of a run's configuration: whose answers an evaluation is of."""
TUNED = "tuned student"
"""Those that a grid is compared by."""
AXES = (
    *("domain", "teacher", "student", "system", "recipe", "taxonomy", "scenarios", "complexity", "critic"),
    *("selection", "learning_rate", "size", "data_seed", "seed"),
)
"""Of the parallel coordinates, from left to right; what came of them stands behind."""
NUMBERS = ("rejection", "coverage", "price_usd", "accuracy")
_VIEWS = "views.json"
"""Where the addresses of saved views are kept, so that there is one of each."""
_REQUEST_SECONDS = 10
_RETRIES = 1


def save_view(tracking: Tracking, folder: Path, group: str | None) -> str:
    """Save the view, in place of the one before, and say where it is.

    Args:
        tracking: project and entity.
        folder: where the address is kept (`paths.tracking`).
        group: the experiment that it shows; None: all of the project.

    Raises:
        ConfigurationError: there is no key.
        TrackingError: the server does not take it.
    """
    if not os.environ.get("WANDB_API_KEY"):
        raise ConfigurationError("WANDB_API_KEY is not set; simula track needs the key of a W&B account")
    import wandb
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    # The client speaks of saved views on the terminal, and asks for ever where nobody tells it not to.
    wandb.setup(
        wandb.Settings(silent=True, x_graphql_timeout_seconds=_REQUEST_SECONDS, x_graphql_retry_max=_RETRIES)
    )
    os.environ["WANDB_SILENT"] = "true"
    try:
        entity = tracking.entity or wandb.Api().default_entity
        if not entity:
            raise TrackingError("W&B does not say whose key this is; tracking.entity=… names a user or team")
        url = str(_saved(entity, tracking.project, folder / _VIEWS, group).url)
    except (wandb.Error, WandbApiFailedError, OSError, ValueError, LookupError, TypeError) as error:
        reason = shorten(str(error), 300) or type(error).__name__
        raise TrackingError(f"W&B does not take the view: {reason}") from error
    return f"W&B: the view is at {url}"


def _saved(entity: str, project: str, known: Path, group: str | None) -> Workspace:
    addresses = json.loads(known.read_text()) if known.exists() else {}
    place = f"{entity}/{project}/{group or ''}"
    view = _known(addresses.get(place)) or _new(entity, project, group)
    view.sections, view.runset_settings = _sections(), _runs(group)
    view.save()
    write_json(known, {**addresses, place: view.url})
    return view


def _known(address: str | None) -> Workspace | None:
    """The view as it is now; None where it was never saved, or somebody has deleted it."""
    from wandb_workspaces.workspaces import Workspace

    if address is None:
        return None
    try:
        view: Workspace = Workspace.from_url(address)
    except ValueError:
        return None
    return view


def _new(entity: str, project: str, group: str | None) -> Workspace:
    from wandb_workspaces.workspaces import Workspace

    name = f"simula: {group}" if group else "simula: all experiments"
    return Workspace(entity=entity, project=project, name=name)


def _sections() -> list[Any]:
    from wandb_workspaces.reports.v2 import (
        Config,
        Layout,
        ParallelCoordinatesPlot,
        ParallelCoordinatesPlotColumn,
        ScatterPlot,
        SummaryMetric,
    )
    from wandb_workspaces.workspaces import Section

    columns = [ParallelCoordinatesPlotColumn(Config(name)) for name in AXES]
    columns += [ParallelCoordinatesPlotColumn(SummaryMetric(name)) for name in NUMBERS]
    accuracy = SummaryMetric("accuracy")
    panels = [
        ParallelCoordinatesPlot(
            columns=columns, title="axes of the grid and accuracy", layout=Layout(w=24, h=10)
        ),
        ScatterPlot(title="accuracy by size", x=Config("size"), y=accuracy, log_x=True),
        ScatterPlot(title="accuracy by price (USD)", x=SummaryMetric("price_usd"), y=accuracy),
        ScatterPlot(title="accuracy by coverage", x=SummaryMetric("coverage"), y=accuracy),
    ]
    return [Section(name="the grid", panels=panels, is_open=True)]


def _runs(group: str | None) -> Any:
    from wandb_workspaces.workspaces import And, Config, Metric, RunsetSettings

    chosen = [Config(EXAMINED) == TUNED, *([Metric("Group") == group] if group else [])]
    columns = [f"summary:{name}" for name in (*NUMBERS, "accuracy_low", "accuracy_high")]
    return RunsetSettings(filters=And(*chosen), groupby=[Config("system")], pinned_columns=columns)
