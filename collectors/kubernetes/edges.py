"""The other objects and cloud things that an object names by well-known fields. Pure: one object in, its links out.

Owns the table of such fields, for built-in kinds, for every pod specification at any depth, and for the custom resources
of the common AI operators. Refuses names that stand in no known field: normalize searches for those by shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collectors.kubernetes import operator_edges
from collectors.kubernetes.types import Objects
from normalize.identity import aws_short_name, bucket_name, kubernetes_id, uri_name
from normalize.mapping import located, read
from normalize.model import Json

_RBAC, _STORAGE, _NETWORK = "rbac.authorization.k8s.io", "storage.k8s.io", "networking.k8s.io"
_GATEWAY, _ISTIO, _OPENSHIFT = "gateway.networking.k8s.io", "networking.istio.io", "route.openshift.io"
_KARPENTER, _SNAPSHOT, _KUEUE = "karpenter.sh", "snapshot.storage.k8s.io", "kueue.x-k8s.io"
_KNATIVE, _FLINK, _SLINKY, _KSERVE = "serving.knative.dev", "flink.apache.org", "slinky.slurm.net", "serving.kserve.io"
_NIM, _KEDA, _DRA, _VOLCANO = "apps.nvidia.com", "keda.sh", "resource.k8s.io", "scheduling.volcano.sh"
_INFERENCE, _INFERENCE_X, _LLM_D = "inference.networking.k8s.io", "inference.networking.x-k8s.io", "llm-d.ai"
_FLUX = "source.toolkit.fluxcd.io"

CLUSTER_SCOPED = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        (_RBAC, "ClusterRole"),
        (_RBAC, "ClusterRoleBinding"),
        (_STORAGE, "StorageClass"),
        (_STORAGE, "CSIDriver"),
        (_NETWORK, "IngressClass"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("node.k8s.io", "RuntimeClass"),
        (_SNAPSHOT, "VolumeSnapshotClass"),
        (_SNAPSHOT, "VolumeSnapshotContent"),
        (_KUEUE, "ClusterQueue"),
        (_KUEUE, "ResourceFlavor"),
        (_KARPENTER, "NodePool"),
        (_KARPENTER, "NodeClaim"),
        ("karpenter.k8s.aws", "EC2NodeClass"),
        ("trainer.kubeflow.org", "ClusterTrainingRuntime"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("cert-manager.io", "ClusterIssuer"),
        ("argoproj.io", "ClusterWorkflowTemplate"),
        (_GATEWAY, "GatewayClass"),
        (_DRA, "DeviceClass"),
        (_DRA, "ResourceSlice"),
        (_KUEUE, "AdmissionCheck"),
        (_KUEUE, "Cohort"),
        (_KUEUE, "WorkloadPriorityClass"),
        (_KUEUE, "MultiKueueCluster"),
        (_KUEUE, "MultiKueueConfig"),
        (_KUEUE, "ProvisioningRequestConfig"),
        (_VOLCANO, "Queue"),
        (_KEDA, "ClusterTriggerAuthentication"),
        ("karpenter.azure.com", "AKSNodeClass"),
        ("nvidia.com", "ClusterPolicy"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Kinds without a namespace that the table points at; discovery adds those of the cluster."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`field` of the objects at `where` ("" is the object itself) names a `group`/`kind`. Without a field, the texts at `where` do.

    typed: the object at `where` says itself which kind (and group) it means; ours are the defaults.
    only: with typed, other kinds are left out.
    optional: it may be absent by design, whatever the object says.
    """

    where: str
    field: str
    verb: str
    group: str
    kind: str
    typed: bool = False
    only: frozenset[str] = frozenset()
    optional: bool = False


