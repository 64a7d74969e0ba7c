"""What completes the records of a tracking server: traces of an experiment, and the artifacts that the server itself hands out.

Artifacts in a bucket are not looked for: its provider's inventory says what a bucket holds. Those behind the server are listed
folder by folder, within an allowance of requests; no artifact is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from collectors.mlflow import client
from collectors.mlflow.client import Allowance, Server
from normalize.errors import CollectError, DeniedError, TransientError
from normalize.model import Json

ARTIFACTS = "GET /api/2.0/mlflow-artifacts/artifacts"
_V3_TRACES = "POST /api/3.0/mlflow/traces/search"
_V2_TRACES = "GET /api/2.0/mlflow/traces"
_PROXIED = "/api/2.0/mlflow-artifacts/artifacts/"
TRACE_PAGES = 20
"""Pages of 500 traces that are counted where the server does not count them itself."""


def traces(server: Server, experiment: Mapping[str, Json], _: Allowance) -> Mapping[str, Json]:
    """$trace_count of an experiment: as the server counts, where it does; else as it lists them.

    Source: mlflow 3.17.2, mlflow/store/tracking/rest_store.py, query_trace_metrics and search_traces; mlflow 2.22, the same; read
    2026-11-24. Traces came with 2.14: release notes of MLflow 2.14.0.

    Raises:
        CollectError: they cannot be counted.
    """
    if experiment.get("lifecycle_stage") == "deleted" or "experiment_id" not in experiment:
        return {}  # listings of traces know no deleted experiments
    ids = [str(experiment["experiment_id"])]
    asked = {
        "experiment_ids": ids,
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
    }
    answer = _ask(server, client.TRACES, asked, missing=(404, 405, 501))
    if answer is None:
        return _listed_traces(server, ids)
    try:
        return {"$trace_count": sum(int(point["values"]["COUNT"]) for point in answer.get("data_points", []))}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise CollectError("the count of traces cannot be read", call=client.TRACES) from error


def _listed_traces(server: Server, ids: list[str]) -> Mapping[str, Json]:
    version = server.version()
    if version and client.release(version) < (2, 14):
        return {}
    old = version is not None and client.release(version) < (3, 0)
    call = _V2_TRACES if old else _V3_TRACES
    where = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": i}} for i in ids]
    asked: dict[str, Json] = {"experiment_ids": ids} if old else {"locations": where}
    count, token = 0, ""
    for _ in range(TRACE_PAGES):
        page = _ask(server, call, asked | {"max_results": 500} | ({"page_token": token} if token else {})) or {}
        found = page.get("traces", [])
        if not isinstance(found, list):
            raise CollectError("the listing of traces cannot be read", call=call)
        count, token = count + len(found), str(page.get("next_page_token") or "")
        if not token:
            return {"$trace_count": count}
    raise CollectError(f"more than {count} traces, which this server does not count itself", call=call)


def experiment_artifacts(server: Server, experiment: Mapping[str, Json], allowance: Allowance) -> Mapping[str, Json]:
    """$artifacts of all runs and logged models of an experiment."""
    return _artifacts(server, experiment.get("artifact_location"), allowance)


def logged_model_artifacts(server: Server, model: Mapping[str, Json], allowance: Allowance) -> Mapping[str, Json]:
    return _artifacts(server, model.get("artifact_location"), allowance)


def version_artifacts(server: Server, version: Mapping[str, Json], allowance: Allowance) -> Mapping[str, Json]:
    """$artifacts of a model version that has its source behind the server. Of one that is made from a logged model, the logged
    model's say it."""
    return _artifacts(server, version.get("source"), allowance)


def _artifacts(server: Server, uri: Json, allowance: Allowance) -> Mapping[str, Json]:
    """Bytes and files below a URI of the server's own.

    Raises:
        CollectError: they were not counted to the end.
    """
    root = proxied(server.uri, uri) if isinstance(uri, str) else None
    if root is None or server.artifact_calls == 0:
        return {}
    sizes = list(_files(server, root, allowance)) or _file(server, root, allowance)
    return {"$artifacts": {"bytes": sum(sizes), "files": len(sizes)}}


def proxied(server: str, uri: str) -> str | None:
    """Path, below the root of the artifacts that the server hands out, of a URI; None where it points elsewhere.

    Source: mlflow 3.17.2, mlflow/server/handlers.py, _get_proxied_run_artifact_destination_path; read 2026-11-24.
    """
    try:
        parts, own = urlsplit(uri), urlsplit(server)
    except ValueError:
        return None
    if parts.scheme == "mlflow-artifacts":
        path = parts.path if not parts.netloc or parts.netloc == own.netloc else None
    elif parts.scheme in ("http", "https") and _PROXIED in parts.path and parts.netloc == own.netloc:
        path = parts.path.partition(_PROXIED)[2]
    else:
        path = None
    path = unquote(path).strip("/") if path is not None else None
    return path if path and ".." not in path.split("/") else None


def _files(server: Server, root: str, allowance: Allowance) -> Iterator[int]:
    """Bytes of every file below a folder."""
    folders, seen = [root], {root}
    while folders:
        folder = folders.pop()
        for name, is_folder, size in _listed(server, folder, allowance):
            if not is_folder:
                yield size
            elif (below := f"{folder}/{name}") not in seen:
                seen.add(below)
                folders.append(below)


def _file(server: Server, path: str, allowance: Allowance) -> list[int]:
    """Bytes of what is a file itself: its own listing is that of an empty folder."""
    folder, _, own = path.rpartition("/")
    return [size for name, is_folder, size in _listed(server, folder, allowance) if name == own and not is_folder]


def _listed(server: Server, folder: str, allowance: Allowance) -> Iterator[tuple[str, bool, int]]:
    """(name, whether it is a folder, bytes) of what lies in a folder; nothing where there is no such folder."""
    if allowance.left <= 0:
        raise CollectError(
            f"{server.artifact_calls} requests did not count all artifacts; artifact_calls in the source allows more",
            call=ARTIFACTS,
        )
    allowance.left -= 1
    entries = (_ask(server, ARTIFACTS, {"path": folder} if folder else {}) or {}).get("files", [])
    try:
        for entry in entries:
            name = str(entry["path"]).rstrip("/").rpartition("/")[2]
            yield name, bool(entry.get("is_dir")), int(entry.get("file_size") or 0)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise CollectError("a listing of artifacts cannot be read", call=ARTIFACTS) from error


def _ask(server: Server, call: str, asked: Mapping[str, Json], *, missing: tuple[int, ...] = ()) -> Any:
    """The object that a call answers with; None for a status in `missing`.

    Raises:
        DeniedError: it may not be called.
        TransientError: anything else but an object came.
    """
    method, _, path = call.partition(" ")
    response = server.request(method, path, **{"params" if method == "GET" else "json": asked})
    if response.status_code in missing:
        return None
    if response.status_code in (401, 403):
        raise DeniedError(f"HTTP {response.status_code}", call=call, needs=(client.READ_PERMISSION,))
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if response.status_code != 200 or not isinstance(answer, dict):
        raise TransientError(f"HTTP {response.status_code}: {response.text[:200]}", call=call)
    return answer
