"""From a raw record to an observation: absent stays absent, null stays null, one bad value costs one attribute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from normalize.errors import MappingError, TransientError
from normalize.mapping import (
    MAX_REFERENCES,
    MISSING,
    aliases,
    attributes,
    fill,
    kind_table,
    located,
    observe,
    read,
    read_record,
    tags,
)
from normalize.model import Alias, Category, Field, Kind, Link, RawRecord, Scope, Template
from normalize.units import instant, integer, size_bytes

SCOPE = Scope("aws", "111122223333", "us-west-2")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
KIND = Kind(
    name="aws.ec2.volume",
    category=Category.VOLUME,
    fetch=None,
    id=Template("arn:{@partition}:ec2:{@place}:{@account}:volume/{VolumeId}"),
    native="VolumeId",
    fields={
        "name": "Name",
        "size_bytes": Field("Size", size_bytes),
        "encrypted": "Encrypted",
        "created_at": Field("CreateTime", instant),
        "state": ("a.b", "State"),
    },
    tags="Tags",
    links=(Link("encrypted_by", "aws.kms.key", "KmsKeyId"), Link("attached_to", "aws.ec2.instance", "Attachments[].InstanceId")),
    aliases=(Alias("dns", "Hosts"),),
)  # fmt: skip
PAYLOAD: dict[str, Any] = {
    "VolumeId": "vol-0123456789abcdef0",
    "Name": "scratch 🦜",
    "Size": "10Gi",
    "Encrypted": None,
    "a.b": {"State": "in-use"},
    "Tags": [{"Key": "team", "Value": "nlp"}],
    "KmsKeyId": "arn:aws:kms:us-west-2:111122223333:key/5f0c1e3a-7b1d-4e0e-9a54-1c9d2f7a8b60",
    "Attachments": [{"InstanceId": "i-0a1b2c3d4e5f60718"}, {"InstanceId": None}, {}],
    "Hosts": ["Scratch.Example.", "localhost"],
}


def raw(payload: Any, scope: Scope = SCOPE) -> RawRecord:
    return RawRecord(KIND.name, scope, payload, "prod", "ec2:DescribeVolumes", NOW, (TransientError("cut"),))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": [1, {"c": None}], "d.e": 5}),
        ("a.b", [1, {"c": None}]),
        ("a.b[0]", 1),
        ("a.b[1].c", None),
        ("a.b[9]", MISSING),
        ("a.b[].c", [None]),
        ("a.x", MISSING),
        ("a.b.c", MISSING),
        (("a", "d.e"), 5),
        (("a", "d", "e"), MISSING),
        ("n", None),
        ("n[]", None),
        ("n.x", MISSING),
        ("a[]", MISSING),
    ],
)
def test_read(path: Any, value: Any) -> None:
    payload = {"a": {"b": [1, {"c": None}], "d.e": 5}, "n": None}
    assert value == read(payload, path)


@pytest.mark.parametrize("path", ["m[][].v", "m[0][0].v", "m[x]", "m[0"])
def test_what_is_no_path_is_a_mapping_error(path: str) -> None:
    with pytest.raises(MappingError, match="not a path"):
        read({"m": []}, path)


def test_located_gives_exact_json_paths() -> None:
    payload = {"a.b": {"x": ["s", "t"]}, "l": [{"k": 1}, {"k": [2, 3]}, {}], 'q"': "v"}
    assert list(located(payload, ("a.b", "x"))) == [('$["a.b"].x[0]', "s"), ('$["a.b"].x[1]', "t")]
    assert list(located(payload, "l[].k")) == [("$.l[0].k", 1), ("$.l[1].k[0]", 2), ("$.l[1].k[1]", 3)]
    assert list(located(payload, "l[1].k")) == [("$.l[1].k[0]", 2), ("$.l[1].k[1]", 3)]
    assert list(located(payload, ('q"',))) == [('$["q\\""]', "v")]
    assert list(located(payload, "l.k")) == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("arn:{@partition}:ec2:{@place}:{@account}:v/{VolumeId}", "arn:aws:ec2:us-west-2:111122223333:v/vol-0123456789abcdef0"),
        ("{@provider}/{a.n}", "aws/7"),
        ("x{Gone?}y", "xy"),
        ("{Encrypted?}", ""),
    ],
)  # fmt: skip
def test_fill(template: str, text: str) -> None:
    assert text == fill(template, {**PAYLOAD, "a": {"n": 7}}, SCOPE)


@pytest.mark.parametrize("template", ["{Gone}", "{Encrypted}", "{Tags}", "{Empty}", "{Flag}"])
def test_template_without_its_value_is_a_mapping_error(template: str) -> None:
    with pytest.raises(MappingError, match="has no"):
        fill(template, {**PAYLOAD, "Empty": "", "Flag": True}, SCOPE)


def test_partition_follows_the_region() -> None:
    assert fill("{@partition}", {}, Scope("aws", "1", "cn-north-1")) == "aws-cn"


def test_absent_stays_absent_and_null_stays_null() -> None:
    assert attributes(PAYLOAD, KIND) == (
        {"name": "scratch 🦜", "size_bytes": 10 * 2**30, "encrypted": None, "state": "in-use"},
        (),
    )


def test_value_that_does_not_fit_costs_only_its_attribute() -> None:
    values, misfits = attributes({**PAYLOAD, "Size": "ten", "Encrypted": "yes", "CreateTime": []}, KIND)
    assert values == {"name": "scratch 🦜", "state": "in-use"}
    assert [m.split(":")[0] for m in misfits] == ["size_bytes", "encrypted", "created_at"]


def test_misfit_does_not_carry_a_large_value() -> None:
    _, misfits = attributes({"Size": "x" * 10**6, "Encrypted": "y" * 10**6}, KIND)
    assert max(map(len, misfits)) < 200


@pytest.mark.parametrize("payload", [{}, {"Size": None}, {"Size": "ten"}, None, []])
def test_required_field_is_a_mapping_error_when_unknown(payload: Any) -> None:
    kind = replace(KIND, fields={"size_bytes": Field("Size", integer, required=True)})
    with pytest.raises(MappingError, match="size_bytes"):
        attributes(payload, kind)


@pytest.mark.parametrize(
    "payload", [{}, {"VolumeId": None}, {"VolumeId": ""}, {"VolumeId": []}, {"VolumeId": True}, [], "x", None, 7]
)
def test_record_without_identity_is_a_mapping_error(payload: Any) -> None:
    with pytest.raises(MappingError, match=r"has no|is no object"):
        observe(raw(payload), KIND)
    with pytest.raises(MappingError, match=r"has no VolumeId|is no object"):
        observe(raw(payload), replace(KIND, id="VolumeId"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"a": "1", "b": None, "c": 3}, {"a": "1", "b": None, "c": "3"}),
        ([{"Key": "a", "Value": "1"}], {"a": "1"}),
        ([{"key": "a", "value": "1"}], {"a": "1"}),
        ([{"TagKey": "a", "TagValue": "1"}], {"a": "1"}),
        ([{"Key": "a", "Value": ""}, {"Key": "b"}, {"Value": "x"}, "junk", None], {"a": "", "b": None}),
        ([{"Key": "", "Value": "x"}], {"": "x"}),
        ([{"Key": "a", "Value": True}], {"a": "True"}),
        ({"🦜": "ö"}, {"🦜": "ö"}),
        (None, {}),
        ("a=b", {}),
        ([], {}),
    ],
)
def test_tags(found: Any, expected: dict[str, str | None]) -> None:
    assert expected == tags({"Tags": found}, "Tags")


def test_tags_without_a_path_or_a_value_are_empty() -> None:
    assert tags(PAYLOAD, "") == {}
    assert tags({}, "Tags") == {}


def test_aliases_are_canonical_and_without_repetition() -> None:
    arn = "arn:aws:ec2:us-west-2:111122223333:volume/vol-0123456789abcdef0"
    expected = (
        arn,
        "aws.ec2.volume|111122223333|us-west-2|vol-0123456789abcdef0",
        "aws:vol-0123456789abcdef0",
        "dns:scratch.example",
    )
    assert expected == aliases(arn, PAYLOAD, KIND, SCOPE, "vol-0123456789abcdef0")


def test_observation_of_a_whole_record() -> None:
    seen = observe(raw(PAYLOAD), KIND)
    assert seen.resource.id == "arn:aws:ec2:us-west-2:111122223333:volume/vol-0123456789abcdef0"
    assert (seen.resource.name, seen.resource.native_id) == ("scratch 🦜", "vol-0123456789abcdef0")
    assert seen.resource.tags == {"team": "nlp"}
    assert "name" not in seen.resource.attributes
    assert [(r.verb, r.path, r.target) for r in seen.references] == [
        ("encrypted_by", "$.KmsKeyId", "aws.kms.key"),
        ("attached_to", "$.Attachments[0].InstanceId", "aws.ec2.instance"),
    ]
    assert seen.call == "ec2:DescribeVolumes"
    assert [str(g) for g in seen.gaps] == ["cut"]
    assert seen.payload == PAYLOAD


def test_name_falls_back_to_what_the_provider_calls_it() -> None:
    payload = {k: v for k, v in PAYLOAD.items() if k != "Name"}
    assert observe(raw(payload), KIND).resource.name == "vol-0123456789abcdef0"


def test_stored_payload_gives_the_same_observation() -> None:
    first = observe(raw({**PAYLOAD, "Env": {"DB_PASSWORD": "hunter2!"}}), KIND)
    assert first == read_record(replace(raw(first.payload), gaps=first.gaps), KIND)


def test_one_reference_per_verb_and_key() -> None:
    payload = {
        **PAYLOAD,
        "Manifest": "\n".join(f"s3://corpus-usw2/shards/{i}" for i in range(9800)),
        "Other": "s3://corpus-usw2/x",
    }
    found = [r for r in observe(raw(payload), KIND).references if r.key == "s3://corpus-usw2"]
    assert [(r.verb, r.path, r.value) for r in found] == [("mentions", "$.Manifest", "s3://corpus-usw2/shards/0")]


def test_declared_link_is_not_repeated_as_a_mention() -> None:
    payload = {**PAYLOAD, "Note": PAYLOAD["KmsKeyId"]}
    assert [r.verb for r in observe(raw(payload), KIND).references if "kms" in r.key] == ["encrypted_by"]


def test_two_verbs_to_one_thing_are_two_references() -> None:
    kind = replace(KIND, links=(*KIND.links, Link("uses_key", "aws.kms.key", "KmsKeyId")))
    assert [r.verb for r in observe(raw(PAYLOAD), kind).references if "kms" in r.key] == ["encrypted_by", "uses_key"]


def test_thing_does_not_refer_to_itself() -> None:
    payload = {
        **PAYLOAD,
        "Self": "vol-0123456789abcdef0",
        "Arn": "arn:aws:ec2:us-west-2:111122223333:volume/vol-0123456789abcdef0",
        "Parent": "vol-0123456789abcdef0",
    }
    kind = replace(KIND, links=(Link("made_from", "aws.ec2.volume", "Parent"),))
    assert [r for r in observe(raw(payload), kind).references if "vol-" in r.key] == []


def test_link_is_unique_within_its_scope() -> None:
    links = (
        Link("a", "aws.x.place", "P"),
        Link("b", "aws.x.account", "P", within="account"),
        Link("c", "aws.x.world", "P", within="world", optional=True),
    )
    found = observe(raw({"VolumeId": "vol-0123456789abcdef0", "P": "n"}), replace(KIND, links=links)).references
    assert [(r.key, r.account, r.place, r.optional) for r in found] == [
        ("aws.x.place|111122223333|us-west-2|n", "111122223333", "us-west-2", False),
        ("aws.x.account|111122223333||n", "111122223333", "", False),
        ("aws.x.world|||n", "", "", True),
    ]


def test_link_may_be_a_template() -> None:
    kind = replace(
        KIND,
        links=(
            Link("runs_as", "aws.iam.role", Template("arn:aws:iam::{@account}:role/{Role}")),
            Link("x", "y", Template("{Gone}")),
        ),
    )
    found = observe(raw({"VolumeId": "vol-0123456789abcdef0", "Role": "trainer"}), kind).references
    assert [(r.verb, r.key, r.path) for r in found] == [("runs_as", "arn:aws:iam::111122223333:role/trainer", "$")]


def test_reference_says_where_the_thing_should_be() -> None:
    payload = {**PAYLOAD, "Image": "999988887777.dkr.ecr.eu-central-1.amazonaws.com/partner/embedder:4.1"}
    found = next(r for r in observe(raw(payload), KIND).references if r.path == "$.Image")
    assert (
        found.target,
        found.provider,
        found.account,
        found.place,
    ) == ("aws.ecr.repository", "aws", "999988887777", "eu-central-1")


def test_redacted_value_is_no_link() -> None:
    kind = replace(KIND, links=(Link("reads", "aws.s3.bucket", "Env.BUCKET"),), sensitive=frozenset({"Env"}))
    found = observe(
        raw(
            {"VolumeId": "vol-0123456789abcdef0", "Env": {"BUCKET": "some words", "X": "take s3://weights-usw2/a now"}}
        ),
        kind,
    ).references
    assert [(r.verb, r.key, r.path) for r in found] == [("mentions", "s3://weights-usw2", "$.Env.X")]


def test_quiet_paths_are_not_searched() -> None:
    payload = {**PAYLOAD, "meta": {"managed": [{"x": "s3://aaa-bucket/x"}]}}
    assert "s3://aaa-bucket" not in [
        r.key for r in observe(raw(payload), replace(KIND, quiet=frozenset({"meta.managed"}))).references
    ]


def test_too_many_mentions_are_cut_and_counted() -> None:
    payload = {**PAYLOAD, "Uris": [f"s3://bucket-{i}/x" for i in range(MAX_REFERENCES + 50)]}
    seen = observe(raw(payload), KIND)
    assert len(seen.references) == MAX_REFERENCES
    assert [f"mentions more than {MAX_REFERENCES} things; the rest were not read"] == list(seen.misfits)


def test_five_megabytes_in_one_value_are_read() -> None:
    payload = {**PAYLOAD, "Blob": "é" * (5 * 2**20 // 2)}
    assert payload["Blob"] == observe(raw(payload), KIND).payload["Blob"]


def test_nested_too_deeply_is_a_mapping_error() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = {"a": deep}
    with pytest.raises(MappingError, match="nested"):
        observe(raw({"VolumeId": "vol-0123456789abcdef0", "Deep": deep}), KIND)


def test_null_everywhere_is_no_crash() -> None:
    payload = dict.fromkeys(PAYLOAD) | {"VolumeId": "vol-0123456789abcdef0"}
    seen = observe(raw(payload), KIND)
    assert seen.resource.attributes == {"size_bytes": None, "encrypted": None}
    assert seen.resource.tags == {}


def test_two_rows_of_one_name_are_a_mapping_error() -> None:
    assert {KIND.name: KIND} == kind_table([KIND])
    with pytest.raises(MappingError, match=r"two rows are named aws\.ec2\.volume"):
        kind_table([KIND, KIND])


def test_what_a_system_told_of_the_past_needs_nothing() -> None:
    told = {
        "FailureReason": "NoSuchBucket: s3://gone/x",
        "Source": "s3://kept/x",
        "conditions": [{"message": "s3://kept/y"}],
    }
    found = {r.key: r.optional for r in observe(raw(PAYLOAD | told), KIND).references if r.key.startswith("s3://")}
    assert found == {"s3://gone": True, "s3://kept": False}


def test_what_needs_something_counts_more_than_what_told_of_it() -> None:
    told = {"LastMessage": "s3://kept/x", "Source": "s3://kept/x"}
    found = [r.optional for r in observe(raw(PAYLOAD | told), KIND).references if r.key == "s3://kept"]
    assert found == [False]