_POD_SPEC = (
    Rule("", "serviceAccountName", "runs_as", "", "ServiceAccount"),
    Rule("", "nodeName", "runs_on", "", "Node"),
    Rule("", "priorityClassName", "has_priority", "scheduling.k8s.io", "PriorityClass"),
    Rule("", "runtimeClassName", "uses_runtime", "node.k8s.io", "RuntimeClass"),
    Rule("imagePullSecrets[]", "name", "pulls_with", "", "Secret"),
    Rule("resourceClaims[]", "resourceClaimTemplateName", "claims", "resource.k8s.io", "ResourceClaimTemplate"),
    Rule("resourceClaims[]", "resourceClaimName", "claims", "resource.k8s.io", "ResourceClaim"),
    Rule("volumes[].persistentVolumeClaim", "claimName", "mounts", "", "PersistentVolumeClaim"),
    Rule("volumes[].configMap", "name", "mounts", "", "ConfigMap"),
    Rule("volumes[].secret", "secretName", "mounts", "", "Secret"),
    Rule("volumes[].projected.sources[].configMap", "name", "mounts", "", "ConfigMap"),
    Rule("volumes[].projected.sources[].secret", "name", "mounts", "", "Secret"),
    Rule("volumes[].csi", "driver", "mounts_with", _STORAGE, "CSIDriver"),
    Rule("volumes[].csi.nodePublishSecretRef", "name", "reads", "", "Secret"),
    Rule("volumes[].ephemeral.volumeClaimTemplate.spec", "storageClassName", "uses_class", _STORAGE, "StorageClass"),
)

