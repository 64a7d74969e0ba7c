"""Which things somebody would have declared, and which came by themselves. Pure.

Owns the policy behind the gap `undeclared`: what controllers, services and accounts make of their own accord stands in no code, and is
nobody's omission.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from normalize.identity import kubernetes_namespace
from normalize.model import Category

_C = Category
NOT_DECLARED = frozenset(
    {
        _C.TRAINING_JOB, _C.RUN, _C.PIPELINE_RUN, _C.TUNING_JOB, _C.MODEL_JOB, _C.INFERENCE_JOB, _C.DATA_JOB, _C.EXPERIMENT, _C.MODEL_VERSION,
        _C.MODEL_CARD, _C.SNAPSHOT, _C.BACKUP, _C.POD, _C.CONTAINER, _C.PROCESS, _C.NODE, _C.HOST, _C.ACCELERATOR, _C.NETWORK_INTERFACE,
        _C.LISTING, _C.DECLARATION, _C.COST, _C.REGION, _C.QUOTA, _C.ACCOUNT, _C.UNMODELLED, _C.CAPACITY,
    }
)  # fmt: skip
"""What is made by running something, or comes with something else, and is seldom declared."""

MADE_BY_TERRAFORM = "goog-terraform-provisioned"
"""Label that the google provider puts on what it makes. Source: hashicorp/terraform-provider-google, provider_reference,
add_terraform_attribution_label; from memory, not looked up."""

_OWNERS = (
    "aws:autoscaling:", "aws:cloudformation:", "aws:eks:", "aws:elasticmapreduce:", "aws:ec2:fleet-id", "aws:ec2spot:", "aws:servicecatalog:",
    "aws:backup:", "aws:ecs:", "aws:batch:", "aws:sagemaker:", "ebs.csi.aws.com/", "elbv2.k8s.aws/", "ingress.k8s.aws/", "service.k8s.aws/",
    "karpenter.", "kubernetes.io/created-for/", "kubernetes.io/service-name", "k8s-azure-", "kubernetes.io-created-for-", "aks-managed-",
    "goog-gke-", "goog-k8s-", "goog-dataproc-", "goog-composer-", "goog-managed-by", "crossplane-", "crossplane.io/", "cluster.x-k8s.io/",
    "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "app.kubernetes.io/managed-by", "olm.owner",
    "olm.managed", "parallelcluster:", "databricks-instance-name",
)  # fmt: skip
"""How tags and labels begin that a controller, a service or another tool of declaring puts on what it makes. Source: manifests and
controllers' code as public repositories show them (kubernetes/cloud-provider-aws, aws-load-balancer-controller, aws-ebs-csi-driver,
Karpenter, Argo CD, Flux), from memory, not looked up one by one; "aws:" tags can be set by AWS alone."""
_ID = re.compile(
    r":role/aws-service-role/|:role/aws-reserved/|/resource[Gg]roups/(?:mc_|databricks-rg-|networkwatcherrg)|"
    r"/serviceAccounts/(?:\d+-compute@developer|[a-z0-9-]+@appspot)\.|:log-group:/aws/|:log-group:RDSOSMetrics|:event-bus/default$|"
    r"/networks/default$|/subnetworks/default$|/firewalls/(?:default-|gke-|k8s-)|/routes/default-route-|:parametergroup:default\.|"
    r":subgrp:default$|:workgroup/primary$|:alias/aws/|:dhcp-options/default$",
    re.IGNORECASE,
)
"""What is in each account by itself, or that a service made in it, by its id."""
_DEFAULTS = frozenset({_C.NETWORK, _C.SUBNET, _C.ROUTE_TABLE, _C.FIREWALL, _C.SETTINGS})
_KUBERNETES = re.compile(
    r"k8s\.(?:config_map/(?:kube-root-ca\.crt|openshift-service-ca\.crt|istio-ca-root-cert)|service_account/(?:default|builder|deployer)|"
    r"service/kubernetes|namespace/(?:default|kube-.+)|persistent_volume_claim/.+-\d+|persistent_volume/pvc-.+|"
    r"(?:endpoints|endpoint_slice|lease|event|controller_revision|node|csi_node|volume_attachment|pod_metrics|node_metrics)/.+)"
)
"""KIND/NAME of what each namespace has, or what controllers make without saying that it is theirs."""
_SECRETS = frozenset({"helm.sh/release.v1", "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"})


def came_by_itself(
    kind: str, category: Category, resource_id: str, name: str, tags: Mapping[str, Any], attributes: Mapping[str, Any]
) -> bool:
    """Whether a thing is none that somebody would declare, or was made by something that is declared or needs no declaring."""
    if category in NOT_DECLARED or _ID.search(resource_id):
        return True
    if any(tag.startswith(_OWNERS) or (tag.startswith("kubernetes.io/cluster/") and v == "owned") for tag, v in tags.items()):  # fmt: skip
        return True
    if attributes.get("managed_by") or attributes.get("owner_kind") or attributes.get("owner") == "AWS":
        return True
    if category in _DEFAULTS and (attributes.get("default") is True or (kind == "aws.ec2.security_group" and name == "default")):  # fmt: skip
        return True
    if not kind.startswith("k8s."):
        return False
    return bool(_KUBERNETES.fullmatch(f"{kind}/{name}")) or attributes.get("type") in _SECRETS


def group_of(kind: str, account: str, resource_id: str) -> tuple[str, str, str]:
    """Things of which one is declared make the others that stand beside them undeclared: of one kind, in one account; in Kubernetes, in
    one namespace."""
    return kind, account, kubernetes_namespace(resource_id)
