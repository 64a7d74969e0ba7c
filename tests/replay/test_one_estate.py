"""One estate, described three times: as AWS, Google Cloud and Azure answer for it. What it means is the same, so what is kept has to be.

The answers are the recorded ones of each row, with what is special about this estate set in them, read by the collectors' own code.
`same` is what all three say, word by word; what one of them does not say at all stands in `untold`, with the reason.
"""

from __future__ import annotations

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
from collectors.gcp.rows import Listing
from discovery.wiring import static_kinds
from normalize.mapping import observe
from normalize.model import Observation
from normalize.units import GIB
from normalize.vocabulary import TERMS
from tests.contract import test_azure_rows as azure
from tests.contract.test_aws_fixtures import BY_NAME as AWS
from tests.contract.test_aws_fixtures import NOW, Replay
from tests.servers.google_cloud import Cloud, recorded, serve_rest

FIXTURES = Path(__file__).parent.parent / "fixtures"
CLOUDS = ("aws", "gcp", "azure")
A100 = [{"vendor": "nvidia", "model": "A100", "count": 8, "form": "gpu", "memory_bytes": 80 * GIB}]
H100 = [{"vendor": "nvidia", "model": "H100", "count": 8, "form": "gpu", "memory_bytes": 80 * GIB}]
SECOND = 1790928000
MADE, LATER = "2026-10-02T08:00:00Z", "2026-10-03T08:00:00Z"

OWN = frozenset(
    {
        "name", "description", "state", "type", "instance_type", "instance_types", "zone", "zones", "region", "lifecycle", "os", "os_image", "machine_image_name",
        "cluster", "endpoint", "issuer", "encryption", "encryption_key", "role", "service_account", "key_type", "key_usage", "key_origin", "principals", "storage_class",
        "created_by", "version", "artifact_uri", "images", "image", "variants", "settings", "size_class", "subnets", "uuid", "inputs", "log_types", "problems", "features",
        "private_address", "public_address", "failure_reason", "kubernetes_version", "models", "hyperparameters", "disks", "addresses", "admitted_ranges",
        "engine_version", "stage", "rules", "environment", "size_bytes_by_class", "parameters",
    }
)  # fmt: skip
"""What each cloud says in words and names of its own."""

UNEQUAL: dict[str, frozenset[str]] = {
    "machine": frozenset({"memory_bytes", "accelerator_utilization_ratio", "cpu_utilization_ratio"}),
    "node pool": frozenset({"memory_bytes"}),
    "database": frozenset({"size_bytes"}),
    "endpoint": frozenset(
        {
            "accelerators", "accelerator_count", "accelerator_memory_bytes", "error_ratio", "client_error_ratio", "latency_p50_seconds", "latency_p99_seconds", "request_count", "requests_per_minute_max",
            "requests_per_minute_p50", "requests_per_minute_p95",
        }
    ),
}  # fmt: skip
"""What differs because the machines that clouds rent out do, or what was measured there."""


def nvidia(name: str, mib: int) -> dict[str, Any]:
    """What EC2 says of the GPUs of a type."""
    return {"Name": name, "Manufacturer": "NVIDIA", "Count": 8, "MemoryInfo": {"SizeInMiB": mib}}