_ANYWHERE: Mapping[str, tuple[str, str]] = {
    "secretKeyRef": ("Secret", "name"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "secretRef": ("Secret", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "accessKeySecret": ("Secret", "name"),
    "secretKeySecret": ("Secret", "name"),
    "objectStorageConfig": ("Secret", "name"),
}
"""Keys that mean the same wherever they stand: environment sources of containers, and the credentials that Argo and the
Prometheus operator write in the same form."""

_WEBHOOK = (Rule("webhooks[].clientConfig.service", "name", "calls", "", "Service"),)
_BINDING = (
    Rule("roleRef", "name", "grants", _RBAC, "ClusterRole", typed=True),
    Rule("subjects[]", "name", "grants_to", "", "ServiceAccount", typed=True, only=frozenset({"ServiceAccount"})),
)

_ROUTE = (
    Rule("spec.parentRefs[]", "name", "attached_to", _GATEWAY, "Gateway", typed=True),
    Rule("spec.rules[].backendRefs[]", "name", "calls", "", "Service", typed=True),
)

_TRAFFIC = (Rule("spec.traffic[]", "revisionName", "routes_to", "serving.knative.dev", "Revision"),)
_SCALES = (Rule("spec.scaleTargetRef", "name", "scales", "apps", "Deployment", typed=True),)
_TRIGGERS = (
    Rule(
        "spec.triggers[].authenticationRef", "name", "proves_itself_by", "keda.sh", "TriggerAuthentication", typed=True
    ),
)
_OF_CONTROLLER = (Rule("spec.controllerRef", "name", "part_of", "slinky.slurm.net", "Controller"),)
_SLURM_KEYS = tuple(
    Rule(f"spec.{field}", "name", "reads", "", "Secret") for field in ("slurmKeyRef", "jwtKeyRef", "jwtHs256KeyRef")
)


def _device_classes(requests: str) -> tuple[Rule, ...]:
    """Up to v1beta1 a request names its class itself, since then under `exactly`; alternatives are listed in both.

    Source: kubernetes.io, "Dynamic Resource Allocation", and API reference, resource.k8s.io/v1 and v1beta1, read 2026-11-24.
    """
    return tuple(
        Rule(requests + part, "deviceClassName", "asks", "resource.k8s.io", "DeviceClass")
        for part in ("", ".exactly", ".firstAvailable[]")
    )


_RULES: Mapping[tuple[str, str], tuple[Rule, ...]] = {
    ("", "PersistentVolume"): (
        Rule("spec.claimRef", "name", "claimed_by", "", "PersistentVolumeClaim"),
        Rule("spec", "storageClassName", "uses_class", _STORAGE, "StorageClass"),
        Rule("spec.csi", "driver", "mounts_with", _STORAGE, "CSIDriver"),
    ),
    ("", "PersistentVolumeClaim"): (
        Rule("spec", "volumeName", "bound_to", "", "PersistentVolume"),
        Rule("spec", "storageClassName", "uses_class", _STORAGE, "StorageClass"),
    ),
    ("", "ServiceAccount"): (
        Rule("secrets[]", "name", "holds", "", "Secret"),
        Rule("imagePullSecrets[]", "name", "pulls_with", "", "Secret"),
    ),
    ("apps", "StatefulSet"): (
        Rule("spec", "serviceName", "governed_by", "", "Service"),
        Rule("spec.volumeClaimTemplates[].spec", "storageClassName", "uses_class", _STORAGE, "StorageClass"),
    ),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        Rule("spec.scaleTargetRef", "name", "scales", "apps", "Deployment", typed=True),
    ),
    (_NETWORK, "Ingress"): (
        Rule("spec", "ingressClassName", "uses_class", _NETWORK, "IngressClass"),
        Rule("spec.tls[]", "secretName", "terminates_with", "", "Secret"),
        Rule("spec.rules[].http.paths[].backend.service", "name", "calls", "", "Service"),
        Rule("spec.defaultBackend.service", "name", "calls", "", "Service"),
    ),
    (_GATEWAY, "Gateway"): (
        Rule("spec", "gatewayClassName", "uses_class", _GATEWAY, "GatewayClass"),
        Rule("spec.listeners[].tls.certificateRefs[]", "name", "terminates_with", "", "Secret", typed=True),
    ),
    (_GATEWAY, "HTTPRoute"): _ROUTE,
    (_GATEWAY, "GRPCRoute"): _ROUTE,
    (_OPENSHIFT, "Route"): (
        Rule("spec.to", "name", "calls", "", "Service", typed=True),
        Rule("spec.alternateBackends[]", "name", "calls", "", "Service", typed=True),
    ),
    ("nvidia.com", "ClusterPolicy"): (
        Rule("spec.dcgmExporter.config", "name", "reads", "", "ConfigMap"),
        Rule("spec.devicePlugin.config", "name", "reads", "", "ConfigMap"),
        Rule("spec.migManager.config", "name", "reads", "", "ConfigMap"),
        Rule("spec.migManager.gpuClientsConfig", "name", "reads", "", "ConfigMap"),
    ),
    ("discovery.k8s.io", "EndpointSlice"): (
        Rule("metadata.labels", "kubernetes.io/service-name", "backs", "", "Service"),
        Rule("endpoints[].targetRef", "name", "routes_to", "", "Pod", typed=True),
    ),
    (_RBAC, "RoleBinding"): _BINDING,
    (_RBAC, "ClusterRoleBinding"): _BINDING,
    (_STORAGE, "VolumeAttachment"): (
        Rule("spec", "nodeName", "attached_to", "", "Node"),
        Rule("spec.source", "persistentVolumeName", "attaches", "", "PersistentVolume"),
        Rule("spec", "attacher", "mounts_with", _STORAGE, "CSIDriver"),
    ),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOK,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOK,
    ("apiregistration.k8s.io", "APIService"): (Rule("spec.service", "name", "calls", "", "Service"),),
    (_SNAPSHOT, "VolumeSnapshot"): (
        Rule("spec.source", "persistentVolumeClaimName", "copies", "", "PersistentVolumeClaim"),
        Rule("status", "boundVolumeSnapshotContentName", "bound_to", _SNAPSHOT, "VolumeSnapshotContent"),
        Rule("spec", "volumeSnapshotClassName", "uses_class", _SNAPSHOT, "VolumeSnapshotClass"),
    ),
    (_SNAPSHOT, "VolumeSnapshotContent"): (Rule("spec.volumeSnapshotRef", "name", "bound_to", _SNAPSHOT, "VolumeSnapshot"),),
    ("trainer.kubeflow.org", "TrainJob"): (
        Rule("spec.runtimeRef", "name", "uses_runtime", "trainer.kubeflow.org", "ClusterTrainingRuntime", typed=True),
    ),
    ("ray.io", "RayCluster"): (Rule("status.head", "serviceName", "served_by", "", "Service"),),
    ("serving.kserve.io", "InferenceService"): (
        # KServe takes the ServingRuntime of the namespace, else the cluster's: either may be absent.
        Rule("spec.predictor.model", "runtime", "uses_runtime", "serving.kserve.io", "ServingRuntime", optional=True),
        Rule("spec.predictor.model", "runtime", "uses_runtime", "serving.kserve.io", "ClusterServingRuntime", optional=True),
        Rule("spec.predictor", "serviceAccountName", "runs_as", "", "ServiceAccount"),
    ),
    ("sparkoperator.k8s.io", "SparkApplication"): (
        Rule("spec.driver", "serviceAccount", "runs_as", "", "ServiceAccount"),
        Rule("spec.executor", "serviceAccount", "runs_as", "", "ServiceAccount"),
    ),
    ("argoproj.io", "Workflow"): (
        Rule("spec.workflowTemplateRef", "name", "instance_of", "argoproj.io", "WorkflowTemplate"),
        Rule("spec", "serviceAccountName", "runs_as", "", "ServiceAccount"),
    ),
    ("argoproj.io", "CronWorkflow"): (
        Rule("spec.workflowSpec.workflowTemplateRef", "name", "instance_of", "argoproj.io", "WorkflowTemplate"),
    ),
    (_KUEUE, "ClusterQueue"): (Rule("spec.resourceGroups[].flavors[]", "name", "uses_flavor", _KUEUE, "ResourceFlavor"),),
    (_KUEUE, "LocalQueue"): (Rule("spec", "clusterQueue", "feeds", _KUEUE, "ClusterQueue"),),
    (_KUEUE, "Workload"): (Rule("spec", "queueName", "waits_in", _KUEUE, "LocalQueue"),),
    (_KARPENTER, "NodePool"): (
        Rule("spec.template.spec.nodeClassRef", "name", "uses_class", "karpenter.k8s.aws", "EC2NodeClass", typed=True),
    ),
    (_KARPENTER, "NodeClaim"): (
        Rule("spec.nodeClassRef", "name", "uses_class", "karpenter.k8s.aws", "EC2NodeClass", typed=True),
        Rule("status", "nodeName", "became", "", "Node"),
    ),
    ("external-secrets.io", "ExternalSecret"): (
        Rule("spec.secretStoreRef", "name", "reads_from", "external-secrets.io", "SecretStore", typed=True),
        Rule("spec.target", "name", "writes", "", "Secret"),
    ),
    ("cert-manager.io", "Certificate"): (
        Rule("spec", "secretName", "writes", "", "Secret"),
        Rule("spec.issuerRef", "name", "issued_by", "cert-manager.io", "Issuer", typed=True),
    ),
    ("monitoring.coreos.com", "Prometheus"): (Rule("spec", "serviceAccountName", "runs_as", "", "ServiceAccount"),),
    ("monitoring.coreos.com", "PrometheusAgent"): (Rule("spec", "serviceAccountName", "runs_as", "", "ServiceAccount"),),
    (_GATEWAY, "TLSRoute"): _ROUTE,
    (_GATEWAY, "TCPRoute"): _ROUTE,
    (_GATEWAY, "UDPRoute"): _ROUTE,
    (_KNATIVE, "Service"): _TRAFFIC,
    (_KNATIVE, "Route"): _TRAFFIC,
    (_KNATIVE, "DomainMapping"): (Rule("spec.ref", "name", "calls", _KNATIVE, "Service", typed=True),),
    ("eventing.knative.dev", "Trigger"): (
        Rule("spec", "broker", "reads_from", "eventing.knative.dev", "Broker"),
        Rule("spec.subscriber.ref", "name", "calls", "", "Service", typed=True),
    ),
    (_KSERVE, "LLMInferenceService"): (
        # a base may be KServe's own, in the namespace where it runs
        Rule("spec.baseRefs[]", "name", "uses_config", _KSERVE, "LLMInferenceServiceConfig", optional=True),
        Rule("spec.router.gateway.refs[]", "name", "attached_to", _GATEWAY, "Gateway"),
        Rule("spec.router.route.http.refs[]", "name", "attached_to", _GATEWAY, "HTTPRoute"),
        Rule("spec", "runtime", "uses_runtime", _KSERVE, "ServingRuntime", optional=True),
        Rule("spec", "runtime", "uses_runtime", _KSERVE, "ClusterServingRuntime", optional=True),
    ),
    (_KSERVE, "TrainedModel"): (Rule("spec", "inferenceService", "served_by", _KSERVE, "InferenceService"),),
    ("mlops.seldon.io", "Model"): (Rule("spec", "server", "served_by", "mlops.seldon.io", "Server", optional=True),),
    ("mlops.seldon.io", "Pipeline"): (Rule("spec.steps[]", "name", "calls", "mlops.seldon.io", "Model"),),
    (_NIM, "NIMService"): (
        Rule("spec", "authSecret", "reads", "", "Secret"),
        Rule("spec.image.pullSecrets[]", "", "pulls_with", "", "Secret"),
        Rule("spec.storage.nimCache", "name", "loads", _NIM, "NIMCache"),
        Rule("spec.storage.pvc", "name", "mounts", "", "PersistentVolumeClaim"),
    ),
    (_NIM, "NIMCache"): (
        Rule("spec.source.ngc", "authSecret", "reads", "", "Secret"),
        Rule("spec.source.hf", "authSecret", "reads", "", "Secret"),
        Rule("status", "pvc", "stores_in", "", "PersistentVolumeClaim"),
    ),
    (_NIM, "NIMPipeline"): (Rule("spec.services[]", "name", "starts", _NIM, "NIMService", optional=True),),
    (_NIM, "NIMBuild"): (Rule("spec.nimCache", "name", "reads_from", _NIM, "NIMCache"),),
    ("model.aibrix.ai", "ModelAdapter"): (Rule("spec.credentialsSecretRef", "name", "reads", "", "Secret"),),
    ("autoscaling.aibrix.ai", "PodAutoscaler"): _SCALES,
    ("llmd.ai", "VariantAutoscaling"): _SCALES,
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"): (
        Rule("spec.targetRef", "name", "scales", "apps", "Deployment", typed=True),
    ),
    (_INFERENCE, "InferencePool"): (Rule("spec.endpointPickerRef", "name", "calls", "", "Service", typed=True),),
    (_INFERENCE_X, "InferencePool"): (Rule("spec.extensionRef", "name", "calls", "", "Service", typed=True),),
    (_LLM_D, "InferencePool"): (Rule("spec.endpointPickerRef", "name", "calls", "", "Service", typed=True),),
    (_INFERENCE_X, "InferenceModel"): (Rule("spec.poolRef", "name", "served_by", _INFERENCE_X, "InferencePool", typed=True),),
    (_INFERENCE_X, "InferenceObjective"): (Rule("spec.poolRef", "name", "applies_to", _INFERENCE, "InferencePool", typed=True),),
    (_LLM_D, "InferenceObjective"): (Rule("spec.poolRef", "name", "applies_to", _LLM_D, "InferencePool", typed=True),),
    (_FLINK, "FlinkDeployment"): (Rule("spec", "serviceAccount", "runs_as", "", "ServiceAccount"),),
    (_FLINK, "FlinkSessionJob"): (Rule("spec", "deploymentName", "runs_on", _FLINK, "FlinkDeployment"),),
    (_SLINKY, "Controller"): (Rule("spec.accountingRef", "name", "uses", _SLINKY, "Accounting"), *_SLURM_KEYS),
    (_SLINKY, "Accounting"): (Rule("spec.storageConfig.passwordKeyRef", "name", "password_in", "", "Secret"), *_SLURM_KEYS),
    (_SLINKY, "NodeSet"): _OF_CONTROLLER,
    (_SLINKY, "LoginSet"): (*_OF_CONTROLLER, Rule("spec.sssdConfRef", "name", "reads", "", "Secret")),
    (_SLINKY, "RestApi"): _OF_CONTROLLER,
    (_SLINKY, "Token"): (Rule("spec.secretRef", "name", "writes", "", "Secret", optional=True), *_SLURM_KEYS),
    (_SLINKY, "Cluster"): (Rule("spec.token", "secretRef", "reads", "", "Secret"),),
    (_KEDA, "ScaledObject"): (*_SCALES, *_TRIGGERS),
    (_KEDA, "ScaledJob"): _TRIGGERS,
    (_KEDA, "TriggerAuthentication"): (Rule("spec.secretTargetRef[]", "name", "reads", "", "Secret"),),
    (_DRA, "ResourceSlice"): (Rule("spec", "nodeName", "attached_to", "", "Node"),),
    (_DRA, "ResourceClaim"): (
        *_device_classes("spec.devices.requests[]"),
        Rule("status.reservedFor[]", "name", "used_by", "", "Pod", optional=True),
    ),
    (_DRA, "ResourceClaimTemplate"): _device_classes("spec.spec.devices.requests[]"),
    ("batch.volcano.sh", "Job"): (Rule("spec", "queue", "waits_in", _VOLCANO, "Queue"),),
    (_VOLCANO, "PodGroup"): (Rule("spec", "queue", "waits_in", _VOLCANO, "Queue"),),
    (_KUEUE, "AdmissionCheck"): (
        Rule("spec.parameters", "name", "uses_config", _KUEUE, "ProvisioningRequestConfig", typed=True),
    ),
    ("argoproj.io", "Rollout"): (Rule("spec.workloadRef", "name", "scales", "apps", "Deployment", typed=True),),
    ("argoproj.io", "Application"): (
        # its project stands in the namespace of Argo CD, which need not be its own
        Rule("spec", "project", "part_of", "argoproj.io", "AppProject", optional=True),
    ),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): (
        Rule("spec.sourceRef", "name", "made_from", _FLUX, "GitRepository", typed=True),
    ),
    ("helm.toolkit.fluxcd.io", "HelmRelease"): (
        Rule("spec.chart.spec.sourceRef", "name", "made_from", _FLUX, "HelmRepository", typed=True),
        Rule("spec.chartRef", "name", "made_from", _FLUX, "OCIRepository", typed=True),
        Rule("spec.valuesFrom[]", "name", "reads", "", "ConfigMap", typed=True),
    ),
    (_ISTIO, "Gateway"): (
        # the Secret stands where the gateway's pods run, mostly elsewhere
        Rule("spec.servers[].tls", "credentialName", "terminates_with", "", "Secret", optional=True),
    ),
    ("opentelemetry.io", "OpenTelemetryCollector"): (Rule("spec", "serviceAccount", "runs_as", "", "ServiceAccount"),),
    ("velero.io", "BackupStorageLocation"): (Rule("spec.credential", "name", "reads", "", "Secret"),),
}  # fmt: skip


