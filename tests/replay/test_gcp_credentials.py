"""Over TLS the collector proves who it is, by the SDK's own chain, and trusts who it is told to trust."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from normalize.errors import DeniedError, TransientError
from tests.replay.test_gcp_collector import ORG, SWEPT_ALONE, looks, opened
from tests.servers.google_cloud import Cloud, recorded, serve_grpc, serve_rest

TOKEN = "ya29.made-up"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    ca = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return ca, str(file)


@contextmanager
def identity_server(refused: bool = False) -> Iterator[str]:
    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = (
                {"error": "invalid_grant"}
                if refused
                else {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
            )
            data = json.dumps(body).encode()
            self.send_response(400 if refused else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def key_file(folder: Path, private_key: str, token_uri: str) -> str:
    file = folder / "key.json"
    account = {"type": "service_account", "project_id": "ops", "private_key_id": "1", "client_id": "1"}
    account |= {
        "private_key": private_key,
        "client_email": "stocktake@ops.iam.gserviceaccount.com",
        "token_uri": token_uri,
    }
    file.write_text(json.dumps(account))
    return str(file)


@contextmanager
def rest_over_tls(cloud: Cloud, ca: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    with serve_rest(cloud, context) as url:
        yield url


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_every_call_carries_the_token_of_the_default_credentials(
    transport: str, authority: Any, private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, bundle = authority
    cloud = recorded()
    leaf = ca.issue_cert("localhost")
    pair = (leaf.private_key_pem.bytes(), b"".join(c.bytes() for c in leaf.cert_chain_pems))
    with identity_server() as tokens:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file(tmp_path, private_key, tokens))
        served = (
            rest_over_tls(cloud, ca) if transport == "rest" else serve_grpc(cloud, grpc.ssl_server_credentials([pair]))
        )
        with served as url, opened(url, transport=transport, ca_bundle=bundle) as (collector, _):
            _, seen = looks(collector, SWEPT_ALONE)
    assert {o.resource.kind for o in seen} == set(SWEPT_ALONE)
    (token,) = cloud.tokens
    assert (
        token == f"Bearer {TOKEN}" if transport == "grpc" else token.startswith("Bearer eyJ")
    )  # a token it signs itself


def test_credentials_that_are_refused_hide_everything(
    authority: Any, private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, bundle = authority
    leaf = ca.issue_cert("localhost")
    pair = (leaf.private_key_pem.bytes(), b"".join(c.bytes() for c in leaf.cert_chain_pems))
    with identity_server(refused=True) as tokens:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file(tmp_path, private_key, tokens))
        served = serve_grpc(recorded(), grpc.ssl_server_credentials([pair]))
        with served as url, opened(url, transport="grpc", ca_bundle=bundle) as (collector, _):
            (planned,) = collector.plan(collector.kinds())
    assert isinstance(planned.error, DeniedError)
    assert planned.error.needs == ("credentials that Google accepts",)
    assert private_key[40:80] not in str(planned.error)


def test_no_credentials_is_denied_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with opened("https://localhost:1", transport="rest") as (collector, _):
        (planned,) = collector.plan(collector.kinds())
    assert isinstance(planned.error, DeniedError)
    assert planned.error.needs == ("application default credentials",)


def test_an_endpoint_that_nobody_vouches_for_is_not_talked_to(
    authority: Any, private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, _ = authority
    cloud = recorded()
    with identity_server() as tokens:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file(tmp_path, private_key, tokens))
        with rest_over_tls(cloud, ca) as url, opened(url, transport="rest") as (collector, _):
            (planned,) = collector.plan(collector.kinds())
    assert isinstance(planned.error, TransientError)
    assert planned.scope.account == ORG
    assert not cloud.calls


def test_a_service_takes_its_name_in_an_endpoint_that_asks_for_it() -> None:
    from collectors.gcp.client import Client

    client = Client(endpoint="https://{service}-ml.p.googleapis.com")
    assert client._base("us-central1-aiplatform.googleapis.com") == "https://us-central1-aiplatform-ml.p.googleapis.com"
