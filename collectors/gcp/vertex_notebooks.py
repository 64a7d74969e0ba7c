"""Notebooks: Colab Enterprise runtimes of Vertex AI, Workbench instances, and runs of notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last, named, of_machine, shown
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import seconds
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, Machines, listed, run_on, swept
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer

_DISK = "dataPersistentDiskSpec.diskSizeGb"
_SOFTWARE = frozenset({"softwareConfig.env", "softwareConfig.postStartupScriptConfig.postStartupScript"})
_RUN = "customEnvironmentSpec"
_SETUP = "gceSetup"


def _machine(runtime: Mapping[str, Any]) -> list[Machines] | None:
    spec = runtime.get("machineSpec")
    return [Machines(spec, 1)] if spec else None


def _machine_of_run(run: Mapping[str, Any]) -> list[Machines] | None:
    spec = (run.get("customEnvironmentSpec") or {}).get("machineSpec")
    return [Machines(spec, 1)] if spec else None


def _gigabytes(size: Any) -> int:
    return integer(size) * GIB


def _network(at: str) -> tuple[Link, ...]:
    return (
        Link("runs_in", "gcp.compute.network", f"{at}.network"),
        Link("runs_in", "gcp.compute.subnetwork", f"{at}.subnetwork"),
    )


_RUNTIME: Mapping[str, Any] = {
    **NAMED,
    **ENCRYPTED,
    "description": "description",
    "type": "notebookRuntimeType",
    "instance_type": "machineSpec.machineType",
    "capacity_bytes": Field(_DISK, _gigabytes),
    "internet_access": "networkSpec.enableInternetAccess",
    "idle_timeout_seconds": Field("idleShutdownConfig.idleTimeout", seconds),
    "version": "softwareConfig.colabImage.releaseName",
    **{key: value for key, value in run_on(_machine).items() if key.startswith("accelerator")},
}
_RUNTIME_LINKS = (
    *_network("networkSpec"),
    Link("uses", "gcp.compute.reservation", "reservationAffinity.values[]"),
    Link("runs", "gcp.storage.bucket", "softwareConfig.postStartupScriptConfig.postStartupScriptUrl"),
    KEY,
)


# Workbench: version 2 of the API has the machine under gceSetup, version 1 at the top


def _own_accelerators(instance: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    setup = instance.get("gceSetup") or instance
    configs = setup.get("acceleratorConfigs") or [setup.get("acceleratorConfig") or {}]
    found = [
        named(c["type"], integer(c.get("coreCount", 1)))
        for c in configs
        if c.get("type") not in (None, "ACCELERATOR_TYPE_UNSPECIFIED")
    ]
    return found or of_machine(setup.get("machineType") or "")


_ACCELERATORS = shown(_own_accelerators)


def _of_instance(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    """What both versions say, under keys of ours; the virtual machine has the name of the instance."""
    setup = instance.get("gceSetup") or instance
    interfaces = setup.get("networkInterfaces") or [setup]
    accounts = [a.get("email") for a in setup.get("serviceAccounts") or ()] or [setup.get("serviceAccount")]
    disks = [setup.get("bootDisk") or {}, *(setup.get("dataDisks") or ()), setup]
    image = setup.get("containerImage") or {}
    asset = instance["$asset"]
    found = {
        "MachineType": last(setup["machineType"]) if setup.get("machineType") else None,
        "Networks": _kept(i.get("network") for i in interfaces),
        "Subnets": _kept(i.get("subnet") for i in interfaces),
        "ServiceAccounts": _kept(accounts),
        "Keys": _kept(disk.get("kmsKey") for disk in disks),
        "Image": ":".join(filter(None, (image.get("repository"), image.get("tag")))) or None,
        "Public": not (setup.get("disablePublicIp") or setup.get("noPublicIp")),
        "VirtualMachine": f"projects/{asset['project']}/zones/{asset['location']}/instances/{asset['id']}",
    }
    return {f"${key}": value for key, value in found.items() if value not in (None, [])}


def _kept(values: Any) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))


def _disks(instance: Mapping[str, Any]) -> Any:
    """Bytes of all disks together."""
    setup = instance.get("gceSetup") or instance
    sizes = [
        (setup.get("bootDisk") or {}).get("diskSizeGb"),
        *(d.get("diskSizeGb") for d in setup.get("dataDisks") or ()),
    ]
    sizes += [setup.get("bootDiskSizeGb"), setup.get("dataDiskSizeGb")]
    known = [integer(size) for size in sizes if size]
    return sum(known) * GIB if known else MISSING


def _image(setup: Mapping[str, Any]) -> Any:
    image = setup.get("vmImage") or {}
    return image.get("name") or image.get("family") or image.get("imageName") or image.get("imageFamily") or MISSING


def _owners(owners: Any) -> Any:
    return str(owners[0]) if owners else MISSING


KINDS = (
    row(
        Category.NOTEBOOK,
        swept("NotebookRuntime", "notebookRuntimes"),
        {
            **_RUNTIME,
            "state": "runtimeState",
            "owner": "runtimeUser",
            "endpoint": "proxyUri",
            "expires_at": Field("expirationTime", instant),
        },
        links=(
            *_RUNTIME_LINKS,
            Link(
                "made_from",
                "gcp.aiplatform.notebook_runtime_template",
                "notebookRuntimeTemplateRef.notebookRuntimeTemplate",
            ),
        ),
        sensitive=_SOFTWARE,
        quiet=OWN | {"proxyUri", "runtimeUser", "serviceAccount"},
    ),
    row(
        Category.LAUNCH_TEMPLATE,
        swept("NotebookRuntimeTemplate", "notebookRuntimeTemplates"),
        _RUNTIME,
        links=_RUNTIME_LINKS,
        sensitive=_SOFTWARE,
        quiet=OWN | {"serviceAccount"},
    ),
    row(
        Category.DATA_JOB,
        listed("NotebookExecutionJob", "notebookExecutionJobs"),
        {
            **NAMED,
            **ENCRYPTED,
            "state": "jobState",
            "failure_reason": "status.message",
            "user": "executionUser",
            "service_account": "serviceAccount",
            "instance_type": f"{_RUN}.machineSpec.machineType",
            "capacity_bytes": Field(f"{_RUN}.persistentDiskSpec.diskSizeGb", _gigabytes),
            "input_uris": Field("gcsNotebookSource.uri", lambda uri: [str(uri)]),
            "output_uris": Field("gcsOutputUri", lambda uri: [str(uri)]),
            "timeout_seconds": Field("executionTimeout", seconds),
            **{key: value for key, value in run_on(_machine_of_run).items() if key.startswith("accelerator")},
        },
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("reads_from", "gcp.storage.bucket", "gcsNotebookSource.uri"),
            Link("writes_to", "gcp.storage.bucket", "gcsOutputUri"),
            Link("runs_on", "gcp.aiplatform.notebook_runtime_template", "notebookRuntimeTemplateResourceName"),
            Link("started_by", "gcp.aiplatform.schedule", "scheduleResourceName", optional=True),
            *_network(f"{_RUN}.networkSpec"),
            KEY,
        ),
        sensitive=frozenset({"directNotebookSource"}),
        quiet=OWN | {"executionUser"},
    ),
    row(
        Category.NOTEBOOK,
        Asset(
            ("notebooks.googleapis.com/Instance",),
            "notebooks.v2.Instance",
            "//notebooks.googleapis.com/projects/PROJECT_ID/locations/LOCATION/instances/INSTANCE",
            derive=_of_instance,
        ),
        {
            "state": "state",
            "owner": Field("instanceOwners", _owners),
            "created_by": "creator",
            "endpoint": "proxyUri",
            "instance_type": "$MachineType",
            "capacity_bytes": Field("", _disks),
            "image": "$Image",
            "machine_image_name": Field(_SETUP, _image),
            "public": "$Public",
            "service_account": "$ServiceAccounts[0]",
            "encryption_key": "$Keys[0]",
            "deletion_protected": "enableDeletionProtection",
            "zone": "$asset.location",
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
            **{name: Field("", convert) for name, convert in _ACCELERATORS.items()},
        },
        links=(
            Link("runs_on", "gcp.compute.instance", "$VirtualMachine"),
            Link("runs_in", "gcp.compute.network", "$Networks[]"),
            Link("runs_in", "gcp.compute.subnetwork", "$Subnets[]"),
            Link("assumes", "gcp.iam.service_account", "$ServiceAccounts[]"),
            Link("uses_image", "gcp.artifactregistry.repository", "$Image"),
            Link("encrypted_by", "gcp.cloudkms.crypto_key", "$Keys[]"),
        ),
        aliases=(Alias("dns", "proxyUri"),),
        sensitive=frozenset({"gceSetup.metadata", "gceSetup.systemMetadata", "metadata", "postStartupScript"}),
        quiet=OWN
        | {"proxyUri", "thirdPartyProxyUrl", "instanceOwners", "creator", "upgradeHistory", "$VirtualMachine"},
    ),
)