def edges(obj: Json, type_: Objects, cluster_uid: str, unscoped: frozenset[tuple[str, str]]) -> list[dict[str, Any]]:
    """Links of one object.

    Args:
        obj: the object as served.
        unscoped: (group, kind) of the kinds without a namespace; CLUSTER_SCOPED holds the well-known ones.

    Returns:
        One entry per field: `verb`, `key` (canonical key of the target), `path` (JSON path), `value` (what stands there),
        `group` and `kind` of the target (or `target`, a kind name, and `provider`, outside of Kubernetes), and `optional`
        where the target may be absent by design.
    """
    meta = obj.get("metadata") or {}
    namespace = str(meta.get("namespace") or "")
    # The API server makes its default bindings also for accounts that only some installations have.
    bootstrapped = (meta.get("labels") or {}).get("kubernetes.io/bootstrapping") == "rbac-defaults"

    def link(path: str, verb: str, group: str, kind: str, ns: str, name: str, optional: bool) -> dict[str, Any] | None:
        if (group, kind) in unscoped:
            ns = ""
        elif not ns:
            return None  # a namespaced thing named by one without a namespace: which one is not said
        key = kubernetes_id(cluster_uid, group, kind, ns, name)
        entry = {"verb": verb, "key": key, "path": path, "value": name, "group": group, "kind": kind}
        return entry | ({"optional": True} if optional or bootstrapped else {})

    found = [link(*named) for named in _named(obj, type_, namespace)]
    beyond = [*_outside(obj, type_), *operator_edges.outside(obj, type_.group, type_.kind, cluster_uid, unscoped)]
    return [entry for entry in found if entry is not None] + beyond


