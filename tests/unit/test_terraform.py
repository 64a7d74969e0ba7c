"""States of Terraform: what they declare, and that nothing else of them is let through."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.terraform import open_files, sniff
from collectors.terraform.kinds import RESOURCE, STATE
from collectors.terraform.names import names
from collectors.terraform.states import MAX_BYTES
from normalize.errors import CollectError, ConfigError
from normalize.mapping import observe
from normalize.model import Misfit, Observation, RawRecord

LINEAGE = "4e3c04dd-1bfb-70aa-9e5f-759d7d42f5ab"
SECRET = "hunter2-Tr0ub4dor&3"
AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def resource(type_: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": name, "provider": AWS, "instances": list(instances), **more}


def instance(index: Any = None, sensitive: tuple[str, ...] = (), **attributes: Any) -> dict[str, Any]:
    paths = [[{"type": "get_attr", "value": s}] for s in sensitive]
    told = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": paths, "private": SECRET}
    return told if index is None else told | {"index_key": index}


def state(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": 4, "terraform_version": "1.9.6", "serial": 7, "lineage": LINEAGE,
        "outputs": {"password": {"value": SECRET, "type": "string", "sensitive": True}}, "resources": list(resources), "check_results": None,
    } | more  # fmt: skip


def written(path: Path, told: Any, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(told if isinstance(told, str) else json.dumps(told, indent=2), encoding=encoding)
    return path


def taken(*paths: Path) -> tuple[list[Observation], list[Misfit]]:
    (collector,) = open_files(paths)
    collector._clock = lambda: datetime(2026, 11, 24, tzinfo=UTC)
    found, misfits = [], []
    for planned in collector.plan(collector.kinds()):
        assert planned.kind is not None
        for raw in collector.collect(planned.kind, planned.scope):
            if isinstance(raw, RawRecord):
                found.append(observe(raw, planned.kind))
            else:
                misfits.append(raw)
    return found, misfits


def declared(found: list[Observation]) -> dict[str, list[str]]:
    return {
        o.resource.name or "": [r.key for r in o.references if r.verb == "declares"]
        for o in found
        if o.resource.kind == RESOURCE.name
    }


def test_a_state_declares_its_resources_by_address(tmp_path: Path) -> None:
    data = resource("aws_s3_bucket", "b", instance(arn="arn:aws:s3:::elsewhere"), mode="data")
    told = state(
        resource("aws_s3_bucket", "b", instance(0, arn="arn:aws:s3:::one"), instance("a.b", arn="arn:aws:s3:::two"), module="module.m[0]"),
        resource("aws_vpc", "main", instance(arn="arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0", id="vpc-0123456789abcdef0")),
        data,
    )  # fmt: skip
    found, misfits = taken(written(tmp_path / "prod" / "terraform.tfstate", told))
    assert declared(found) == {
        "module.m[0].aws_s3_bucket.b[0]": ["s3://one"],
        'module.m[0].aws_s3_bucket.b["a.b"]': ["s3://two"],
        "aws_vpc.main": ["arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0", "aws:vpc-0123456789abcdef0"],
    }
    (whole,) = (o.resource for o in found if o.resource.kind == STATE.name)
    assert whole.name == "prod/terraform.tfstate"
    assert dict(whole.attributes) == {
        "format": "state", "version": "1.9.6", "state_serial": 7, "resource_count": 3,
    }  # fmt: skip
    assert misfits == []
    assert {r.optional for o in found for r in o.references if r.verb == "declares"} == {True}


def test_nothing_secret_leaves_a_state(tmp_path: Path) -> None:
    random = 'provider["registry.terraform.io/hashicorp/random"]'
    told = state(
        resource("random_string", "token", instance(id=SECRET, result=SECRET, name=SECRET), provider=random),
        resource("aws_db_instance", "db", instance(arn="arn:aws:rds:eu-west-1:111122223333:db:db", password=SECRET, id=SECRET, name=SECRET, sensitive=("password", "name"))),
        resource("aws_iam_access_key", "k", instance(id="AKIAIOSFODNN7EXAMPLE", secret=SECRET)),
        resource("kubernetes_secret", "s", instance(metadata=[{"name": "s", "namespace": "ml", "uid": "5fb63709-820c-4716-b3e1-bc313a021ead", "annotations": {"a": SECRET}}], data={"p": SECRET})),
    )  # fmt: skip
    found, _ = taken(written(tmp_path / "a.tfstate", told))
    kept = json.dumps([(o.payload, dict(o.resource.attributes), o.references) for o in found], default=str)
    assert SECRET not in kept
    assert "hunter2" not in kept
    assert "AKIAIOSFODNN7EXAMPLE" not in kept
    assert declared(found)["kubernetes_secret.s"] == ["k8s-uid:5fb63709-820c-4716-b3e1-bc313a021ead"]


def test_what_show_prints_is_read_too(tmp_path: Path) -> None:
    one = {"mode": "managed", "type": "google_storage_bucket", "values": {"name": "data"}}
    hidden = {
        "mode": "managed",
        "address": "aws_sqs_queue.q",
        "type": "aws_sqs_queue",
        "values": {"arn": "arn:aws:sqs:eu-west-1:111122223333:q"},
    }
    told = {
        "format_version": "1.0",
        "terraform_version": "1.9.6",
        "values": {"outputs": {"p": {"value": SECRET}}, "root_module": {"child_modules": [
            {"address": "module.a", "resources": [one | {"address": "module.a.google_storage_bucket.b"}]},
        ], "resources": [hidden | {"sensitive_values": {"arn": True}}, 7]}},
    }  # fmt: skip
    found, misfits = taken(written(tmp_path / "show.json", told))
    assert declared(found) == {"aws_sqs_queue.q": [], "module.a.google_storage_bucket.b": ["gs://data"]}
    assert [m.reason for m in misfits] == ["$.values.root_module.resources[1] is no object"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"version": 3, "serial": 1, "lineage": LINEAGE, "modules": []}, "version 3; accepted: version 4"),
        ({"version": 3, "serial": 1, "backend": {"config": {"access_key": SECRET}}}, "only says where a state lies"),
        ({"serial": 1, "lineage": LINEAGE, "meta": {}, "encrypted_data": "eHg=", "encryption_version": "v0"}, "tofu state pull"),
        ({"format_version": "1.2", "planned_values": {}, "resource_changes": []}, "is a plan"),
        ({"version": 4.5}, "neither the version"),
        ({"hello": "world"}, "neither the version"),
        ('{"version": 4, "resources": [{]}', "is no JSON"),
        ('{"version": 4, "resources": []} x', "more follows"),
        ('{"version": 4, "resources": ' + "[" * 100_000, "nested too deeply"),
        ("[1]", "no JSON object"),
        ("", "no JSON object"),
    ],
)  # fmt: skip
def test_what_is_no_state_says_why(tmp_path: Path, told: Any, why: str) -> None:
    said = sniff(written(tmp_path / "file", told))
    assert why in said
    assert SECRET not in said


def test_a_state_of_any_size_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.write(b'{"version": 4}')
        file.truncate(MAX_BYTES + 1)
    assert "accepted: at most 128" in sniff(tmp_path / "big")


def test_keys_in_any_order_and_a_windows_shell_are_no_matter(tmp_path: Path) -> None:
    turned = dict(sorted(state(resource("aws_s3_bucket", "b", instance(arn="arn:aws:s3:::one"))).items(), reverse=True))
    found, _ = taken(written(tmp_path / "a.tfstate", turned, encoding="utf-16"))
    assert declared(found) == {"aws_s3_bucket.b": ["s3://one"]}


def test_of_one_lineage_the_highest_serial_counts(tmp_path: Path) -> None:
    old = written(
        tmp_path / "terraform.tfstate.backup",
        state(resource("aws_s3_bucket", "old", instance(arn="arn:aws:s3:::old")), serial=6),
    )
    new = written(tmp_path / "terraform.tfstate", state())
    again = written(tmp_path / "again.tfstate", state())
    found, _ = taken(old, new, again)
    assert declared(found) == {}
    other = written(tmp_path / "other.tfstate", state(resource("aws_s3_bucket", "x")))
    with pytest.raises(ConfigError, match="serial 7 of state"):
        open_files([new, other])


def test_a_state_that_changes_on_the_way_is_not_taken(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tfstate", state())
    (collector,) = open_files([path])
    (planned, *_) = collector.plan(collector.kinds())
    written(path, state(serial=8))
    with pytest.raises(CollectError, match="was changed while it was imported"):
        list(collector.collect(planned.kind, planned.scope))  # type: ignore[arg-type]


def test_a_resource_that_is_misshapen_costs_itself(tmp_path: Path) -> None:
    told = state(
        None, {"type": "aws_vpc"}, resource("aws_vpc", "v", None), resource("aws_s3_bucket", "b", {"attributes": None})
    )  # type: ignore[arg-type]
    found, misfits = taken(written(tmp_path / "a.tfstate", told))
    assert declared(found) == {"aws_s3_bucket.b": []}
    assert len(misfits) == 3


ARM = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/acct"


@pytest.mark.parametrize(
    ("type_", "identity", "keys"),
    [
        ("aws_s3_bucket", {"id": "data"}, ["s3://data"]),
        ("aws_nat_gateway", {"id": "nat-0123456789abcdef0"}, ["aws:nat-0123456789abcdef0"]),
        ("aws_iam_role", {"arn": "arn:aws:iam::111122223333:role/x/r", "id": "r"}, ["arn:aws:iam::111122223333:role/x/r"]),
        ("aws_cloudwatch_log_group", {"arn": "arn:aws:logs:eu-west-1:111122223333:log-group:/x:*"}, ["arn:aws:logs:eu-west-1:111122223333:log-group:/x"]),
        ("aws_sns_topic_policy", {"arn": "arn:aws:sns:eu-west-1:111122223333:t"}, []),
        ("aws_lb_target_group_attachment", {"id": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/t/0-2026"}, []),
        ("aws_efs_backup_policy", {"id": "fs-0123456789abcdef0"}, []),
        ("aws_route_table_association", {"id": "rtbassoc-0123456789abcdef0"}, []),
        ("google_compute_instance", {"id": "projects/p/zones/europe-west1-b/instances/vm", "self_link": "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b/instances/vm"}, ["//compute.googleapis.com/projects/p/zones/europe-west1-b/instances/vm"]),
        ("google_vertex_ai_endpoint", {"id": "projects/p/locations/europe-west1/endpoints/7"}, ["//aiplatform.googleapis.com/projects/p/locations/europe-west1/endpoints/7"]),
        ("google_storage_bucket_iam_member", {"id": "b/data/roles/storage.admin/user:x@y"}, []),
        ("google_service_account", {"email": "sa@p.iam.gserviceaccount.com"}, ["//iam.googleapis.com/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com"]),
        ("azurerm_storage_account", {"id": ARM}, [ARM.lower()]),
        ("azurerm_subnet_nat_gateway_association", {"id": ARM}, []),
        ("azapi_resource", {"id": ARM}, [ARM.lower()]),
        ("helm_release", {"id": "mlflow", "name": "mlflow"}, []),
        ("null_resource", {"id": "arn:aws:s3:::data"}, []),
    ],
)  # fmt: skip
def test_a_resource_names_its_thing(type_: str, identity: dict[str, str], keys: list[str]) -> None:
    assert [name.key for _, name in names(type_, identity)] == keys
