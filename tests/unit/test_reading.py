"""One walk gives what redaction and search give one after the other: over every fixture and over generated payloads."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from discovery.wiring import static_kinds
from normalize.errors import MappingError
from normalize.reading import redact_and_search
from normalize.redaction import redact, texts
from normalize.references import search

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOTHING: frozenset[str] = frozenset()
RULES = sorted({(k.sensitive, k.quiet) for k in static_kinds().values()} | {(NOTHING, NOTHING)}, key=repr)
TOKEN = "ghp" + "_0123456789abcdefghijABCDEFGHIJ456789"
WORDS = (
    "name Name key Key ParameterKey parameter k value Value VALUE val v content default data stringData env environment "
    "Environment args command entryPoint Cmd Entrypoint ContainerArguments repository image kind secretKey remoteRef valueFrom "
    "password credentials dbPassword token auth apiKey webhook server nfs $links Tags Description MLFLOW_TRACKING_URI Bucket "
    "ImageUri spec metadata Items endpoint Port port"
)
KEYS = [*WORDS.split(), TOKEN]
TEXTS = (
    "", "a", "true", "Secret", "Pod", "i-0123456789abcdef0", "10.0.3.4", "arn:aws:iam::111122223333:role/trainer", "s3://corpus/shards",
    "hunter2hunter2", "postgresql://app:Zq9x7Lm2@db.example.internal:5432/app", "--password", "Zq9x7Lm2kP4v", "mysql", "-pZq9x7Lm2",
    "AKIA" + "IOSFODNN7EXAMPLQ", "wJalrXUtnFEMIzK7MDENGzbPxRfiCYzEXAMPLEKEY", TOKEN, "DB_PASSWORD",
    "DB_PASSWORD=Zq9x7Lm2kP4v", '{"password": "Zq9x7Lm2kP4v", "bucket": "corpus"}', "http://mlflow.mlflow.svc.cluster.local:5000",
    "111122223333.dkr.ecr.us-west-2.amazonaws.com/train:1", "nvcr.io/nvidia", "cuda", "AWS_ENDPOINT_URL", "http://minio.data.svc:9000",
    "--artifact-root", "meta-llama/Llama-3.1-70B", "\0", "\ud800", "[redacted; mentions s3://corpus]", "x" * 300, "redis:6379",
    "eyJwYXNzd29yZCI6ICJacTl4N0xtMmtQNHYifQ==", "Authorization: Bearer Zq9x7Lm2kP4vZq9x7Lm2", "sha256:" + "ab" * 32,
)  # fmt: skip
NUMBERS = (None, True, False, 0, 1, 999, 1.5, 12345678, -123456.5)


def generated(rng: random.Random, depth: int = 0) -> Any:
    drawn = rng.random()
    if depth and (drawn < 0.5 or depth > 5):
        return rng.choice(TEXTS)
    if depth and drawn < 0.58:
        return rng.choice(NUMBERS)
    if drawn < 0.68:
        return [rng.choice(TEXTS) for _ in range(rng.randrange(5))]
    if drawn < 0.75:
        return [generated(rng, depth + 1) for _ in range(rng.randrange(4))]
    if drawn < 0.8:
        return {rng.choice(("name", "Key", "k", "parameter")): generated(rng, 9), rng.choice(("value", "Value", "v")): generated(rng, 9)}  # fmt: skip
    return {rng.choice(KEYS): generated(rng, depth + 1) for _ in range(rng.randrange(6))}


def payloads() -> Iterator[Any]:
    for file in sorted(FIXTURES.rglob("*.json")):
        with suppress(ValueError):  # some are broken on purpose
            yield json.loads(file.read_bytes())


def both(payload: Any, sensitive: frozenset[str], quiet: frozenset[str]) -> tuple[Any, Any]:
    kept = redact(payload, sensitive)
    return (repr(kept), search(kept, quiet)), (lambda pair: (repr(pair[0]), pair[1]))(redact_and_search(payload, sensitive, quiet))  # fmt: skip


@pytest.mark.parametrize("turn", range(20))
def test_generated_payloads_read_alike_in_one_walk_and_in_two(turn: int) -> None:
    rng = random.Random(turn)
    for _ in range(150):
        payload = generated(rng)
        apart, together = both(payload, *rng.choice(RULES))
        assert together == apart, payload


def test_every_fixture_reads_alike_in_one_walk_and_in_two() -> None:
    rng = random.Random(0)
    for payload in payloads():
        for rules in ((NOTHING, NOTHING), rng.choice(RULES)):
            apart, together = both(payload, *rules)
            assert together == apart


def test_what_was_read_once_reads_the_same_again() -> None:
    rng = random.Random(1)
    seen = [(generated(rng), *rng.choice(RULES)) for _ in range(200)]
    first = [redact_and_search(*case) for case in seen]
    assert [redact_and_search(*case) for case in seen] == first
    kept, _ = redact_and_search({"Names": ["a", "b"], "Tags": [{"Key": "k", "Value": "v"}]})
    kept["Names"].append("mine")
    kept["Tags"][0]["Key"] = "mine"
    assert redact_and_search({"Names": ["a", "b"], "Tags": [{"Key": "k", "Value": "v"}]})[0] == {"Names": ["a", "b"], "Tags": [{"Key": "k", "Value": "v"}]}  # fmt: skip


def test_true_and_one_are_told_apart() -> None:
    for payload in ({"a": 1}, {"a": True}, {"a": 1.0}, {"password": 1}, {"password": True}, {"Key": "a", "Value": 1}):
        assert repr(redact_and_search(payload)[0]) == repr(redact(payload))


@pytest.mark.parametrize("empty", [dict, list])
def test_what_is_nested_too_deeply_is_refused_as_before(empty: type) -> None:
    payload: Any = empty()
    for _ in range(300):
        payload = {"a": payload} if empty is dict else [payload]
    for read in (redact, redact_and_search):
        with pytest.raises(MappingError, match="nested deeper"):
            read(payload)


def test_ids_that_are_not_searched_hold_nothing_that_the_search_would_find() -> None:
    rng = random.Random(2)
    makers = (
        lambda: (
            f"{rng.choice(('i', 'vol', 'vpc', 'subnet', 'sg', 'eni', 'eni-attach', 'ami', 'snap'))}-{rng.getrandbits(68):017x}"
        ),
        lambda: (
            f"{rng.choice(('i', 'vol', 'vpc', 'subnet', 'sg', 'eni', 'eni-attach', 'ami', 'snap'))}-{rng.getrandbits(32):08x}"
        ),
        lambda: f"2026-{rng.randrange(10, 13)}-01T{rng.randrange(10, 24)}:05:09.{rng.randrange(1000000)}Z",
        lambda: str(rng.getrandbits(39)),
        lambda: ".".join(str(rng.randrange(256)) for _ in range(4)),
        lambda: ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
        lambda: (
            f"{rng.choice(('ip', 'ec2'))}-{'-'.join(str(rng.randrange(256)) for _ in range(4))}.us-west-2.compute.internal"
        ),
    )
    for _ in range(20_000):
        text = rng.choice(makers)()
        assert texts._ID.fullmatch(text), text
        assert texts._scrub(text) == text