_Named = tuple[str, str, str, str, str, str, bool]  # path, verb, group, kind, namespace, name, optional


def _named(obj: Json, type_: Objects, namespace: str) -> Iterator[_Named]:
    for i, owner in enumerate((obj.get("metadata") or {}).get("ownerReferences") or []):
        path = f"$.metadata.ownerReferences[{i}].name"
        yield path, "owned_by", _group(owner.get("apiVersion")), owner["kind"], namespace, owner["name"], False
    if (type_.group, type_.kind) == ("nvidia.com", "ClusterPolicy"):
        namespace = str((obj.get("status") or {}).get("namespace") or "")  # where its operator runs
    for rule in _RULES.get((type_.group, type_.kind), ()):
        yield from _apply(rule, obj, "$", namespace)
    yield from _login(obj, namespace)
    yield from operator_edges.named(obj, type_.group, type_.kind, namespace)
    if (
        type_.group == _SLINKY
        and isinstance(spec := read(obj, "spec.template.spec"), dict)
        and "containers" not in spec
    ):
        for rule in _POD_SPEC:  # the daemon's container stands apart from its pod
            yield from _apply(rule, spec, "$.spec.template.spec", namespace)
    yield from _deep(obj, "$", namespace)


_OIDC = "alb.ingress.kubernetes.io/auth-idp-oidc"


