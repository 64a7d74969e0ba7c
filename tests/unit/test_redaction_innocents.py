"""What is no secret comes through redaction unchanged: ids, digests, names, settings, prose about secrets."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from normalize.redaction import redact, scrub

RNG = random.Random(11)
HEX = "0123456789abcdef"


def hexadecimal(length: int) -> str:
    return "".join(RNG.choices(HEX, k=length))


def lower(length: int) -> str:
    return "".join(RNG.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def uuids() -> str:
    return str(uuid.UUID(int=RNG.getrandbits(128)))


IDS: dict[str, Callable[[], str]] = {
    "ARN of a role": lambda: f"arn:aws:iam::{RNG.randrange(10**11, 10**12)}:role/nl-train-{hexadecimal(8)}",
    "ARN of a secret": lambda: f"arn:aws:secretsmanager:us-west-2:111122223333:secret:prod/db-password-{lower(6)}",
    "ARN of a key": lambda: f"arn:aws:kms:us-west-2:111122223333:key/{uuids()}",
    "ARN of a training job": lambda: f"arn:aws:sagemaker:us-west-2:111122223333:training-job/llama-sft-2026-11-24-{lower(5)}",
    "ARN of a parameter": lambda: "arn:aws:ssm:us-west-2:111122223333:parameter/prod/db/password",
    "key of a service account": lambda: f"//iam.googleapis.com/projects/p/serviceAccounts/{RNG.randrange(10**20)}/keys/{hexadecimal(40)}",
    "image with digest": lambda: f"111122223333.dkr.ecr.us-west-2.amazonaws.com/team/train@sha256:{hexadecimal(64)}",
    "image with tag": lambda: f"ghcr.io/org/serving-runtime:v{RNG.randrange(9)}.{RNG.randrange(20)}.0-cu124-{hexadecimal(7)}",
    "image with a commit": lambda: f"gcr.io/project/app:{hexadecimal(40)}",
    "image of NVIDIA": lambda: "nvcr.io/nvidia/pytorch:24.10-py3",
    "S3 URI": lambda: f"s3://checkpoints-usw2/run-{hexadecimal(32)}/epoch=3-step=1000.ckpt",
    "S3 URL": lambda: f"https://weights.s3.us-west-2.amazonaws.com/llama/{uuids()}/model-00001-of-00030.safetensors",
    "GCS URI": lambda: f"gs://datasets/imagenet/{hexadecimal(40)}.tar",
    "ABFS URI": lambda: "abfss://container@account.dfs.core.windows.net/tables/events",
    "URL of a commit": lambda: f"https://github.com/org/repo/commit/{hexadecimal(40)}",
    "URL of a run": lambda: f"https://mlflow.example.internal/#/experiments/12/runs/{hexadecimal(32)}",
    "URL of a file": lambda: f"https://huggingface.co/meta-llama/Meta-Llama-3.1-8B-Instruct/resolve/{hexadecimal(40)}/config.json",
    "URL of a dashboard": lambda: "https://grafana.example/d/gpu-overview/gpu-overview?orgId=1&from=now-6h&to=now",
    "URL of an API": lambda: "https://kubernetes.default.svc/api/v1/namespaces/ml/services/vllm:8000/proxy/v1/models",
    "URL with a version": lambda: f"https://b.s3.amazonaws.com/k?versionId={''.join(RNG.choices('ABCDEFGHabcdefgh0123456789', k=32))}",
    "URL of a model page": lambda: "https://huggingface.co/TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ/tree/main",
    "URL of a package": lambda: "https://download.pytorch.org/whl/cu124/torch-2.5.1%2Bcu124-cp312-cp312-linux_x86_64.whl",
    "URL of a secret store": lambda: "https://vault.example:8200/v1/secret/data/team/app",
    "URL of a key vault": lambda: f"https://kv.vault.azure.net/secrets/db-password/{hexadecimal(32)}",
    "UUID": uuids,
    "instance": lambda: f"i-{hexadecimal(17)}",
    "network": lambda: f"vpc-{hexadecimal(17)}",
    "subnets": lambda: ",".join(f"subnet-{hexadecimal(17)}" for _ in range(4)),
    "security groups": lambda: " ".join(f"sg-{hexadecimal(17)}" for _ in range(3)),
    "snapshot": lambda: f"snap-{hexadecimal(17)}",
    "node": lambda: f"ip-10-20-{RNG.randrange(255)}-{RNG.randrange(255)}.us-west-2.compute.internal",
    "host of a database": lambda: f"db.c{lower(11)}.us-west-2.rds.amazonaws.com",
    "host of a cluster": lambda: f"{hexadecimal(32).upper()}.gr7.us-west-2.eks.amazonaws.com",
    "load balancer": lambda: f"k8s-serving-vllm-{hexadecimal(10)}-{hexadecimal(16)}.elb.us-west-2.amazonaws.com",
    "service": lambda: "http://mlflow.mlflow.svc.cluster.local:5000",
    "JDBC without a login": lambda: "jdbc:postgresql://db.example:5432/app?sslmode=require&ApplicationName=etl",
    "login without a password": lambda: "postgresql://optuna@optuna-db.example:5432/optuna",
    "remote of Git": lambda: "git@github.com:org/repo.git",
    "commit": lambda: hexadecimal(40),
    "short commit": lambda: hexadecimal(7),
    "sha256": lambda: f"sha256:{hexadecimal(64)}",
    "md5": lambda: hexadecimal(32),
    "etag": lambda: f'"{hexadecimal(32)}-{RNG.randrange(99)}"',
    "pod": lambda: f"vllm-llama-70b-{hexadecimal(10)}-{lower(5)}",
    "job": lambda: f"trial-{RNG.randrange(9999)}-{lower(5)}",
    "container": lambda: f"containerd://{hexadecimal(64)}",
    "provider id": lambda: f"aws:///us-west-2a/i-{hexadecimal(17)}",
    "time": lambda: f"2026-11-{RNG.randrange(1, 28):02d}T10:{RNG.randrange(60):02d}:00.123456Z",
    "duration": lambda: "PT1H30M",
    "quantity": lambda: "104857600Ki",
    "cron": lambda: "*/15 3 * * 1-5",
    "address": lambda: f"10.20.{RNG.randrange(255)}.{RNG.randrange(255)}:8080",
    "IPv6": lambda: f"2001:db8::{hexadecimal(4)}:{hexadecimal(4)}",
    "MAC": lambda: ":".join(hexadecimal(2) for _ in range(6)),
    "GPU": lambda: f"GPU-{uuids()}",
    "PCI": lambda: "00000000:C1:00.0",
    "model": lambda: "Qwen2.5-Coder-32B-Instruct-GPTQ-Int4",
    "model with organisation": lambda: "NousResearch/Nous-Hermes-2-Mixtral-8x7B-DPO-AWQ",
    "accelerator": lambda: "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
    "instance type": lambda: "p5e.48xlarge",
    "Azure size": lambda: "Standard_ND96isr_H100_v5",
    "CUDA settings": lambda: "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True,max_split_size_mb:512",
    "NCCL settings": lambda: "NCCL_IB_HCA=mlx5_0,mlx5_1 NCCL_SOCKET_IFNAME=^lo,docker0 NCCL_DEBUG=INFO",
    "class": lambda: "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
    "Python path": lambda: "transformers.models.llama.tokenization_llama_fast.LlamaTokenizerFast",
    "metric": lambda: "vllm:time_to_first_token_seconds_bucket",
    "metric with labels": lambda: 'sum(rate(vllm:generation_tokens_total{model_name="llama"}[5m])) by (pod)',
    "selector": lambda: "app.kubernetes.io/name=vllm,tier in (serving, canary),!legacy",
    "resource name": lambda: "projects/ml-prod/locations/europe-west4/endpoints/1234567890123456789",
    "ARM id": lambda: f"/subscriptions/{uuids()}/resourceGroups/ml/providers/Microsoft.KeyVault/vaults/kv-ml",
    "file": lambda: "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "file of a key": lambda: "/etc/ssl/private/server.key",
    "CloudFormation name": lambda: f"MlStack-TrainingRole-{''.join(RNG.choices('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', k=12))}",
    "public key": lambda: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + base64.b64encode(bytes(range(32))).decode().rstrip("=") + " ops@example",
    "certificate": lambda: "-----BEGIN CERTIFICATE-----\nMIIB" + base64.b64encode(bytes(range(90))).decode() + "\n-----END CERTIFICATE-----\n",
    "host key": lambda: "SHA256:" + base64.b64encode(bytes(range(32))).decode().rstrip("="),
}  # fmt: skip

PLACES: dict[str, Callable[[str], Any]] = {
    "text": lambda v: v,
    "object": lambda v: {"spec": {"thing": v}},
    "list": lambda v: {"items": ["a", v, "b"]},
    "environment": lambda v: {"env": [{"name": "SETTING", "value": v}]},
    "tag": lambda v: {"Tags": [{"Key": "origin", "Value": v}]},
    "flag": lambda v: {"args": ["serve", f"--origin={v}", "--other", v, "--port=80"]},
    "JSON in a string": lambda v: {"config": json.dumps({"origin": v, "more": [v]})},
    "YAML in a string": lambda v: {"config": yaml.safe_dump({"origin": v, "more": {"other": v}})},
    "script": lambda v: f'#!/bin/bash\nORIGIN="{v}"\npython train.py --origin "{v}"\n',
    "sentence": lambda v: f"Reading {v} failed after 3 attempts, see {v}.",
    "base64": lambda v: {
        "UserData": base64.b64encode(f"#!/bin/bash\npython train.py --origin '{v}'\n".encode()).decode()
    },
}


@pytest.mark.parametrize("kind", IDS)
def test_identifier_survives(kind: str) -> None:
    lost = {}
    for _ in range(5):
        value = IDS[kind]()
        lost |= {
            place: after for place, put in PLACES.items() if (after := redact({"x": put(value)})["x"]) != put(value)
        }
    assert lost == {}


SETTINGS: dict[str, Any] = {
    "tokenizer": {
        "tokenizer": "meta-llama/Llama-3.1-8B", "tokenizer_class": "LlamaTokenizerFast", "tokenizer_mode": "auto", "max_tokens": 4096,
        "max_new_tokens": "512", "pad_token_id": 128001, "eos_token": "<|eot_id|>", "bos_token": "<|begin_of_text|>", "unk_token": "[UNK]",
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "num_tokens": 2000000000, "total_tokens_seen": 1_500_000_000_000,
        "tokens_per_second": 1834.2, "token_dropout": 0.1, "tokenizers_parallelism": "false", "image_token_index": 32000,
        "return_token_type_ids": False, "max_num_batched_tokens": 8192, "token_healing": True, "add_bos_token": True, "vocab_size": 128256,
        "token_classification_head": "linear", "skip_special_tokens": True, "token_embedding": "rotary", "prompt_tokens": 100, "tokens": 12000,
    },
    "layers": {"key_dim": 64, "num_key_value_heads": 8, "key_proj_bias": "false", "attention_key_dtype": "bfloat16", "use_cache": True, "hash_seed": 17, "monkey": "patch"},
    "hyperparameters": {"HyperParameters": {"learning_rate": "3e-5", "per_device_train_batch_size": "8", "optim": "adamw_torch_fused", "lr_scheduler_type": "cosine", "sagemaker_program": "train.py", "seed": "42", "pass_threshold": "0.95", "first_pass_model": "small", "passes": "3"}},
    "policy of passwords": {
        "PasswordPolicy": {"MinimumPasswordLength": 14, "RequireSymbols": True, "MaxPasswordAge": 90, "PasswordReusePrevention": 24},
        "password_encryption": "scram-sha-256", "passwordRotationDays": "30", "PasswordLastUsed": "2026-11-01T10:00:00+00:00", "password_hasher": "argon2id",
        "credential_provider": "ecr-credential-provider", "credentialsMode": "Mint", "credsStore": "ecr-login", "credHelpers": {"111122223333.dkr.ecr.us-west-2.amazonaws.com": "ecr-login"},
    },
    "references": {
        "secretName": "db-creds-2024", "secretKeyRef": {"name": "db-creds", "key": "password"}, "existingSecret": "my-release-postgresql", "existingSecretPasswordKey": "postgres-password",
        "imagePullSecrets": [{"name": "regcred-1"}], "pullSecrets": ["regcred-1"], "SecretArn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:x-AbCdEf", "secretId": "prod/db/master",
        "tokenSecretRef": {"name": "vault-token-1"}, "credentialsFile": "/etc/app/credentials.json", "passwordFile": "/run/secrets/db_password", "tokenUrl": "https://idp.example/oauth2/token",
        "passwordSecretName": "mysql-pass-1", "secret_version": "AWSCURRENT", "token_endpoint": "https://idp.example/v1/token", "SecretVersionId": "d2f1a8c0-7a55-4f4e-9a2c-1b1c9e0e7c55",
        "vault.hashicorp.com/agent-inject-secret-db-creds": "database/creds/db-app-1", "checksum/secret": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "valueFrom": "arn:aws:ssm:us-west-2:111122223333:parameter/prod/db/password", "awsSecretsManagerRegion": "us-west-2", "secretProviderClass": "aws-secrets-2",
    },
    "placeholders": {"password": "${DB_PASSWORD}", "token": "{{ .Values.token }}", "secret": "$(DB_SECRET)", "apiKey": "${{ secrets.API_KEY }}", "PASSWORD": "$DB_PASSWORD", "pw": "****", "clientSecret": "<client secret>", "db_password": "", "accessKey": None},
    "switches": {"automountServiceAccountToken": False, "requireToken": "true", "disablePassword": "yes", "generatePassword": True, "tokenAuth": "enabled", "allowPasswordAuthentication": "no", "HttpTokens": "required", "MasterUserPasswordSet": True},
    "keys": {"KeyName": "ops-2024", "key": "nvidia.com/gpu", "topologyKey": "kubernetes.io/hostname", "partition_key": "event_date", "PrimaryKey": ["customer_id"], "sortKey": "ts", "KmsKeyId": "alias/ml-data-1", "keySpec": "RSA_2048", "s3Key": "models/v1/model-2024.tar.gz", "Key": "data/train/part-00017.parquet"},
    "licences": {"license": "apache-2.0", "licenses": ["MIT", "BSD-3-Clause", "CC-BY-NC-4.0", "llama3.1"], "licenseModel": "postgresql-license", "license_name": "deepseek-license-agreement-2"},
    "authentication": {"auth": "oauth2", "authType": "AWS_IAM", "AuthorizationType": "NONE", "authentication": "ldap", "auth_mode": "sigv4", "SaslMechanism": "SCRAM-SHA-512", "cookieDomain": "example.com", "cookie_samesite": "lax", "sessionAffinity": "ClientIP", "session": "eval-2024-q3", "signature": "inputs: [double]"},
    "labels": {"labels": {"app.kubernetes.io/name": "vault-secrets-operator", "app.kubernetes.io/version": "0.9.1", "pod-template-hash": "7f9c6d5b4c", "controller-revision-hash": "web-5d4f8c7b9", "argocd.argoproj.io/secret-type": "cluster", "batch.kubernetes.io/controller-uid": "93597c0f-0636-4be4-bceb-3e2c2b1f6f36"}},
    "names": [{"name": "secrets-store-csi-driver-4kx2p"}, {"name": "token-exchange-7f9c6d5b4-x2k8q"}, {"name": "password-reset-worker-0"}, {"kind": "ExternalSecret", "metadata": {"name": "wandb-api-key"}, "spec": {"secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"}, "data": [{"secretKey": "api-key", "remoteRef": {"key": "prod/wandb", "property": "apiKey"}}]}}],
    "limits": {"token_bucket": {"capacity": 10000, "refill_rate": 100}, "tokenLimit": 100000, "maxTokensPerMinute": "200000", "TokenExpirationSeconds": 3607, "passwordMaxAttempts": 5, "secretRotationIntervalDays": 30},
    "drivers": {"env": [{"name": "NCCL_DEBUG", "value": "WARN"}, {"name": "CUDA_VISIBLE_DEVICES", "value": "0,1,2,3"}, {"name": "TOKENIZERS_PARALLELISM", "value": "false"}, {"name": "HF_HOME", "value": "/cache/hf"}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}, {"name": "MODEL_ID", "value": "mistralai/Mixtral-8x7B-Instruct-v0.1"}]},
    "commands": {"args": ["docker", "run", "-u", "1000:1000", "-p", "8080:80", "-v", "/pass:/data", "--name", "redis", "redis:7", "redis-cli", "-h", "cache", "-p", "6379", "ping"]},
    "commands of databases": [["mysql", "-u", "root", "-p", "app"], ["psql", "-U", "app", "-p", "5432"], ["mongosh", "--port", "27017"], ["curl", "-u", "alice", "https://h.example"], ["kubectl", "get", "secret", "db-creds-1", "-o", "yaml"], ["aws", "configure", "set", "region", "us-west-2"], ["vault", "kv", "get", "secret/x"], ["docker", "login", "registry.example"]],
    "identities": {"principalId": "AROAEXAMPLEID", "clientId": "93597c0f-0636-4be4-bceb-3e2c2b1f6f36", "ClientToken": None, "kid": "90c48f61c65cd56224a12ab18e6ee9ca9c3aee7c", "KeyFingerprint": "1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f", "thumbprint": "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"},
}  # fmt: skip


@pytest.mark.parametrize("kind", SETTINGS)
def test_setting_survives(kind: str) -> None:
    assert SETTINGS[kind] == redact(SETTINGS[kind])


@pytest.mark.parametrize("kind", SETTINGS)
def test_setting_survives_in_a_document_inside_a_string(kind: str) -> None:
    text = json.dumps(SETTINGS[kind])
    assert text == redact({"config": text})["config"]


@pytest.mark.parametrize("kind", SETTINGS)
def test_setting_survives_in_yaml(kind: str) -> None:
    text = yaml.safe_dump(SETTINGS[kind], width=10_000)
    assert text == scrub(text)


SENTENCES = [
    "credentials: Unable to locate credentials",
    "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
    "token: expired",
    "token: the token has expired",
    "invalid token: token expired",
    "error: credentials: no EC2 IMDS role found, operation error ec2imds: GetMetadata",
    "Unable to load credentials: Could not connect to the endpoint URL: \"http://169.254.169.254/latest/meta-data/\"",
    "An error occurred (ExpiredToken) when calling the ListBuckets operation: The provided token has expired.",
    "An error occurred (UnrecognizedClientException) when calling the ListClusters operation: The security token included in the request is invalid",
    "An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db",
    "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.",
    "secrets is forbidden: User \"system:serviceaccount:ml:reader\" cannot list resource \"secrets\" in API group \"\" at the cluster scope",
    "MountVolume.SetUp failed for volume \"creds\" : secret \"prod-db-2024x\" not found",
    "Error: secret \"wandb-2\" not found",
    "couldn't find key api-key in Secret ml/wandb-2",
    "FATAL: password authentication failed for user \"app\"",
    "password: authentication failed for user",
    "Failed to pull image: unauthorized: authentication required",
    "no basic auth credentials",
    "x509: certificate signed by unknown authority",
    "401 Unauthorized: Bearer token is missing",
    "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"",
    "Rotates the password every 30 days; basic authentication is off, bearer tokens are used.",
    "The API key is required to call this endpoint.",
    "API key rotation is due in March.",
    "Access key and secret key must be set",
    "client_secret must be set when grant_type is client_credentials",
    "The password is stored in AWS Secrets Manager under prod/db.",
    "Reads the token from the file /var/run/secrets/token.",
    "token refresh failed after 3 attempts",
    "Authorization header is missing",
    "cookie policy accepted by the user",
    "secret management is done with External Secrets and Vault",
    "net user growth was 12 percent, net use of memory fell",
    "wandb login failed, run wandb login again",
    "docker login succeeded for registry.example",
    "the curl user agent is set to curl/8.5.0",
    "mysql -p asks for the password",
    "could not read Username for 'https://github.com': terminal prompts disabled",
    "key: not found in cache",
    "credentials: the config profile (prod) could not be found",
    "kubeconfig: no such file or directory",
    "Warning: Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.",
    "Evaluates 4096 tokens per request; max_tokens=512, temperature=0.2, top_p=0.95",
    "step 1200 loss=1.834 tokens/s=18432.1 lr=2.9e-05",
    "2026-11-24 10:00:00 INFO vllm.engine: # GPU blocks: 27896, # CPU blocks: 2048",
]  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentence_about_secrets_stays_readable(sentence: str) -> None:
    assert sentence == scrub(sentence)
    assert {"reason": f"us-west-2: {sentence}"} == redact({"reason": f"us-west-2: {sentence}"})


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2 is the one",
        "password: the hunter2 is invalid now" ,
        "token: expired-9f1c64a02aaea494",
        "credentials: sunshine is not allowed",
        "password: correct horse battery staple",
        "password: the quick brown fox",
        "secret: no pain no gain",
    ],
)  # fmt: skip
def test_a_value_is_no_sentence(text: str) -> None:
    after = scrub(text)
    assert [w for w in ("hunter2", "9f1c64a0", "sunshine", "correct", "staple", "quick", "pain") if w in after] == []
