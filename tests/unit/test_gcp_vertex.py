"""What Vertex AI's objects say of machines, traffic and names; what they do not say stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.gcp import vertex, vertex_batch, vertex_data, vertex_pipelines
from collectors.gcp.vertex_parts import Machines, accelerators
from normalize.mapping import MISSING, read
from normalize.model import Kind

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
        ([Machines(PLAIN, 3)], []),
        ([], []),
        ([Machines(H100, 0)], []),
        ([Machines({"machineType": "ct5lp-hightpu-4t", "tpuTopology": "4x4"}, 2)], [("google", "TPU-v5e", 32)]),
        ([Machines({"machineType": "ct5lp-hightpu-4t"}, 1)], [("google", "TPU-v5e", 4)]),
        ([Machines(H100, None)], None),
        ([Machines({"machineType": "g2-standard-8"}, 1)], None),
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
    assert ENDPOINT.fetch.derive(
        {"deployedModels": [{"model": "projects/1/locations/l/publishers/google/models/x"}]}
    ) == {
        "$Models": [],
        "$Versions": [],
    }
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
