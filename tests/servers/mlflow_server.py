"""A real MLflow tracking server on loopback, with SQLite behind it. Start by hand: mlflow_server.py PORT DIRECTORY."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote_plus

START_SECONDS = 180


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextlib.contextmanager
def mlflow_server(directory: Path, port: int | None = None, *, own_group: bool = True) -> Iterator[str]:
    """URL of a server that lives as long as the context.

    Args:
        own_group: whether the server has a process group of its own, which ends with the context. By hand it has not:
            who started this script ends its group, and the server with it.

    Raises:
        RuntimeError: it ended, or does not answer within START_SECONDS; the message has the end of its log.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    log = directory / "mlflow-server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{directory}/mlflow.db",
             "--artifacts-destination", str(directory / "artifacts")],
            cwd=directory, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=own_group,
            env=_environment(),
        )  # fmt: skip
    try:
        _await(process, url, log)
        yield url
    finally:
        _stop(process, os.killpg if own_group else os.kill)


Answer = tuple[int, str, bytes] | None
"""Status, content type and body; None cuts the connection after half of the real answer."""


@contextlib.contextmanager
def faulty_proxy(upstream: str, faults: dict[str, Answer]) -> Iterator[str]:
    """URL of a proxy that passes everything on, except what `faults` says for a path.

    `faults` may be changed while the proxy runs. A key with a blank and a number at its end ("/path 2") means only
    the second request to that path, one with a question mark ("/path?text") those whose query holds the text.
    """
    seen: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            seen[path] += 1
            asked = [k for k in faults if k.startswith(f"{path}?") and k.partition("?")[2] in unquote_plus(query)]
            fault = next((k for k in (f"{path} {seen[path]}", *asked, path) if k in faults), None)
            if fault is not None and (answer := faults[fault]) is not None:
                self._answer(*answer)
                return
            status, kind, content = _forward(upstream + self.path, self.command, self.headers, body)
            if fault is None:
                self._answer(status, kind, content)
                return
            self._head(status, kind, len(content))
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True

        do_GET = do_POST = _relay  # noqa: N815  names that http.server looks for

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self._head(status, kind, len(content))
            self.wfile.write(content)

        def _head(self, status: int, kind: str, length: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _forward(url: str, method: str, headers: Message, body: bytes) -> tuple[int, str, bytes]:
    kept = {k: v for k, v in headers.items() if k.lower() in ("content-type", "authorization")}
    request = urllib.request.Request(url, data=body or None, headers=kept, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers.get_content_type(), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read()


def _environment() -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_") and k != "PYTHONWARNINGS"}
    return own | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",  # as which addresses for documentation count
    }


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the MLflow server did not start: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes], kill: Callable[[int, int], None]) -> None:
    """End the server, and with its process group its workers and their children."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            kill(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    directory = Path(sys.argv[2]).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with mlflow_server(directory, int(sys.argv[1]), own_group=False) as address:
        print(address, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
