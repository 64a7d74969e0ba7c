"""Rows of the operators that AI clusters run: serving, training, streams, meshes, delivery, queues, observability.

Owns group, kind, plural and reach of each, and the few fields that a migration asks for. What an object points to stands in
edges.py, how many pods it makes in workloads.py.

Source, read 2026-11-24: definitions of custom resources of apache/flink-kubernetes-operator at 6e9caeb, SlinkyProject/slurm-operator at
f2ed3fc, kubernetes-sigs/gateway-api-inference-extension at 84436a9 (and its api/v1alpha2), NVIDIA/k8s-nim-operator at f63f74d,
vllm-project/aibrix at e3e10f9; config/crd of ai-dynamo/dynamo, kubernetes-sigs/kueue, volcano-sh/volcano, open-telemetry's operator,
kserve/kserve, NVIDIA/gpu-operator, SeldonIO/seldon-core, kaito-project/kaito, kedacore/keda and knative/serving; types of ray-project/kuberay;
Strimzi's and llm-d's examples. The plurals of Istio, Argo, Flux, the Prometheus operator, Velero and VictoriaMetrics are the lower-case
plurals of their kinds, not verified against a copy; the server's own discovery decides what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectors.kubernetes.row import TRAINING, WORKLOAD, row
from normalize.model import Alias, Category, Field, Kind, Path
from normalize.units import integer

_C = Category
_Fields = Mapping[str, Path | Field]

_KNATIVE, _FLINK, _STRIMZI, _SLINKY = "serving.knative.dev", "flink.apache.org", "kafka.strimzi.io", "slinky.slurm.net"
_KSERVE, _SELDON, _NIM, _NVIDIA = "serving.kserve.io", "mlops.seldon.io", "apps.nvidia.com", "nvidia.com"
_KUEUE, _KEDA, _ARGO, _ISTIO = "kueue.x-k8s.io", "keda.sh", "argoproj.io", "networking.istio.io"
_GATEWAY, _INFERENCE, _INFERENCE_X, _LLM_D = (
    "gateway.networking.k8s.io", "inference.networking.k8s.io", "inference.networking.x-k8s.io", "llm-d.ai",
)  # fmt: skip
_PROMETHEUS, _VICTORIA, _OTEL = "monitoring.coreos.com", "operator.victoriametrics.com", "opentelemetry.io"

_URL = (Alias("uri", "status.url"),)
_SERVED: _Fields = {**WORKLOAD, "endpoint": "status.url"}
_SCALED: _Fields = {"min_count": "spec.minReplicas", "max_count": "spec.maxReplicas"}
_JOB: _Fields = {
    "state": "status.jobStatus.state",
    "artifact_uri": "spec.job.jarURI",
    "parallelism_count": "spec.job.parallelism",
}
_CLUSTER = ("metadata", "labels", "strimzi.io/cluster")
_POOL: _Fields = {"priority": "spec.priority"}
_GIT: _Fields = {"repository": "spec.url", "branch": "spec.ref.branch"}

OPERATORS: tuple[Kind, ...] = (
    # Knative
    row("k8s.knative.service", _C.ENDPOINT, _KNATIVE, "Service", "services", _SERVED, aliases=_URL),
    row("k8s.knative.revision", _C.DEPLOYMENT, _KNATIVE, "Revision", "revisions", {"images": "$facts.images", "instance_count": "status.actualReplicas"}),
    row("k8s.knative.route", _C.LOAD_BALANCER, _KNATIVE, "Route", "routes", {"endpoint": "status.url"}),
    row("k8s.knative.configuration", _C.ENDPOINT_CONFIG, _KNATIVE, "Configuration", "configurations"),
    row("k8s.knative.domain_mapping", _C.DNS_RECORD, _KNATIVE, "DomainMapping", "domainmappings", {"endpoint": "status.url"}),
    row("k8s.knative.broker", _C.STREAM, "eventing.knative.dev", "Broker", "brokers"),
    row("k8s.knative.trigger", _C.SETTINGS, "eventing.knative.dev", "Trigger", "triggers"),
    # KServe, Seldon, NIM, Dynamo, AIBrix, KAITO, llm-d
    row(
        "k8s.kserve.llm_inference_service", _C.ENDPOINT, _KSERVE, "LLMInferenceService", "llminferenceservices",
        {**_SERVED, "artifact_uri": "spec.model.uri", "min_count": "spec.scaling.minReplicas", "max_count": "spec.scaling.maxReplicas"},
        aliases=_URL,
    ),
    row("k8s.kserve.llm_inference_service_config", _C.ENDPOINT_CONFIG, _KSERVE, "LLMInferenceServiceConfig", "llminferenceserviceconfigs"),
    row("k8s.kserve.inference_graph", _C.ENDPOINT, _KSERVE, "InferenceGraph", "inferencegraphs", {"endpoint": "status.url"}, aliases=_URL),
    row("k8s.kserve.trained_model", _C.DEPLOYMENT, _KSERVE, "TrainedModel", "trainedmodels", {"artifact_uri": "spec.model.storageUri", "framework": "spec.model.framework"}),
    row("k8s.kserve.cluster_storage_container", _C.SETTINGS, _KSERVE, "ClusterStorageContainer", "clusterstoragecontainers", namespaced=False),
    row("k8s.kserve.local_model_cache", _C.CACHE, _KSERVE, "LocalModelCache", "localmodelcaches", {"artifact_uri": "spec.sourceModelUri"}, namespaced=False),
    row("k8s.seldon.model", _C.DEPLOYMENT, _SELDON, "Model", "models", {"artifact_uri": "spec.storageUri", "desired_count": "spec.replicas"}),
    row("k8s.seldon.server", _C.ENDPOINT, _SELDON, "Server", "servers", {"desired_count": "spec.replicas"}),
    row("k8s.seldon.pipeline", _C.ENDPOINT, _SELDON, "Pipeline", "pipelines"),
    row("k8s.seldon.experiment", _C.ENDPOINT_CONFIG, _SELDON, "Experiment", "experiments"),
    row("k8s.nim.service", _C.ENDPOINT, _NIM, "NIMService", "nimservices", {**WORKLOAD, "state": "status.state", "base_model": "status.model.name"}),
    row("k8s.nim.cache", _C.CACHE, _NIM, "NIMCache", "nimcaches", {"state": "status.state"}),
    row("k8s.nim.pipeline", _C.ENDPOINT, _NIM, "NIMPipeline", "nimpipelines", {"state": "status.state"}),
    row("k8s.nim.build", _C.MODEL_JOB, _NIM, "NIMBuild", "nimbuilds", {"state": "status.state", "base_model": "spec.modelName"}),
    row("k8s.dynamo.graph_deployment", _C.ENDPOINT, _NVIDIA, "DynamoGraphDeployment", "dynamographdeployments", {**WORKLOAD, "state": "status.state"}),
    row("k8s.dynamo.component_deployment", _C.DEPLOYMENT, _NVIDIA, "DynamoComponentDeployment", "dynamocomponentdeployments"),
    row("k8s.dynamo.graph_deployment_request", _C.ENDPOINT_CONFIG, _NVIDIA, "DynamoGraphDeploymentRequest", "dynamographdeploymentrequests", {"base_model": "spec.model"}),
    row("k8s.dynamo.model", _C.DEPLOYMENT, _NVIDIA, "DynamoModel", "dynamomodels"),
    row("k8s.aibrix.model_adapter", _C.DEPLOYMENT, "model.aibrix.ai", "ModelAdapter", "modeladapters", {"base_model": "spec.baseModel", "artifact_uri": "spec.artifactURL", "phase": "status.phase"}),
    row("k8s.aibrix.pod_autoscaler", _C.SCALING_GROUP, "autoscaling.aibrix.ai", "PodAutoscaler", "podautoscalers", {**_SCALED, "strategy": "spec.scalingStrategy"}),
    row("k8s.aibrix.storm_service", _C.ENDPOINT, "orchestration.aibrix.ai", "StormService", "stormservices", {**WORKLOAD, "ready_count": "status.readyReplicas"}),
    row("k8s.aibrix.ray_cluster_fleet", _C.CLUSTER, "orchestration.aibrix.ai", "RayClusterFleet", "rayclusterfleets", {**WORKLOAD, "ready_count": "status.readyReplicas"}),
    row("k8s.aibrix.kv_cache", _C.CACHE, "orchestration.aibrix.ai", "KVCache", "kvcaches", {"mode": "spec.mode"}),
    row("k8s.kaito.workspace", _C.ENDPOINT, "kaito.sh", "Workspace", "workspaces", {"instance_type": "resource.instanceType", "desired_count": "resource.count", "base_model": "inference.preset.name"}),
    row("k8s.kaito.inference_set", _C.ENDPOINT, "kaito.sh", "InferenceSet", "inferencesets", {"desired_count": "spec.replicas"}),
    row("k8s.kaito.rag_engine", _C.ENDPOINT, "kaito.sh", "RAGEngine", "ragengines"),
    row("k8s.llm_d.variant_autoscaling", _C.SCALING_GROUP, "llmd.ai", "VariantAutoscaling", "variantautoscalings", {**_SCALED, "base_model": "spec.modelID"}),
    *(
        row(f"k8s.{where}.inference_pool", _C.LOAD_BALANCER, group, "InferencePool", "inferencepools", {"selector": "$facts.selector"})
        for where, group in (("inference", _INFERENCE), ("inference_x", _INFERENCE_X), ("llm_d", _LLM_D))
    ),
    *(
        row(f"k8s.{where}.inference_objective", _C.SETTINGS, group, "InferenceObjective", "inferenceobjectives", _POOL)
        for where, group in (("inference_x", _INFERENCE_X), ("llm_d", _LLM_D))
    ),
    row("k8s.inference_x.inference_model", _C.DEPLOYMENT, _INFERENCE_X, "InferenceModel", "inferencemodels", {"base_model": "spec.modelName"}),
    row("k8s.inference_x.inference_pool_import", _C.SETTINGS, _INFERENCE_X, "InferencePoolImport", "inferencepoolimports"),
    # training and batch
    row("k8s.kubeflow.jax_job", _C.TRAINING_JOB, "kubeflow.org", "JAXJob", "jaxjobs", TRAINING),
    row("k8s.kubeflow.paddle_job", _C.TRAINING_JOB, "kubeflow.org", "PaddleJob", "paddlejobs", TRAINING),
    row("k8s.kubeflow.suggestion", _C.SETTINGS, "kubeflow.org", "Suggestion", "suggestions"),
    row("k8s.ray.cron_job", _C.TRAINING_JOB, "ray.io", "RayCronJob", "raycronjobs", {**TRAINING, "schedule": "spec.schedule", "command": "spec.jobTemplate.entrypoint"}),
    row("k8s.spark.scheduled_application", _C.DATA_JOB, "sparkoperator.k8s.io", "ScheduledSparkApplication", "scheduledsparkapplications", {"images": "$facts.images", "schedule": "spec.schedule", "source_uri": "spec.template.mainApplicationFile"}),
    row("k8s.volcano.cron_job", _C.TRAINING_JOB, "batch.volcano.sh", "CronJob", "cronjobs", {"schedule": "spec.schedule"}),
    row("k8s.volcano.job_flow", _C.PIPELINE, "flow.volcano.sh", "JobFlow", "jobflows"),
    row("k8s.volcano.job_template", _C.PIPELINE, "flow.volcano.sh", "JobTemplate", "jobtemplates"),
    row("k8s.volcano.hyper_node", _C.SETTINGS, "topology.volcano.sh", "HyperNode", "hypernodes", namespaced=False),
    row("k8s.kueue.cohort", _C.BATCH_QUEUE, _KUEUE, "Cohort", "cohorts", namespaced=False),
    row("k8s.kueue.admission_check", _C.SETTINGS, _KUEUE, "AdmissionCheck", "admissionchecks", namespaced=False),
    row("k8s.kueue.workload_priority_class", _C.SETTINGS, _KUEUE, "WorkloadPriorityClass", "workloadpriorityclasses", {"priority": "value"}, namespaced=False),
    row("k8s.kueue.multi_kueue_cluster", _C.SETTINGS, _KUEUE, "MultiKueueCluster", "multikueueclusters", namespaced=False),
    row("k8s.kueue.multi_kueue_config", _C.SETTINGS, _KUEUE, "MultiKueueConfig", "multikueueconfigs", namespaced=False),
    row("k8s.kueue.provisioning_request_config", _C.SETTINGS, _KUEUE, "ProvisioningRequestConfig", "provisioningrequestconfigs", namespaced=False),
    row("k8s.kueue.topology", _C.SETTINGS, _KUEUE, "Topology", "topologies", namespaced=False),
    row("k8s.slinky.controller", _C.CLUSTER, _SLINKY, "Controller", "controllers", {"images": "$facts.images"}),
    row("k8s.slinky.cluster", _C.CLUSTER, _SLINKY, "Cluster", "clusters", {"endpoint": "spec.server"}),
    row("k8s.slinky.node_set", _C.SCALING_GROUP, _SLINKY, "NodeSet", "nodesets", {**WORKLOAD, "ready_count": "status.readyReplicas"}),
    row("k8s.slinky.login_set", _C.SERVICE, _SLINKY, "LoginSet", "loginsets", {"images": "$facts.images", "desired_count": "spec.replicas"}),
    row("k8s.slinky.accounting", _C.SETTINGS, _SLINKY, "Accounting", "accountings", {"images": "$facts.images"}),
    row("k8s.slinky.rest_api", _C.API, _SLINKY, "RestApi", "restapis", {"images": "$facts.images", "desired_count": "spec.replicas"}),
    row("k8s.slinky.token", _C.SECRET, _SLINKY, "Token", "tokens"),
    # streams and data
    row("k8s.flink.deployment", _C.DATA_JOB, _FLINK, "FlinkDeployment", "flinkdeployments", {**WORKLOAD, **_JOB, "engine_version": "spec.flinkVersion", "service_account": "spec.serviceAccount"}),
    row("k8s.flink.session_job", _C.DATA_JOB, _FLINK, "FlinkSessionJob", "flinksessionjobs", _JOB),
    row("k8s.flink.state_snapshot", _C.SNAPSHOT, _FLINK, "FlinkStateSnapshot", "flinkstatesnapshots", {"state": "status.state", "source_uri": "status.path"}),
    row("k8s.kafka.cluster", _C.STREAM, _STRIMZI, "Kafka", "kafkas", {"engine_version": "spec.kafka.version", "desired_count": "spec.kafka.replicas", "hosts": "$facts.hosts"}),
    row("k8s.kafka.node_pool", _C.SCALING_GROUP, _STRIMZI, "KafkaNodePool", "kafkanodepools", {"cluster": _CLUSTER, "desired_count": "spec.replicas", "size_bytes": "$facts.size_bytes"}),
    row("k8s.kafka.topic", _C.STREAM, _STRIMZI, "KafkaTopic", "kafkatopics", {"cluster": _CLUSTER, "shard_count": Field("spec.partitions", integer)}),
    row("k8s.kafka.connect", _C.DATA_TRANSFER, _STRIMZI, "KafkaConnect", "kafkaconnects", {"version": "spec.version", "desired_count": "spec.replicas"}),
    row("k8s.kafka.connector", _C.DATA_TRANSFER, _STRIMZI, "KafkaConnector", "kafkaconnectors", {"cluster": _CLUSTER, "type": "spec.class"}),
    row("k8s.kafka.mirror_maker", _C.DATA_TRANSFER, _STRIMZI, "KafkaMirrorMaker2", "kafkamirrormaker2s", {"version": "spec.version", "desired_count": "spec.replicas"}),
    row("k8s.kafka.bridge", _C.API, _STRIMZI, "KafkaBridge", "kafkabridges", {"desired_count": "spec.replicas"}),
    row("k8s.kafka.user", _C.IDENTITY, _STRIMZI, "KafkaUser", "kafkausers", {"cluster": _CLUSTER}),
    row("k8s.velero.backup_storage_location", _C.BACKUP, "velero.io", "BackupStorageLocation", "backupstoragelocations", {"phase": "status.phase"}),
    row("k8s.velero.schedule", _C.BACKUP, "velero.io", "Schedule", "schedules", {"schedule": "spec.schedule"}),
    # meshes and gateways
    row("k8s.istio.destination_rule", _C.LOAD_BALANCER, _ISTIO, "DestinationRule", "destinationrules"),
    row("k8s.istio.service_entry", _C.SERVICE, _ISTIO, "ServiceEntry", "serviceentries", {"hosts": "spec.hosts", "location": "spec.location"}),
    row("k8s.istio.workload_entry", _C.ADDRESS, _ISTIO, "WorkloadEntry", "workloadentries"),
    row("k8s.istio.sidecar", _C.SETTINGS, _ISTIO, "Sidecar", "sidecars"),
    row("k8s.istio.envoy_filter", _C.SETTINGS, _ISTIO, "EnvoyFilter", "envoyfilters"),
    row("k8s.istio.peer_authentication", _C.POLICY, "security.istio.io", "PeerAuthentication", "peerauthentications", {"mode": "spec.mtls.mode"}),
    row("k8s.istio.request_authentication", _C.POLICY, "security.istio.io", "RequestAuthentication", "requestauthentications"),
    row("k8s.istio.authorization_policy", _C.POLICY, "security.istio.io", "AuthorizationPolicy", "authorizationpolicies"),
    row("k8s.istio.telemetry", _C.MONITOR, "telemetry.istio.io", "Telemetry", "telemetries"),
    row("k8s.gateway.tls_route", _C.LOAD_BALANCER, _GATEWAY, "TLSRoute", "tlsroutes"),
    row("k8s.gateway.tcp_route", _C.LOAD_BALANCER, _GATEWAY, "TCPRoute", "tcproutes"),
    row("k8s.gateway.udp_route", _C.LOAD_BALANCER, _GATEWAY, "UDPRoute", "udproutes"),
    row("k8s.gateway.reference_grant", _C.POLICY, _GATEWAY, "ReferenceGrant", "referencegrants"),
    row("k8s.gateway.backend_tls_policy", _C.POLICY, _GATEWAY, "BackendTLSPolicy", "backendtlspolicies"),
    # delivery and scaling
    row("k8s.argo.rollout", _C.WORKLOAD, _ARGO, "Rollout", "rollouts", {**WORKLOAD, "ready_count": "status.readyReplicas", "selector": "spec.selector.matchLabels"}),
    row(
        "k8s.argo.application", _C.SETTINGS, _ARGO, "Application", "applications",
        {"repository": "$facts.repository", "branch": "spec.source.targetRevision", "commit": "status.sync.revision", "state": "status.health.status", "drift": "status.sync.status"},
    ),
    row("k8s.argo.application_set", _C.SETTINGS, _ARGO, "ApplicationSet", "applicationsets"),
    row("k8s.argo.app_project", _C.SETTINGS, _ARGO, "AppProject", "appprojects"),
    row("k8s.argo.event_source", _C.SETTINGS, _ARGO, "EventSource", "eventsources"),
    row("k8s.argo.sensor", _C.SETTINGS, _ARGO, "Sensor", "sensors"),
    row("k8s.flux.git_repository", _C.SETTINGS, "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories", _GIT),
    row("k8s.flux.oci_repository", _C.SETTINGS, "source.toolkit.fluxcd.io", "OCIRepository", "ocirepositories", {"repository": "spec.url"}),
    row("k8s.flux.helm_repository", _C.SETTINGS, "source.toolkit.fluxcd.io", "HelmRepository", "helmrepositories", {"repository": "spec.url"}),
    row("k8s.flux.helm_chart", _C.SETTINGS, "source.toolkit.fluxcd.io", "HelmChart", "helmcharts"),
    row("k8s.flux.bucket", _C.SETTINGS, "source.toolkit.fluxcd.io", "Bucket", "buckets"),
    row("k8s.flux.kustomization", _C.SETTINGS, "kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", {"suspended": "spec.suspend"}),
    row("k8s.flux.helm_release", _C.SETTINGS, "helm.toolkit.fluxcd.io", "HelmRelease", "helmreleases", {"suspended": "spec.suspend"}),
    row("k8s.keda.scaled_object", _C.SCALING_GROUP, _KEDA, "ScaledObject", "scaledobjects", {"min_count": "spec.minReplicaCount", "max_count": "spec.maxReplicaCount"}),
    row("k8s.keda.scaled_job", _C.SCALING_GROUP, _KEDA, "ScaledJob", "scaledjobs", {"images": "$facts.images", "max_count": "spec.maxReplicaCount"}),
    row("k8s.keda.trigger_authentication", _C.SETTINGS, _KEDA, "TriggerAuthentication", "triggerauthentications"),
    row("k8s.keda.cluster_trigger_authentication", _C.SETTINGS, _KEDA, "ClusterTriggerAuthentication", "clustertriggerauthentications", namespaced=False),
    row("k8s.vertical_pod_autoscaler", _C.SCALING_GROUP, "autoscaling.k8s.io", "VerticalPodAutoscaler", "verticalpodautoscalers", {"mode": "spec.updatePolicy.updateMode"}),
    # nodes, accelerators, secrets
    row("k8s.nvidia.driver", _C.SETTINGS, _NVIDIA, "NVIDIADriver", "nvidiadrivers", {"driver_version": "spec.version", "state": "status.state"}, namespaced=False),
    row("k8s.karpenter.aks_node_class", _C.LAUNCH_TEMPLATE, "karpenter.azure.com", "AKSNodeClass", "aksnodeclasses", namespaced=False),
    row("k8s.gke.compute_class", _C.LAUNCH_TEMPLATE, "cloud.google.com", "ComputeClass", "computeclasses", namespaced=False),
    row("k8s.resource_slice", _C.SETTINGS, "resource.k8s.io", "ResourceSlice", "resourceslices", {"device_count": "$facts.device_count", "products": "$facts.products"}, namespaced=False),
    row("k8s.device_taint_rule", _C.SETTINGS, "resource.k8s.io", "DeviceTaintRule", "devicetaintrules", namespaced=False),
    row("k8s.secrets_store.secret_provider_class", _C.SETTINGS, "secrets-store.csi.x-k8s.io", "SecretProviderClass", "secretproviderclasses", {"type": "spec.provider"}),
    row("k8s.external_secrets.push_secret", _C.SECRET, "external-secrets.io", "PushSecret", "pushsecrets"),
    # watching
    row("k8s.otel.collector", _C.MONITOR, _OTEL, "OpenTelemetryCollector", "opentelemetrycollectors", {"mode": "spec.mode", "images": "$facts.images", "desired_count": "spec.replicas"}),
    row("k8s.otel.instrumentation", _C.SETTINGS, _OTEL, "Instrumentation", "instrumentations"),
    row("k8s.otel.target_allocator", _C.MONITOR, _OTEL, "TargetAllocator", "targetallocators"),
    row("k8s.prometheus.agent", _C.MONITOR, _PROMETHEUS, "PrometheusAgent", "prometheusagents"),
    row("k8s.prometheus.pod_monitor", _C.MONITOR, _PROMETHEUS, "PodMonitor", "podmonitors"),
    row("k8s.prometheus.probe", _C.MONITOR, _PROMETHEUS, "Probe", "probes"),
    row("k8s.prometheus.alertmanager", _C.MONITOR, _PROMETHEUS, "Alertmanager", "alertmanagers"),
    row("k8s.prometheus.alertmanager_config", _C.ALARM, _PROMETHEUS, "AlertmanagerConfig", "alertmanagerconfigs"),
    row("k8s.prometheus.thanos_ruler", _C.ALARM, _PROMETHEUS, "ThanosRuler", "thanosrulers"),
    row("k8s.prometheus.scrape_config", _C.MONITOR, _PROMETHEUS, "ScrapeConfig", "scrapeconfigs"),
    row("k8s.victoria_metrics.single", _C.METRIC_STORE, _VICTORIA, "VMSingle", "vmsingles"),
    row("k8s.victoria_metrics.cluster", _C.METRIC_STORE, _VICTORIA, "VMCluster", "vmclusters"),
    row("k8s.victoria_metrics.agent", _C.MONITOR, _VICTORIA, "VMAgent", "vmagents"),
)  # fmt: skip
"""Two groups serve InferencePool and InferenceObjective besides the one in which they began: inference.networking.k8s.io since 1.0, and
llm-d.ai."""
