"""Every AWS row names reads that exist, and words that the inventory knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import OperationNotPageableError
from botocore.model import OperationNotFoundError

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
    assert {kind.category.dimension for kind in KINDS} - {None} == set(Dimension)


every_call = pytest.mark.parametrize(("kind", "call"), CALLS, ids=lambda v: v.operation if isinstance(v, Call) else v)


@every_call
def test_call_exists_reads_only_and_answers_with_the_items_it_names(kind: str, call: Call) -> None:
    reads_what_there_is(call)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_calls_of_a_row_are_given_what_they_demand(kind: Kind) -> None:
    """Lookups give their calls what these demand themselves."""
    for call in (kind.fetch, *kind.fetch.detail):
        is_given_what_it_demands(call)


@every_call
def test_page_size_is_one_that_the_service_takes(kind: str, call: Call) -> None:
    fits_its_pages(call)


@every_call
def test_no_page_is_left_out(kind: str, call: Call) -> None:
    """A detail that keeps the whole answer reads one page: of such, the row keeps what the first one holds."""
    is_paged_to_the_end(call)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_items_of_a_listing_are_what_the_service_pages(kind: Kind) -> None:
    lists_what_is_paged(kind.fetch)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_only_a_call_that_describes_the_item_says_that_it_is_gone(kind: Kind) -> None:
    """Tags, a policy or parts that are not found say nothing of the item."""
    is_asked_itself(kind)


def is_asked_itself(kind: Kind) -> None:
    if not any(detail.gone for detail in kind.fetch.detail):
        return
    call: Call = kind.fetch.itself or kind.fetch.detail[0]
    found = re.fullmatch(
        r"(?:Describe|Get)(\w+?)(?:V2|Attributes|Summary|Status|Location|Configuration)?", call.operation
    )
    assert found, f"{call.operation} describes nothing"
    nouns = {kind.name.rsplit(".", 1)[1].replace("_", ""), *_nouns(kind.fetch.operation)}
    assert nouns & _nouns(call.operation) | nouns & {found[1].lower()}, f"{call.operation} describes no {sorted(nouns)}"
    assert call.gone or call.items, f"{call.operation} cannot say that it is gone"
    known = {shape.error_code for shape in model(call.service).operation_model(call.operation).error_shapes}
    precise = {code for code in call.gone if ":" not in code}
    assert not known or not precise or precise & known, f"{call.operation} says {sorted(known)}"


def _nouns(operation: str) -> set[str]:
    """What an operation is about, in singular and plural: ListClustersV2 of clusters."""
    noun = re.sub(r"^(?:List|Describe|Get)|V2$", "", operation).lower()
    return {noun, noun.removesuffix("s"), noun.removesuffix("es"), re.sub("ies$", "y", noun)}


def reads_what_there_is(call: Call) -> None:
    assert READ_ONLY.match(call.operation), f"{call.operation} is no read"
    operation = model(call.service).operation_model(call.operation)
    members = set(operation.input_shape.members if operation.input_shape else ())
    for more in passes(call):
        assert {*call.params, *more} <= members, f"does not take {({*call.params, *more}) - members}"
    shape_at(operation.output_shape, path(call))


def is_given_what_it_demands(call: Call) -> None:
    takes = model(call.service).operation_model(call.operation).input_shape
    required = set(takes.required_members if takes else ())
    for more in passes(call):
        assert required <= {*call.params, *more}, f"demands {required - {*call.params, *more}}"


def passes(call: Call) -> Sequence[Mapping[str, Any]]:
    day = datetime(2026, 8, 26, tzinfo=UTC)
    period = call.period(day) if call.period else {}
    return [{**period, **more} for more in [*call.passes, *(call.window(day) if call.window else ())] or [{}]]


def path(call: Call) -> str:
    return call.items if isinstance(call.items, str) else ".".join(call.items)


def fits_its_pages(call: Call) -> None:
    if not call.page:
        return
    paginator = client(call.service).get_paginator(xform_name(call.operation))
    limit = paginator._pagination_cfg.get("limit_key")
    assert limit, f"{call.operation} takes no page size"
    shape = model(call.service).operation_model(call.operation).input_shape.members[limit]
    low, high = shape.metadata.get("min", 1), shape.metadata.get("max", call.page)
    assert low <= call.page <= high, f"{call.page} is not from {low} to {high}"


def is_paged_to_the_end(call: Call) -> None:
    operation = model(call.service).operation_model(call.operation)
    takes = set(operation.input_shape.members if operation.input_shape else ())
    tokens = {m for m in operation.output_shape.members if re.search("token|marker", m, re.IGNORECASE)} & takes
    paged = client(call.service).can_paginate(xform_name(call.operation))
    assert paged or tokens <= set(TOKENS), f"pages by {tokens}, which nobody follows"


def lists_what_is_paged(call: Call) -> None:
    """The SDK's rule says which members of an answer go on in the next page."""
    if not client(call.service).can_paginate(xform_name(call.operation)):
        return
    keys = client(call.service).get_paginator(xform_name(call.operation)).result_keys
    roots = {re.split(r"[.\[]", key.expression)[0] for key in keys}
    root = re.split(r"[.\[]", path(call))[0]
    assert root in roots, f"{root} is not what goes on from page to page: {sorted(roots)}"


