"""A tracking server with one thing of each kind, which answers its listings badly on demand."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.servers.hostility import Fault, Reply

NOON = 1790000000000
TAGS = [{"key": "team", "value": "nlp"}]
RUN = "0123456789abcdef0123456789abcdef"
LISTINGS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "experiments": (
        "experiments",
        {
            "experiment_id": "7", "name": "llm-finetune", "artifact_location": "s3://acme-mlflow/7", "tags": TAGS,
            "lifecycle_stage": "active", "creation_time": NOON, "last_update_time": NOON,
        },
    ),
    "runs": (
        "runs",
        {
            "info": {
                "run_id": RUN, "run_uuid": RUN, "run_name": "run-1", "experiment_id": "7", "user_id": "ada", "status": "FINISHED",
                "start_time": NOON, "end_time": NOON, "artifact_uri": "s3://acme-mlflow/7/run", "lifecycle_stage": "active",
            },
            "data": {
                "metrics": [{"key": "loss", "value": 0.5, "timestamp": NOON, "step": 3}],
                "params": [{"key": "lr", "value": "1e-4"}],
                "tags": [{"key": "mlflow.user", "value": "ada"}],
            },
            "inputs": {
                "dataset_inputs": [
                    {
                        "dataset": {"name": "imagenet", "digest": "abc", "source_type": "s3", "source": '{"uri": "s3://acme-train/imagenet"}'},
                        "tags": TAGS,
                    }
                ]
            },
        },
    ),
    "logged-models": (
        "models",
        {
            "info": {
                "model_id": "m-1", "experiment_id": "7", "name": "adapter", "artifact_uri": "s3://acme-mlflow/7/models/m-1", "tags": TAGS,
                "creation_timestamp_ms": NOON, "last_updated_timestamp_ms": NOON, "model_type": "transformers", "source_run_id": RUN,
                "status": "LOGGED_MODEL_READY",
            },
            "data": {"params": [{"key": "rank", "value": "8"}], "metrics": [{"key": "f1", "value": 0.9, "timestamp": NOON, "step": 0}]},
        },
    ),
    "registered-models": (
        "registered_models",
        {
            "name": "fraud-scorer", "creation_timestamp": NOON, "last_updated_timestamp": NOON, "description": "Scores payments",
            "tags": TAGS, "aliases": [{"alias": "champion", "version": "1"}],
        },
    ),
    "model-versions": (
        "model_versions",
        {
            "name": "fraud-scorer", "version": "1", "creation_timestamp": NOON, "last_updated_timestamp": NOON, "source": "s3://acme/1",
            "current_stage": "Production", "run_id": RUN, "status": "READY", "user_id": "ada", "tags": TAGS,
        },
    ),
    "webhooks": (
        "webhooks",
        {
            "webhook_id": "w-1", "name": "releases", "url": "https://hooks.acme.internal/ml", "status": "ACTIVE",
            "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}], "creation_timestamp": NOON, "last_updated_timestamp": NOON,
        },
    ),
}  # fmt: skip
"""Noun of a search's path -> member of its answer, and the one item there is."""


class TrackingServer:
    """The answers.

    Attributes:
        url: where it is.
        wrong: what is wrong with its listings; None where nothing is.
    """

    def __init__(self) -> None:
        self.url = ""
        self.wrong: Fault | None = None
        self._turns: Counter[str] = Counter()
        self._lock = threading.Lock()

    def respond(self, url: str, body: bytes) -> Reply:
        path = urlsplit(url).path
        if path == "/version":
            return Reply(200, b"3.17.2", {"Content-Type": "text/plain"})
        if path == "/api/3.0/mlflow/traces/metrics":
            return Reply(200, b'{"data_points": [{"metric_name": "trace_count", "values": {"COUNT": 2.0}}]}', _JSON)
        found = re.fullmatch(r"/api/2\.0/mlflow/(webhooks|[a-z-]+(?=/search))(?:/search)?", path)
        if found is None:
            return Reply(404, b'{"error_code": "ENDPOINT_NOT_FOUND", "message": "no such endpoint"}', _JSON)
        return self._listed(found[1], unquote(url) + body.decode())

    def _listed(self, noun: str, asked: str) -> Reply:
        fault = self.wrong or Fault()
        member, item = LISTINGS[noun]
        with self._lock:
            turn = self._turns[noun]
            self._turns[noun] += 1
        number = int(found[1]) if (found := re.search(r"page-(\d+)-token", asked)) else 0
        pages = fault.listing(item) if fault.listing else [[item]]
        if "is_prompt" in asked and fault.body is None and not fault.tokens:
            pages = [[]]  # no prompts here
        page = pages[number] if number < len(pages) else []
        follows = f"page-{number + 1}-token" if number + 1 < len(pages) else ""
        token = fault.tokens[turn % len(fault.tokens)] if fault.tokens else follows
        answer = ({member: page} if page else {}) | ({"next_page_token": token} if token else {})
        reply = Reply(200, json.dumps(answer).encode(), _JSON)
        return fault.body(reply) if fault.body else reply


_JSON = {"Content-Type": "application/json"}


class _Handler(BaseHTTPRequestHandler):
    server_: TrackingServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server_.respond(self.path, sent)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        self.close_connection = self.close_connection or reply.cut

    do_GET = do_POST = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""


@contextmanager
def tracking_server() -> Iterator[TrackingServer]:
    """A server on loopback, for as long as the context lives."""
    answers = TrackingServer()
    with _Http(("127.0.0.1", 0), type("Bound", (_Handler,), {"server_": answers})) as http:
        answers.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield answers
        finally:
            http.shutdown()