def _login(obj: Json, namespace: str) -> Iterator[_Named]:
    """The Secret with the client's credentials, in the JSON of an annotation of the AWS Load Balancer Controller.

    Source: kubernetes-sigs/aws-load-balancer-controller at 00175c1, docs/guide/ingress/annotations.md, read 2026-11-24.
    """
    try:
        said = json.loads(str(((obj.get("metadata") or {}).get("annotations") or {}).get(_OIDC) or "{}"))
    except ValueError:
        return
    if isinstance(said, dict) and isinstance(name := said.get("secretName"), str) and name:
        yield f'$.metadata.annotations["{_OIDC}"]', "reads", "", "Secret", namespace, name, False


def _group(api_version: str | None) -> str:
    return api_version.rpartition("/")[0] if api_version else ""


def _apply(rule: Rule, value: Json, prefix: str, namespace: str) -> Iterator[_Named]:
    for path, holder in located(value, rule.where) if rule.where else [("$", value)]:
        if not rule.field and isinstance(holder, str) and holder:
            yield prefix + path[1:], rule.verb, rule.group, rule.kind, namespace, holder, rule.optional
        if not isinstance(holder, dict):
            continue
        name, group, kind = holder.get(rule.field), rule.group, rule.kind
        if not isinstance(name, str) or not name:
            continue
        if rule.typed:
            kind = holder.get("kind") or kind
            group = holder.get("apiGroup") or holder.get("group") or _group(holder.get("apiVersion")) or group
            if rule.only and kind not in rule.only:
                continue
        step = f".{rule.field}" if rule.field.isalnum() else f'["{rule.field}"]'
        optional = rule.optional or holder.get("optional") is True
        ns = holder.get("namespace") or namespace
        yield prefix + path[1:] + step, rule.verb, group, kind, ns, name, optional


