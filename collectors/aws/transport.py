"""How a request travels, cheaper than botocore sends it: most of a small call's CPU went into urllib3 and http.client.

Owns what is sent and read on a connection that is open and idle. Connecting, TLS, proxies, whatever is out of the ordinary in a
request, and the meaning of errors stay with urllib3 and botocore: a pool class of ours takes the place of botocore's, and hands all
else to it. Answers out of the ordinary are read by http.client.

Source: botocore 1.44.5, httpsession.py and awsrequest.py; urllib3 2.8.0, connectionpool.py and connection.py; CPython 3.11,
http/client.py; read in the packages 2026-11-24.
"""

from __future__ import annotations

import errno
import io
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http.client import HTTPException, HTTPResponse, IncompleteRead
from ssl import SSLError as SocketSSLError
from typing import Any, cast

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from urllib3 import HTTPHeaderDict
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

_FOLD = re.compile(r"(?:(?<![ \t])[ \t]+)?\r\n[ \t]+")
"""A header's value that goes on in the next line; urllib3 makes one blank of it."""
_FIRST_BYTES = 16 << 10
_LONGEST_HEAD = 64 << 10
_TARGET = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-F]{2})*")
"""What urllib3 sends as it is, of the forms that a request's target may have."""
_HOST = re.compile(r"[a-z0-9\-]+(?:\.[a-z0-9\-]+)*")
_NAME = re.compile(r"[A-Za-z0-9\-]+")
_OTHERWISE = frozenset({"host", "accept-encoding", "expect", "transfer-encoding", "connection"})
"""Headers of a request that change how it is sent."""
_FRAMING = frozenset({"transfer-encoding", "connection"})
_BODILESS = frozenset({204, 304})
_SENT_ANYWAY = frozenset({errno.EPIPE, errno.EPROTOTYPE, errno.ECONNRESET})
"""A server may answer and close before it has read all: the answer is there to be read, or its absence tells."""


class Answer(io.BytesIO):
    """A whole answer, as botocore reads one of urllib3."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        super().__init__(content)
        self.status = status
        self.headers = headers

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


class _Pool:
    """Mixin for a pool of urllib3: requests of the plain form on connections that are open go the short way."""

    def urlopen(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> Any:
        pool = cast("Any", self)
        seconds = pool.timeout.read_timeout
        if pool.proxy is None and "timeout" not in more and isinstance(seconds, int | float):
            sent = _written(pool, method, url, body, headers)
            if sent is not None and (connection := _open_one(pool)) is not None:
                return _answered(pool, connection, url, sent, method, seconds)
        return super().urlopen(method, url, body=body, headers=headers, **more)  # type: ignore[misc]


class HttpPool(_Pool, AWSHTTPConnectionPool):  # type: ignore[misc]
    """botocore's pool of plain connections."""


class HttpsPool(_Pool, AWSHTTPSConnectionPool):  # type: ignore[misc]
    """botocore's pool of TLS connections."""


def travel_light(session: Any) -> None:
    """Let a botocore HTTP session send through these pools.

    Args:
        session: a URLLib3Session that has sent nothing yet.
    """
    pools = {"http": HttpPool, "https": HttpsPool}
    session._pool_classes_by_scheme = pools
    session._manager.pool_classes_by_scheme = pools
    session._manager.connection_from_url = _remembering(session._manager.connection_from_url)


def _remembering(find: Any) -> Any:
    """A manager's way from a URL to its pool, which parses no URL of the host that it was last asked for."""
    last: tuple[str, Any] = ("", None)

    def connection_from_url(url: str, pool_kwargs: Any = None) -> Any:
        nonlocal last
        origin = url[: url.find("/", 8)]
        known, pool = last
        if origin != known or pool_kwargs is not None:
            pool = find(url, pool_kwargs)
            last = (origin, pool)
        return pool

    return connection_from_url


def _open_one(pool: Any) -> Any:
    """A connection out of the pool that is open; None where the next one has to be opened first."""
    connection = pool._get_conn()
    if connection.sock is None:
        pool._put_conn(connection)
        return None
    return connection


def _answered(pool: Any, connection: Any, url: str, sent: bytes, method: str, seconds: float) -> Answer:
    """The answer to a request. Raises what urllib3 raises where there is none."""
    reusable = False
    try:
        answer, reusable = _exchanged(connection.sock, sent, method, seconds)
    except TimeoutError as error:
        raise ReadTimeoutError(pool, url, f"Read timed out. (read timeout={seconds})") from error
    except SocketSSLError as error:
        raise SSLError(error) from error
    except (OSError, HTTPException) as error:
        raise ProtocolError("Connection aborted.", error) from error
    finally:
        if not reusable:
            connection.close()
        pool._put_conn(connection)
    return answer