_I = "DescribeInstances.Reservations[0].Instances[0]."
_T = "DescribeInstanceTypes.InstanceTypes[0]."
_G = "assets[0].resource.data."
_Z = "rows[0].properties."
_V = "DescribeVolumes.Volumes[0]."
_E = "DescribeCluster.cluster."
_N = "DescribeNodegroup.nodegroup."
_J = "DescribeTrainingJob."
_P = "DescribeEndpoint."
_M = "DescribeModelPackageGroup."
_K = "DescribeModelPackage."
_C = "DescribeModelPackage.InferenceSpecification.Containers[0]."
_L = "@:listVersions|models[0]."
_A = "rows[0].properties.agentPoolProfiles[0]."


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
    "network": Thing(
        "network",
        ("aws.ec2.vpc", {}),
        ("gcp.compute.network", {f"{_G}creationTimestamp": MADE}),
        ("azure.network.virtual_network", {f"{_Z}addressSpace.addressPrefixes[0]": "10.40.0.0/16"}),
        {"cidr": "10.40.0.0/16"},
        of(),
        {"gcp": frozenset({"cidr"})},  # only its subnets have one
    ),
    "subnet": Thing(
        "subnet",
        ("aws.ec2.subnet", {}),
        ("gcp.compute.subnetwork", {f"{_G}ipCidrRange": "10.40.1.0/24"}),
        ("azure.network.subnet", {f"{_Z}subnets[0].properties.addressPrefix": "10.40.1.0/24"}),
        {"cidr": "10.40.1.0/24"},
        of("part_of network"),
    ),
    "cluster": Thing(
        "cluster",
        ("aws.eks.cluster", {f"{_E}kubernetesNetworkConfig.serviceIpv4Cidr": "10.16.0.0/20", f"{_E}resourcesVpcConfig.endpointPrivateAccess": False}),
        ("gcp.container.cluster", {f"{_G}createTime": MADE, f"{_G}clusterIpv4Cidr": "10.244.0.0/16"}),
        ("azure.aks.cluster", {f"{_Z}apiServerAccessProfile.enablePrivateCluster": False}),
        {"service_cidr": "10.16.0.0/20", "cidr": "10.244.0.0/16", "public": True, "private": False, "admitted_ranges": ["203.0.113.0/24"], "autoscaled": True, "created_at": MADE},
        of("runs_in subnet", "encrypted_by key", "assumes identity"),
        # Pods of EKS have addresses of the network. Google's clusters may always be reached from inside, and run as their node pools do.
        {"aws": frozenset({"cidr"}), "gcp": frozenset({"private"}), "azure": frozenset({"autoscaled", "created_at"})},
        {"gcp": of("assumes identity")},
    ),
    "node pool": Thing(
        "node_pool",
        ("aws.eks.nodegroup", {f"{_N}instanceTypes[0]": "p4de.24xlarge", f"{_T}InstanceType": "p4de.24xlarge", f"{_T}GpuInfo.Gpus[0]": nvidia("A100", 81920), f"{_N}scalingConfig.maxSize": 4}),
        ("gcp.container.node_pool", {
            f"{_G}config.machineType": "a2-ultragpu-8g", f"{_G}config.accelerators[0]": {"acceleratorCount": "8", "acceleratorType": "nvidia-a100-80gb", "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"}},
            f"{_G}config.labels": {"pool": "gpu"}, f"{_G}autoscaling.minNodeCount": 0,
        }),
        ("azure.aks.agent_pool", {
            f"{_A}osDiskSizeGB": 200, f"{_A}minCount": 0, f"{_A}nodeTaints": ["nvidia.com/gpu=present:NoSchedule"], f"{_A}gpuInstanceProfile": None, f"{_A}nodeLabels": {"pool": "gpu"},
        }),
        {
            "accelerators": A100, "accelerator_count": 8, "accelerator_memory_bytes": 80 * GIB, "spot": True, "min_count": 0, "max_count": 4, "desired_count": 2, "vcpu_count": 96,
            "ephemeral_storage_bytes": 200 * GIB, "labels": {"pool": "gpu"}, "taints": ["nvidia.com/gpu=present:NoSchedule"], "autoscaled": True, "driver_installed": True, "node_recovery": True,
        },
        of("part_of cluster", "runs_in subnet", "assumes identity"),
        # EKS leaves scaling and drivers to what runs in the cluster and to the image. Google's pools have the subnet of their cluster, and say
        # how many machines they began with; those of Azure have its identity.
        {"aws": frozenset({"autoscaled", "driver_installed"}), "gcp": frozenset({"desired_count", "vcpu_count"}), "azure": frozenset({"node_recovery"})},
        {"gcp": of("runs_in subnet"), "azure": of("assumes identity")},
    ),
    "database": Thing(
        "database",
        ("aws.rds.instance", {"DescribeDBInstances.DBInstances[0].PubliclyAccessible": True}),
        ("gcp.sqladmin.instance", {f"{_G}createTime": MADE, f"{_G}settings.dataDiskProvisionedIops": "12000"}),
        ("azure.sql.database", {f"{_Z}creationDate": MADE, f"{_Z}maxSizeBytes": 2000 * GIB}),
        {
            "created_at": MADE, "multi_zone": True, "max_capacity_bytes": 2000 * GIB, "engine": "postgres", "capacity_bytes": 500 * GIB, "iops": 12000, "public": True, "deletion_protected": True,
        },
        of("encrypted_by key", "runs_in network"),
        {"azure": frozenset({"engine", "capacity_bytes", "iops", "public", "deletion_protected"})},  # keys and network are its server's
        {"azure": of("encrypted_by key", "runs_in network")},
    ),
    "key": Thing(
        "key",
        ("aws.kms.key", {"GetKeyRotationStatus.RotationPeriodInDays": 90}),
        ("gcp.cloudkms.crypto_key", {f"{_G}createTime": MADE}),
        ("azure.keyvault.key", {"@/keys|value[0].properties.attributes.created": SECOND}),
        {"created_at": MADE, "enabled": True, "rotation": "every 90 days"},
        of(),
        {"azure": frozenset({"rotation"})},
    ),
    "secret": Thing(
        "secret",
        ("aws.secretsmanager.secret", {}),
        ("gcp.secretmanager.secret", {f"{_G}createTime": MADE}),
        ("azure.keyvault.secret", {"@/secrets|value[0].properties.attributes.created": SECOND}),
        {"created_at": MADE, "enabled": True, "rotation": "every 30 days"},
        of(),
        {"gcp": frozenset({"enabled"}), "azure": frozenset({"rotation"})},
    ),
    "identity": Thing("identity", ("aws.iam.role", {}), ("gcp.iam.service_account", {}), ("azure.managedidentity.identity", {}), {}),
    "image registry": Thing(
        "image_repository",
        ("aws.ecr.repository", {}),
        ("gcp.artifactregistry.repository", {f"{_G}createTime": MADE, f"{_G}updateTime": MADE, f"{_G}sizeBytes": "18876543210"}),
        ("azure.containerregistry.registry", {f"{_Z}creationDate": MADE}),
        {"created_at": MADE, "size_bytes": 18876543210, "modified_at": MADE, "immutable": True},
        of("encrypted_by key"),
        {"azure": frozenset({"size_bytes", "modified_at", "immutable"})},
        {"azure": of("encrypted_by key")},
    ),
    "bucket": Thing(
        "bucket",
        ("aws.s3.bucket", {"GetMetricData.MetricDataResults[0].Values[0]": 88e12, "GetMetricData.MetricDataResults[1].Values[0]": 1e6}),
        ("gcp.storage.bucket", {f"{_G}timeCreated": MADE, "policies": [], "@total_bytes|timeSeries[0].points[0].value": {"doubleValue": 88e12}, "@total_bytes|timeSeries[1]": None, "@total_count|timeSeries[0].points[0].value": {"int64Value": "1000000"}}),
        ("azure.storage.account", {f"{_Z}creationTime": MADE, "@/metrics|value[0].timeseries[0].data": [{"timeStamp": "2026-11-24T03:00:00Z", "average": 88e12}]}),
        {"created_at": MADE, "size_bytes": 88 * 10**12, "public": False, "versioned": True, "object_count": 1000000},
        of("encrypted_by key"),
        {"azure": frozenset({"versioned", "object_count"})},
        {"azure": of("encrypted_by key")},  # it names the vault of its key
    ),
    "training job": Thing(
        "training_job",
        ("aws.sagemaker.training_job", {
            f"{_J}ResourceConfig.InstanceType": "ml.p4de.24xlarge", f"{_T}InstanceType": "p4de.24xlarge", f"{_T}GpuInfo.Gpus[0]": nvidia("A100", 81920), f"{_J}CreationTime": MADE,
            f"{_J}TrainingTimeInSeconds": 6000, f"{_J}TrainingStartTime": MADE, f"{_J}TrainingEndTime": "2026-10-02T09:40:00Z", f"{_J}ResourceConfig.VolumeSizeInGB": 200,
            f"{_J}StoppingCondition.MaxWaitTimeInSeconds": 86400,
        }),
        ("gcp.aiplatform.custom_job", {
            f"{_G}jobSpec.workerPoolSpecs[1]": None, f"{_G}jobSpec.workerPoolSpecs[0].replicaCount": "4", f"{_G}createTime": MADE, f"{_G}startTime": MADE, f"{_G}endTime": "2026-10-02T09:40:00Z",
            f"{_G}jobSpec.scheduling.timeout": "86400s", f"{_G}updateTime": LATER,
        }),
        ("azure.machinelearning.command_job", {"@/jobs|value[0].systemData.createdAt": MADE, "@/jobs|value[0].systemData.lastModifiedAt": LATER, "@/jobs|value[0].properties.limits.timeout": "P1D"}),
        {
            "accelerators": [{**A100[0], "count": 32}], "accelerator_count": 32, "accelerator_memory_bytes": 80 * GIB, "instance_count": 4, "spot": True, "timeout_seconds": 86400, "created_at": MADE,
            "started_at": MADE, "ended_at": "2026-10-02T09:40:00Z", "duration_seconds": 6000, "ephemeral_storage_bytes": 200 * GIB, "wait_seconds": 86400,
        },
        of("assumes identity"),
        # Azure tells them in the history of the run.
        {"azure": frozenset({"started_at", "ended_at", "duration_seconds", "ephemeral_storage_bytes", "wait_seconds"})},
    ),
    "model": Thing(
        "model",
        ("aws.sagemaker.model_package_group", {f"{_M}ModelPackageGroupDescription": "Ranks products", f"{_M}CreationTime": MADE}),
        ("gcp.aiplatform.model", {f"{_G}description": "Ranks products", f"{_G}versionId": "7", f"{_G}createTime": MADE, f"{_G}updateTime": LATER}),
        ("azure.machinelearning.model", {"@/models|value[0].systemData.createdAt": MADE, "@/models|value[0].systemData.lastModifiedAt": LATER}),
        {"description": "Ranks products", "version": "7", "created_at": MADE, "modified_at": LATER},
        of(),
        {"aws": frozenset({"version", "modified_at"})},  # its newest version is one of those that are listed under it
    ),
    "model version": Thing(
        "model_version",
        ("aws.sagemaker.model_package", {
            f"{_K}ModelPackageVersion": 7, f"{_K}ModelPackageDescription": "Ranks products", f"{_K}CreationTime": MADE, f"{_K}LastModifiedTime": LATER, f"{_C}Framework": "PYTORCH",
            f"{_C}FrameworkVersion": "2.1",
        }),
        ("gcp.aiplatform.model_version", {
            f"{_L}versionId": "7", f"{_L}versionDescription": "Ranks products", f"{_L}versionCreateTime": MADE, f"{_L}versionUpdateTime": LATER, f"{_L}versionAliases": ["production"],
        }),
        ("azure.machinelearning.model_version", {
            "@/versions|value[0].properties.description": "Ranks products", "@/versions|value[0].systemData.createdAt": MADE, "@/versions|value[0].systemData.lastModifiedAt": LATER,
        }),
        {"version": "7", "description": "Ranks products", "created_at": MADE, "modified_at": LATER, "framework": "pytorch", "framework_version": "2.1"},
        of("version_of model"),
        {"azure": frozenset({"framework", "framework_version"})},  # it says in which flavours MLflow has kept it
    ),
    "endpoint": Thing(
        "endpoint",
        ("aws.sagemaker.endpoint", {f"{_P}CreationTime": MADE, f"{_P}LastModifiedTime": LATER, f"{_P}ShadowProductionVariants": []}),
        ("gcp.aiplatform.endpoint", {f"{_G}deployedModels[2]": None, f"{_G}deployedModels[1]": None, f"{_G}trafficSplit": {"11": 100}, f"{_G}createTime": MADE, f"{_G}updateTime": LATER, f"{_G}predictRequestResponseLoggingConfig.samplingRate": 0.2, f"{_G}deployedModels[0].status.availableReplicaCount": 3}),
        ("azure.machinelearning.online_endpoint", {f"{_Z}traffic": {"blue": 100}, f"{_Z}mirrorTraffic": {}, "rows[0].systemData.createdAt": MADE, "rows[0].systemData.lastModifiedAt": LATER}),
        {"variant_count": 1, "created_at": MADE, "modified_at": LATER, "instance_count": 3, "serverless": False, "data_capture": True, "data_capture_ratio": 0.2},
        of("assumes identity"),
        # Its machines are those of the deployments on Azure, and it acts as the role of its model on AWS.
        {"azure": frozenset({"instance_count", "serverless", "data_capture", "data_capture_ratio"})},
        {"aws": of("assumes identity")},
    ),
}  # fmt: skip


def answers(kind: str, changes: Mapping[str, Any]) -> Any:
    """The recorded answers of a row, with what is special about the estate at these paths; None takes a member out. "@END|PATH" is a
    path in the answer to the call that ends so."""
    told = json.loads((FIXTURES / kind / "answers.json").read_text())
    for path, value in changes.items():
        place = told
        if path.startswith("@"):
            end, path = path[1:].split("|", 1)
            place = next(answer for call, answer in told["answers"].items() if call.endswith(end))
        *above, last = [int(step) if step.isdigit() else step for step in re.split(r"\.|\[|\]\.?", path) if step]
        for step in above:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return told


def of_google(kind: str, told: Any) -> Observation:
    row = next(k for k in GOOGLE if k.name == kind)
    above = [row.fetch.under] if isinstance(row.fetch, Listing) and row.fetch.under else []
    assets = [*told.get("assets", ()), *recorded("gcp.cloudresourcemanager.project", *above).resources]
    cloud = Cloud(assets, told.get("policies", ()), told.get("answers", {}))
    with serve_rest(cloud) as url:
        source = open_source({"name": "org", "parents": ["projects/ml-prod"], "endpoint": url}, clock=lambda: NOW)
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
