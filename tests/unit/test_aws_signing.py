"""Signatures and User-Agents are botocore's, to the byte."""

from __future__ import annotations

import copy
import io
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.context import start_as_current_context
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.useragent import register_feature_id
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.aws.signing import QuickS3SigV4, QuickSigV4, introduce_once, sign_quickly

SIGNERS = {auth.SigV4Auth: QuickSigV4, auth.S3SigV4Auth: QuickS3SigV4}
NAMES = st.sampled_from(
    [
        "X-Amz-Target",
        "X-Amz-Meta-A",
        "Content-Type",
        "User-Agent",
        "Date",
        "X-Amz-Date",
        "Expect",
        "Host",
        "X-Amz-Content-SHA256",
        "X-Amz-Security-Token",
        "Authorization",
        "Content-MD5",
        "X-Amzn-Trace-Id",
        "x-amz-meta-a",
    ]
)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=20) | st.just("grüße  aus  ß")
URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(("https", "http")),
    st.sampled_from(("ec2.eu-west-1.amazonaws.com", "127.0.0.1:5000", "a.example:443", "A.example:80", "[::1]:5000", "u:p@b")),
    st.sampled_from(("/", "", "/a/../b//c", "/a%20b/~c.d", "/bücket/ключ", "/a/.", "//")),
    st.sampled_from(("", "?", "?b=2&a=1", "?a=2&a=1&c", "?x=%2F&y=a+b")),
)  # fmt: skip
BODIES = st.sampled_from((b"", b"{}", "", "text", "ü", {"Action": "A", "B": "ü"}, None)) | st.builds(
    io.BytesIO, st.binary()
)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "payload_signing_enabled": st.booleans(),
        "has_streaming_input": st.booleans(),
        "checksum": st.sampled_from(
            (
                {"request_algorithm": {"in": "trailer"}},
                {"request_algorithm": {"in": "header", "name": "Content-MD5"}},
                {},
            )
        ),
        "client_config": st.sampled_from(
            (Config(s3={"payload_signing_enabled": False}), Config(s3={"payload_signing_enabled": True}), Config())
        ),
    },
)
CREDENTIALS = st.builds(
    ReadOnlyCredentials, st.sampled_from(("AKIA", "ASIA")), st.text(max_size=9), st.sampled_from((None, "t", ""))
)


@pytest.mark.parametrize("theirs", SIGNERS)
@settings(max_examples=150)
@given(
    URLS, st.sampled_from(("GET", "post", "HEAD")), st.lists(st.tuples(NAMES, VALUES), max_size=6), BODIES, CONTEXTS,
    CREDENTIALS, st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2), st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip
def test_every_request_is_signed_as_botocore_signs_it(
    theirs: Any, url: str, method: str, headers: Any, body: Any, context: Any, credentials: Any, params: Any, now: datetime
) -> None:  # fmt: skip
    signed = []
    for signer in (theirs, SIGNERS[theirs]):
        request = AWSRequest(method=method, url=url, data=copy.deepcopy(body), params=dict(params))
        for name, value in headers:
            request.headers[name] = value
        request.context = dict(context)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(auth, "get_current_datetime", lambda: now)
            try:
                signer(credentials, "s3", "eu-west-1").add_auth(request)
            except Exception as error:
                signed.append(type(error))
            else:
                signed.append([request.headers.items(), request.context, request.url])
    assert signed[1] == signed[0]


@pytest.mark.parametrize("signer", SIGNERS.values())
def test_without_credentials_nothing_is_signed(signer: Any) -> None:
    with pytest.raises(NoCredentialsError):
        signer(None, "s3", "eu-west-1").add_auth(AWSRequest("GET", "https://s3.example/"))


class _SentError(Exception):
    """A request went out."""


CALLS = (
    ("sagemaker", "list_models", {}),
    ("ec2", "describe_instances", {"MaxResults": 1000}),
    ("iam", "list_roles", {}),
    ("s3", "get_bucket_location", {"Bucket": "a.b"}),
    ("s3", "get_bucket_policy", {"Bucket": "müll".encode("idna").decode()}),
    ("apigateway", "get_rest_api", {"restApiId": "a b/c"}),
    ("s3control", "list_access_points", {"AccountId": "123456789012"}),
)


@pytest.fixture(scope="module")
def session() -> Any:
    return botocore.session.Session()


@pytest.mark.parametrize(("service", "method", "params"), CALLS)
def test_a_client_sends_what_botocore_sends_and_follows_its_credentials(
    session: Any, service: str, method: str, params: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "get_current_datetime", lambda: datetime(2026, 11, 24, tzinfo=UTC))
    monkeypatch.setattr(uuid, "uuid4", lambda: "the same")
    sent: list[list[Any]] = []
    for lighten in (lambda _: None, sign_quickly, introduce_once):
        requests: list[Any] = []
        credentials = Credentials("AKIA1", "secret", None)
        client = session.create_client(service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        client._request_signer._credentials = credentials
        lighten(client)

        def keep(request: Any, to: list[Any] = requests, **_: Any) -> None:
            to.append((request.method, request.url, sorted(request.headers.items()), request.body))
            raise _SentError

        client.meta.events.register("before-send", keep)
        for secret, token in (("secret", None), ("secret", None), ("other", "token"), ("third", "token")):
            credentials.secret_key, credentials.token = secret, token
            with pytest.raises(_SentError):
                getattr(client, method)(**params)
        sent.append(requests)
    assert sent[1] == sent[0]
    assert sent[2] == sent[0]
    assert len({str(headers) for _, _, headers, _ in sent[1]}) == 3


def test_the_user_agent_tells_what_each_call_uses(session: Any) -> None:
    clients = [
        session.create_client("sts", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b") for _ in range(2)
    ]
    introduce_once(clients[1])
    for features in ((), ("PAGINATOR",), ("WAITER",), (), ("PAGINATOR",)):
        with start_as_current_context():
            for feature in features:
                register_feature_id(feature)
            theirs, ours = (client._user_agent_creator.to_string() for client in clients)
        assert ours == theirs


def test_sixteen_threads_sign_as_one_does(session: Any) -> None:
    wrong: list[str] = []

    def sign(mark: int) -> None:
        for n in range(30):
            credentials = ReadOnlyCredentials(f"AKIA{mark}", f"secret {mark} {n % 5}", None)
            signed = []
            for signer in (auth.SigV4Auth, QuickSigV4):
                request = AWSRequest("POST", "https://sts.amazonaws.com/", {"X-Amz-Target": f"{n}"}, b"{}")
                signer(credentials, "sts", f"region-{mark % 3}").add_auth(request)
                signed.append((request.context["timestamp"], request.headers["Authorization"]))
            if signed[0][0] == signed[1][0] and signed[0] != signed[1]:
                wrong.append(str(signed))

    threads = [threading.Thread(target=sign, args=(mark,)) for mark in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
