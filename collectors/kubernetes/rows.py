"""One row per Kubernetes type that an assessment reads; every other type gets a row on the fly that keeps it raw.

Paths are those of the object as served. Keys under "$facts" are computed by facts.py, "$type" is the type it was read as.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from collectors.kubernetes.operators import OPERATORS
from collectors.kubernetes.row import BY_RUNTIME, SENSITIVE, TRAINING, WORKLOAD, row
from collectors.kubernetes.types import Objects, Silence
from normalize.model import Alias, Category, Field, Kind, Path, Template
from normalize.units import instant, integer, quantity, size_bytes


def _cpus(text: str) -> int:
    return int(quantity(text))


_DEPLOYED: Mapping[str, Path | Field] = {
    **WORKLOAD,
    "ready_count": "status.readyReplicas",
    "selector": "spec.selector.matchLabels",
}
_LABEL = "metadata", "labels"
_C = Category
_KUBEFLOW = "kubeflow.org"

CLUSTER = Kind(
    name="k8s.cluster",
    category=Category.CLUSTER,
    fetch="/version",
    id=Template("k8s://{@account}"),
    native="uid",
    unique="world",
    fields={
        "name": "name",
        "kubernetes_version": "version.gitVersion",
        "endpoint": "server",
        "contexts": "contexts",
        "created_at": Field("namespace.metadata.creationTimestamp", instant),
    },
    aliases=(
        Alias("dns", "host"),
        Alias("arn", "arn"),
        Alias("id", Template("oidc:{issuer}")),
        Alias("arn", "aliases[]"),
        Alias("uri", "aliases[]"),
    ),
    quiet=frozenset({"aliases", "issuer", "contexts"}),
)
"""The cluster itself: GET /version, the namespace kube-system (whose uid names the cluster), the issuer of its tokens, and the
names that the kubeconfig and the configuration give it."""

PROMETHEUS = Kind(
    name="k8s.prometheus.server",
    category=Category.METRIC_STORE,
    fetch="/api/v1/query_range",
    id=Template("prometheus://{@account}/{name}"),
    native="name",
    fields={
        "name": "name",
        "version": "version",
        "retention_days": "retention",
        "traffic_window_days": "days",
    },
    quiet=frozenset({"name"}),
)
"""A Prometheus that the source names, and what it was asked: there where `prometheus` is set."""

KINDS: tuple[Kind, ...] = (
    row(
        "k8s.node", _C.NODE, "", "Node", "nodes",
        {
            "provider_id": "spec.providerID",
            "instance_type": "$facts.instance_type",
            "zone": (*_LABEL, "topology.kubernetes.io/zone"),
            "region": (*_LABEL, "topology.kubernetes.io/region"),
            "architecture": "status.nodeInfo.architecture",
            "os": "status.nodeInfo.operatingSystem",
            "os_image": "status.nodeInfo.osImage",
            "kernel_version": "status.nodeInfo.kernelVersion",
            "container_runtime": "status.nodeInfo.containerRuntimeVersion",
            "kubelet_version": "status.nodeInfo.kubeletVersion",
            "machine_id": "status.nodeInfo.machineID",
            "vcpu_count": Field("status.capacity.cpu", _cpus),
            "cpu_allocatable_count": Field("status.allocatable.cpu", quantity),
            "memory_bytes": Field("status.capacity.memory", size_bytes),
            "memory_allocatable_bytes": Field("status.allocatable.memory", size_bytes),
            "ephemeral_storage_bytes": Field(("status", "capacity", "ephemeral-storage"), size_bytes),
            "pod_capacity_count": Field("status.capacity.pods", integer),
            "capacity": "$facts.extended",
            "accelerators": "$facts.accelerators",
            "accelerator_count": "$facts.accelerator_count",
            "accelerator_memory_bytes": "$facts.accelerator_memory_bytes",
            "partitions": "$facts.partitions",
            "driver_version": (*_LABEL, "nvidia.com/cuda.driver-version.full"),
            "cuda_version": (*_LABEL, "nvidia.com/cuda.runtime-version.full"),
            "ready": "$facts.ready",
            "unschedulable": "$facts.unschedulable",
            "taints": "$facts.taints",
            "conditions": "$facts.conditions",
            "addresses": "$facts.addresses",
        },
        namespaced=False,
        # an EKS hybrid node is named by its managed instance (mi-…)
        aliases=(Alias("address", "$facts.addresses[]"), Alias("aws", "metadata.name")),
        quiet=frozenset({"status.images"}),  # what its disk happens to cache
    ),
    row(
        "k8s.pod", _C.POD, "", "Pod", "pods",
        {
            "phase": "status.phase",
            "address": "status.podIP",
            "started_at": Field("status.startTime", instant),
            "service_account": "spec.serviceAccountName",
            "images": "$facts.images",
            "container_names": "$facts.container_names",
            "accelerator_requested_count": "$facts.accelerator_requested_count",
            "restart_count": "$facts.restart_count",
            "host_network": "$facts.host_network",
            "privileged": "$facts.privileged",
        },
        aliases=(Alias("address", "$facts.addresses[]"),),
    ),
    row("k8s.deployment", _C.WORKLOAD, "apps", "Deployment", "deployments", {**_DEPLOYED, "strategy": "spec.strategy.type"}),
    row("k8s.stateful_set", _C.WORKLOAD, "apps", "StatefulSet", "statefulsets", _DEPLOYED),
    row(
        "k8s.daemon_set", _C.WORKLOAD, "apps", "DaemonSet", "daemonsets", {**_DEPLOYED, "ready_count": "status.numberReady"}
    ),
    row("k8s.replica_set", _C.WORKLOAD, "apps", "ReplicaSet", "replicasets", _DEPLOYED),
    row("k8s.replication_controller", _C.WORKLOAD, "", "ReplicationController", "replicationcontrollers", WORKLOAD),
    row(
        "k8s.job", _C.WORKLOAD, "batch", "Job", "jobs",
        {
            **WORKLOAD,
            "parallelism_count": "spec.parallelism",
            "completion_count": "spec.completions",
            "suspended": "spec.suspend",
            "started_at": Field("status.startTime", instant),
            "ended_at": Field("status.completionTime", instant),
        },
    ),
    row(
        "k8s.cron_job", _C.WORKLOAD, "batch", "CronJob", "cronjobs",
        {**WORKLOAD, "schedule": "spec.schedule", "suspended": "spec.suspend", "last_activity_at": Field("status.lastScheduleTime", instant)},
    ),
    row(
        "k8s.service", _C.SERVICE, "", "Service", "services",
        {
            "type": "spec.type",
            "address": "spec.clusterIP",
            "selector": "spec.selector",
            "ports": "$facts.ports",
            "hosts": "$facts.hosts",
            "load_balancer_class": "spec.loadBalancerClass",
            "annotation_names": "$facts.annotation_names",
        },
    ),
    row(
        "k8s.ingress", _C.LOAD_BALANCER, "networking.k8s.io", "Ingress", "ingresses",
        {
            "hosts": "$facts.hosts",
            "backends": "$facts.backends",
            "ingress_class": "$facts.ingress_class",
            "annotation_names": "$facts.annotation_names",
        },
    ),
    row("k8s.network_policy", _C.FIREWALL, "networking.k8s.io", "NetworkPolicy", "networkpolicies", {"selector": "spec.podSelector.matchLabels"}),
    row(
        "k8s.persistent_volume", _C.VOLUME, "", "PersistentVolume", "persistentvolumes",
        {
            "size_bytes": Field("spec.capacity.storage", size_bytes),
            "storage_class": "spec.storageClassName",
            "access_modes": "spec.accessModes",
            "reclaim_policy": "spec.persistentVolumeReclaimPolicy",
            "phase": "status.phase",
            "type": "spec.csi.driver",
            "volume_types": "$facts.volume_types",
        },
        namespaced=False,
    ),
    row(
        "k8s.persistent_volume_claim", _C.VOLUME_CLAIM, "", "PersistentVolumeClaim", "persistentvolumeclaims",
        {
            "size_bytes": Field("status.capacity.storage", size_bytes),
            "storage_class": "spec.storageClassName",
            "access_modes": "spec.accessModes",
            "phase": "status.phase",
        },
    ),
    row(
        "k8s.storage_class", _C.STORAGE_CLASS, "storage.k8s.io", "StorageClass", "storageclasses",
        {
            "type": "provisioner",
            "reclaim_policy": "reclaimPolicy",
            "driver_parameters": "parameters",
            "default": "$facts.default",
            "storage_autoscaling": "allowVolumeExpansion",
        },
        namespaced=False,
    ),
    row("k8s.csi_driver", _C.SETTINGS, "storage.k8s.io", "CSIDriver", "csidrivers", namespaced=False),
    row("k8s.service_account", _C.IDENTITY, "", "ServiceAccount", "serviceaccounts", {"role": "$facts.role", "annotation_names": "$facts.annotation_names"}),
    row(
        "k8s.secret", _C.SECRET, "", "Secret", "secrets",
        {"type": "type", "keys": "$facts.keys", "key_count": "$facts.key_count", "immutable": "immutable"},
        sensitive=SENSITIVE,
    ),
    row(
        "k8s.config_map", _C.SETTINGS, "", "ConfigMap", "configmaps",
        {"keys": "$facts.keys", "key_count": "$facts.key_count", "immutable": "immutable"},
        sensitive=SENSITIVE,
    ),
    row("k8s.namespace", _C.NAMESPACE, "", "Namespace", "namespaces", {"phase": "status.phase"}, namespaced=False),
    row(
        "k8s.custom_resource_definition", _C.SETTINGS,
        "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions",
        {"served_versions": "$facts.served_versions", "access_scope": "spec.scope"},
        namespaced=False,
    ),
    row("k8s.role", _C.POLICY, "rbac.authorization.k8s.io", "Role", "roles", {"rules": "rules"}),
    row("k8s.cluster_role", _C.POLICY, "rbac.authorization.k8s.io", "ClusterRole", "clusterroles", {"rules": "rules"}, namespaced=False),
    row("k8s.role_binding", _C.POLICY, "rbac.authorization.k8s.io", "RoleBinding", "rolebindings", {"principals": "$facts.principals", "role": "roleRef.name"}),
    row(
        "k8s.cluster_role_binding", _C.POLICY, "rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings",
        {"principals": "$facts.principals", "role": "roleRef.name"},
        namespaced=False,
    ),
    row(
        "k8s.horizontal_pod_autoscaler", _C.SCALING_GROUP, "autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
        {
            "min_count": "spec.minReplicas",
            "max_count": "spec.maxReplicas",
            "desired_count": "status.desiredReplicas",
            "scaled_by": "$facts.scaled_by",
        },
    ),
    row("k8s.resource_quota", _C.SETTINGS, "", "ResourceQuota", "resourcequotas", {"limits": "spec.hard"}),
    row("k8s.priority_class", _C.SETTINGS, "scheduling.k8s.io", "PriorityClass", "priorityclasses", {"default": "globalDefault"}, namespaced=False),
    row("k8s.runtime_class", _C.SETTINGS, "node.k8s.io", "RuntimeClass", "runtimeclasses", {"type": "handler"}, namespaced=False),
    row("k8s.kubeflow.py_torch_job", _C.TRAINING_JOB, _KUBEFLOW, "PyTorchJob", "pytorchjobs", TRAINING),
    row("k8s.kubeflow.tf_job", _C.TRAINING_JOB, _KUBEFLOW, "TFJob", "tfjobs", TRAINING),
    row("k8s.kubeflow.mpi_job", _C.TRAINING_JOB, _KUBEFLOW, "MPIJob", "mpijobs", TRAINING),
    row("k8s.kubeflow.xgboost_job", _C.TRAINING_JOB, _KUBEFLOW, "XGBoostJob", "xgboostjobs", TRAINING),
    row("k8s.kubeflow.train_job", _C.TRAINING_JOB, "trainer.kubeflow.org", "TrainJob", "trainjobs", {**TRAINING, **BY_RUNTIME, "suspended": "spec.suspend"}),
    row("k8s.job_set", _C.WORKLOAD, "jobset.x-k8s.io", "JobSet", "jobsets", {**WORKLOAD, "suspended": "spec.suspend"}),
    row("k8s.leader_worker_set", _C.WORKLOAD, "leaderworkerset.x-k8s.io", "LeaderWorkerSet", "leaderworkersets", WORKLOAD),
    row("k8s.kubeflow.notebook", _C.NOTEBOOK, _KUBEFLOW, "Notebook", "notebooks", TRAINING),
    row("k8s.kubeflow.experiment", _C.EXPERIMENT, _KUBEFLOW, "Experiment", "experiments", {"parallelism_count": "spec.parallelTrialCount"}),
    row("k8s.kubeflow.scheduled_workflow", _C.PIPELINE, _KUBEFLOW, "ScheduledWorkflow", "scheduledworkflows", {"enabled": "spec.enabled"}),
    row("k8s.kubeflow.pipeline", _C.PIPELINE, "pipelines.kubeflow.org", "Pipeline", "pipelines"),
    row("k8s.kubeflow.pipeline_version", _C.PIPELINE, "pipelines.kubeflow.org", "PipelineVersion", "pipelineversions"),
    row("k8s.volcano.job", _C.TRAINING_JOB, "batch.volcano.sh", "Job", "jobs", TRAINING),
    row("k8s.ray.cluster", _C.CLUSTER, "ray.io", "RayCluster", "rayclusters", {**WORKLOAD, "state": "status.state", "version": "spec.rayVersion"}),
    row("k8s.ray.job", _C.TRAINING_JOB, "ray.io", "RayJob", "rayjobs", {**TRAINING, "command": "spec.entrypoint"}),
    row("k8s.ray.service", _C.ENDPOINT, "ray.io", "RayService", "rayservices", WORKLOAD),
    row(
        "k8s.kserve.inference_service", _C.ENDPOINT, "serving.kserve.io", "InferenceService", "inferenceservices",
        {
            **WORKLOAD,
            "artifact_uri": "spec.predictor.model.storageUri",
            "framework": "spec.predictor.model.modelFormat.name",
            "min_count": "spec.predictor.minReplicas",
            "max_count": "spec.predictor.maxReplicas",
            "endpoint": "status.url",
        },
        aliases=(Alias("uri", "status.url"),),
    ),
    row("k8s.kserve.serving_runtime", _C.ENDPOINT_CONFIG, "serving.kserve.io", "ServingRuntime", "servingruntimes"),
    row(
        "k8s.kserve.cluster_serving_runtime", _C.ENDPOINT_CONFIG, "serving.kserve.io", "ClusterServingRuntime", "clusterservingruntimes",
        namespaced=False,
    ),
    row("k8s.seldon.deployment", _C.ENDPOINT, "machinelearning.seldon.io", "SeldonDeployment", "seldondeployments"),
    row("k8s.spark.application", _C.DATA_JOB, "sparkoperator.k8s.io", "SparkApplication", "sparkapplications", {**WORKLOAD, "source_uri": "spec.mainApplicationFile"}),
    row("k8s.argo.workflow", _C.PIPELINE, "argoproj.io", "Workflow", "workflows", {"phase": "status.phase"}),
    row("k8s.argo.workflow_template", _C.PIPELINE, "argoproj.io", "WorkflowTemplate", "workflowtemplates"),
    row("k8s.argo.cluster_workflow_template", _C.PIPELINE, "argoproj.io", "ClusterWorkflowTemplate", "clusterworkflowtemplates", namespaced=False),
    row("k8s.argo.cron_workflow", _C.PIPELINE, "argoproj.io", "CronWorkflow", "cronworkflows", {"suspended": "spec.suspend"}),
    row("k8s.feast.feature_store", _C.FEATURE_STORE, "feast.dev", "FeatureStore", "featurestores"),
    row("k8s.kueue.cluster_queue", _C.BATCH_QUEUE, "kueue.x-k8s.io", "ClusterQueue", "clusterqueues", namespaced=False),
    row("k8s.kueue.local_queue", _C.BATCH_QUEUE, "kueue.x-k8s.io", "LocalQueue", "localqueues"),
    row("k8s.prometheus.prometheus", _C.MONITOR, "monitoring.coreos.com", "Prometheus", "prometheuses"),
    row("k8s.prometheus.service_monitor", _C.MONITOR, "monitoring.coreos.com", "ServiceMonitor", "servicemonitors"),
    row("k8s.prometheus.prometheus_rule", _C.ALARM, "monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
    row("k8s.karpenter.node_pool", _C.SCALING_GROUP, "karpenter.sh", "NodePool", "nodepools", {"limits": "spec.limits"}, namespaced=False),
    row("k8s.snapshot.volume_snapshot", _C.SNAPSHOT, "snapshot.storage.k8s.io", "VolumeSnapshot", "volumesnapshots"),
    row(
        "k8s.snapshot.volume_snapshot_content", _C.SNAPSHOT, "snapshot.storage.k8s.io", "VolumeSnapshotContent", "volumesnapshotcontents",
        {"size_bytes": Field("status.restoreSize", integer)},
        namespaced=False,
    ),
)  # fmt: skip

_GATEWAY, _SNAPSHOT, _TRAINER = "gateway.networking.k8s.io", "snapshot.storage.k8s.io", "trainer.kubeflow.org"
_API, _ADMISSION = "apiregistration.k8s.io", "admissionregistration.k8s.io"

_PLAIN: tuple[tuple[str, Category, str, str, str, bool], ...] = (
    # kind, category, group, type, plural, whether it has a namespace: types of which only name, links and mentions count
    ("k8s.endpoints", _C.ADDRESS, "", "Endpoints", "endpoints", True),
    ("k8s.endpoint_slice", _C.ADDRESS, "discovery.k8s.io", "EndpointSlice", "endpointslices", True),
    ("k8s.ip_address", _C.ADDRESS, "networking.k8s.io", "IPAddress", "ipaddresses", False),
    ("k8s.service_cidr", _C.SUBNET, "networking.k8s.io", "ServiceCIDR", "servicecidrs", False),
    ("k8s.ingress_class", _C.SETTINGS, "networking.k8s.io", "IngressClass", "ingressclasses", False),
    ("k8s.limit_range", _C.SETTINGS, "", "LimitRange", "limitranges", True),
    ("k8s.pod_template", _C.SETTINGS, "", "PodTemplate", "podtemplates", True),
    ("k8s.pod_disruption_budget", _C.SETTINGS, "policy", "PodDisruptionBudget", "poddisruptionbudgets", True),
    ("k8s.controller_revision", _C.SETTINGS, "apps", "ControllerRevision", "controllerrevisions", True),
    ("k8s.lease", _C.SETTINGS, "coordination.k8s.io", "Lease", "leases", True),
    ("k8s.api_service", _C.SETTINGS, _API, "APIService", "apiservices", False),
    ("k8s.mutating_webhook", _C.SETTINGS, _ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", False),
    ("k8s.validating_webhook", _C.SETTINGS, _ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", False),
    ("k8s.mutating_admission_policy", _C.POLICY, _ADMISSION, "MutatingAdmissionPolicy", "mutatingadmissionpolicies", False),
    ("k8s.mutating_admission_policy_binding", _C.POLICY, _ADMISSION, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", False),
    ("k8s.validating_admission_policy", _C.POLICY, _ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", False),
    ("k8s.validating_admission_policy_binding", _C.POLICY, _ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", False),
    ("k8s.certificate_signing_request", _C.SETTINGS, "certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests", False),
    ("k8s.flow_schema", _C.SETTINGS, "flowcontrol.apiserver.k8s.io", "FlowSchema", "flowschemas", False),
    ("k8s.priority_level", _C.SETTINGS, "flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "prioritylevelconfigurations", False),
    ("k8s.csi_node", _C.SETTINGS, "storage.k8s.io", "CSINode", "csinodes", False),
    ("k8s.csi_storage_capacity", _C.SETTINGS, "storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities", True),
    ("k8s.volume_attachment", _C.SETTINGS, "storage.k8s.io", "VolumeAttachment", "volumeattachments", False),
    ("k8s.volume_attributes_class", _C.STORAGE_CLASS, "storage.k8s.io", "VolumeAttributesClass", "volumeattributesclasses", False),
    ("k8s.device_class", _C.SETTINGS, "resource.k8s.io", "DeviceClass", "deviceclasses", False),
    ("k8s.resource_claim", _C.SETTINGS, "resource.k8s.io", "ResourceClaim", "resourceclaims", True),
    ("k8s.resource_claim_template", _C.SETTINGS, "resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates", True),
    ("k8s.snapshot.volume_snapshot_class", _C.STORAGE_CLASS, _SNAPSHOT, "VolumeSnapshotClass", "volumesnapshotclasses", False),
    ("k8s.gateway.gateway_class", _C.SETTINGS, _GATEWAY, "GatewayClass", "gatewayclasses", False),
    ("k8s.gateway.gateway", _C.LOAD_BALANCER, _GATEWAY, "Gateway", "gateways", True),
    ("k8s.gateway.http_route", _C.LOAD_BALANCER, _GATEWAY, "HTTPRoute", "httproutes", True),
    ("k8s.gateway.grpc_route", _C.LOAD_BALANCER, _GATEWAY, "GRPCRoute", "grpcroutes", True),
    ("k8s.openshift.route", _C.LOAD_BALANCER, "route.openshift.io", "Route", "routes", True),
    ("k8s.istio.virtual_service", _C.LOAD_BALANCER, "networking.istio.io", "VirtualService", "virtualservices", True),
    ("k8s.istio.gateway", _C.LOAD_BALANCER, "networking.istio.io", "Gateway", "gateways", True),
    ("k8s.elbv2.target_group_binding", _C.SETTINGS, "elbv2.k8s.aws", "TargetGroupBinding", "targetgroupbindings", True),
    ("k8s.cert_manager.certificate", _C.CERTIFICATE, "cert-manager.io", "Certificate", "certificates", True),
    ("k8s.cert_manager.issuer", _C.SETTINGS, "cert-manager.io", "Issuer", "issuers", True),
    ("k8s.cert_manager.cluster_issuer", _C.SETTINGS, "cert-manager.io", "ClusterIssuer", "clusterissuers", False),
    ("k8s.external_secrets.external_secret", _C.SECRET, "external-secrets.io", "ExternalSecret", "externalsecrets", True),
    ("k8s.external_secrets.secret_store", _C.SETTINGS, "external-secrets.io", "SecretStore", "secretstores", True),
    ("k8s.external_secrets.cluster_secret_store", _C.SETTINGS, "external-secrets.io", "ClusterSecretStore", "clustersecretstores", False),
    ("k8s.karpenter.node_claim", _C.SETTINGS, "karpenter.sh", "NodeClaim", "nodeclaims", False),
    ("k8s.karpenter.ec2_node_class", _C.LAUNCH_TEMPLATE, "karpenter.k8s.aws", "EC2NodeClass", "ec2nodeclasses", False),
    ("k8s.nvidia.cluster_policy", _C.SETTINGS, "nvidia.com", "ClusterPolicy", "clusterpolicies", False),
    ("k8s.kueue.resource_flavor", _C.SETTINGS, "kueue.x-k8s.io", "ResourceFlavor", "resourceflavors", False),
    ("k8s.kueue.workload", _C.SETTINGS, "kueue.x-k8s.io", "Workload", "workloads", True),
    ("k8s.volcano.queue", _C.BATCH_QUEUE, "scheduling.volcano.sh", "Queue", "queues", False),
    ("k8s.volcano.pod_group", _C.SETTINGS, "scheduling.volcano.sh", "PodGroup", "podgroups", True),
    ("k8s.kubeflow.profile", _C.SETTINGS, _KUBEFLOW, "Profile", "profiles", False),
    ("k8s.kubeflow.pod_default", _C.SETTINGS, _KUBEFLOW, "PodDefault", "poddefaults", True),
    ("k8s.kubeflow.trial", _C.RUN, _KUBEFLOW, "Trial", "trials", True),
    ("k8s.kubeflow.training_runtime", _C.SETTINGS, _TRAINER, "TrainingRuntime", "trainingruntimes", True),
    ("k8s.kubeflow.cluster_training_runtime", _C.SETTINGS, _TRAINER, "ClusterTrainingRuntime", "clustertrainingruntimes", False),
    ("k8s.ack.bucket", _C.SETTINGS, "s3.services.k8s.aws", "Bucket", "buckets", True),
)  # fmt: skip
KINDS += tuple(row(n, c, group, kind, plural, namespaced=spaced) for n, c, group, kind, plural, spaced in _PLAIN)
KINDS += OPERATORS

_BY_TYPE: Mapping[tuple[str, str], Kind] = {(k.fetch.group, k.fetch.kind): k for k in KINDS}


def snake(kind: str) -> str:
    """ "MPIJob" -> "mpi_job"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()


@cache
def kind_name(group: str, kind: str) -> str:
    """Our name of a type, whether it has a row or not."""
    known = _BY_TYPE.get((group, kind))
    return known.name if known else f"k8s.{group or 'core'}.{snake(kind)}"


def row_of(type_: Objects) -> Kind:
    """The row of a served type: ours, read under the version and reach that the server names, or one that keeps it raw."""
    known = _BY_TYPE.get((type_.group, type_.kind))
    if known is None:
        name = kind_name(type_.group, type_.kind)
        known = row(name, Category.UNMODELLED, type_.group, type_.kind, type_.plural, namespaced=type_.namespaced)
    return replace(known, fetch=type_)


def silent(silence: Silence) -> Kind:
    """A row for what a group version that does not answer may hold. It has coverage, never records."""
    return Kind(
        name=f"k8s.{silence.group or 'core'}.{silence.version}",
        category=Category.UNMODELLED,
        fetch=silence,
        id="metadata.uid",
        fields={},
    )
