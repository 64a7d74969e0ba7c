"""The estate behind one local port: every AWS service, every account, every region.

    python -m benchmarks.aws_estate.server --regions 4 --accounts 1 --scale 1 --latency-ms 50

Prints {"url": …} when it listens. GET /__/stats tells what it was asked, /__/reset forgets that, /__/latency?ms=50
changes the delay of each answer. A request's account is that of its access key, its region that of its signature.
The same request is written once and then served from memory: about 0.1 ms of the server's CPU, so plain asyncio will do.
Not modelled: throttling, TLS, jitter, filters other than the state of jobs. An operation of which the estate holds nothing is answered empty, and
the statistics name it.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import dataclasses
import json
import re
import resource
import sys
import time
import traceback
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.aws_estate import wire
from benchmarks.aws_estate.estate import Estate, Sizes, account_of, services
from collectors.aws.kinds import KINDS
from collectors.aws.rows import all_calls

_CREDENTIAL = re.compile(rb"Credential=([^/,]+)/\d+/([^/,]+)/([^/,]+)/aws4_request", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target:\s*([^\r]+)", re.IGNORECASE)
_CBOR = b"rpc-v2-cbor"
KEPT_BYTES = 3 << 30
"""Most that is kept of answers already written; beyond, they are written anew for each request."""


class Service:
    """Answers requests, counts them, and remembers the bytes of each answer."""

    def __init__(self, estate: Estate, latency: float) -> None:
        self.latency = latency
        self._estate = estate
        called = {call.service for kind in KINDS for call in all_calls(kind.fetch)}
        self._models = wire.Models(sorted(called.union(services())))
        self._kept: dict[tuple[bytes, ...], tuple[str, bytes]] = {}
        self._kept_bytes = 0
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self._calls: collections.Counter[str] = collections.Counter()
        self._empty: collections.Counter[str] = collections.Counter()
        self._faults: list[str] = []
        self._bytes = 0
        self._cpu = time.process_time()
        self.connections = 0
        self.flying = 0
        self.most_flying = 0

    def stats(self) -> dict[str, Any]:
        return {
            "requests": self._calls.total(),
            "bytes": self._bytes,
            "connections": self.connections,
            "most_in_flight": self.most_flying,
            "server_cpu_s": round(time.process_time() - self._cpu, 3),
            "server_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "calls": dict(self._calls.most_common()),
            "empty": dict(self._empty.most_common()),
            "faults": self._faults,
        }

    def answer(self, head: bytes, body: bytes) -> bytes:
        """The whole HTTP response to a request."""
        line = head[: head.find(b"\r\n")]
        if line.startswith(b"GET /__/"):
            return self._control(line.split(b" ")[1].decode())
        signed = _CREDENTIAL.search(head)
        key, region, signing = signed.groups() if signed else (b"", b"us-east-1", b"s3")
        target = _TARGET.search(head)
        asked = (key, region, signing, line, target[1] if target else b"", body)
        known = self._kept.get(asked)
        if known is None:
            known = self._write(*(part.decode(errors="replace") for part in asked[:5]), _CBOR in head, body)
            if self._kept_bytes < KEPT_BYTES and not known[0].startswith(("sts.", "cloudwatch.")):
                self._kept[asked] = known
                self._kept_bytes += len(known[1])
        name, response = known
        self._calls[name] += 1
        self._bytes += len(response)
        return response

    def _write(
        self, key: str, region: str, signing: str, line: str, target: str, cbor: bool, body: bytes
    ) -> tuple[str, bytes]:
        method, address, _ = line.split(" ", 2)
        url = urlsplit(address)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        operation: wire.Operation | None = None
        try:
            operation = self._models.identify(wire.Request(signing, method, url.path, query, target, cbor, body))
            response = wire.respond(operation, self._told(operation, account_of(key, self._estate), region))
        except wire.Refusal as refusal:
            response = wire.refuse(operation, refusal)
        except Exception as error:  # noqa: BLE001  the client sees a server error, the statistics say why
            traceback.print_exc()
            self._faults.append(f"{signing} {line} {target}: {error!r}")
            response = wire.refuse(operation, wire.Refusal("InternalFailure", repr(error)[:200], 500))
        if method == "HEAD":
            response = response[: response.find(b"\r\n\r\n") + 4]
        return f"{operation.service}.{operation.name}" if operation else f"{signing}.?", response

    def _told(self, operation: wire.Operation, account: str, region: str) -> Any:
        told = self._estate.answer(operation.service, operation.name, account, region, operation.params)
        if told is None:
            self._empty[f"{operation.service}.{operation.name}"] += 1
            return wire.empty(operation.model.output_shape)
        return told

    def _control(self, address: str) -> bytes:
        url = urlsplit(address)
        told: dict[str, Any] = {}
        if url.path == "/__/reset":
            self.reset()
        elif url.path == "/__/latency":
            self.latency = float(dict(parse_qsl(url.query))["ms"]) / 1000
        else:
            told = self.stats()
        return wire.http(200, "application/json", {}, json.dumps(told).encode())


class Connection(asyncio.Protocol):
    """One client's connection: splits the stream into requests, sends each answer after the delay."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._service.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        service = self._service
        response = service.answer(head, body)
        if not service.latency or head.startswith(b"GET /__/"):
            self._send(response)
            return
        service.flying += 1
        service.most_flying = max(service.most_flying, service.flying)
        asyncio.get_running_loop().call_later(service.latency, self._land, response)

    def _land(self, response: bytes) -> None:
        self._service.flying -= 1
        self._send(response)

    def _send(self, response: bytes) -> None:
        if self._transport is not None:
            self._transport.write(response)


def sizes_from(options: argparse.Namespace) -> Sizes:
    """The sizes that the command line asks for: `--scale` of the default, then each `--size NAME=NUMBER`."""
    given = dict(text.split("=", 1) for text in options.size)
    return dataclasses.replace(Sizes().times(options.scale), **{k: int(v) for k, v in given.items()})


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scale", type=float, default=1.0, help="of the default estate: 4 regions, 65,000 resources")
    parser.add_argument("--size", action="append", default=[], metavar="NAME=N", help="one number of estate.Sizes")
    parser.add_argument("--regions", type=int, default=4)
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)


async def serve(estate: Estate, port: int, latency: float) -> None:
    service = Service(estate, latency)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", port, backlog=1024)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0)
    add_options(parser)
    options = parser.parse_args()
    estate = Estate.of(sizes_from(options), accounts=options.accounts, regions=options.regions, seed=options.seed)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(estate, options.port, options.latency_ms / 1000))


if __name__ == "__main__":
    sys.exit(main())
