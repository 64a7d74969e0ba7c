"""Code that Google runs: Cloud Functions and App Engine; and Cloud Build, which makes images of code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gcp.metrics import Question, Traffic
from collectors.gcp.rows import Asset, row
from collectors.gcp.values import completed, holders, last, seconds, texts
from collectors.traffic import MEASURED
from normalize.mapping import MISSING, read
from normalize.model import Alias, Category, Field, Link
from normalize.units import GIB, instant, integer, number, quantity

# Cloud Functions


def _of_function(function: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where its source lies, and full names of the secrets and networks that it uses."""
    config = function.get("serviceConfig") or {}
    asset = function["$asset"]
    source = read(function, "buildConfig.source.storageSource")
    told: dict[str, Any] = {"$FilledFrom": holders(_kept(config, asset["project"]))}
    if isinstance(source, dict):
        told["$Source"] = f"gs://{source['bucket']}/{source.get('object', '')}"
    interfaces = config.get("directVpcNetworkInterface") or ()
    told["$Networks"] = [completed(asset, i["network"], "networks") for i in interfaces if i.get("network")]
    told["$Subnetworks"] = [completed(asset, i["subnetwork"], "subnetworks") for i in interfaces if i.get("subnetwork")]
    return told


def _is_function(function: Mapping[str, Any]) -> bool:
    """Those of the first generation are listed under a type of their own too, by the same names. Source: Cloud Asset Inventory
    documentation, "Asset types" ("both 1st and 2nd gen"), read 2026-11-24."""
    return bool(function["$asset"]["type"] == "cloudfunctions.googleapis.com/Function")


def _kept(config: Mapping[str, Any], project: str) -> Iterator[str]:
    for held in (*(config.get("secretEnvironmentVariables") or ()), *(config.get("secretVolumes") or ())):
        yield f"//secretmanager.googleapis.com/projects/{held.get('projectId') or project}/secrets/{held['secret']}"


def _bytes(memory: Any) -> int:
    """Bytes of "512M", "1Gi", "0.5G". Source: cloudfunctions v2, ServiceConfig.availableMemory, read 2026-11-24."""
    return int(quantity(memory))


_CALLS = Traffic(
    Question(
        "cloudfunctions.googleapis.com/function/execution_count",
        ("resource.label.region", "resource.label.function_name"),
        ("$asset.location", "$asset.id"),
    )
)
"""Source: Cloud Monitoring documentation, "Google Cloud metrics", cloudfunctions; "Monitored resource types", cloud_function; read
2026-11-24."""

# App Engine


