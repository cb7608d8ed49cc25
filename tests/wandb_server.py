"""A stand-in for a W&B server on loopback: what the real client needs, kept as it was told."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ENTITY = "someone"
HISTORY = "wandb-history.jsonl"
SUMMARY = "wandb-summary.json"


@dataclass
class Faults:
    """What is wrong with the server."""

    delay: float = 0.0
    """Seconds before each answer."""
    drip: float = 0.0
    """Seconds between the bytes of each answer."""
    status: int = 200
    body: bytes | None = None
    """What every request gets."""

    @property
    def refuses(self) -> bool:
        """Whether nothing is kept of what comes: a server that says so has done nothing."""
        return self.status != 200 or self.body is not None


@dataclass
class Told:
    """What the server knows of one run."""

    config: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    kind: str | None = None
    lines: dict[str, list[str]] = field(default_factory=dict)
    """Of each of its files: lines are put where the client says."""

    def rows(self, file: str = HISTORY) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.get(file, [])]

    @property
    def summary(self) -> dict[str, Any]:
        return self.rows(SUMMARY)[-1]


class Server:
    """As much of a W&B server as runs, artifacts and views need."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.runs: dict[str, Told] = {}
        self.upserts: list[dict[str, Any]] = []
        """What runs were begun or changed with, in the order it came."""
        self.exits: list[int] = []
        self.artifacts: list[dict[str, Any]] = []
        """Each content of each artifact, once."""
        self.lineage: set[tuple[str, str, str]] = set()
        """(artifact, "made by" or "used by", run)."""
        self.manifests: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, bytes] = {}
        self.views: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def names(self) -> list[str]:
        return [one["artifactCollectionName"] for one in self.artifacts]

    def stream(self, run: str, said: dict[str, Any]) -> None:
        for name, part in said.get("files", {}).items():
            lines = self.runs.setdefault(run, Told()).lines.setdefault(name, [])
            lines[part["offset"] : part["offset"] + len(part["content"])] = part["content"]
        if said.get("complete"):
            self.exits.append(said["exitcode"])

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        found = re.search(r"(?:query|mutation) (\w+)", query)
        operation = found.group(1) if found else ""
        answering = getattr(self, f"_answer_{operation}", None)
        return dict(answering(variables.get("input") or variables)) if answering else {}

    def _bucket(self, run: str) -> dict[str, Any]:
        told = self.runs.setdefault(run, Told())
        project = {"id": "p", "name": "simula", "entity": {"id": "e", "name": ENTITY}}
        count = len(told.lines.get(HISTORY, []))
        return {"id": run, "name": run, "historyLineCount": count, "project": project}

    def _answer_RunResumeStatus(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        model = {"id": "p", "name": "simula", "entity": {"id": "e", "name": ENTITY}}
        if given["name"] not in self.runs:
            return {"model": {**model, "bucket": None}}
        told = self.runs[given["name"]]
        bucket = self._bucket(given["name"])
        state = {
            "summaryMetrics": (told.lines.get(SUMMARY) or ["{}"])[-1],
            "displayName": given["name"],
            "logLineCount": 0,
            "historyLineCount": bucket["historyLineCount"],
            "eventsLineCount": 0,
            "historyTail": json.dumps(told.lines.get(HISTORY, [])[-1:]),
            "eventsTail": "[]",
            "config": json.dumps(told.config),
            "tags": [],
            "wandbConfig": json.dumps({"t": 1}),
        }
        return {"model": {**model, "bucket": {**bucket, **state}}}

    def _answer_UpsertBucket(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.upserts.append(given)
        told = self.runs.setdefault(given["name"], Told())
        told.config |= json.loads(given["config"] or "{}")
        told.group, told.kind = given["groupName"] or told.group, given["jobType"] or told.kind
        return {"upsertBucket": {"bucket": self._bucket(given["name"]), "inserted": True}}

    def _answer_CreateRunFiles(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        files = [{"name": name, "uploadUrl": f"{self.address}/run/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": given["run"], "uploadHeaders": [], "files": files}}

    def _answer_CreateArtifact(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        same = ("artifactCollectionName", "digest")
        known = [one for one in self.artifacts if all(one[name] == given[name] for name in same)]
        if not known:
            self.artifacts.append({**given, "id": f"{len(self.artifacts)}"})
        one = (known or self.artifacts)[-1]
        if given["runName"]:
            self.lineage.add((one["artifactCollectionName"], "made by", given["runName"]))
        state = "COMMITTED" if known else "PENDING"
        made = {"id": one["id"], "state": state, "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": made}}

    def _answer_CreateArtifactManifest(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        url = f"{self.address}/manifest/{given['artifactID']}"
        file = {"id": "f", "uploadUrl": url, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": "m", "file": file}}}

    def _answer_CreateArtifactFiles(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        nodes = [
            {
                "storagePath": one["name"],
                "uploadUrl": f"{self.address}/artifact/{one['artifactID']}/{one['name']}",
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "artifact": {"id": one["artifactID"]},
            }
            for one in given["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def _answer_CommitArtifact(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"commitArtifact": {"artifact": {"id": given["artifactID"], "digest": "d"}}}

    def _answer_UseArtifact(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = self.artifacts[int(given["artifactID"])]["artifactCollectionName"]
        self.lineage.add((name, "used by", given["runName"]))
        return {"useArtifact": {"artifact": {"id": given["artifactID"]}}}

    def _answer_Viewer(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        user = {"id": "u", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}"}
        return {"viewer": {**user, "admin": False, "teams": {"edges": []}}}

    _answer_GetDefaultEntity = _answer_Viewer  # noqa: N815

    def _answer_UpsertView2(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = [one for one in self.views if one["id"] == given.get("id")]
        if known:
            known[0] |= given
        else:
            self.views.append({**given, "id": f"view-{len(self.views)}"})
        view = (known or self.views)[-1]
        return {"upsertView": {"view": {"id": view["id"], "name": view["name"]}, "inserted": not known}}

    def _answer_View(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        nodes = [one for one in self.views if one["name"] == given["viewName"]]
        return {"project": {"allViews": {"edges": [{"node": node} for node in nodes]}}}

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body, reply = self._body(), dict[str, Any]()
                if server.faults.refuses:
                    self._reply(b"")
                    return
                if self.path == "/graphql":
                    asked = json.loads(body)
                    with server._lock:
                        reply = {"data": server.answer(asked["query"], asked.get("variables") or {})}
                elif self.path.endswith("/file_stream"):
                    with server._lock:
                        server.stream(self.path.split("/")[-2], json.loads(body))
                self._reply(json.dumps(reply).encode())

            def do_PUT(self) -> None:
                body = self._body()
                if not server.faults.refuses:
                    with server._lock:
                        server.uploads[self.path] = body
                        if self.path.startswith("/manifest/"):
                            server.manifests[self.path.split("/")[-1]] = json.loads(body)
                self._reply(b"")

            def do_GET(self) -> None:
                self._reply(b"{}")

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def _reply(self, body: bytes) -> None:
                faults = server.faults
                body = body if faults.body is None else faults.body
                server._ended.wait(faults.delay)
                self.send_response(faults.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                pieces = [body[at : at + 1] for at in range(len(body))] if faults.drip else [body]
                for piece in pieces:
                    server._ended.wait(faults.drip)
                    self.wfile.write(piece)
                    self.wfile.flush()

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:  # the client has given up
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