def _deep(value: Json, path: str, namespace: str) -> Iterator[_Named]:
    """Pod specifications and environment sources, wherever they stand."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _deep(item, f"{path}[{i}]", namespace)
    elif isinstance(value, dict):
        if isinstance(value.get("containers"), list):
            for rule in _POD_SPEC:
                yield from _apply(rule, value, path, namespace)
        for key, item in value.items():
            if not isinstance(item, dict | list):
                continue
            below = f"{path}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f'{path}["{key}"]'
            if key in _ANYWHERE and isinstance(item, dict):
                kind, field = _ANYWHERE[key]
                yield from _apply(Rule("", field, "reads", "", kind), item, below, namespace)
            else:
                yield from _deep(item, below, namespace)


_INSTANCE = re.compile(r"aws:///[^/]*/(i-[0-9a-f]+)")
_GCE = re.compile(r"gce://([^/]+)/([^/]+)/([^/]+)")
_NEVER = re.compile(r"(?!)")
_HANDLES: Mapping[str, tuple[re.Pattern[str], str]] = {
    # CSI driver -> shape of its volume handles, kind of what they name
    "ebs.csi.aws.com": (re.compile(r"(vol-[0-9a-f]+)"), "aws.ec2.volume"),
    "ebs.csi.eks.amazonaws.com": (re.compile(r"(vol-[0-9a-f]+)"), "aws.ec2.volume"),
    "efs.csi.aws.com": (re.compile(r"(?:efs:)?(fs-[0-9a-f]+)(?::.*)?"), "aws.efs.file_system"),
    "fsx.csi.aws.com": (re.compile(r"(fs-[0-9a-f]+)"), "aws.fsx.file_system"),
}
"""Source: kubernetes-sigs/aws-ebs-csi-driver at 429e202, examples/kubernetes/static-provisioning; EKS Auto Mode's own name for it:
awsdocs/amazon-eks-user-guide at 4d52b4d, latest/ug/automode/create-storage-class.adoc; aws-efs-csi-driver at a4fc676,
pkg/driver/node.go, parseVolumeId (a handle that begins "s3files:" is of another service, and is left out);
aws-fsx-csi-driver at 5b22712, examples/kubernetes/static_provisioning; read 2026-11-24."""


def _outside(obj: Json, type_: Objects) -> Iterator[dict[str, Any]]:
    """What the cloud knows a node or a volume as.

    Source: kubernetes/cloud-provider-aws at 63ec440, pkg/providers/v1/instances.go (KubernetesInstanceID);
    kubernetes/cloud-provider-gcp at 4e24531, providers/gce/gce_util.go (providerIDRE); kubernetes-sigs/cloud-provider-azure at
    7b31c76, pkg/provider/azure_vmss.go (GetNodeNameByProviderID: a machine of its own, or one of a scale set);
    awslabs/mountpoint-s3-csi-driver at 57c6bed, docs/CONFIGURATION.md (bucketName); read 2026-11-24.
    """
    if (type_.group, type_.kind) == ("", "Node"):
        text = str((obj.get("spec") or {}).get("providerID") or "")
        named: tuple[str, str, str] | None = None
        if m := _INSTANCE.fullmatch(text):
            named = f"aws:{m[1]}", "aws.ec2.instance", "aws"
        elif m := _GCE.fullmatch(text):
            key = f"//compute.googleapis.com/projects/{m[1]}/zones/{m[2]}/instances/{m[3]}"
            named = key, "gcp.compute.instance", "gcp"
        elif text.startswith("azure:///subscriptions/"):
            key = text.removeprefix("azure://").lower()
            named = key, "" if "/virtualmachinescalesets/" in key else "azure.compute.virtual_machine", "azure"
        if named:
            yield _cloud("same_as", named, "$.spec.providerID", text)
        labels = (obj.get("metadata") or {}).get("labels") or {}
        for label, verb, target in _MADE_FROM:
            made = aws_short_name(str(labels.get(label) or ""))
            if made:  # the instance says so too, and knows whose it is
                at = f'$.metadata.labels["{label}"]'
                yield {**_cloud(verb, (made.key, target, "aws"), at, str(labels[label])), "optional": True}
        machine = ((obj.get("status") or {}).get("nodeInfo") or {}).get("machineID")
        if isinstance(machine, str) and re.fullmatch(r"[0-9a-f]{32}", machine):
            # Its host need not be scanned: the node is a record of its own.
            host = (f"host://{machine}", "host.machine", "host")
            yield {**_cloud("same_as", host, "$.status.nodeInfo.machineID", machine), "optional": True}
    elif (type_.group, type_.kind) == ("", "PersistentVolume"):
        spec = obj.get("spec") or {}
        csi = spec.get("csi") or {}
        handle, driver = str(csi.get("volumeHandle") or ""), str(csi.get("driver") or "")
        shape, target = _HANDLES.get(driver, (_NEVER, ""))
        if m := shape.fullmatch(handle):
            yield _cloud("backed_by", (f"aws:{m[1]}", target, "aws"), "$.spec.csi.volumeHandle", handle)
        if point := re.search(r"::(fsap-[0-9a-f]+)$", handle):
            key = f"aws:{point[1]}"  # a door of the file system, which is mentioned beside it
            yield {**_cloud("mounts_through", (key, "", "aws"), "$.spec.csi.volumeHandle", handle), "optional": True}
        bucket = (csi.get("volumeAttributes") or {}).get("bucketName")
        if driver == "s3.csi.aws.com" and isinstance(bucket, str) and (name := bucket_name("s3", bucket)):
            at = "$.spec.csi.volumeAttributes.bucketName"
            yield _cloud("backed_by", (name.key, name.target, name.provider), at, bucket)
        server = (spec.get("nfs") or {}).get("server")
        if isinstance(server, str) and (name := uri_name(f"nfs://{server}")):
            yield _cloud("backed_by", (name.key, name.target, name.provider), "$.spec.nfs.server", server)
    elif type_.group == "cert-manager.io" and type_.kind.endswith("Issuer"):
        for at, zone in located(obj, "spec.acme.solvers[].dns01.route53.hostedZoneID"):
            if isinstance(zone, str) and re.fullmatch(r"Z[0-9A-Z]{6,31}", zone):
                named = f"arn:aws:route53:::hostedzone/{zone}", "aws.route53.hosted_zone", "aws"
                yield _cloud("proves_with", named, at, zone)


_MADE_FROM = (
    ("eks.amazonaws.com/nodegroup-image", "started_from", "aws.ec2.image"),
    ("eks.amazonaws.com/sourceLaunchTemplateId", "started_from", "aws.ec2.launch_template"),
)


def _cloud(verb: str, named: tuple[str, str, str], path: str, value: str) -> dict[str, Any]:
    key, target, provider = named
    return {"verb": verb, "key": key, "path": path, "value": value, "target": target, "provider": provider}
