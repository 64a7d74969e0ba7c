"""What Vertex AI's objects say of machines, traffic and names; what they do not say stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.gcp import vertex, vertex_batch, vertex_data, vertex_features, vertex_notebooks, vertex_pipelines
from collectors.gcp.metrics import Traffic
from collectors.gcp.vertex_parts import Machines, accelerators
from collectors.traffic import TRAFFIC
from normalize.mapping import MISSING, read
from normalize.model import Kind, Scope

H100 = {"machineType": "a3-highgpu-8g", "acceleratorType": "NVIDIA_H100_80GB", "acceleratorCount": 8}
PLAIN = {"machineType": "n2-standard-8"}


def value(kind: Kind, term: str, payload: dict[str, Any]) -> Any:
    field = kind.fields[term]
    assert not isinstance(field, str)
    found = read(payload, field.path) if field.path else payload
    return found if found is MISSING else field.convert(found)


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ([Machines(H100, 2)], [("nvidia", "H100", 16)]),
        ([Machines(H100, 1), Machines(PLAIN, None)], [("nvidia", "H100", 8)]),
        ([Machines(H100, 1), Machines(H100, 3)], [("nvidia", "H100", 32)]),
        ([Machines(PLAIN, 3)], []),
        ([], []),
        ([Machines(H100, 0)], []),
        ([Machines({"machineType": "ct5lp-hightpu-4t", "tpuTopology": "4x4"}, 2)], [("google", "TPU-v5e", 32)]),
        ([Machines({"machineType": "ct5lp-hightpu-4t"}, 1)], [("google", "TPU-v5e", 4)]),
        ([Machines(H100, None)], None),
        ([Machines({"machineType": "g2-standard-24"}, 2)], [("nvidia", "L4", 4)]),
        ([Machines({"machineType": "a4-highgpu-8g"}, 1)], None),
        ([Machines(H100, 1), Machines({}, 1)], None),
    ],
)
def test_accelerators_of_machines_are_counted_or_unknown(machines: list[Machines], expected: Any) -> None:
    found = accelerators(machines)
    assert expected == (None if found is None else [(a["vendor"], a["model"], a["count"]) for a in found])


ENDPOINT = vertex.KINDS[0]


def deployed(**resources: Any) -> dict[str, Any]:
    return {"deployedModels": [{"id": "1", "model": "projects/1/locations/l/models/7", **resources}]}


@pytest.mark.parametrize(
    ("endpoint", "count"),
    [
        ({}, 0),
        (deployed(dedicatedResources={"machineSpec": H100, "minReplicaCount": 2}), 16),
        (
            deployed(
                dedicatedResources={"machineSpec": H100, "minReplicaCount": 2}, status={"availableReplicaCount": 0}
            ),
            0,
        ),
        (deployed(dedicatedResources={"machineSpec": H100}), MISSING),
        (deployed(automaticResources={"minReplicaCount": 1}), MISSING),
        (deployed(sharedResources="projects/1/locations/l/deploymentResourcePools/p"), 0),
    ],
)
def test_an_endpoint_counts_its_own_accelerators(endpoint: dict[str, Any], count: Any) -> None:
    assert value(ENDPOINT, "accelerator_count", endpoint) == count


def test_a_model_that_no_traffic_goes_to_has_the_weight_zero() -> None:
    endpoint = deployed() | {"trafficSplit": {"2": 100}}
    assert value(ENDPOINT, "variants", endpoint)[0]["weight"] == 0


def test_a_model_of_google_is_served_without_a_mention_of_ours() -> None:
    found = ENDPOINT.fetch.derive({"deployedModels": [{"model": "projects/1/locations/l/publishers/google/models/x"}]})
    assert (found["$Models"], found["$Versions"]) == ([], [])
    assert vertex_batch.KINDS[0].fetch.derive({"model": "publishers/google/models/gemini-2.0-flash"}) == {}


@pytest.mark.parametrize(
    ("image", "framework", "version"),
    [
        ("us-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15:latest", "tf2", "2.15"),
        ("us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-3:latest", "sklearn", "1.3"),
        ("us-central1-docker.pkg.dev/ml-prod/serve/own:1", MISSING, MISSING),
    ],
)
def test_googles_own_images_say_the_framework(image: str, framework: Any, version: Any) -> None:
    model = {"containerSpec": {"imageUri": image}}
    kind = next(k for k in vertex.KINDS if k.name == "gcp.aiplatform.model")
    assert value(kind, "framework", model) == framework
    assert value(kind, "framework_version", model) == version


@pytest.mark.parametrize(
    ("cron", "zone"),
    [("TZ=Europe/Berlin 0 3 * * *", "Europe/Berlin"), ("CRON_TZ=UTC 1 * * * *", "UTC"), ("0 3 * * *", MISSING)],
)
def test_the_time_zone_of_a_schedule(cron: str, zone: Any) -> None:
    assert value(vertex_pipelines.KINDS[1], "timezone", {"cron": cron}) == zone


@pytest.mark.parametrize(
    ("metadata", "uris"),
    [
        ({"inputConfig": {"gcsSource": {"uri": "gs://b/x.csv"}}}, ["gs://b/x.csv"]),
        ({"inputConfig": {"bigquerySource": {"uri": "bq://p.d.t"}}}, ["bq://p.d.t"]),
        ({"gcsBucket": "cloud-ai-platform-1"}, MISSING),
    ],
)
def test_where_the_data_of_a_data_set_lie(metadata: Any, uris: Any) -> None:
    assert value(vertex_data.KINDS[0], "input_uris", {"metadata": metadata}) == uris


class Monitoring:
    """Answers in place of a client: every endpoint has replicas, and requests by metric."""

    def __init__(self, **requests: int) -> None:
        self.memory: dict[Any, Any] = {}
        self._values = {"replicas": 1, **requests}

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 4, 15, tzinfo=UTC)

    def answers(self, get: Any, values: Any) -> Any:
        asked = str(get.params["filter"])
        metric = asked.partition("prediction/online/")[2].partition('"')[0]
        code = asked.partition('response_code = "')[2].partition('"')[0]
        found = self._values.get(f"{metric} {code}".strip().replace("/", "_").replace(" ", "_"))
        points = [{"interval": {"endTime": "x"}, "value": {"int64Value": str(found)}}] if found is not None else []
        yield {"timeSeries": [{"resource": {"labels": {"location": "l", "endpoint_id": "e"}}, "points": points}]}


def served(endpoint: dict[str, Any], **requests: int) -> Any:
    """What is told of an endpoint's requests."""
    item = {"$asset": {"location": "l", "id": "e"}, **endpoint, **ENDPOINT.fetch.derive(endpoint)}
    reader: Any = Monitoring(**requests)
    for lookup in ENDPOINT.fetch.lookups:
        if isinstance(lookup, Traffic):
            assert lookup.add(reader, Scope("gcp", "p", "global"), [item]) == {}
    return item.get(TRAFFIC)