def _app(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The application, and the service, that something belongs to, by its own name."""
    head, _, rest = item["$asset"]["name"].partition("/services/")
    service = rest.partition("/versions/")[0] if "/versions/" in rest else ""
    return {"$Application": head, **({"$Service": f"{head}/services/{service}"} if service else {})}


def _allocations(split: Any) -> Any:
    """Versions of a service and their shares of the traffic."""
    found = [{"name": name, "weight": weight} for name, weight in (split.get("allocations") or {}).items()]
    return found or MISSING


def _scaling(key: str, *paths: str) -> Any:
    """A bound of the instances of a version, whichever way it is scaled."""

    def bound(version: Any) -> Any:
        found = (read(version, path) for path in (*paths, f"automaticScaling.{key}"))
        return next((int(value) for value in found if value not in (MISSING, None)), MISSING)

    return bound


# Cloud Build


def _of_trigger(trigger: Mapping[str, Any]) -> Mapping[str, Any]:
    """Images that its steps run in: they stand under "name"."""
    steps = (trigger.get("build") or {}).get("steps") or ()
    return {"$Steps": [{"name": step.get("id"), "image": step["name"]} for step in steps if step.get("name")]}


def _repository(trigger: Any) -> Any:
    """The source repository, as whatever connects it says."""
    paths = ("repositoryEventConfig.repository", "developerConnectEventConfig.gitRepositoryLink", "sourceToBuild.uri")
    found = (read(trigger, path) for path in (*paths, "triggerTemplate.repoName", "sourceToBuild.repository"))
    named = next((value for value in found if isinstance(value, str) and value), None)
    github = trigger.get("github") or {}
    return named or (f"{github['owner']}/{github['name']}" if github.get("name") else MISSING)


_CONFIG = "serviceConfig"

KINDS = (
    row(
        Category.FUNCTION,
        Asset(
            ("cloudfunctions.googleapis.com/Function", "cloudfunctions.googleapis.com/CloudFunction"),
            "cloudfunctions.v2.Function",
            "//cloudfunctions.googleapis.com/projects/PROJECT_ID/locations/LOCATION/functions/FUNCTION",
            keep=_is_function,
            derive=_of_function,
            lookups=(_CALLS,),
        ),
        {
            "description": "description",
            "state": "state",
            "type": "environment",
            "framework": "buildConfig.runtime",
            "source_uri": "$Source",
            "endpoint": "url",
            "access_scope": f"{_CONFIG}.ingressSettings",
            "memory_bytes": Field(f"{_CONFIG}.availableMemory", _bytes),
            "cpu_limit_count": Field(f"{_CONFIG}.availableCpu", number),
            "timeout_seconds": Field(f"{_CONFIG}.timeoutSeconds", integer),
            "min_count": Field(f"{_CONFIG}.minInstanceCount", integer),
            "max_count": Field(f"{_CONFIG}.maxInstanceCount", integer),
            "max_concurrency_count": Field(f"{_CONFIG}.maxInstanceRequestConcurrency", integer),
            "service_account": f"{_CONFIG}.serviceAccountEmail",
            "problems": Field("stateMessages", texts("message")),
            "created_at": Field("createTime", instant),
            "modified_at": Field("updateTime", instant),
            **MEASURED,
        },
        key="kmsKeyName",
        links=(
            Link("assumes", "gcp.iam.service_account", f"{_CONFIG}.serviceAccountEmail"),
            Link("runs_on", "gcp.run.service", f"{_CONFIG}.service", optional=True),
            Link("uses", "gcp.vpcaccess.connector", f"{_CONFIG}.vpcConnector"),
            Link("runs_in", "gcp.compute.network", "$Networks[]"),
            Link("runs_in", "gcp.compute.subnetwork", "$Subnetworks[]"),
            Link("started_by", "gcp.pubsub.topic", "eventTrigger.pubsubTopic"),
            Link("uses", "gcp.secretmanager.secret", "$FilledFrom[].name"),
        ),
        aliases=(Alias("uri", "url"),),
        sensitive=frozenset(
            {f"{_CONFIG}.environmentVariables", "buildConfig.environmentVariables", "buildConfig.sourceToken"}
        ),
        quiet=frozenset(
            {"name", "url", f"{_CONFIG}.uri", "upgradeInfo", "buildConfig.sourceProvenance", "buildConfig.build"}
        ),
    ),
    row(
        Category.SETTINGS,
        Asset(
            ("appengine.googleapis.com/Application",),
            "appengine.v1.Application",
            "//appengine.googleapis.com/apps/APP",
        ),
        {
            "state": "servingStatus",
            "region": "locationId",
            "hostname": "defaultHostname",
            "engine": "databaseType",
            "service_account": "serviceAccount",
        },
        labels="",
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("stores_in", "gcp.storage.bucket", "defaultBucket"),
            Link("stores_in", "gcp.storage.bucket", "codeBucket"),
        ),
        aliases=(Alias("dns", "defaultHostname"),),
        sensitive=frozenset({"iap.oauth2ClientSecret"}),
        quiet=frozenset({"defaultHostname", "name", "gcrDomain"}),
    ),
    row(
        Category.WORKLOAD,
        Asset(
            ("appengine.googleapis.com/Service",),
            "appengine.v1.Service",
            "//appengine.googleapis.com/apps/APP/services/SERVICE",
            derive=_app,
        ),
        {"access_scope": "networkSettings.ingressTrafficAllowed", "variants": Field("split", _allocations)},
        links=(Link("part_of", "gcp.appengine.application", "$Application"),),
        quiet=frozenset({"name"}),
    ),
    row(
        Category.WORKLOAD,
        Asset(
            ("appengine.googleapis.com/Version",),
            "appengine.v1.Version",
            "//appengine.googleapis.com/apps/APP/services/SERVICE/versions/VERSION",
            derive=_app,
        ),
        {
            "state": "servingStatus",
            "type": "env",
            "framework": "runtime",
            "instance_type": "instanceClass",
            "image": "deployment.container.image",
            "endpoint": "versionUrl",
            "memory_bytes": Field("resources.memoryGb", lambda gigabytes: int(gigabytes * GIB)),
            "cpu_limit_count": Field("resources.cpu", number),
            "size_bytes": Field("diskUsageBytes", integer),
            "min_count": Field("", _scaling("minTotalInstances", "manualScaling.instances")),
            "max_count": Field(
                "", _scaling("maxTotalInstances", "manualScaling.instances", "basicScaling.maxInstances")
            ),
            "service_account": "serviceAccount",
            "created_by": "createdBy",
            "created_at": Field("createTime", instant),
        },
        labels="",
        links=(
            Link("part_of", "gcp.appengine.service", "$Service"),
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("uses", "gcp.vpcaccess.connector", "vpcAccessConnector.name"),
        ),
        aliases=(Alias("uri", "versionUrl"),),
        sensitive=frozenset({"envVariables", "buildEnvVariables", "betaSettings"}),
        quiet=frozenset({"name", "versionUrl", "createdBy", "deployment.files", "$Application"}),
    ),
    row(
        Category.PIPELINE,
        Asset(
            ("cloudbuild.googleapis.com/BuildTrigger",),
            "cloudbuild.v1.BuildTrigger",
            "//cloudbuild.googleapis.com/projects/PROJECT_ID/locations/LOCATION/triggers/TRIGGER",
            derive=_of_trigger,
        ),
        {
            "name": "name",
            "description": "description",
            "suspended": "disabled",
            "type": "eventType",
            "repository": Field("", _repository),
            "branch": "repositoryEventConfig.push.branch",
            "script_path": "filename",
            "images": "build.images",
            "steps": "$Steps",
            "timeout_seconds": Field("build.timeout", seconds),
            "service_account": Field("serviceAccount", last),
            "created_at": Field("createTime", instant),
        },
        labels="",
        links=(
            Link("assumes", "gcp.iam.service_account", "serviceAccount"),
            Link("started_by", "gcp.pubsub.topic", "pubsubConfig.topic"),
            Link("logs_to", "gcp.storage.bucket", "build.logsBucket"),
            Link("uses", "gcp.secretmanager.secret", "build.availableSecrets.secretManager[].versionName"),
            Link("uses_image", "gcp.artifactregistry.repository", "$Steps[].image"),
            Link("writes_to", "gcp.artifactregistry.repository", "build.images[]"),
        ),
        sensitive=frozenset(
            {
                "substitutions",
                "build.substitutions",
                "build.options.env",
                "build.steps[].env",
                "build.secrets",
                "build.availableSecrets.inline",
                "webhookConfig.secret",
            }
        ),
        quiet=frozenset({"resourceName"}),
    ),
)
