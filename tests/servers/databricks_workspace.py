"""A Databricks workspace as far as MLflow's client asks it: tracking, the workspace's registry, Unity Catalog and who the caller is.

Shapes: mlflow 3.17.2, mlflow/protos/service_pb2.py, model_registry_pb2.py and databricks_uc_registry_messages_pb2.py; databricks-sdk
0.156.0, service/iam.py, User. Two things a page; only GET and POST of searches are answered.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "dapi" + "0123456789abcdef0123456789abcdef"
NOON = 1790000000000
RUN = "0123456789abcdef0123456789abcdef"
PAGE = 2
UC = "/api/2.0/mlflow/unity-catalog"


def _version(name: str, number: str, source: str, **more: Any) -> dict[str, Any]:
    known = {"creation_timestamp": NOON, "last_updated_timestamp": NOON, "run_id": RUN, "status": "READY"}
    return {"name": name, "version": number, "source": source, **known, **more}


@dataclass
class Workspace:
    """What it holds; tests change it.

    Attributes:
        groups: of the caller.
        metastore: whether Unity Catalog is there.
        asked: method and path of every request.
    """

    url: str = ""
    groups: tuple[str, ...] = ("admins", "users")
    metastore: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        uc = path.startswith(UC)
        if uc and not self.metastore:
            return 404, {
                "error_code": "METASTORE_DOES_NOT_EXIST",
                "message": "No metastore assigned for the current workspace.",
            }
        match path.removeprefix(UC).removeprefix("/api/2.0/mlflow"):
            case "/api/2.0/preview/scim/v2/Me":
                return 200, {"userName": "stocktake", "groups": [{"display": g} for g in self.groups]}
            case "/experiments/search":
                return 200, _paged("experiments", EXPERIMENTS, query)
            case "/runs/search":
                return 200, _paged("runs", [RUN_OF_IT], query)
            case "/logged-models/search":
                return 200, _paged("models", [], query)
            case "/registered-models/search":
                told = [{k: v for k, v in m.items() if k not in ("aliases", "tags")} for m in UC_MODELS]
                return 200, _paged("registered_models", told if uc else MODELS, query)
            case "/registered-models/get":
                return 200, {"registered_model": next(m for m in UC_MODELS if m["name"] == query["name"])}
            case "/model-versions/get":
                wanted = (query["name"], query["version"])
                return 200, {"model_version": next(v for v in UC_VERSIONS if (v["name"], v["version"]) == wanted)}
            case "/model-versions/search":
                if not query.get("filter", "").startswith("name="):
                    return 400, {
                        "error_code": "INVALID_PARAMETER_VALUE",
                        "message": "Missing filter: name = 'model_name'",
                    }
                name = query["filter"].removeprefix("name=").strip("'\"")
                versions = [v for v in (UC_VERSIONS if uc else VERSIONS) if v["name"] == name]
                return 200, _paged("model_versions", versions, query) if uc else {"model_versions": versions}
        return 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": f"No API found for {path}"}


EXPERIMENTS = [
    {"experiment_id": str(n), "name": f"/Users/ada/{n}", "artifact_location": f"dbfs:/databricks/mlflow-tracking/{n}", "lifecycle_stage": "active"}
    for n in range(3)
]  # fmt: skip
RUN_OF_IT = {
    "info": {"run_id": RUN, "experiment_id": "0", "status": "FINISHED", "start_time": NOON, "lifecycle_stage": "active"},
    "data": {
        "tags": [
            {"key": "mlflow.databricks.gitRepoUrl", "value": "https://github.com/acme/notebooks"},
            {"key": "mlflow.databricks.gitRepoCommit", "value": "4f0c1d9a7be25b8c3e6f1a2d9c8b7a6f5e4d3c2b"},
        ]
    },
}  # fmt: skip
MODELS = [{"name": f"legacy-{n}", "creation_timestamp": NOON, "last_updated_timestamp": NOON} for n in range(3)]
VERSIONS = [_version("legacy-0", str(n), "dbfs:/databricks/mlflow-tracking/0/m") for n in range(1, 6)]
UC_MODELS = [
    {
        "name": f"ml.risk.fraud{n}", "creation_timestamp": NOON, "last_updated_timestamp": NOON,
        "aliases": [{"alias": "champion", "version": "2"}], "tags": [{"key": "team", "value": "risk"}],
    }
    for n in range(3)
]  # fmt: skip
UC_VERSIONS = [
    _version("ml.risk.fraud0", str(n), f"s3://acme-uc/fraud/{n}", tags=[{"key": "validated", "value": "yes"}])
    for n in range(1, 4)
]


def _paged(member: str, items: list[Any], query: dict[str, Any]) -> dict[str, Any]:
    start = int(query.get("page_token") or 0)
    more = start + PAGE < len(items)
    page = items[start : start + PAGE]
    return ({member: page} if page else {}) | ({"next_page_token": str(start + PAGE)} if more else {})


class _Handler(BaseHTTPRequestHandler):
    workspace: Workspace
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        url = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.workspace.asked.append((self.command, url.path))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, said = 403, {"error_code": "PERMISSION_DENIED", "message": "Invalid access token."}
        else:
            query = json.loads(sent) if sent else dict(parse_qsl(url.query))
            status, said = self.workspace.answer(url.path, query)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def databricks_workspace() -> Iterator[Workspace]:
    """A workspace on loopback, for as long as the context lives."""
    workspace = Workspace()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"workspace": workspace})) as http:
        http.daemon_threads = True
        workspace.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield workspace
        finally:
            http.shutdown()
