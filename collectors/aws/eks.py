"""EKS: clusters, what runs their pods, who may use them and as whom pods act."""

from __future__ import annotations

from typing import Any

from collectors.aws.documents import texts
from collectors.aws.instance_types import PER_MACHINE, Machines
from collectors.aws.rows import Call
from normalize.mapping import MISSING
from normalize.model import Alias, Category, Field, Kind, Link, Template
from normalize.units import GIB, taint, times

_GONE = ("ResourceNotFoundException",)
_NO_ENTRIES = ("InvalidRequestException:authentication mode must be set to",)
"""A cluster that knows its users by a ConfigMap alone has no entries, and says so by an error. Source: its words in
github.com/upbound/configuration-aws-eks pull request 122 and aws-ia/terraform-aws-eks-blueprints issue 1877, read 2026-11-24."""
_CLUSTER = Link("part_of", "aws.eks.cluster", "$parent.name")


def _is_spot(capacity: Any) -> bool:
    return bool(capacity == "SPOT")


def _taints(items: Any) -> list[str]:
    return [taint(t["key"], t.get("value"), t["effect"]) for t in items]


def _enabled_logs(setups: Any) -> list[str]:
    return [t for s in setups if s.get("enabled") for t in s.get("types", [])]


def _networks(config: Any) -> list[str]:
    """Address ranges outside of the VPC where machines of the owner's own run: a hybrid cluster."""
    keys = ("remoteNodeNetworks", "remotePodNetworks")
    return [cidr for key in keys for network in config.get(key) or () for cidr in network.get("cidrs", ())]


def _encrypted_resources(configs: Any) -> list[str]:
    return [r for c in configs for r in c.get("resources", ())]


def _selectors(items: Any) -> list[dict[str, Any]]:
    return [{"namespace": s.get("namespace"), "labels": s.get("labels", {})} for s in items]


def _policies(found: Any) -> list[str]:
    """Access policies by name, with the namespaces that they are held to."""
    out = []
    for policy in found:
        scope = policy.get("accessScope") or {}
        held = ",".join(scope.get("namespaces") or ()) if scope.get("type") == "namespace" else ""
        name = str(policy.get("policyArn", "")).rsplit("/", 1)[-1]
        out.append(f"{name} in {held}" if held else name)
    return out


def _role(principal: Any) -> Any:
    return principal if ":role/" in principal else MISSING


