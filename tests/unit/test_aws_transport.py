"""A request on an open connection is the one that botocore would send, and its answer is read as botocore reads it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import trustme
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError, SSLError
from botocore.httpsession import URLLib3Session

from collectors.aws.client import Client
from collectors.aws.transport import Answer, travel_light

LONG = b"".join(b"%06d" % n for n in range(20_000))
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amzn-RequestId: 1\r\n\r\nok"


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in parts) + end


ANSWERS: Mapping[str, tuple[bytes, bool]] = {
    "plain": (PLAIN, False),
    "error": (b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nX-A:  b \r\n\r\n{}", False),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", False),
    "long": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LONG) + LONG, False),
    "keeps alive": (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", False),
    "closes": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", True),
    "closes without a word": (PLAIN, True),
    "until it closes": (b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n" + LONG, True),
    "old": (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", True),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ab", LONG, b"c"), False),
    "trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ab", end=b"0\r\nX: y\r\n\r\n"),
        False,
    ),
    "chunked with a length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ab"),
        False,
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", False),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", False),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, False),
    "header twice": (b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 1\r\n\r\na", False),
    "header folded": (b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\t2\r\nContent-Length: 1\r\n\r\na", False),
    "header not ASCII": ("HTTP/1.1 200 OK\r\nX-A: ü\r\nContent-Length: 1\r\n\r\na".encode(), False),
    "header of nothing": (b"HTTP/1.1 200 OK\r\nX-A:\r\nContent-Length: 1\r\n\r\na", False),
    "bare newlines": (b"HTTP/1.1 200 OK\nContent-Length: 1\n\na", True),
    "head of many packets": (
        b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 40_000 + b"\r\nContent-Length: 1\r\n\r\na",
        False,
    ),
    "more than its length": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", False),
    "nothing": (b"", True),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", True),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", True),
    "odd status": (b"HTTP/1.1 abc OK\r\nContent-Length: 1\r\n\r\na", True),
    "chunk of no size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n", True),
    "chunk cut": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", True),
}
"""What comes back, and whether the connection is closed after it."""


@dataclass
class Server:
    """Answers /NAME with what ANSWERS has under that name, anything else plainly; never answers /silent."""

    listener: socket.socket
    context: ssl.SSLContext | None = None
    received: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://localhost:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as file:
            while request := _request(file):
                self.received.append(request)
                name = request.split(b" ", 2)[1].decode().lstrip("/").replace("%20", " ")
                answer, closes = ANSWERS.get(name, (PLAIN, False))
                if name == "silent":
                    continue
                connection.sendall(answer)
                if closes:
                    connection.shutdown(socket.SHUT_RDWR)
                    return


def _request(file: Any) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = file.readline()
        if not line:
            return b""
        head += line
    if b"\r\nTransfer-Encoding: chunked" in head:
        return head + b"".join(iter(file.readline, b"0\r\n")) + file.readline()
    length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
    return head + file.read(length)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _serving(context: ssl.SSLContext | None) -> Iterator[Server]:
    server = Server(socket.create_server(("localhost", 0)), context)
    threading.Thread(target=server.serve, daemon=True).start()
    yield server
    server.listener.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from _serving(None)


@pytest.fixture(scope="module")
def secure(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    yield from _serving(context)


def request(url: str, method: str = "POST", body: bytes | None = b"{}", **more: str) -> AWSPreparedRequest:
    headers = {"User-Agent": b"tested", "X-Amz-Target": b"A.B", **{k.replace("_", "-"): v for k, v in more.items()}}
    if method != "GET":
        headers["Content-Length"] = str(len(body or b""))
    return AWSPreparedRequest(method, url, HeadersDict(headers), body, False, {})


def outcome(session: URLLib3Session, asked: AWSPreparedRequest) -> Any:
    """What a session makes of a request, as what it says or the error that it raises."""
    try:
        answer = session.send(asked)
    except Exception as error:
        return type(error)
    return answer.status_code, sorted(answer.headers.items()), answer.content


def usual(**options: Any) -> URLLib3Session:
    """A session as botocore's clients have one."""
    return URLLib3Session(socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)], **options)


def light(**options: Any) -> URLLib3Session:
    session = usual(**options)
    travel_light(session)
    return session


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
def test_every_answer_on_an_open_connection_is_read_as_botocore_reads_it(server: Server, method: str) -> None:
    theirs, ours = usual(timeout=(5, 5)), light(timeout=(5, 5))
    for name in ANSWERS:
        asked = f"{server.url}/{name.replace(' ', '%20')}"
        outcomes = []
        for session in (theirs, ours):
            outcome(session, request(f"{server.url}/open"))
            outcomes.append(outcome(session, request(asked, method)))
            if not ANSWERS[name][1]:
                outcomes.append(outcome(session, request(f"{server.url}/after")))
        half = len(outcomes) // 2
        assert outcomes[half:] == outcomes[:half], name