def _written(pool: Any, method: str, target: str, body: Any, headers: Any) -> bytes | None:
    """A request as http.client would write it; None where that takes more than putting it together."""
    host, port = pool.host, pool.port
    if not (body is None or type(body) is bytes) or not _TARGET.fullmatch(target) or not _HOST.fullmatch(host):
        return None
    if port is not None and port != pool.ConnectionCls.default_port:
        host = f"{host}:{port}"
    lines = [f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity".encode()]
    names = {}
    for name, value in headers.items():
        lower, written = _name(name)
        names[lower] = said = value if type(value) is bytes else str(value).encode("ascii", "ignore")
        if len(said) != len(value):
            return None
        lines.append(b"%b: %b" % (written, said))
    if not _OTHERWISE.isdisjoint(names) or "user-agent" not in names:
        return None
    length = names.get("content-length")
    if length != b"%d" % len(body or b"") and not (length is None and body is None and method == "GET"):
        return None
    head = b"\r\n".join(lines)
    if not head.count(b"\n") == head.count(b"\r") == len(lines) + 1:
        return None
    return b"%b\r\n\r\n%b" % (head, body or b"")


@cache
def _name(header: str) -> tuple[str, bytes]:
    """(in lower case, as it is written) of a header's name; names come out of the SDK's models."""
    return header.lower() if _NAME.fullmatch(header) else "expect", header.encode("ascii", "replace")


def _exchanged(connected: Any, sent: bytes, method: str, seconds: float) -> tuple[Answer, bool]:
    """(answer, whether the connection can be used again).

    Raises:
        OSError, HTTPException: there is no whole answer.
    """
    if connected.gettimeout() != seconds:
        connected.settimeout(seconds)
    try:
        connected.sendall(sent)
    except OSError as error:
        if error.errno not in _SENT_ANYWAY:
            raise
    read = connected.recv(_FIRST_BYTES)
    while (end := read.find(b"\r\n\r\n")) < 0 and read and len(read) < _LONGEST_HEAD:
        more = connected.recv(_FIRST_BYTES)
        if not more:
            break
        read += more
    plain = _plain_head(read[:end], method) if end > 0 else None
    if plain is None:
        return _by_http_client(read, connected, method)
    status, headers, length = plain
    content = read[end + 4 :]
    if len(content) < length:
        content = _filled_up(content, length, connected)
    return Answer(status, headers, content[:length]), len(content) == length


def _plain_head(head: bytes, method: str) -> tuple[int, dict[str, str], int] | None:
    """(status, headers, length of the body) of an answer of the plain form: a length, no name twice."""
    first, *lines = head.decode("latin-1").split("\r\n")
    code = first[9:12]
    if not (head.isascii() and first.startswith("HTTP/1.1 ") and code.isdigit() and first[12:13] in ("", " ")):
        return None
    status = int(code)
    if status < 200 or status in _BODILESS or method == "HEAD":
        return None
    if not head.count(b"\n") == head.count(b"\r") == len(lines):
        return None
    headers, names = {}, set()
    length = ""
    for line in lines:
        name, colon, value = line.partition(":")
        lower = name.lower()
        if not colon or not name or name.strip() != name or lower in names:
            return None
        names.add(lower)
        headers[name] = value.lstrip(" \t")
        if lower == "content-length":
            length = headers[name]
        elif lower in _FRAMING and headers[name].lower() != "keep-alive":
            return None
    return (status, headers, int(length)) if length.isdigit() else None


def _filled_up(begun: bytes, length: int, connected: Any) -> bytes:
    """A body to its end. Raises IncompleteRead where the connection ends before."""
    body = bytearray(length)
    body[: len(begun)] = begun
    at = len(begun)
    with memoryview(body) as room:
        while at < length:
            count = connected.recv_into(room[at:])
            if not count:
                raise IncompleteRead(bytes(body[:at]), length - at)
            at += count
    return bytes(body)


def _by_http_client(read: bytes, connected: Any, method: str) -> tuple[Answer, bool]:
    answer = HTTPResponse(cast("Any", _Replay(read, connected)), method=method)
    try:
        answer.begin()
        headers = HTTPHeaderDict((name, _FOLD.sub(" ", value)) for name, value in answer.msg.items())
        content = answer.read()
        return Answer(answer.status, headers, content), not answer.will_close
    finally:
        answer.close()


class _Replay(io.RawIOBase):
    """A socket of which some bytes were read already."""

    def __init__(self, read: bytes, connected: Any) -> None:
        self._read = memoryview(read)
        self._connected = connected

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        if not self._read:
            return int(self._connected.recv_into(room))
        count = min(len(room), len(self._read))
        room[:count] = self._read[:count]
        self._read = self._read[count:]
        return count