BROKEN: Mapping[str, tuple[Callable[[Call], None], str, Call]] = {
    "no such operation": (reads_what_there_is, "DescribeVolcanos", Call("ec2", "DescribeVolcanos", items="Volcanos")),
    "not a read": (reads_what_there_is, "no read", Call("ec2", "DeleteVpc", params={"VpcId": "{VpcId}"})),
    "items that are not in the answer": (reads_what_there_is, "VPCs of VPCs not in", Call("ec2", "DescribeVpcs", items="VPCs")),
    "items below what is no object": (
        reads_what_there_is, "Reservations.Instances", Call("ec2", "DescribeInstances", items="Reservations.Instances"),
    ),
    "a parameter that is not taken": (
        reads_what_there_is, "does not take {'Owner'}", Call("ec2", "DescribeVpcs", items="Vpcs", params={"Owner": "self"}),
    ),
    "a parameter of a pass that is not taken": (
        reads_what_there_is, "does not take {'Owner'}",
        Call("ec2", "DescribeVpcs", items="Vpcs", passes=({"VpcIds": []}, {"Owner": "self"})),
    ),
    "a parameter that is demanded": (
        is_given_what_it_demands, "demands {'clusterName'}", Call("eks", "ListNodegroups", items="nodegroups"),
    ),
    "a parameter that one pass lacks": (
        is_given_what_it_demands, "demands {'clusterName'}",
        Call("eks", "ListNodegroups", items="nodegroups", passes=({"clusterName": "a"}, {"maxResults": 1})),
    ),
    "a page too large": (fits_its_pages, "101 is not from 1 to 100", Call("sagemaker", "ListModels", items="Models", page=101)),
    "a page too small": (fits_its_pages, "4 is not from 5", Call("ec2", "DescribeVpcs", items="Vpcs", page=4)),
    "a page of what has none": (fits_its_pages, "cannot be paginated", Call("iam", "GetRole", items="Role", page=10)),
    "a token that nobody follows": (
        is_paged_to_the_end, "Marker", Call("rds", "DescribeDBShardGroups", items="DBShardGroups"),
    ),
    "items beside those that are paged": (lists_what_is_paged, "Owner is not what goes on", Call("s3", "ListBuckets", items="Owner")),
}  # fmt: skip


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_wrong_row_does_not_pass(wrong: str) -> None:
    look, words, call = BROKEN[wrong]
    with pytest.raises((AssertionError, OperationNotFoundError, OperationNotPageableError), match=re.escape(words)):
        look(call)


_GONE = ("ResourceNotFoundException",)
_TAGS = Call("lambda", "ListTags", items="Tags", params={"Resource": "{FunctionArn}"}, gone=_GONE)
HASTY: Mapping[str, tuple[str, Call | None]] = {
    "by its tags": ("ListTags describes nothing", None),
    "by its policy": ("GetPolicy describes no", Call("lambda", "GetPolicy", params={"FunctionName": "{FunctionName}"}, gone=_GONE)),
    "by a call that never says so": (
        "cannot say that it is gone", Call("lambda", "GetFunctionConfiguration", params={"FunctionName": "{FunctionName}"}),
    ),
    "by a code that the call does not have": (
        "GetFunctionConfiguration says",
        Call("lambda", "GetFunctionConfiguration", params={"FunctionName": "{FunctionName}"}, gone=("NoSuchFunction",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", HASTY)
def test_a_row_that_takes_an_item_for_gone_too_easily_does_not_pass(wrong: str) -> None:
    words, itself = HASTY[wrong]
    kind = next(k for k in KINDS if k.name == "aws.lambda.function")
    row = replace(kind, fetch=replace(kind.fetch, detail=(_TAGS,), itself=itself))
    with pytest.raises(AssertionError, match=words):
        is_asked_itself(row)


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
    derived = {path for path in paths if path.startswith("$") and (call.derive or call.gather)}
    assert all(path.split(".")[0] in own | {"$parent"} | derived for path in paths)


def test_template_names_only_values_of_item_or_parent() -> None:
    for _, call in CALLS:
        for value in call.params.values():
            assert not isinstance(value, str) or value.count("{") == value.count("}")
