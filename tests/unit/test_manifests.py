"""Manifests for another cloud: what is another's goes, what must be filled in says so, and the result is what the API takes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from planning.knowledge import load
from planning.manifests import for_target, portable

KNOWN = load()


def deployment(**spec: Any) -> dict[str, Any]:
    container = {"name": "app", "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/ml/serve@sha256:" + "0" * 64, "resources": {"limits": {"nvidia.com/gpu": "1"}}}  # fmt: skip
    pod = {
        "serviceAccountName": "serve",
        "nodeSelector": {"node.kubernetes.io/instance-type": "g5.xlarge", "disk": "ssd"},
        "tolerations": [{"key": "karpenter.k8s.aws/spot", "operator": "Exists"}],
        "containers": [container],
    }
    return {
        "$type": {"apiVersion": "apps/v1", "kind": "Deployment"},
        "$facts": {"images": []},
        "metadata": {"name": "serve", "namespace": "ml", "uid": "u", "resourceVersion": "5", "annotations": {"deployment.kubernetes.io/revision": "3"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "serve"}}, "template": {"metadata": {"labels": {"app": "serve"}}, "spec": pod | spec}},
        "status": {"readyReplicas": 2},
    }  # fmt: skip


def service_account() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "serve", "namespace": "ml", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/x"}},
    }  # fmt: skip


def service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "serve", "annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal", "team": "ml"}},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.7", "ports": [{"port": 80}], "selector": {"app": "serve"}},
    }  # fmt: skip


def claim(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
        "spec": {"storageClassName": "gp3", "accessModes": ["ReadWriteOnce"], "volumeName": "pvc-1", "resources": {"requests": {"storage": "5Gi"}}} | spec,
    }  # fmt: skip


@pytest.mark.parametrize("target", ["gcp", "azure", "kubernetes"])
@pytest.mark.parametrize(
    "obj", [deployment(), service_account(), service(), claim()], ids=lambda o: o.get("kind", "Deployment")
)
def test_what_comes_out_is_what_the_api_takes(target: str, obj: dict[str, Any]) -> None:
    kubernetes_validate.validate(dict(for_target(obj, target, KNOWN).manifest), "1.33", strict=True)


def test_a_deployment_for_google() -> None:
    found = for_target(deployment(), "gcp", KNOWN)
    pod = found.manifest["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"disk": "ssd", "cloud.google.com/gke-accelerator": "ACCELERATOR"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["containers"][0]["image"] == "REGION-docker.pkg.dev/PROJECT/REPOSITORY/ml/serve@sha256:" + "0" * 64
    assert found.fill_in == ("ACCELERATOR", "PROJECT", "REGION", "REPOSITORY")
    assert {n.partition(":")[0] for n in found.notes} == {"node selector", "tolerations", "images"}


def test_aks_reads_a_label_of_the_pod_besides() -> None:
    found = for_target(deployment(), "azure", KNOWN)
    assert found.manifest["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"


def test_identity_and_load_balancers_speak_the_target() -> None:
    account = for_target(service_account(), "gcp", KNOWN).manifest
    assert account["metadata"]["annotations"] == {"iam.gke.io/gcp-service-account": "SERVICE-ACCOUNT@PROJECT.iam.gserviceaccount.com"}  # fmt: skip
    inside = for_target(service(), "azure", KNOWN).manifest
    assert inside["metadata"]["annotations"] == {"team": "ml", "service.beta.kubernetes.io/azure-load-balancer-internal": "true"}  # fmt: skip
    assert "clusterIP" not in inside["spec"]


def test_a_shared_claim_asks_for_a_class_with_a_file_service() -> None:
    assert for_target(claim(), "azure", KNOWN).manifest["spec"]["storageClassName"] == "default"
    found = for_target(claim(accessModes=["ReadWriteMany"], storageClassName="efs"), "azure", KNOWN)
    assert found.manifest["spec"]["storageClassName"] == "STORAGE-CLASS"


@pytest.mark.parametrize("make", [deployment, service_account, service, claim], ids=lambda f: f.__name__)
def test_the_difference_applies(tmp_path: Path, make: Any) -> None:
    obj = make()
    found = for_target(obj, "gcp", KNOWN)
    kept = portable(obj)
    name = f"{kept['kind']}-{kept['metadata']['name']}.yaml".lower()
    (tmp_path / name).write_text(yaml.safe_dump(kept, sort_keys=True))
    subprocess.run(["git", "apply", "-p1"], input=found.difference, text=True, cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    assert yaml.safe_load((tmp_path / name).read_text()) == found.manifest


def test_what_is_portable_stays_as_it_is() -> None:
    plain = deployment(
        nodeSelector={"disk": "ssd"}, tolerations=[], containers=[{"name": "a", "image": "ghcr.io/acme/a:1"}]
    )
    found = for_target(plain, "gcp", KNOWN)
    assert (found.difference, found.notes, found.fill_in) == ("", (), ())
