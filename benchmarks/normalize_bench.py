"""What redacting, searching and observing cost per record, on payloads like those of a Kubernetes API.

Run: python -m benchmarks.normalize_bench
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from normalize.mapping import observe
from normalize.model import Category, Kind, RawRecord, Scope, Template
from normalize.redaction import redact
from normalize.references import search

RECORDS = 5000
ROUNDS = 3


def pod(rng: random.Random, number: int) -> dict[str, Any]:
    """A pod of about 3 KB: own names, ids, addresses and times, shared images and settings, one secret."""
    uid = f"{rng.getrandbits(128):032x}"
    at = f"2026-11-{rng.randint(1, 28):02d}T{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}Z"
    image = f"111122223333.dkr.ecr.us-west-2.amazonaws.com/team-{number % 40}/train:v{number % 7}"
    address, node = (
        f"10.20.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
        f"ip-10-20-{number % 90}-7.us-west-2.compute.internal",
    )
    env = {
        "TRIAL_SEED": str(rng.getrandbits(30)),
        "CHECKPOINTS": f"s3://checkpoints-usw2/trial-{number}/",
        "DB_PASSWORD": f"{rng.getrandbits(60):x}Zq9",
        "STORAGE_URL": "postgresql://optuna@optuna-db.cx7y2k9q1abc.us-west-2.rds.amazonaws.com:5432/optuna",
        "MLFLOW_TRACKING_URI": "http://mlflow.mlflow.svc.cluster.local:5000",
        "NCCL_DEBUG": "WARN",
    }
    name = f"sweep-{number}-{rng.getrandbits(24):x}"
    return {
        "metadata": {
            "name": name,
            "namespace": "hpo",
            "uid": f"{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-{uid[20:]}",
            "resourceVersion": str(number),
            "creationTimestamp": at,
            "labels": {"batch.kubernetes.io/job-name": "sweep", "batch.kubernetes.io/job-completion-index": str(number), "team": "nlp"},
            "annotations": {"northlake.example/run": uid, "prometheus.io/scrape": "true"},
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "sweep", "uid": "4d9f4e0e-50a4-4d7c-9f7b-1ad2f8f63d6b", "controller": True}],
        },
        "spec": {
            "nodeName": node,
            "restartPolicy": "Never",
            "serviceAccountName": "trainer",
            "priorityClassName": "batch",
            "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": "datasets"}},
                {"name": "kube-api-access", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}},
            ],
            "containers": [
                {
                    "name": "trial",
                    "image": image,
                    "args": ["python", "-m", "train", f"--trial={number}", "--lr", f"{rng.random():.6f}", "--data", "s3://corpus-usw2/shards"],
                    "env": [{"name": n, "value": v} for n, v in env.items()],
                    "resources": {"limits": {"cpu": "4", "memory": "32Gi", "nvidia.com/gpu": "1"}, "requests": {"cpu": "4", "memory": "32Gi"}},
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}],
                    "terminationMessagePath": "/dev/termination-log",
                    "imagePullPolicy": "IfNotPresent",
                }
            ],
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}, {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        },
        "status": {
            "phase": "Running",
            "podIP": address,
            "hostIP": f"10.20.{number % 90}.7",
            "startTime": at,
            "qosClass": "Burstable",
            "conditions": [{"type": t, "status": "True", "lastTransitionTime": at} for t in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
            "containerStatuses": [
                {"name": "trial", "image": image, "imageID": f"{image.split(':')[0]}@sha256:{uid}{uid}", "containerID": f"containerd://{uid}{uid}", "ready": True, "restartCount": 0, "state": {"running": {"startedAt": at}}}
            ],
        },
    }  # fmt: skip


KIND = Kind(
    name="k8s.pod",
    category=Category.POD,
    fetch=None,
    id=Template("k8s://{@account}//Pod/{metadata.namespace}/{metadata.name}"),
    fields={"name": "metadata.name", "namespace": "metadata.namespace", "phase": "status.phase"},
    tags="metadata.labels",
)
SCOPE = Scope("kubernetes", "93597c0f-0636-4be4-bceb-3e2c2b1f6f36", "train")


def per_second(work: Callable[[Any], Any], payloads: list[Any]) -> float:
    """Payloads per second and core, each seen for the first time, as in a scan."""
    start = time.process_time()
    for payload in payloads:
        work(payload)
    return len(payloads) / (time.process_time() - start)


def main(records: int = RECORDS) -> dict[str, float]:
    """Print and return the best of ROUNDS for each step."""
    observed_at = datetime(2026, 11, 24, tzinfo=UTC)
    best: dict[str, float] = {}
    for turn in range(ROUNDS):
        steps: dict[str, Callable[[Any], Any]] = {
            "redact": redact,
            "search": lambda p: list(search(p)),
            "observe": lambda p: observe(
                RawRecord("k8s.pod", SCOPE, p, "bench", "GET /api/v1/pods", observed_at), KIND
            ),
        }
        for step, (name, work) in enumerate(steps.items()):
            first = (turn * len(steps) + step) * records
            payloads = [pod(random.Random(n), n) for n in range(first, first + records)]
            best[name] = max(best.get(name, 0.0), per_second(work, payloads))
    size = len(json.dumps(payloads[0]))
    for name, rate in best.items():
        print(f"{name:8} {rate:8,.0f} payloads/s   {rate * size / 1e6:6.1f} MB/s   ({size:,} bytes each)")
    return best


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
