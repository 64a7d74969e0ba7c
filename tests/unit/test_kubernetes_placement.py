"""What pods ask of their cluster, told from manifests as people write them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from collectors.kubernetes.facts import payload
from collectors.kubernetes.types import Objects
from discovery.planning import declared

DEPLOYMENT = """
metadata:
  name: trainer
  namespace: ml
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"extensions/v1beta1","kind":"Deployment"}'
  managedFields:
  - {manager: helm, operation: Update, apiVersion: apps/v1beta2}
  - {manager: kube-controller-manager, operation: Update, apiVersion: apps/v1alpha9, subresource: status}
spec:
  replicas: 2
  template:
    metadata:
      annotations: {iam.amazonaws.com/role: trainer}
    spec:
      serviceAccountName: trainer
      runtimeClassName: nvidia
      hostNetwork: true
      nodeSelector: {eks.amazonaws.com/nodegroup: gpu}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - {key: node.kubernetes.io/instance-type, operator: In, values: [p4d.24xlarge, p5.48xlarge]}
              - {key: karpenter.sh/capacity-type, operator: Exists}
              - {key: spot, operator: DoesNotExist}
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 1
            preference: {matchExpressions: [{key: nice, operator: Exists}]}
      tolerations:
      - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
      - {key: team, value: ml}
      - {operator: Exists}
      initContainers:
      - {name: fetch, image: busybox, env: [{name: BUCKET, value: models}]}
      containers:
      - name: main
        image: trainer:1
        securityContext: {privileged: true}
        env:
        - {name: AWS_REGION, value: eu-west-1}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: hub, key: token}}}
        envFrom:
        - {prefix: DB_, secretRef: {name: database}}
        - {configMapRef: {name: settings}}
        resources:
          requests: {cpu: 4, memory: 1Gi, hugepages-2Mi: 1Gi}
          limits: {nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 4, google.com/tpu: 0}
      volumes:
      - {name: shm, emptyDir: {medium: Memory}}
      - {name: driver, hostPath: {path: /usr/local/nvidia}}
      - {name: data, csi: {driver: efs.csi.aws.com}}
      - name: scratch
        ephemeral: {volumeClaimTemplate: {spec: {storageClassName: gp3}}}
"""


def facts(text: str, group: str, kind: str) -> dict[str, Any]:
    type_ = Objects(group, kind, f"{kind.lower()}s", True, "v1")
    out, gaps = payload(yaml.safe_load(text), type_, "uid", frozenset())
    assert not gaps
    return dict(out["$facts"])


def test_what_a_deployment_asks_of_its_cluster() -> None:
    found = facts(DEPLOYMENT, "apps", "Deployment")
    assert found["keys"] == ["AWS_REGION", "BUCKET", "TOKEN"]
    assert found["environment_from"] == [
        {"kind": "Secret", "name": "database", "prefix": "DB_"},
        {"kind": "ConfigMap", "name": "settings", "prefix": ""},
    ]
    assert found["labels"] == {
        "eks.amazonaws.com/nodegroup": "gpu",
        "karpenter.sh/capacity-type": "*",
        "node.kubernetes.io/instance-type": "p4d.24xlarge,p5.48xlarge",
    }
    assert found["tolerations"] == ["*:*", "nvidia.com/gpu:NoSchedule", "team=ml:*"]
    assert found["extended_resources"] == ["nvidia.com/gpu", "vpc.amazonaws.com/efa"]
    assert found["volume_types"] == ["csi:efs.csi.aws.com", "emptyDir", "ephemeral", "hostPath"]
    assert found["host_paths"] == ["/usr/local/nvidia"]
    assert found["storage_classes"] == ["gp3"]
    assert (found["host_network"], found["privileged"]) == (True, True)
    assert (found["service_account"], found["runtime_class"]) == ("trainer", "nvidia")
    assert "iam.amazonaws.com/role" in found["annotation_names"]


def test_old_versions_of_the_api_show_in_the_history_of_an_object_and_a_status_writes_none() -> None:
    found = facts(DEPLOYMENT, "apps", "Deployment")
    assert found["written_api_versions"] == ["apps/v1", "apps/v1beta2", "extensions/v1beta1"]


def test_a_pod_that_asks_for_nothing_says_so() -> None:
    found = facts(
        "metadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: a}]}}}", "apps", "Deployment"
    )
    for name in ("keys", "environment_from", "labels", "tolerations", "extended_resources", "host_paths"):
        assert not found[name]
    assert (found["host_network"], found["privileged"], found["service_account"]) == (False, False, None)


def test_pods_that_a_training_runtime_makes_up_stay_unknown() -> None:
    train = "metadata: {name: t}\nspec: {runtimeRef: {name: torch}, trainer: {numNodes: 2, resourcesPerNode: {limits: {nvidia.com/gpu: 8}}}}"
    found = facts(train, "trainer.kubeflow.org", "TrainJob")
    assert found["accelerator_requested_count"] == 16
    assert not {"keys", "tolerations", "host_network"} & set(found)
    assert not {"keys", "tolerations", "host_network"} & set(declared()["k8s.kubeflow.train_job"])
    assert {"keys", "tolerations", "host_network"} <= set(declared()["k8s.deployment"])


def test_a_served_model_asks_as_its_predictor_does() -> None:
    served = """
