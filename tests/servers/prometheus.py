"""A real Prometheus over samples of two weeks that promtool wrote; and what answers like one, badly.

Source of the format: openmetrics.io (a TYPE line, samples with stamps in seconds, "# EOF"); promtool tsdb create-blocks-from openmetrics,
prometheus.io, "Storage", Backfilling; read 2026-11-24.
"""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.servers.mlflow_server import free_port

Sample = tuple[str, float, float]
"""Series in the text format, value, stamp in seconds."""


def write_blocks(samples: Iterable[tuple[str, str, Iterable[Sample]]], folder: Path) -> None:
    """Blocks of a database out of (metric, type, samples). Those of one series come in order of time."""
    text = folder.parent / "samples.om"
    with text.open("w") as file:
        for metric, type_, points in samples:
            print(f"# TYPE {metric} {type_}", file=file)
            for series, value, stamp in points:
                print(f"{series} {value:g} {stamp:.0f}", file=file)
        print("# EOF", file=file)
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=768h", text, folder],
        check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    """URL of a server over a database."""
    settings = folder.parent / "prometheus.yml"
    settings.write_text("global: {scrape_interval: 1h}\n")
    port = free_port()
    command = [
        "prometheus", f"--config.file={settings}", f"--storage.tsdb.path={folder}", "--storage.tsdb.retention.time=20y",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/-/ready", process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "prometheus ended"
            time.sleep(0.1)
    raise AssertionError("prometheus does not become ready")


Answer = tuple[int, bytes]


def error(status: int, kind: str, said: str) -> Answer:
    return status, json.dumps({"status": "error", "errorType": kind, "error": said}).encode()


@contextmanager
def answering(answer: Callable[[str, dict[str, list[str]]], Answer]) -> Iterator[tuple[str, list[str]]]:
    """(URL, methods and paths that were asked) of a server that answers as it is told, given path and query."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked.append(f"{self.command} {parts.path}")
            status, body = answer(parts.path, parse_qs(parts.query))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
