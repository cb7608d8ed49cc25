"""`simula track view`: the real wandb-workspaces saves one view of a grid on a local server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wandb_server import Faults, Server

from simula.errors import TrackingError
from simula.tracking import view
from simula.tracking.settings import Tracking
from simula.tracking.view import NUMBERS, save_view

# Of the package of views, when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic V1 style:DeprecationWarning")


def panels(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in spec["section"]["panelBankConfig"]["sections"]:
        yield from section["panels"]


@pytest.mark.usefixtures("key")
def test_one_view_of_the_grid(tmp_path: Path, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    said = save_view(Tracking(project="mine"), tmp_path, "lab")
    (saved,) = server.views
    assert said == f"W&B: the view is at {server.address}/someone/mine?nw={saved['name'][3:-2]}"
    assert (saved["projectName"], saved["displayName"]) == ("mine", "simula: lab")
    spec = json.loads(saved["spec"])
    (parallel,) = (panel for panel in panels(spec) if panel["viewType"] == "Parallel Coordinates Plot")
    columns = [column["accessor"] for column in parallel["config"]["columns"]]
    assert columns[3] == "config:system.value"
    assert columns[-len(NUMBERS) :] == [f"summary:{name}" for name in NUMBERS]
    (runs,) = spec["section"]["runSets"]
    filters = json.dumps(runs["filters"])
    assert '"tuned student"' in filters
    assert '"lab"' in filters
    # Again: the same view. Of all experiments: another one.
    assert save_view(Tracking(project="mine"), tmp_path, "lab") == said
    assert len(server.views) == 1
    assert save_view(Tracking(project="mine"), tmp_path, None) != said
    assert [one["displayName"] for one in server.views] == ["simula: lab", "simula: all experiments"]
    # Deleted by somebody: made anew.
    server.views.clear()
    assert save_view(Tracking(project="mine"), tmp_path, "lab") != said
    assert len(server.views) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "fault",
    [
        Faults(delay=1000),
        Faults(status=500, body=b"{}"),
        Faults(status=401, body=b"{}"),
        Faults(body=b"<html></html>"),
        Faults(body=b'{"data": {}}'),
    ],
    ids=["slow", "broken", "refusing", "something else", "confused"],
)
def test_a_server_at_fault_is_one_sentence(
    fault: Faults, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "_REQUEST_SECONDS", 1)
    server.faults = fault
    with pytest.raises(TrackingError, match=r"^W&B does not .{10,}"):
        save_view(Tracking(entity="someone"), tmp_path, "lab")
    assert not server.views