metadata: {name: m}
spec:
  predictor:
    nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}
    model: {modelFormat: {name: onnx}, storageUri: "gs://models/m", resources: {limits: {nvidia.com/gpu: "1"}}}
"""
    found = facts(served, "serving.kserve.io", "InferenceService")
    assert found["labels"] == {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    assert found["extended_resources"] == ["nvidia.com/gpu"]


def test_spark_keeps_what_it_asks_in_fields_of_its_own() -> None:
    spark = """
metadata: {name: s}
spec:
  volumes: [{name: data, hostPath: {path: /data}}]
  driver: {env: [{name: AWS_REGION, value: a}], serviceAccount: spark}
  executor: {instances: 2, gpu: {name: nvidia.com/gpu, quantity: 1}, tolerations: [{key: gpu, effect: NoSchedule}]}
"""
    found = facts(spark, "sparkoperator.k8s.io", "SparkApplication")
    assert (found["keys"], found["tolerations"]) == (["AWS_REGION"], ["gpu:NoSchedule"])
    assert (found["host_paths"], found["extended_resources"]) == (["/data"], ["nvidia.com/gpu"])


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["Resource:cpu"]),
        ({"metrics": [{"type": "Resource", "resource": {"name": "memory"}}]}, ["Resource:memory"]),
        (
            {"metrics": [{"type": "External", "external": {"metric": {"name": "pubsub.googleapis.com|x"}}}]},
            ["External:pubsub.googleapis.com|x"],
        ),
    ],
)
def test_an_autoscaler_says_by_what_it_scales(spec: dict[str, Any], expected: list[str]) -> None:
    type_ = Objects("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", True)
    out, _ = payload({"metadata": {"name": "h"}, "spec": spec}, type_, "uid", frozenset())
    assert out["$facts"]["scaled_by"] == expected


@pytest.mark.parametrize(
    ("notes", "class_", "expected"),
    [({"kubernetes.io/ingress.class": "alb"}, None, "alb"), ({}, "gce", "gce"), ({}, None, None)],
)
def test_the_class_of_an_ingress_stands_in_one_of_two_places(
    notes: dict[str, str], class_: str | None, expected: str | None
) -> None:
    obj = {"metadata": {"name": "i", "annotations": notes}, "spec": {"ingressClassName": class_} if class_ else {}}
    out, _ = payload(obj, Objects("networking.k8s.io", "Ingress", "ingresses", True), "uid", frozenset())
    assert out["$facts"]["ingress_class"] == expected
    assert out["$facts"]["annotation_names"] == sorted(notes)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"csi": {"driver": "ebs.csi.aws.com"}}, ["csi:ebs.csi.aws.com"]),
        ({"capacity": {"storage": "1Gi"}, "nfs": {"server": "a", "path": "/"}}, ["nfs"]),
        ({"local": {"path": "/mnt/nvme"}}, ["local"]),
    ],
)
def test_what_backs_a_volume(spec: dict[str, Any], expected: list[str]) -> None:
    type_ = Objects("", "PersistentVolume", "persistentvolumes", False)
    out, _ = payload({"metadata": {"name": "v"}, "spec": spec}, type_, "uid", frozenset())
    assert out["$facts"]["volume_types"] == expected