def test_a_body_that_ends_before_its_length_is_an_error_and_no_short_answer(server: Server) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"a" * 60
    session = light()
    outcome(session, request(f"{server.url}/open"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ANSWERS, "cut", (cut, True))  # type: ignore[arg-type]
        assert outcome(session, request(f"{server.url}/cut")) is ConnectionClosedError


REQUESTS = [
    request("/"),
    request("/", body=LONG),
    request("/", body=None),
    request("/a%20b/%C3%BC?x=y%2Fz&empty", "GET", None),
    request("/?a=b;c", "GET", None, X_Amz_Date="20261124T000000Z"),
    request("/[odd]", "GET", None),
    request("/a%2fb", "GET", None),
    request("/", Transfer_Encoding="chunked"),
    request("/", Accept_Encoding="gzip"),
    request("/", Host="elsewhere.example"),
    request("/", X_Folded="a\r\n b"),
    request("/", X_Latin="ü"),
    request("/", X_Injected="a\r\nX-More: b"),
    request("/", X_Bare="a\nb"),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=range(len(REQUESTS)))
def test_every_request_is_the_one_that_botocore_sends(server: Server, asked: AWSPreparedRequest) -> None:
    sent = []
    for session in (usual(), light()):
        outcome(session, request(f"{server.url}/open"))
        server.received.clear()
        again = AWSPreparedRequest(asked.method, server.url + asked.url, asked.headers, asked.body, False, {})
        sent.append((outcome(session, again), list(server.received)))
    assert sent[1] == sent[0]


def test_a_connection_is_used_again_and_its_requests_go_the_short_way(server: Server) -> None:
    session = light()
    server.connections = 0
    answers = [session.send(request(f"{server.url}/{n}")) for n in range(5)]
    assert server.connections == 1
    assert [isinstance(a.raw, Answer) for a in answers] == [False, True, True, True, True]


def test_a_server_that_says_nothing_in_time_is_a_read_that_timed_out(server: Server) -> None:
    session = light(timeout=(5, 0.1))
    session.send(request(f"{server.url}/open"))
    assert outcome(session, request(f"{server.url}/silent")) is ReadTimeoutError
    assert outcome(session, request(f"{server.url}/open"))[0] == 200


def test_tls_is_verified_before_anything_is_sent(secure: Server, authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    trusting, strict = light(verify=str(file)), light()
    assert [outcome(trusting, request(f"{secure.url}/{n}"))[2] for n in range(3)] == [b"ok"] * 3
    secure.received.clear()
    assert outcome(strict, request(secure.url + "/")) is SSLError
    assert secure.received == []


def test_through_a_proxy_requests_go_as_botocore_sends_them(server: Server) -> None:
    sessions = [usual(proxies={"http": server.url}), light(proxies={"http": server.url})]
    told = []
    for session in sessions:
        server.received.clear()
        answers = [outcome(session, request("http://sagemaker.example/")) for _ in range(2)]
        told.append((answers, list(server.received)))
    assert told[0] == told[1]
    assert told[0][1][1].startswith(b"POST http://sagemaker.example/ ")


def test_sixteen_threads_each_get_their_own_answers(server: Server) -> None:
    session = light(max_pool_connections=16)
    wrong: list[Any] = []

    def ask(mark: int) -> None:
        for n in range(40):
            name = ("long", "plain", "chunked", "closes")[(mark + n) % 4]
            content = outcome(session, request(f"{server.url}/{name}"))[2]
            expected = {"long": LONG, "plain": b"ok", "chunked": b"ab" + LONG + b"c", "closes": b"a"}[name]
            if content != expected:
                wrong.append((name, content[:20]))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_seams_are_where_botocore_has_them() -> None:
    session = botocore.session.Session()
    client = session.create_client(
        "sts",
        "us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"mode": "adaptive"}),
    )
    assert type(client._endpoint.http_session) is URLLib3Session


NO_ENVIRONMENTS = AWSResponse("", 200, {"x-amzn-requestid": "1"}, Answer(200, {}, b'{"Environments": []}'))


@pytest.mark.parametrize("configured", [None, "http://127.0.0.1:1"])
def test_a_configured_endpoint_is_one_host_for_every_service(
    configured: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    if configured is None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    mwaa = Client(endpoint_url=configured)._create(botocore.session.Session(), "mwaa", "us-east-1")
    asked: list[str] = []
    mwaa.meta.events.register("before-send", lambda request, **_: asked.append(request.url) or NO_ENVIRONMENTS)
    mwaa.list_environments()
    assert asked == ["http://127.0.0.1:1/environments"]
