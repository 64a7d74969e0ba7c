"""One estate, described three times: as AWS, Google Cloud and Azure answer for it. What it means is the same, so what is kept has to be.

The answers are the recorded ones of each row, with what is special about this estate set in them, read by the collectors' own code.
`same` is what all three say, word by word; what one of them does not say at all stands in `untold`, with the reason.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from collectors.gcp import open_source
from collectors.gcp.kinds import KINDS as GOOGLE
from discovery.wiring import static_kinds
from normalize.mapping import observe
from normalize.model import Observation
from normalize.units import GIB
from normalize.vocabulary import TERMS
from tests.contract import test_azure_rows as azure
from tests.contract.test_aws_fixtures import BY_NAME as AWS
from tests.contract.test_aws_fixtures import NOW, Replay
from tests.servers.google_cloud import Cloud, serve_rest

FIXTURES = Path(__file__).parent.parent / "fixtures"
CLOUDS = ("aws", "gcp", "azure")
A100 = [{"vendor": "nvidia", "model": "A100", "count": 8, "form": "gpu", "memory_bytes": 80 * GIB}]
H100 = [{"vendor": "nvidia", "model": "H100", "count": 8, "form": "gpu", "memory_bytes": 80 * GIB}]
MADE, LATER = "2026-10-02T08:00:00Z", "2026-10-03T08:00:00Z"

OWN = frozenset(
    {
        "name", "description", "state", "type", "instance_type", "instance_types", "zone", "zones", "region", "lifecycle", "os", "os_image", "machine_image_name",
        "cluster", "endpoint", "issuer", "encryption", "encryption_key", "role", "service_account", "key_type", "key_usage", "key_origin", "principals", "storage_class",
        "created_by", "version", "artifact_uri", "images", "image", "variants", "settings", "size_class", "subnets", "uuid", "inputs", "log_types", "problems", "features",
        "private_address", "public_address", "failure_reason", "kubernetes_version", "models", "hyperparameters", "disks", "addresses", "admitted_ranges",
        "engine_version", "stage", "rules", "environment",
    }
)  # fmt: skip
"""What each cloud says in words and names of its own."""

UNEQUAL: dict[str, frozenset[str]] = {"machine": frozenset({"memory_bytes"})}
"""What differs because the machines that clouds rent out do."""


def nvidia(name: str, mib: int) -> dict[str, Any]:
    """What EC2 says of the GPUs of a type."""
    return {"Name": name, "Manufacturer": "NVIDIA", "Count": 8, "MemoryInfo": {"SizeInMiB": mib}}


_I = "DescribeInstances.Reservations[0].Instances[0]."
_T = "DescribeInstanceTypes.InstanceTypes[0]."
_G = "assets[0].resource.data."
_Z = "rows[0].properties."
_V = "DescribeVolumes.Volumes[0]."


@dataclass(frozen=True)
class Thing:
    """One thing of the estate.

    Attributes:
        aws, gcp, azure: (kind, what to set in its recorded answers).
        links: (verb, category) that all three name.
        untold: cloud -> what it does not say.
        unlinked: cloud -> links that it does not name.
    """

    category: str
    aws: tuple[str, dict[str, Any]]
    gcp: tuple[str, dict[str, Any]]
    azure: tuple[str, dict[str, Any]]
    same: dict[str, Any]
    links: frozenset[tuple[str, str]] = frozenset()
    untold: dict[str, frozenset[str]] = field(default_factory=dict)
    unlinked: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)


def of(*pairs: str) -> frozenset[tuple[str, str]]:
    return frozenset((verb, category) for verb, category in (pair.split(" ") for pair in pairs))


ESTATE: dict[str, Thing] = {
    "machine": Thing(
        "instance",
        ("aws.ec2.instance", {f"{_I}InstanceType": "p4de.24xlarge", f"{_T}InstanceType": "p4de.24xlarge", f"{_T}GpuInfo.Gpus[0]": nvidia("A100", 81920), f"{_I}LaunchTime": LATER}),
        ("gcp.compute.instance", {f"{_G}machineType": "zones/z/machineTypes/a2-ultragpu-8g", f"{_G}guestAccelerators[0].acceleratorType": "zones/z/acceleratorTypes/nvidia-a100-80gb", f"{_G}creationTimestamp": MADE, f"{_G}lastStartTimestamp": LATER}),
        ("azure.compute.virtual_machine", {f"{_Z}timeCreated": MADE}),
        {"accelerators": A100, "accelerator_count": 8, "accelerator_memory_bytes": 80 * GIB, "spot": True, "vcpu_count": 96, "architecture": "x86_64", "created_at": MADE, "started_at": LATER},
        of("assumes identity", "mounts volume", "runs_in subnet"),
        # EC2 says when a machine was started last. Google names a machine type, and the CPUs of it elsewhere. On Azure subnet and addresses
        # are those of the network interface.
        {"aws": frozenset({"created_at"}), "gcp": frozenset({"vcpu_count", "architecture"}), "azure": frozenset({"started_at"})},
        {"azure": of("runs_in subnet")},
    ),
    "disk": Thing(
        "volume",
        ("aws.ec2.volume", {f"{_V}Size": 500, f"{_V}Iops": 6000, f"{_V}Throughput": 250, f"{_V}CreateTime": MADE}),
        ("gcp.compute.disk", {f"{_G}sizeGb": "500", f"{_G}provisionedIops": "6000", f"{_G}provisionedThroughput": "250", f"{_G}creationTimestamp": MADE, f"{_G}accessMode": "READ_WRITE_SINGLE"}),
        ("azure.compute.disk", {f"{_Z}diskSizeGB": 500, f"{_Z}diskIOPSReadWrite": 6000, f"{_Z}diskMBpsReadWrite": 262.144, f"{_Z}timeCreated": MADE}),
        {"size_bytes": 500 * GIB, "iops": 6000, "throughput_mibps": 250, "multi_attach": False, "created_at": MADE},
        of("attached_to instance", "encrypted_by key"),
    ),
    "snapshot": Thing(
        "snapshot",
        ("aws.ec2.snapshot", {"DescribeSnapshots.Snapshots[0].VolumeSize": 500, "DescribeSnapshots.Snapshots[0].FullSnapshotSizeInBytes": 40 * GIB, "DescribeSnapshots.Snapshots[0].StartTime": MADE}),
        ("gcp.compute.snapshot", {f"{_G}diskSizeGb": "500", f"{_G}storageBytes": str(40 * GIB), f"{_G}creationTimestamp": MADE}),
        ("azure.compute.snapshot", {f"{_Z}diskSizeGB": 500, f"{_Z}timeCreated": MADE}),
        {"size_bytes": 500 * GIB, "used_bytes": 40 * GIB, "created_at": MADE},
        of("made_from volume", "encrypted_by key"),
        {"azure": frozenset({"used_bytes"})},
    ),
}  # fmt: skip


def answers(kind: str, changes: Mapping[str, Any]) -> Any:
    """The recorded answers of a row, with what is special about the estate at these paths; None takes a member out."""
    told = copy.deepcopy(json.loads((FIXTURES / kind / "answers.json").read_text()))
    for path, value in changes.items():
        *above, last = [int(step) if step.isdigit() else step for step in re.split(r"\.|\[|\]\.?", path) if step]
        place = told
        for step in above:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return told


def of_google(kind: str, told: Any) -> Observation:
    cloud = Cloud(told.get("assets", ()), told.get("policies", ()), told.get("answers", {}))
    with serve_rest(cloud) as url:
        source = open_source({"name": "org", "parents": ["projects/ml-prod"], "endpoint": url}, clock=lambda: NOW)
        row = next(k for k in GOOGLE if k.name == kind)
        record = next(r for planned in source.plan([row]) for r in source.collect(row, planned.scope))
        source.close()
    return observe(record, row)


@pytest.fixture(scope="module")
def estate() -> Iterator[dict[str, dict[str, Observation]]]:
    """Thing -> cloud -> what is kept of it."""
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "x")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    replay = Replay()
    yield {
        name: {
            "aws": replay.made_of(AWS[thing.aws[0]], answers(*thing.aws)),
            "gcp": of_google(thing.gcp[0], answers(*thing.gcp)),
            "azure": azure.made_of(azure.BY_NAME[thing.azure[0]], answers(*thing.azure)),
        }
        for name, thing in ESTATE.items()
    }
    replay.close()
    patch.undo()


every_thing = pytest.mark.parametrize("name", ESTATE)
Estate = dict[str, dict[str, Observation]]


@every_thing
def test_it_is_of_one_category(estate: Estate, name: str) -> None:
    assert {cloud: seen.resource.category.value for cloud, seen in estate[name].items()} == dict.fromkeys(CLOUDS, ESTATE[name].category)  # fmt: skip


@every_thing
@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_says_the_same_of_it(estate: Estate, name: str, cloud: str) -> None:
    thing, said = ESTATE[name], estate[name][cloud].resource.attributes
    untold = thing.untold.get(cloud, frozenset())
    wanted = {key: value for key, value in thing.same.items() if key not in untold}
    assert {key: said[key] for key in wanted if key in said} == wanted
    assert untold & set(said) == set(), "it does say so"


@every_thing
def test_what_two_clouds_say_under_one_name_agrees(estate: Estate, name: str) -> None:
    """Whatever a row gains: it is either the same, or named as a word of its own."""
    said = {cloud: seen.resource.attributes for cloud, seen in estate[name].items()}
    apart = {
        key: (one, said[one][key], other, said[other][key])
        for one, other in combinations(CLOUDS, 2)
        for key in said[one].keys() & said[other].keys()
        if key not in OWN and key not in UNEQUAL.get(name, ()) and said[one][key] != said[other][key]
    }
    assert apart == {}


@every_thing
@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_hangs_together_by_the_same_verbs(estate: Estate, name: str, cloud: str) -> None:
    thing, kinds = ESTATE[name], static_kinds()
    named = {(r.verb, kinds[r.target].category.value) for r in estate[name][cloud].references if r.target in kinds}
    unlinked = thing.unlinked.get(cloud, frozenset())
    assert thing.links - named == unlinked


def test_words_of_their_own_are_words() -> None:
    assert {key: TERMS[key].type for key in OWN if TERMS[key].type not in ("text", "texts", "list", "map")} == {}
