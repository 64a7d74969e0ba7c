"""Amazon ECR: where container images lie, and where they come from and go to."""

from __future__ import annotations

from collectors.aws.rows import Call
from normalize.model import Alias, Category, Field, Kind, Link

KINDS = (
    Kind(
        name="aws.ecr.repository",
        category=Category.IMAGE_REPOSITORY,
        fetch=Call("ecr", "DescribeRepositories", items="repositories", page=1000),
        id="repositoryArn",
        native="repositoryName",
        fields={
            "name": "repositoryName",
            "endpoint": "repositoryUri",
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
)