KINDS = (
    Kind(
        name="aws.eks.cluster",
        category=Category.CLUSTER,
        fetch=Call(
            "eks",
            "ListClusters",
            items="clusters",
            item="name",
            page=100,
            detail=(Call("eks", "DescribeCluster", items="cluster", params={"name": "{name}"}, gone=_GONE),),
        ),
        id=Template("arn:{@partition}:eks:{@place}:{@account}:cluster/{name}"),
        native="name",
        fields={
            "name": "name",
            "state": "status",
            "kubernetes_version": "version",
            "version": "platformVersion",
            "support_state": "upgradePolicy.supportType",
            "endpoint": "endpoint",
            "role": "roleArn",
            "subnets": "resourcesVpcConfig.subnetIds",
            "security_groups": "resourcesVpcConfig.securityGroupIds",
            "public": "resourcesVpcConfig.endpointPublicAccess",
            "private": "resourcesVpcConfig.endpointPrivateAccess",
            "admitted_ranges": "resourcesVpcConfig.publicAccessCidrs",
            "service_cidr": "kubernetesNetworkConfig.serviceIpv4Cidr",
            "remote_ranges": Field("remoteNetworkConfig", _networks),
            "auth_mode": "accessConfig.authenticationMode",
            "issuer": "identity.oidc.issuer",
            "encrypted_resources": Field("encryptionConfig", _encrypted_resources),
            "autoscaled": "computeConfig.enabled",  # Auto Mode: EKS starts the machines itself
            "node_groups_managed": "computeConfig.nodePools",
            "size_class": "controlPlaneScalingConfig.tier",
            "deletion_protected": "deletionProtection",
            "log_types": Field("logging.clusterLogging", _enabled_logs),
            "problems": Field("health.issues", texts("code")),
            "created_at": "createdAt",
        },
        tags="tags",
        links=(
            Link("runs_in", "aws.ec2.vpc", "resourcesVpcConfig.vpcId"),
            Link("runs_in", "aws.ec2.subnet", "resourcesVpcConfig.subnetIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "resourcesVpcConfig.securityGroupIds[]"),
            Link("guarded_by", "aws.ec2.security_group", "resourcesVpcConfig.clusterSecurityGroupId"),
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("assumes", "aws.iam.role", "computeConfig.nodeRoleArn"),
            Link("encrypted_by", "aws.kms.key", "encryptionConfig[].provider.keyArn"),
        ),
        aliases=(Alias("uri", "endpoint"), Alias("id", Template("oidc:{identity.oidc.issuer}"))),
        sensitive=frozenset({"connectorConfig.activationCode"}),
        quiet=frozenset({"identity"}),
    ),
    Kind(
        name="aws.eks.nodegroup",
        category=Category.NODE_POOL,
        fetch=Call(
            "eks",
            "ListNodegroups",
            items="nodegroups",
            item="nodegroupName",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribeNodegroup",
                    items="nodegroup",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "nodegroupName": "{nodegroupName}"},
                ),
            ),
            lookups=(Machines((("instanceTypes[]", ""),)),),
        ),
        # The ARN ends in a UUID that only DescribeNodegroup tells; it is an alias.
        id=Template("arn:{@partition}:eks:{@place}:{@account}:nodegroup/{$parent.name}/{nodegroupName}"),
        native=Template("{$parent.name}/{nodegroupName}"),
        fields={
            "name": "nodegroupName",
            "cluster": "$parent.name",
            "state": "status",
            "kubernetes_version": "version",
            "version": "releaseVersion",
            "os_image": "amiType",
            "instance_types": "instanceTypes",
            "spot": Field("capacityType", _is_spot),
            "lifecycle": "capacityType",
            "desired_count": "scalingConfig.desiredSize",
            "min_count": "scalingConfig.minSize",
            "max_count": "scalingConfig.maxSize",
            "ephemeral_storage_bytes": Field("diskSize", times(GIB)),
            "node_recovery": "nodeRepairConfig.enabled",
            "labels": "labels",
            "taints": Field("taints", _taints),
            "subnets": "subnets",
            "role": "nodeRole",
            "problems": Field("health.issues", texts("code")),
            "created_at": "createdAt",
            **PER_MACHINE,
        },
        tags="tags",
        links=(
            _CLUSTER,
            Link("assumes", "aws.iam.role", "nodeRole"),
            Link("runs_in", "aws.ec2.subnet", "subnets[]"),
            Link("started_from", "aws.ec2.launch_template", "launchTemplate.id"),
            Link("starts", "aws.autoscaling.group", "resources.autoScalingGroups[].name"),
        ),
        aliases=(Alias("arn", "nodegroupArn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.eks.fargate_profile",
        category=Category.SETTINGS,  # which pods run without machines of the owner's: no pool of any
        fetch=Call(
            "eks",
            "ListFargateProfiles",
            items="fargateProfileNames",
            item="fargateProfileName",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribeFargateProfile",
                    items="fargateProfile",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "fargateProfileName": "{fargateProfileName}"},
                ),
            ),
        ),
        # Here and below: as with node groups, only the detail tells the UUID in which the ARN ends.
        id=Template("arn:{@partition}:eks:{@place}:{@account}:fargateprofile/{$parent.name}/{fargateProfileName}"),
        native=Template("{$parent.name}/{fargateProfileName}"),
        fields={
            "name": "fargateProfileName",
            "cluster": "$parent.name",
            "state": "status",
            "selectors": Field("selectors", _selectors),
            "subnets": "subnets",
            "role": "podExecutionRoleArn",
            "created_at": "createdAt",
        },
        tags="tags",
        links=(
            _CLUSTER,
            Link("assumes", "aws.iam.role", "podExecutionRoleArn"),
            Link("runs_in", "aws.ec2.subnet", "subnets[]"),
        ),
        aliases=(Alias("arn", "fargateProfileArn"),),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.eks.addon",
        category=Category.SETTINGS,
        fetch=Call(
            "eks",
            "ListAddons",
            items="addons",
            item="addonName",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribeAddon",
                    items="addon",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "addonName": "{addonName}"},
                ),
            ),
        ),
        id=Template("arn:{@partition}:eks:{@place}:{@account}:addon/{$parent.name}/{addonName}"),
        native=Template("{$parent.name}/{addonName}"),
        fields={
            "name": "addonName",
            "cluster": "$parent.name",
            "state": "status",
            "version": "addonVersion",
            "vendor": "publisher",
            "owner": "owner",
            "role": "serviceAccountRoleArn",
            "namespace": "namespaceConfig.namespace",
            "problems": Field("health.issues", texts("code")),
            "created_at": "createdAt",
            "modified_at": "modifiedAt",
        },
        tags="tags",
        links=(
            _CLUSTER,
            Link("assumes", "aws.iam.role", "serviceAccountRoleArn"),
            Link("uses", "aws.eks.pod_identity_association", "podIdentityAssociations[]"),
        ),
        aliases=(Alias("arn", "addonArn"),),
        sensitive=frozenset({"configurationValues"}),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.eks.access_entry",
        category=Category.POLICY,
        fetch=Call(
            "eks",
            "ListAccessEntries",
            items="accessEntries",
            item="principalArn",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            expect=_NO_ENTRIES,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribeAccessEntry",
                    items="accessEntry",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "principalArn": "{principalArn}"},
                ),
                Call(
                    "eks",
                    "ListAssociatedAccessPolicies",
                    items="associatedAccessPolicies[]",
                    into="$Policies",
                    gone=_GONE,
                    params={"clusterName": "{$parent.name}", "principalArn": "{principalArn}"},
                ),
            ),
        ),
        id=Template("arn:{@partition}:eks:{@place}:{@account}:access-entry/{$parent.name}/{principalArn}"),
        native=Template("{$parent.name}/{principalArn}"),
        fields={
            "name": "principalArn",
            "cluster": "$parent.name",
            "type": "type",
            "user": "username",
            "groups": "kubernetesGroups",
            "role": Field("principalArn", _role),
            "policies": Field("$Policies", _policies),
            "created_at": "createdAt",
            "modified_at": "modifiedAt",
        },
        tags="tags",
        links=(_CLUSTER, Link("admits", "", "principalArn")),
        aliases=(Alias("arn", "accessEntryArn"),),
        quiet=frozenset({"$parent", "$Policies"}),
    ),
    Kind(
        name="aws.eks.pod_identity_association",
        category=Category.POLICY,
        fetch=Call(
            "eks",
            "ListPodIdentityAssociations",
            items="associations",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
            detail=(
                Call(
                    "eks",
                    "DescribePodIdentityAssociation",
                    items="association",
                    gone=_GONE,
                    params={"clusterName": "{clusterName}", "associationId": "{associationId}"},
                ),
            ),
        ),
        id="associationArn",
        native=Template("{clusterName}/{associationId}"),
        fields={
            "name": Field("", lambda a: f"{a['namespace']}/{a['serviceAccount']}"),
            "cluster": "clusterName",
            "namespace": "namespace",
            "service_account": "serviceAccount",
            "role": "roleArn",
            "created_at": "createdAt",
            "modified_at": "modifiedAt",
        },
        tags="tags",
        links=(
            _CLUSTER,
            Link("assumes", "aws.iam.role", "roleArn"),
            Link("assumes", "aws.iam.role", "targetRoleArn"),
            Link("owned_by", "aws.eks.addon", "ownerArn"),
        ),
        sensitive=frozenset({"externalId"}),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.eks.identity_provider_config",
        category=Category.IDENTITY_PROVIDER,
        fetch=Call(
            "eks",
            "ListIdentityProviderConfigs",
            items="identityProviderConfigs",
            params={"clusterName": "{name}"},
            under="aws.eks.cluster",
            gone=_GONE,
            page=100,
        ),
        id=Template("arn:{@partition}:eks:{@place}:{@account}:identityproviderconfig/{$parent.name}/{type}/{name}"),
        native=Template("{$parent.name}/{name}"),
        fields={"name": "name", "type": "type", "cluster": "$parent.name"},
        links=(_CLUSTER,),
        quiet=frozenset({"$parent"}),
    ),
    Kind(
        name="aws.eks.anywhere_subscription",
        category=Category.CAPACITY,
        fetch=Call("eks", "ListEksAnywhereSubscriptions", items="subscriptions", page=100),
        id="arn",
        native="id",
        fields={
            "name": "id",
            "state": "status",
            "type": "licenseType",
            "max_count": "licenseQuantity",
            "started_at": "effectiveDate",
            "expires_at": "expirationDate",
            "created_at": "createdAt",
        },
        tags="tags",
        sensitive=frozenset({"licenses[].token"}),
    ),
)
