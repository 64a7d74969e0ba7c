"""Every AWS row names reads that exist, and words that the inventory knows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from collectors.aws.client import READ_ONLY, TOKENS
from collectors.aws.kinds import KINDS
from collectors.aws.rows import Call, all_calls
from normalize.mapping import kind_table
from normalize.model import Dimension, Kind, Template
from normalize.vocabulary import TERMS

CALLS = [(kind.name, call) for kind in KINDS for call in all_calls(kind.fetch)]
SESSION = botocore.session.Session()


@cache
def model(service: str) -> Any:
    return SESSION.get_service_model(service)


@cache
def client(service: str) -> Any:
    return SESSION.create_client(service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def shape_at(shape: Any, path: str) -> Any:
    for step in filter(None, re.split(r"\.|(?=\[)", path)):
        if step.startswith("["):
            assert shape.type_name == "list", path
            shape = shape.member
        elif shape.type_name == "map":
            shape = shape.value
        else:
            assert shape.type_name == "structure", path
            assert step in shape.members, f"{step} of {path} not in {sorted(shape.members)}"
            shape = shape.members[step]
    return shape


def test_certificates_of_every_key_and_origin_are_listed() -> None:
    """Left out, either filter hides some."""
    params = next(call.params for name, call in CALLS if name == "aws.acm.certificate")
    shapes = model("acm")
    assert params["Includes"]["keyTypes"] == shapes.shape_for("KeyAlgorithm").enum
    assert params["CertificateKeyPairOrigins"] == shapes.shape_for("CertificateKeyPairOrigin").enum


def test_kinds_are_many_unique_and_of_every_dimension() -> None:
    assert len(kind_table(KINDS)) >= 40
    assert {kind.category.dimension for kind in KINDS} == set(Dimension)


@pytest.mark.parametrize(("kind", "call"), CALLS, ids=lambda v: v.operation if isinstance(v, Call) else v)
def test_call_exists_reads_only_and_answers_with_the_items_it_names(kind: str, call: Call) -> None:
    assert READ_ONLY.match(call.operation)
    operation = model(call.service).operation_model(call.operation)
    members = set(operation.input_shape.members if operation.input_shape else ())
    passes = [*call.passes, *(call.window(datetime(2026, 8, 26, tzinfo=UTC)) if call.window else ())]
    assert {name for params in (call.params, *passes) for name in params} <= members
    shape_at(operation.output_shape, call.items if isinstance(call.items, str) else ".".join(call.items))


@pytest.mark.parametrize(("kind", "call"), CALLS, ids=lambda v: v.operation if isinstance(v, Call) else v)
def test_page_size_is_one_that_the_service_takes(kind: str, call: Call) -> None:
    if not call.page:
        return
    paginator = client(call.service).get_paginator(xform_name(call.operation))
    limit = paginator._pagination_cfg["limit_key"]
    shape = model(call.service).operation_model(call.operation).input_shape.members[limit]
    assert shape.metadata.get("min", 1) <= call.page <= shape.metadata.get("max", call.page)


@pytest.mark.parametrize(("kind", "call"), CALLS, ids=lambda v: v.operation if isinstance(v, Call) else v)
def test_no_page_is_left_out(kind: str, call: Call) -> None:
    """A detail that keeps the whole answer reads one page: of such, the row keeps what the first one holds."""
    operation = model(call.service).operation_model(call.operation)
    takes = set(operation.input_shape.members if operation.input_shape else ())
    tokens = {m for m in operation.output_shape.members if re.search("token|marker", m, re.IGNORECASE)} & takes
    paged = client(call.service).can_paginate(xform_name(call.operation))
    assert paged or tokens <= set(TOKENS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_row_speaks_the_vocabulary(kind: Kind) -> None:
    assert re.fullmatch(r"aws\.[a-z0-9]+\.[a-z_]+", kind.name)
    assert set(kind.fields) <= set(TERMS)
    assert kind.native


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_parent_and_targets_are_rows(kind: Kind) -> None:
    names = {k.name for k in KINDS}
    assert kind.fetch.under in {"", *names}
    assert {link.target for link in kind.links} <= names | {""}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_identity_is_readable_from_the_listing_alone(kind: Kind) -> None:
    call: Call = kind.fetch
    listed = shape_at(model(call.service).operation_model(call.operation).output_shape, call.items)
    while listed.type_name == "list":
        listed = listed.member
    own = {call.item} if listed.type_name == "string" else set(listed.members)
    paths = re.findall(r"\{([^{}@]+)\}", kind.id.text) if isinstance(kind.id, Template) else [str(kind.id)]
    derived = {path for path in paths if path.startswith("$") and call.derive is not None}
    assert all(path.split(".")[0] in own | {"$parent"} | derived for path in paths)


def test_template_names_only_values_of_item_or_parent() -> None:
    for _, call in CALLS:
        for value in call.params.values():
            assert not isinstance(value, str) or value.count("{") == value.count("}")