def test_requests_and_errors_of_an_endpoint_are_told_by_their_codes() -> None:
    told = served(deployed(), response_count=100, response_count_5xx=4, response_count_4xx=20)
    assert (told["Requests"], told["Errors"], told["ClientErrors"]) == (100, 4, 20)


def test_silence_is_zero_of_a_public_endpoint_with_replicas_and_unknown_of_a_private_one() -> None:
    private = deployed() | {"network": "projects/1/global/networks/ml"}
    assert served(deployed())["Requests"] == 0
    assert served(private) is None
    assert served(private, private_response_count=7)["Requests"] == 7


def test_a_private_endpoint_leads_to_its_network() -> None:
    (link,) = ENDPOINT.fetch.derive(deployed() | {"network": "projects/1/global/networks/ml"})["$links"]
    assert link["key"] == "//compute.googleapis.com/projects/1/global/networks/ml"
    assert ENDPOINT.fetch.derive(deployed())["$links"] == []


WORKBENCH = next(k for k in vertex_notebooks.KINDS if k.name == "gcp.notebooks.instance")


def workbench(**data: Any) -> dict[str, Any]:
    item = {"$asset": {"project": "p", "location": "us-central1-a", "id": "n"}, **data}
    return {**item, **WORKBENCH.fetch.derive(item)}


@pytest.mark.parametrize(
    ("instance", "count"),
    [
        ({"machineType": "https://www.googleapis.com/compute/v1/projects/p/zones/z/machineTypes/n1-standard-4"}, 0),
        ({"machineType": "n1-standard-4", "acceleratorConfig": {"type": "NVIDIA_TESLA_T4", "coreCount": "2"}}, 2),
        ({"gceSetup": {"machineType": "a2-highgpu-1g"}}, 1),
        ({"gceSetup": {"machineType": "a4-highgpu-8g"}}, MISSING),
        ({"gceSetup": {"machineType": "n1-standard-4", "acceleratorConfigs": [{"type": "NVIDIA_TESLA_T4"}]}}, 1),
    ],
)
def test_both_versions_of_a_workbench_instance_say_their_accelerators(instance: dict[str, Any], count: Any) -> None:
    assert value(WORKBENCH, "accelerator_count", workbench(**instance)) == count


def test_an_old_workbench_instance_is_read_as_a_new_one() -> None:
    old = workbench(
        machineType="n1-standard-4", network="projects/p/global/networks/ml", noPublicIp=True, kmsKey="k",
        bootDiskSizeGb="100", dataDiskSizeGb="50", serviceAccount="a@p.iam.gserviceaccount.com",
        containerImage={"repository": "gcr.io/p/x", "tag": "1"},
    )  # fmt: skip
    assert {
        key: old[key] for key in ("$MachineType", "$Networks", "$Public", "$Keys", "$ServiceAccounts", "$Image")
    } == {
        "$MachineType": "n1-standard-4",
        "$Networks": ["projects/p/global/networks/ml"],
        "$Public": False,
        "$Keys": ["k"],
        "$ServiceAccounts": ["a@p.iam.gserviceaccount.com"],
        "$Image": "gcr.io/p/x:1",
    }
    assert value(WORKBENCH, "capacity_bytes", old) == 150 * 2**30


@pytest.mark.parametrize(
    ("config", "online"),
    [
        ({"fixedNodeCount": 0}, False),
        ({}, False),
        ({"fixedNodeCount": 1}, True),
        ({"scaling": {"minNodeCount": 1}}, True),
    ],
)
def test_a_feature_store_without_nodes_serves_nothing(config: Any, online: bool) -> None:
    legacy = next(k for k in vertex_features.KINDS if k.name == "gcp.aiplatform.featurestore")
    assert value(legacy, "online_store", {"onlineServingConfig": config}) is online
