"""Amazon ECR: where container images lie, how much they hold, and where they come from and go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link, Template

_GONE = ("RepositoryNotFoundException",)


def _summed(repository: Mapping[str, Any]) -> Mapping[str, Any]:
    """What all images of a repository hold together, in place of the images themselves, of which there may be thousands.

    Layers that images share are counted with each: what must be moved is this or less. Source: botocore 1.44.5, ECR
    ImageDetail, imageSizeInBytes; read 2026-11-24.
    """
    images = repository["$Images"]
    held: dict[str, Any] = {
        "Count": len(images),
        "Bytes": sum(int(i.get("imageSizeInBytes", 0)) for i in images),
        "Tagged": sum(1 for i in images if i.get("imageTags")),
    }
    for ours, theirs in (("Pushed", "imagePushedAt"), ("Pulled", "lastRecordedPullTime")):
        moments = [str(i[theirs]) for i in images if i.get(theirs)]
        held |= {ours: max(moments)} if moments else {}
    return {"$Images": [], "$Held": held}


def _destinations(rules: Any) -> list[str]:
    return [f"{d.get('registryId')}/{d.get('region')}" for rule in rules for d in rule.get("destinations", ())]


KINDS = (
    Kind(
        name="aws.ecr.repository",
        category=Category.IMAGE_REPOSITORY,
        fetch=Call(
            "ecr",
            "DescribeRepositories",
            items="repositories",
            page=1000,
            itself=Call(
                "ecr",
                "DescribeRepositories",
                items="repositories",
                params={"repositoryNames": ["{repositoryName}"]},
                gone=_GONE,
            ),
            detail=(
                Call(
                    "ecr",
                    "DescribeImages",
                    items="imageDetails[]",
                    params={"repositoryName": "{repositoryName}"},
                    into="$Images",
                    gone=_GONE,
                    page=1000,
                    derive=_summed,
                ),
            ),
        ),
        id="repositoryArn",
        native="repositoryName",
        fields={
            "name": "repositoryName",
            "endpoint": "repositoryUri",
            "size_bytes": "$Held.Bytes",
            "image_count": "$Held.Count",
            "tagged_count": "$Held.Tagged",
            "modified_at": "$Held.Pushed",
            "last_used_at": "$Held.Pulled",
            "immutable": Field("imageTagMutability", lambda word: str(word).startswith("IMMUTABLE")),
            "scan_on_push": "imageScanningConfiguration.scanOnPush",
            "encryption": "encryptionConfiguration.encryptionType",
            "encryption_key": "encryptionConfiguration.kmsKey",
            "created_at": "createdAt",
        },
        links=(Link("encrypted_by", "aws.kms.key", "encryptionConfiguration.kmsKey"),),
        aliases=(Alias("image", "repositoryUri"),),
        quiet=frozenset({"repositoryUri"}),
    ),
    Kind(
        name="aws.ecr.pull_through_cache_rule",
        category=Category.SETTINGS,
        fetch=Call("ecr", "DescribePullThroughCacheRules", items="pullThroughCacheRules", page=1000),
        id=Template("arn:{@partition}:ecr:{@place}:{@account}:pull-through-cache-rule/{ecrRepositoryPrefix}"),
        native="ecrRepositoryPrefix",
        fields={
            "name": "ecrRepositoryPrefix",
            "type": "upstreamRegistry",
            "source_uri": "upstreamRegistryUrl",
            "role": "customRoleArn",
            "created_at": "createdAt",
            "modified_at": "updatedAt",
        },
        links=(
            Link("password_in", "aws.secretsmanager.secret", "credentialArn"),
            Link("assumes", "aws.iam.role", "customRoleArn"),
        ),
    ),
    Kind(
        name="aws.ecr.registry",
        category=Category.SETTINGS,
        # Every account has one in every region; one without rules is nothing to move.
        fetch=Call("ecr", "DescribeRegistry", keep=lambda item: item["replicationConfiguration"]["rules"] != []),
        id=Template("arn:{@partition}:ecr:{@place}:{@account}:registry/{registryId}"),
        native="registryId",
        fields={
            "name": "registryId",
            "rules": "replicationConfiguration.rules",
            "targets": Field("replicationConfiguration.rules", _destinations),
        },
    ),
)
