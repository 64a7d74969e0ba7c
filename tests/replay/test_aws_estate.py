"""What the planted estate must show: every kind read, every omission mentioned, no secret kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from collectors.aws import kind_rows, open_source
from normalize.errors import CollectError
from normalize.mapping import observe
from normalize.model import Observation
from tests.servers.faulty_moto import serve
from tests.servers.moto_estate import PRODUCTION, RESEARCH, SECRETS, build


@dataclass
class Estate:
    facts: dict[str, Any]
    seen: dict[str, Observation]
    errors: list[CollectError]

    def keys(self, resource_id: str) -> dict[str, str]:
        """Key of every mention of a resource -> its JSON path."""
        return {r.key: r.path for r in self.seen[resource_id].references}

    def aliases(self) -> set[str]:
        return {key for o in self.seen.values() for key in o.aliases}


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    for name, value in (
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
        ("AWS_CONFIG_FILE", "/nonexistent"),
    ):
        patch.setenv(name, value)
    server = serve()
    facts = build(server.url)
    settings = {"regions": facts["regions"], "accounts": facts["accounts"], "role": facts["role"]}
    source = open_source({"name": "prod", "endpoint_url": server.url, **settings})
    found = Estate(facts, {}, [])
    for kind in source.kinds():
        for scope in source.scopes(kind):
            try:
                for raw in source.collect(kind, scope):
                    found.errors.extend(raw.gaps)
                    seen = observe(raw, kind)
                    found.seen[seen.resource.id] = seen
            except CollectError as error:
                found.errors.append(error)
    yield found
    source.close()
    server.close()
    patch.undo()


def test_all_of_it_can_be_read(estate: Estate) -> None:
    assert [str(e) for e in estate.errors] == []
    assert {i: o.misfits for i, o in estate.seen.items() if o.misfits} == {}


def test_both_accounts_and_many_kinds_are_there(estate: Estate) -> None:
    assert {o.resource.scope.account for o in estate.seen.values()} == {PRODUCTION, RESEARCH}
    assert len({o.resource.kind for o in estate.seen.values()}) >= 40
    assert {o.resource.kind for o in estate.seen.values()} <= {k.name for k in kind_rows()}


def test_weights_in_an_account_that_is_not_scanned_are_mentioned_and_not_found(estate: Estate) -> None:
    mentions = estate.keys(estate.facts["model_with_foreign_weights"])
    assert mentions["s3://partner-weights-prod"] == "$.PrimaryContainer.ModelDataUrl"
    assert "s3://partner-weights-prod" not in estate.aliases()


def test_image_in_an_account_that_is_not_scanned_is_mentioned_and_not_found(estate: Estate) -> None:
    (reference,) = [
        r for r in estate.seen[estate.facts["model_with_foreign_weights"]].references if r.verb == "uses_image"
    ]
    assert (reference.account, reference.path) == (estate.facts["unscanned_account"], "$.PrimaryContainer.Image")
    assert reference.key not in estate.aliases()


def test_tracking_server_that_no_source_covers_is_mentioned_by_the_training_job(estate: Estate) -> None:
    mentions = estate.keys(estate.facts["training_job"])
    assert mentions[f"mlflow-server:{estate.facts['mlflow_host']}:443/api"] == "$.Environment.MLFLOW_TRACKING_URI"


def test_database_is_found_by_its_host_in_a_connection_string(estate: Estate) -> None:
    key = f"dns:{estate.facts['database_host']}"
    assert key in estate.keys(estate.facts["training_job"])
    assert key in estate.keys(estate.facts["model_with_foreign_weights"])
    assert key in estate.aliases()


def test_bucket_in_user_data_is_mentioned_though_the_user_data_are_not_kept(estate: Estate) -> None:
    template = estate.facts[f"launch_template:{PRODUCTION}"]
    (seen,) = [o for o in estate.seen.values() if o.resource.native_id == template]
    assert "s3://acme-features" in {r.key for r in seen.references}


def test_bucket_sizes_are_those_that_cloudwatch_has(estate: Estate) -> None:
    sizes = {
        o.resource.name: o.resource.attributes.get("size_bytes")
        for o in estate.seen.values()
        if o.resource.kind == "aws.s3.bucket"
    }
    assert {name: sizes[name] for name in estate.facts["bucket_sizes"]} == estate.facts["bucket_sizes"]
    assert sizes[estate.facts["bucket_without_size"]] is None


def test_cluster_is_known_by_its_address(estate: Estate) -> None:
    seen = estate.seen[estate.facts["cluster_without_credentials"]]
    host = estate.facts["cluster_endpoint"].removeprefix("https://").rstrip("/").lower()
    assert f"dns:{host}" in seen.aliases


def test_accelerators_of_a_training_job_are_counted_over_its_instances(estate: Estate) -> None:
    seen = estate.seen[estate.facts["training_job"]].resource.attributes
    assert (seen["instance_count"], seen["accelerator_count"]) == (4, 32)


def test_no_planted_secret_is_kept(estate: Estate) -> None:
    kept = json.dumps([asdict(o) for o in estate.seen.values()], default=str)
    assert [name for name, value in SECRETS.items() if value in kept] == []
