"""Compiled parsers read what botocore reads, made plain; and leave to it what they cannot read."""

from __future__ import annotations

import functools
import io
import json
import random
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials
from botocore.parsers import create_parser
from botocore.response import StreamingBody
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.client import READ_ONLY
from collectors.aws.kinds import KINDS
from collectors.aws.parsing import Parsers, plain
from collectors.aws.parsing.values import moment
from collectors.aws.rows import all_calls
from normalize.units import instant
from tests.unit.aws_bodies import answer

SESSION = botocore.session.Session()
SERVICES = SESSION.get_available_services()
USED = sorted({(call.service, call.operation) for kind in KINDS for call in all_calls(kind.fetch)})
"""What the rows call."""
PARTS = 8
"""Into how many tests the whole of AWS is cut, so that several processes can share it."""


@functools.cache
def model_of(service: str, operation: str) -> Any:
    return SESSION.get_service_model(service).operation_model(operation)


def outcome(parse: Callable[..., Any], *arguments: Any) -> str:
    """What a parser made of an answer, as text that tells 1 from 1.0 and true; or what it raised."""
    try:
        parsed = parse(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {re.sub(' at 0x[0-9a-f]+', '', str(error))}"
    return json.dumps(parsed, sort_keys=True, default=lambda odd: type(odd).__name__)


def botocores(response: dict[str, Any], model: Any) -> Any:
    """botocore's reading of a successful answer, made plain."""
    parser = create_parser(model.service_model.resolved_protocol)
    parsed = parser.parse(dict(response), model.output_shape)
    return {name: value if name == "ResponseMetadata" else plain(value) for name, value in parsed.items()}


def ours(response: dict[str, Any], model: Any, parsers: Parsers) -> Any:
    """The same answer, read as the endpoint has it read."""
    response = {**response, "context": dict(response["context"])}
    parsers.prepare(operation_model=model, response_dict=response)
    parser = parsers.create_parser(model.service_model.resolved_protocol)
    return parser.parse(response, model.output_shape)


def compare(parsers: Parsers, model: Any, *, seeds: int) -> None:
    """Answers that fit their model are read by the program itself; any answer, as botocore reads it."""
    program = parsers.program(model)
    for seed in range(seeds):
        for tame in (True, False):
            chance = random.Random(f"{model.service_model.service_name} {model.name} {seed} {tame}")
            response = answer(model, chance, tame=tame)
            theirs = outcome(botocores, response, model)
            assert outcome(ours, response, model, parsers) == theirs, (model, seed, tame, response)
            if tame:
                assert program is not None, model
                assert set(program(response)) - {"ResponseMetadata"} == set(json.loads(theirs)) - {"ResponseMetadata"}


@pytest.mark.parametrize("service", sorted({service for service, _ in USED}))
def test_answers_to_what_rows_call_are_read_as_botocore_reads_them(service: str) -> None:
    parsers = Parsers()
    for operation in (operation for name, operation in USED if name == service):
        compare(parsers, model_of(service, operation), seeds=12)


LEFT_TO_BOTOCORE = {
    ("mediastore-data", "DescribeObject"),
    ("s3", "GetBucketNotification"),
    ("s3", "GetObjectAttributes"),
}
"""Operations with traits that are not compiled: headers of other types, a tag that stands for two members."""


@pytest.mark.parametrize("part", range(PARTS))
def test_answers_to_every_read_operation_of_aws_are_read_as_botocore_reads_them(part: int) -> None:
    for service in SERVICES:
        if crc32(service.encode()) % PARTS != part:
            continue
        parsers, models = Parsers(), botocore.session.Session().get_service_model(service)
        for name in filter(READ_ONLY.match, models.operation_names):
            model = models.operation_model(name)
            streams = model.has_streaming_output or model.has_event_stream_output
            if model.output_shape is None or streams or models.resolved_protocol == "smithy-rpc-v2-cbor":
                continue
            if (service, name) in LEFT_TO_BOTOCORE:
                assert parsers.program(model) is None
            else:
                compare(parsers, model, seeds=1)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_instants_are_those_of_botocore_wherever_the_clock_stands(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    chance = random.Random(zone)
    epochs = [chance.uniform(-2e9, 4e9) for _ in range(300)] + [1793498400 + 450.5 * i for i in range(-20, 20)]
    try:
        for epoch in [*epochs, *map(int, epochs)]:
            assert moment(epoch) == instant(parse_timestamp(epoch))
    finally:
        monkeypatch.undo()
        time.tzset()


@given(
    st.datetimes(),
    st.sampled_from(("", ".0", ".000", ".5", ".12", ".123456", ".999999", ".1234567", ".0000001", ".123456789")),
    st.sampled_from(("Z", "z", "+00:00", "-05:30", "", " GMT", " UTC")),
    st.sampled_from(("T", " ")),
)
def test_instants_are_those_of_botocore_in_every_spelling(day: Any, fraction: str, zone: str, between: str) -> None:
    text = day.replace(microsecond=0).isoformat(sep=between) + fraction + zone
    assert outcome(moment, text) == outcome(lambda: instant(parse_timestamp(text)))


def read(service: str, operation: str, body: bytes) -> Any:
    """What becomes of a body; botocore's reading has to be the same."""
    model = model_of(service, operation)
    response = {"status_code": 200, "headers": HeadersDict(), "body": body, "context": {"operation_name": operation}}
    found = outcome(ours, response, model, Parsers())
    assert found == outcome(botocores, response, model)
    return json.loads(found) if found.startswith("{") else found


def topics(inside: str) -> bytes:
    return (
        "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>"
        f"{inside}</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>"
    ).encode()


@pytest.mark.parametrize("size", [5_000_000, 12_000_000])
def test_a_huge_text_is_read_whole(size: int) -> None:
    found = read("sns", "ListTopics", topics("é" + "x" * size))
    assert len(found["Topics"][0]["TopicArn"]) == size + 1


def test_a_document_of_many_megabytes_is_read_whole() -> None:
    member = b"</TopicArn></member><member><TopicArn>".join(b"arn-%08d" % i for i in range(100_000))
    body = topics("first</TopicArn></member><member><TopicArn>").replace(
        b"</TopicArn></member></Topics>", member + b"</TopicArn></member></Topics>"
    )
    assert len(read("sns", "ListTopics", body)["Topics"]) == 100_001


ENTITY = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "why">]>'
HOSTILE_XML = {
    "an external entity": ENTITY + topics("&x;"),
    "an entity of its own": ENTITY + topics("&y;"),
    "an entity in an attribute": ENTITY + topics("").replace(b"<member>", b"<member a='&y;'>"),
    "entities of entities": b'<!DOCTYPE a [<!ENTITY a "1234567890">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in b"bcdefghij")
    + b"]>"
    + topics("&j;"),
    "an attribute by default": b'<!DOCTYPE a [<!ATTLIST member a CDATA "1">]>' + topics("x"),
    "an unknown entity": topics("&nbsp;"),
    "a NUL inside": topics("a\0b"),
    "a NUL at the end": topics("a") + b"\0",
    "a control character": topics("a\x01b"),
    "half a surrogate pair": topics("x").replace(b"x", b"\xed\xa0\x80"),
    "another encoding": topics("é").decode().encode("latin-1"),
    "another encoding, declared": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + topics("é"),
    "UTF-16": topics("é").decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + topics("x"),
    "a later version": b'<?xml version="1.1"?>' + topics("x"),
    "300 levels": topics("<a>" * 300 + "</a>" * 300),
    "a prefix that is not bound": topics("<a:b/>"),
    "text after the end": topics("x") + b"x",
    "two documents": topics("x") * 2,
    "comments and instructions inside a text": topics("a<!-- b -->c<?d e?>f<![CDATA[<g>]]>h"),
    "line ends": topics("a\r\nb\rc&#13;"),
    "elements inside a text": topics("a<b/>c"),
}


@pytest.mark.parametrize("body", HOSTILE_XML.values(), ids=HOSTILE_XML)
def test_hostile_xml_is_read_or_refused_as_botocore_does(body: bytes) -> None:
    read("sns", "ListTopics", body)


def test_no_entity_is_taken_out_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{file.as_uri()}">]>'.encode()
    assert "hunter2" not in str(read("sns", "ListTopics", entity + topics("&x;")))


@pytest.mark.parametrize("cut", range(0, 150, 7))
def test_a_truncated_answer_is_an_error_and_never_a_shorter_list(cut: int) -> None:
    body = topics("arn:a</TopicArn></member><member><TopicArn>arn:b")
    assert read("sns", "ListTopics", body[: len(body) - 1 - cut]).startswith("ResponseParserError")


HOSTILE_JSON = {
    "a key twice": b'{"TrainingJobArn": "a", "TrainingJobArn": "b"}',
    "NaN": b'{"BillableTimeInSeconds": NaN, "FinalMetricDataList": [{"Value": -Infinity}]}',
    "a float beyond all": b'{"FinalMetricDataList": [{"Value": 1e400}]}',
    "an integer of 65 bits": b'{"BillableTimeInSeconds": 18446744073709551616}',
    "a negative integer of 65 bits": b'{"BillableTimeInSeconds": -9223372036854775809}',
    "an integer of 90 digits": b'{"BillableTimeInSeconds": ' + b"9" * 90 + b"}",
    "an integer of 64 bits": b'{"BillableTimeInSeconds": 18446744073709551615}',
    "an integer of 65 bits as a text": b'{"TrainingJobArn": 18446744073709551616}',
    "half a surrogate pair": b'{"TrainingJobArn": "\\ud800"}',
    "an object as a text": b'{"TrainingJobArn": {"a": 18446744073709551616}}',
    "a text as a list": b'{"FinalMetricDataList": "abc"}',
    "null in a list": b'{"FinalMetricDataList": [null, {"Value": 1}]}',
    "null in a map": b'{"HyperParameters": {"a": null}}',
    "a byte order mark": b'\xef\xbb\xbf{"TrainingJobArn": "a"}',
    "no UTF-8": b'{"TrainingJobArn": "\xff"}',
    "a page": b"<html><body>Sign in</body></html>",
    "nothing": b"",
    "a list": b"[]",
    "null itself": b"null",
    "a cut object": b'{"TrainingJobArn": "a"',
    "more than one object": b"{}{}",
    "a comma too many": b'{"TrainingJobArn": "a",}',
    "a control character": b'{"TrainingJobArn": "a\tb"}',
    "a date that is none": b'{"CreationTime": "2026-02-30T00:00:00Z"}',
    "a date beyond all": b'{"CreationTime": 1e18}',
    "a true date": b'{"CreationTime": true}',
}


@pytest.mark.parametrize("body", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_hostile_json_is_read_or_refused_as_botocore_does(body: bytes) -> None:
    read("sagemaker", "DescribeTrainingJob", body)


def test_an_unknown_member_of_a_union_is_named_as_botocore_names_it() -> None:
    unknown = b'{"variants": [{"templateConfiguration": {"holographic": {"a": 1}}}]}'
    found = read("bedrock-agent", "GetPrompt", unknown)
    assert found["variants"][0]["templateConfiguration"] == {"SDK_UNKNOWN_MEMBER": {"name": "holographic"}}


def test_sixteen_threads_on_cold_parsers_all_read_everything() -> None:
    """Shapes that contain themselves, and tables that are filled as they are read, meet many threads at once."""
    recursive = [
        ("emr", "DescribeCluster"),
        ("wafv2", "GetRuleGroup"),
        ("bedrock-agent", "GetFlow"),
        ("organizations", "DescribeHandshake"),
    ]
    operations = [*recursive, *USED]
    answers = [
        (model, answer(model, random.Random(model.name), tame=True)) for model in (model_of(*o) for o in operations)
    ]
    expected = [outcome(botocores, response, model) for model, response in answers]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            parsers, found = Parsers(), [[] for _ in range(16)]
            start = threading.Barrier(16)

            def work(mine: list[str], parsers: Parsers = parsers, start: threading.Barrier = start) -> None:
                start.wait()
                mine += [outcome(ours, response, model, parsers) for model, response in answers]

            threads = [threading.Thread(target=work, args=(mine,)) for mine in found]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert found == [expected] * 16
    finally:
        sys.setswitchinterval(interval)


def test_streams_errors_and_other_protocols_are_botocores() -> None:
    parsers = Parsers()
    stream = StreamingBody(io.BytesIO(b"bytes"), 5)
    response = {"status_code": 200, "headers": HeadersDict(), "body": stream, "context": {}}
    assert ours(response, model_of("s3", "GetObject"), parsers)["Body"] is stream
    assert stream.read() == b"bytes"
    assert parsers.program(model_of("cloudwatchomni", "GetDomain")) is None


def test_bytes_and_instants_that_botocore_read_are_made_plain() -> None:
    body = b"<NotificationConfiguration><TopicConfiguration><Id>a</Id><Event>s3:a</Event></TopicConfiguration></NotificationConfiguration>"
    assert read("s3", "GetBucketNotification", body)["TopicConfiguration"]["Events"] == ["s3:a"]


@pytest.mark.parametrize(("service", "operation"), USED)
def test_page_tokens_are_values_that_plain_json_leaves_as_they_are(service: str, operation: str) -> None:
    """A token is sent back as it came: an instant or bytes as text might not be taken."""
    try:
        rule = SESSION.get_paginator_model(service).get_paginator(operation)
    except ValueError:
        return
    tokens = rule["output_token"]
    for token in [tokens] if isinstance(tokens, str) else tokens:
        shape = model_of(service, operation).output_shape
        for name in token.split(" || ")[0].replace("[-1]", "").split("."):
            shape = (shape.member if shape.type_name == "list" else shape).members[name]
        assert shape.type_name in ("string", "integer", "boolean")


class Wire:
    """Answers every request of a client with a reply, in place of the network."""

    def __init__(self, *replies: tuple[int, dict[str, str], bytes]) -> None:
        self.replies = iter(replies)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        status, headers, body = next(self.replies)
        raw = io.BytesIO(body)
        raw.stream = lambda amount=65536, **_: iter([body])  # type: ignore[attr-defined]
        return AWSResponse(request.url, status, HeadersDict(headers), raw)


def session(*, compiled: bool) -> Any:
    made = botocore.session.Session()
    made.set_credentials("testing", "testing")
    if compiled:
        Parsers().register(made)
    return made


@functools.cache
def client(service: str, *, compiled: bool, attempts: int = 1) -> Any:
    retries = {"mode": "standard", "total_max_attempts": attempts}
    return session(compiled=compiled).create_client(service, "us-east-1", config=Config(retries=retries))


def called(service: str, method: str, params: dict[str, Any], *replies: Any, compiled: bool, attempts: int = 1) -> str:
    """What a client's method returns or raises, with the class of the exception and all that it tells."""
    sdk = client(service, compiled=compiled, attempts=attempts)
    wire = Wire(*replies)
    sdk.meta.events.register("before-send", wire)
    try:
        found = outcome(
            lambda: getattr(sdk, method)(**params) if compiled else _plain_answer(getattr(sdk, method)(**params))
        )
    finally:
        sdk.meta.events.unregister("before-send", wire)
    return found


def _plain_answer(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "ResponseMetadata" else plain(value) for name, value in page.items()}


CALLS = [
    ("ec2", "describe_instances", {}),
    ("iam", "get_role", {"RoleName": "train"}),
    ("s3", "list_buckets", {}),
    ("s3", "get_bucket_policy", {"Bucket": "train"}),
    ("sagemaker", "describe_training_job", {"TrainingJobName": "train"}),
    ("lambda", "list_functions", {}),
    ("sqs", "list_queues", {}),
    ("kms", "describe_key", {"KeyId": "k"}),
]
ERROR_HEADERS = [
    {"x-amzn-requestid": "req-1", "content-type": "text/html"},
    {"x-amzn-requestid": "req-1", "x-amzn-errortype": "TooManyRequestsException:http://x", "retry-after": "7"},
    {
        "x-amz-request-id": "req-1",
        "x-amz-id-2": "host",
        "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender",
    },
]
ERROR_BODIES = [
    b"",
    b" ",
    b"<html><body><b>Http/1.1 Service Unavailable</b></body></html>",
    b"<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>",
    b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>",
    b"<Error><Code>NoSuchBucketPolicy</Code><Message>no</Message><BucketName>train</BucketName><RequestId>r</RequestId></Error>",
    b"<Error><Code>PermanentRedirect</Code><Endpoint>e</Endpoint><Message/></Error>",
    b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEnt",
    b'{"__type": "com.amazon#ResourceNotFound", "Message": "no"}',
    b'{"__type": "ThrottlingException", "message": "slow"}',
    b'{"Type": "User", "message": "slow", "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}',
    b'{"code": "TooManyRequestsException", "message": null}',
    b'{"__type": "x#QueueDoesNotExist", "message"',
    b"[]",
    b"\xff\xfe",
]


@pytest.mark.parametrize(("service", "method", "params"), CALLS, ids=[f"{s}:{m}" for s, m, _ in CALLS])
@pytest.mark.parametrize("status", [200, 300, 301, 400, 403, 404, 429, 500, 503])
def test_errors_are_those_of_botocore(service: str, method: str, params: dict[str, Any], status: int) -> None:
    for headers in ERROR_HEADERS:
        for body in ERROR_BODIES:
            reply = (status, headers, body)
            expected = called(service, method, params, reply, reply, reply, compiled=False)
            assert called(service, method, params, reply, reply, reply, compiled=True) == expected, (headers, body)


def test_a_modelled_error_keeps_its_members_and_its_class() -> None:
    sdk = client("lambda", compiled=True)
    wire = Wire(
        (
            429,
            {"retry-after": "7", "x-amzn-errortype": "TooManyRequestsException"},
            b'{"Type": "User", "message": "slow"}',
        )
    )
    sdk.meta.events.register("before-send", wire)
    try:
        with pytest.raises(sdk.exceptions.TooManyRequestsException) as caught:
            sdk.list_functions()
    finally:
        sdk.meta.events.unregister("before-send", wire)
    assert caught.value.response["retryAfterSeconds"] == "7"
    assert caught.value.response["Type"] == "User"


def test_a_throttled_call_is_tried_again_as_botocore_does() -> None:
    replies = [
        (400, {"x-amzn-requestid": "req-1"}, b'{"__type": "ThrottlingException", "message": "slow"}'),
        (200, {"x-amzn-requestid": "req-2"}, b'{"TrainingJobName": "train"}'),
    ]
    params = {"TrainingJobName": "train"}
    found = called("sagemaker", "describe_training_job", params, *replies, compiled=True, attempts=2)
    assert found == called("sagemaker", "describe_training_job", params, *replies, compiled=False, attempts=2)
    assert json.loads(found)["ResponseMetadata"]["RetryAttempts"] == 1


def test_pages_follow_one_another_to_the_end() -> None:
    sdk = client("sagemaker", compiled=True)
    replies = [
        (200, {}, b'{"TrainingJobSummaries": [{"TrainingJobName": "a"}], "NextToken": "t"}'),
        (200, {}, b'{"TrainingJobSummaries": []}'),
    ]
    wire = Wire(*replies)
    sdk.meta.events.register("before-send", wire)
    try:
        pages = list(sdk.get_paginator("list_training_jobs").paginate())
    finally:
        sdk.meta.events.unregister("before-send", wire)
    assert [page["TrainingJobSummaries"] for page in pages] == [[{"TrainingJobName": "a"}], []]


def test_credentials_of_a_role_still_expire() -> None:
    """botocore itself reads one instant out of an answer: when the credentials of a role expire."""
    body = b"""<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2026-11-24T05:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
    expiries = []
    for compiled in (False, True):
        made = session(compiled=compiled)

        def create(service: str, made: Any = made, **credentials: Any) -> Any:
            sdk = made.create_client(service, "us-east-1", **credentials)
            sdk.meta.events.register("before-send", Wire((200, {}, body)))
            return sdk

        fetcher = AssumeRoleCredentialFetcher(create, Credentials("a", "s"), "arn:aws:iam::111122223333:role/read", {})
        expiries.append(parse_timestamp(fetcher.fetch_credentials()["expiry_time"]))
    assert expiries[0] == expiries[1]
