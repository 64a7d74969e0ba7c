"""Lambda: functions, what calls them, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.rows import Call
from collectors.aws.traffic import Traffic, one
from collectors.traffic import ERRORS, LATENCY, MEASURED
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link
from normalize.units import MIB, instant, times

_GONE = ("ResourceNotFoundException",)
_BY_NAME = {"FunctionName": "{FunctionName}"}


def _layers(function: Mapping[str, Any]) -> Mapping[str, Any]:
    """Layers of a function without their versions: a layer is listed once."""
    arns = [str(layer["Arn"]) for layer in function.get("Layers") or ()]
    return {"$Layers": [arn.rpartition(":")[0] for arn in arns]} if arns else {}


def _named(aliases: Any) -> list[str]:
    """Aliases as NAME=VERSION, and the versions that get a share of the calls besides."""
    found = []
    for alias in aliases:
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        shares = "".join(f"+{version}:{weight}" for version, weight in sorted(weights.items()))
        found.append(f"{alias.get('Name')}={alias.get('FunctionVersion')}{shares}")
    return found


def _open(urls: Any) -> bool:
    return any(url.get("AuthType") == "NONE" for url in urls)


def _streams(urls: Any) -> bool:
    return any(url.get("InvokeMode") == "RESPONSE_STREAM" for url in urls)


def _address(urls: Any) -> Any:
    return next((url["FunctionUrl"] for url in urls if url.get("FunctionUrl")), MISSING)


def _mounts(configs: Any) -> list[dict[str, Any]]:
    return [{"source": c.get("Arn"), "target": c.get("LocalMountPath")} for c in configs]


def _called(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """The function that a mapping calls, without version or alias."""
    return {"$Function": ":".join(str(mapping["FunctionArn"]).split(":")[:7])}


KINDS = (
    Kind(
        name="aws.lambda.function",
        category=Category.FUNCTION,
        # The address of an image stands only in GetFunction, which hands out signed addresses of code: it is not asked.
        fetch=Call(
            "lambda",
            "ListFunctions",
            items="Functions",
            page=50,
            derive=_layers,
            itself=Call("lambda", "GetFunctionConfiguration", params=_BY_NAME, gone=_GONE),
            detail=(
                Call("lambda", "ListAliases", items="Aliases[]", params=_BY_NAME, into="$Aliases", gone=_GONE),
                Call(
                    "lambda",
                    "ListFunctionUrlConfigs",
                    items="FunctionUrlConfigs[]",
                    params=_BY_NAME,
                    into="$Urls",
                    gone=_GONE,
                ),
                Call("lambda", "GetFunctionConcurrency", params=_BY_NAME, into="$Concurrency", gone=_GONE),
                Call(
                    "lambda", "ListTags", items="Tags", params={"Resource": "{FunctionArn}"}, into="$Tags", gone=_GONE
                ),
            ),
            lookups=(
                Traffic(
                    "AWS/Lambda",
                    one(FunctionName="FunctionName"),
                    "Invocations",
                    latency="Duration",
                    latency_unit=1e-3,
                    errors=("Errors",),
                ),
            ),
        ),
        id="FunctionArn",
        native="FunctionName",
        fields={
            "name": "FunctionName",
            "description": "Description",
            "state": "State",
            "type": "PackageType",
            "version": "Version",
            "aliases": Field("$Aliases", _named),
            "framework": "Runtime",
            "digest": "CodeSha256",
            "size_bytes": "CodeSize",
            "memory_bytes": Field("MemorySize", times(MIB)),
            "ephemeral_storage_bytes": Field("EphemeralStorage.Size", times(MIB)),
            "timeout_seconds": "Timeout",
            "max_concurrency_count": "$Concurrency.ReservedConcurrentExecutions",
            "architectures": "Architectures",
            "endpoint": Field("$Urls", _address),
            "public": Field("$Urls", _open),
            "streaming": Field("$Urls", _streams),
            "mounts": Field("FileSystemConfigs", _mounts),
            "subnets": "VpcConfig.SubnetIds",
            "security_groups": "VpcConfig.SecurityGroupIds",
            "encryption_key": "KMSKeyArn",
            "role": "Role",
            "modified_at": Field("LastModified", instant),
            **MEASURED,
            **LATENCY,
            **ERRORS,
        },
        tags="$Tags",
        links=(
            Link("assumes", "aws.iam.role", "Role"),
            Link("runs_in", "aws.ec2.subnet", "VpcConfig.SubnetIds[]"),
            Link("runs_in", "aws.ec2.vpc", "VpcConfig.VpcId"),
            Link("guarded_by", "aws.ec2.security_group", "VpcConfig.SecurityGroupIds[]"),
            Link("encrypted_by", "aws.kms.key", "KMSKeyArn"),
            Link("logs_to", "aws.logs.log_group", "LoggingConfig.LogGroup", optional=True),
            Link("uses", "aws.lambda.layer", "$Layers[]"),
            Link("mounts", "", "FileSystemConfigs[].Arn"),
            Link("writes_to", "", "DeadLetterConfig.TargetArn"),
        ),
        aliases=(Alias("uri", "$Urls[0].FunctionUrl"),),
        sensitive=frozenset({"Environment.Variables", "ImageConfigResponse.ImageConfig.Command"}),
        quiet=frozenset({"Layers", "RuntimeVersionConfig", "$Aliases", "$Urls"}),
    ),
    Kind(
        name="aws.lambda.event_source_mapping",
        category=Category.CONNECTION,
        fetch=Call("lambda", "ListEventSourceMappings", items="EventSourceMappings", page=100, derive=_called),
        id="EventSourceMappingArn",
        native="UUID",
        fields={
            "name": "UUID",
            "state": "State",
            "batch_size_count": "BatchSize",
            "parallelism_count": "ParallelizationFactor",
            "max_concurrency_count": "ScalingConfig.MaximumConcurrency",
            "retry_count": "MaximumRetryAttempts",
            "topics": "Topics",
            "queues": "Queues",
            "failure_reason": "StateTransitionReason",
            "last_run_state": "LastProcessingResult",
            "modified_at": "LastModified",
        },
        links=(
            Link("calls", "aws.lambda.function", "$Function"),
            Link("reads_from", "", "EventSourceArn"),
            Link("writes_to", "", "DestinationConfig.OnFailure.Destination"),
            Link("encrypted_by", "aws.kms.key", "KMSKeyArn"),
        ),
        quiet=frozenset({"FunctionArn"}),
    ),
    Kind(
        name="aws.lambda.layer",
        category=Category.SETTINGS,
        fetch=Call("lambda", "ListLayers", items="Layers", page=50),
        id="LayerArn",
        native="LayerName",
        fields={
            "name": "LayerName",
            "version": Field("LatestMatchingVersion.Version", str),
            "description": "LatestMatchingVersion.Description",
            "frameworks": "LatestMatchingVersion.CompatibleRuntimes",
            "architectures": "LatestMatchingVersion.CompatibleArchitectures",
            "created_at": Field("LatestMatchingVersion.CreatedDate", instant),
        },
    ),
)
