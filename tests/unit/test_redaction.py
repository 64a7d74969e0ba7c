"""Secrets never survive; harmless facts do."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from normalize.errors import MappingError
from normalize.redaction import MARK, MAX_DEPTH, is_secret_name, mask, redact, scrub

S = "Zx9-qW3rTy7Lp2Vb"
"""A password that occurs nowhere else."""
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzkQ1w8Zp2"
HEX32 = "9f1c64a02aaea494e1e14c333cfd2b2a"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def dumped(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False)


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "db-password",
        "dbPassword",
        "PGPASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "MYSQL_PWD",
        "sfPassword",
        "spark.snowflake.sfPassword",
        "password",
        "Password",
        "PASSWD",
        "passphrase",
        "apiKey",
        "API_KEY",
        "x-api-key",
        "OPENAI_API_KEY",
        "accessKey",
        "AWS_SECRET_ACCESS_KEY",
        "secret_key",
        "SECRET_KEY",
        "clientSecret",
        "client_secret",
        "TOKEN",
        "HF_TOKEN",
        "authToken",
        "auth_token",
        "accesstoken",
        "refresh_token",
        "private_key",
        "privateKey",
        "ACCOUNT_KEY",
        "accountKey",
        "connectionString",
        "CONNECTION_STRING",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "DB_PASSWORD_PROD",
        "TOKEN_V2",
        "password1",
        "credentials",
        "AZURE_STORAGE_KEY",
        "FERNET_KEY",
        "licenseKey",
        "ssh_key",
        "SASL_JAAS_CONFIG",
        "REDIS_PASS",
        "requirepass",
        "--db-password",
        "webhookUrl",
        "GITLAB_CI_TOKEN",
        "client-key-data",
        "hmac_key",
    ],
)
def test_name_means_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "secretName",
        "SecretArn",
        "secretKeyRef",
        "passwordSecretRef",
        "NextToken",
        "nextToken",
        "continuationToken",
        "eos_token",
        "pad_token",
        "max_tokens",
        "max_new_tokens",
        "tokenizer",
        "tokenizer_class",
        "tokenization",
        "PasswordPolicy",
        "password_last_used",
        "passwordRotationDays",
        "tokenEndpoint",
        "token_url",
        "secret_id",
        "TokenExpiration",
        "kms_key_id",
        "KmsKeyId",
        "keyName",
        "partition_key",
        "sort_key",
        "name",
        "value",
        "path",
        "region",
        "bypass",
        "compass",
        "secretStoreRef",
        "imagePullPolicy",
        "secretmanager",
        "authors",
        "key_usage",
        "HttpTokens",
        "monkey",
        "keyboard",
        "tiktoken",
        "tokens_per_second",
        "PasswordLastChanged",
        "token-review",
        "secretProviderClass",
        "no-password",
        "embeddings",
    ],
)
def test_name_does_not_mean_a_secret(name: str) -> None:
    assert not is_secret_name(name)


WRAPPED: dict[str, Any] = {
    "env pair": [{"name": "DB_PASSWORD", "value": S}],
    "env pair, upper": [{"Name": "DbPassword", "Value": S}],
    "parameter": {"ParameterKey": "MasterUserPassword", "ParameterValue": S},
    "option": {"OptionName": "DBPassword", "Value": S},
    "nested value": {"name": "api_token", "value": {"stringValue": S}},
    "KFP constant": {"parameters": {"db_password": {"runtimeValue": {"constant": S}}}},
    "object": {"database": {"host": "h", "password": S}},
    "list under a name": {"passwords": [S, "x"]},
    "map under a name": {"credentials": {"alice": S}},
    "flag": ["serve", f"--db-password={S}"],
    "flag, single dash": ["serve", f"-password={S}"],
    "flag and value": ["serve", "--token", S, "--port", "80"],
    "set": ["helm", "--set", f"auth.rootPassword={S}"],
    "mysql": ["mysql", "-h", "db", f"-p{S}"],
    "mysql, arguments apart": {"command": ["mysql"], "args": ["-u", "root", f"-p{S}"]},
    "mysql in a shell": ["sh", "-c", f"mysqldump -h db -u root -p{S} things"],
    "sshpass": f"sshpass -p {S} ssh host",
    "redis-cli": ["redis-cli", "-a", S, "ping"],
    "redis-server": ["redis-server", "--requirepass", S],
    "redis.conf": f"bind 0.0.0.0\nrequirepass {S}\nport 6379",
    "curl user": f"curl -u admin:{S} https://h.example/",
    "curl user, list": ["curl", "-u", f"admin:{S}"],
    "curl header": f"curl -H 'Authorization: Bearer {S}' https://h.example/",
    "docker login": f"docker login -u me -p {S} registry.example",
    "url": f"postgresql://app:{S}@db.example:5432/app",
    "url, slash in it": f"postgresql://app:a/{S}@db.example/app",
    "url, no user": f"redis://:{S}@cache.example:6379/0",
    "url, at sign": f"amqp://app:p@{S}@mq.example/vhost",
    "url, srv": f"mongodb+srv://app:{S}@cluster0.abc.mongodb.net/?retryWrites=true",
    "url, token as user": "https://3f2c9d81b7aa4e0c9f11@git.example/org/repo.git",
    "two urls": f"redis://:{S}@h1:6379,redis://:{S}@h2:6379",
    "go dsn": f"app:{S}@tcp(db.example:3306)/app?parseTime=true",
    "proxy": f"app:{S}@proxy.example:3128",
    "jdbc query": f"jdbc:postgresql://db.example/app?user=app&password={S}",
    "jdbc semicolon": f"jdbc:sqlserver://db.example:1433;databaseName=x;user=sa;password={S};encrypt=true",
    "jdbc oracle": f"jdbc:oracle:thin:scott/{S}@//db.example:1521/svc",
    "ado": f"Server=tcp:x.database.windows.net,1433;Initial Catalog=m;User ID=u;Password={S};Encrypt=True;",
    "ado pwd": f"Driver={{ODBC}};Server=db;Uid=u;Pwd={S}",
    "azure storage": f"DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={b64(S * 4)};EndpointSuffix=core.windows.net",
    "service bus": f"Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b64(S)}",
    "sas": f"https://acct.blob.core.windows.net/c/b?sv=2024-01-01&se=2027&sig={S}%3D",
    "shared access signature": f"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig={S}",
    "presigned": f"https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE&X-Amz-Signature={S}",
    "libpq": f"host=db.example dbname=app user=app password={S} sslmode=require",
    "libpq, quoted": f"host=db password='{S} and more' user=app",
    "netrc": f"machine artifacts.example login bot password {S}",
    "netrc, lines": f"machine a.example\n  login bot\n  password {S}\n",
    "ini": f"[db]\nhost = h\npassword = {S}\n",
    "properties": f"spark.app=x\nspark.snowflake.sfPassword   {S}\n",
    "yaml": f"db:\n  host: h\n  password: {S}\n",
    "yaml, quoted": f'db:\n  password: "{S} x"\n',
    "yaml, words": f"db:\n  password: correct horse {S}\n  user: x\n",
    "yaml, block": f"auth:\n  token: |\n    {S}\n  user: x\n",
    "yaml, pair": f"env:\n- name: DB_PASSWORD\n  value: {S}\n- name: A\n  value: b\n",
    "dotenv": f"A=1\nexport FOO_TOKEN={S}\nB=2",
    "dotenv, quoted": f"FOO_TOKEN='{S}'",
    "dockerfile": f"ENV API_KEY {S}",
    "aws configure": f"aws configure set aws_secret_access_key {S}",
    "json in text": dumped({"a": {"password": S}}),
    "json in json in text": dumped({"cfg": dumped({"password": S})}),
    "json, odd quotes": dumped({"password": f'a"b\\{S}'}),
    "json with words around": f'starting with {{"user": "u", "password": "{S}"}} now',
    "escaped json with words around": f'config="{{\\"password\\": \\"{S}\\"}}" end',
    "python dict": f"{{'user': 'u', 'password': '{S}'}}",
    "python": f'os.environ["MY_TOKEN"] = "{S}"',
    "call": f'conf.set("fs.azure.account.key", "{S}")',
    "hcl": f'password = "{S}"',
    "powershell": f'$env:APP_TOKEN = "{S}"',
    "xml": f"<db><user>u</user><password>{S}</password></db>",
    "xml attribute": f'<add key="ApiKey" value="{S}"/>',
    "hadoop": f"<property><name>fs.s3a.secret.key</name><value>{S}</value></property>",
    "header": {"headers": {"Authorization": f"Basic {b64('u:' + S)}"}},
    "header text": f"Authorization: Basic {b64('u:' + S)}",
    "header pair": ["Authorization", f"Bearer {S}"],
    "cookie": f"Cookie: session={S}; theme=dark",
    "bearer": f"Bearer {S}",
    "docker auths": {"auths": {"registry.example": {"auth": b64(f"me:{S}")}}},
    "docker auths, short": {"auths": {"registry.example": {"auth": b64("me:" + S[:6])}}},
    "jaas": f'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="{S}";',
    "jaas under its name": {"spark.kafka.sasl.jaas.config": f'X required password="{S}";'},
    "weak name": {"key": HEX32, "username": "northlake"},
    "weak name, pat": {"pat": "q8Kd03mXz7LpW2Yv5RtB"},
    "licence": {"licence": "q8Kd03mXz7LpW2Yv5RtB"},
    "random in env": [{"name": "FOO", "value": "q8Kd03mXz7LpW2Yv5RtBn4Hs6Jc9Fg1A"}],
    "aws pair": f"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {AWS_SECRET}\n",
    "aws pair, unnamed": f"AKIAIOSFODNN7EXAMPLE {AWS_SECRET}",
    "service account key": {
        "type": "service_account",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{S}\n-----END PRIVATE KEY-----\n",
    },
    "pem": f"x\n-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----\ny",
    "pgp": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{S}\n-----END PGP PRIVATE KEY BLOCK-----",
    "pem cut off": f"-----BEGIN EC PRIVATE KEY-----\n{S}",
    "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{S}",
    "github": "ghp_" + "a1B2" * 9,
    "github, mid-text": "cloned with ghp_" + "a1B2" * 9 + " today",
    "databricks": "dapi" + "0a1b" * 8,
    "slack webhook": f"https://hooks.slack.com/services/T0/B0/{S}",
    "user data": {"UserData": b64(f"#!/bin/bash\nexport HF_TOKEN={S}\npython train.py\n")},
    "user data, lines": {
        "UserData": base64.encodebytes(f"#!/bin/bash\necho {'x' * 90}\nexport HF_TOKEN={S}\n".encode()).decode()
    },
    "base64url": base64.urlsafe_b64encode(f"??>>~~ password={S}".encode()).decode(),
    "base64 twice": b64(b64(f"password={S}")),
    "gzip": base64.b64encode(gzip.compress(f"token: {S}\n".encode(), mtime=0)).decode(),
    "utf-16": base64.b64encode(f"$password = '{S}'".encode("utf-16-le")).decode(),
    "percent": f"https://h.example/?next=%3Fpassword%3D{S}",
    "number": {"password": 48291377},
    "number as text": [{"name": "DB_PASSWORD", "value": "482913"}],
    "hyperparameter": {"hyperParameters": {"api_key": f'"{S}"'}},
    "key of an object": {f"https://u:{S}@host.example/x": 1},
    "terraform": f'variable "x" {{}}\nmaster_password="{S}"',
    "trailing comma": f"user=u,password={S},host=h",
    "pgpass": f"db.example:5432:app:svc:{S}",
    "htpasswd": f"svc:$apr1$saltsalt${S}",
    "shadow": f"root:$6$saltsalt${S}{S}:19000:0:99999:7:::",
    "ldap": f"bindpw {S}",
    "process": {"cmdline": f"mysqld_safe --user=x -p{S} --verbose"},
    "java property": {"cmdline": f"java -Djavax.net.ssl.keyStorePassword={S} -jar x.jar"},
    "piped": f"echo '{S}' | docker login --username u --password-stdin r.example",
    "chpasswd": f"chpasswd:\n  list: |\n    root:{S}\n",
    "prose": {"description": f"The password is {S}"},
    "name of two words": {"note": f"API key: {S}"},
    "secure string": f'ConvertTo-SecureString "{S}" -AsPlainText',
    "secure parameters": {"SecureParameters": {"a": S}},
    "xml entry": f'<entry key="password">{S}</entry>',
    "cdata": f"<password><![CDATA[{S}]]></password>",
    "harmless name before": f"JAVA_OPTS=-Ddb.password={S}",
    "secret of an account": {"SecretString": dumped({"username": "u", "password": S})},
    "git source": {"tags": [{"key": "mlflow.source.git.repoURL", "value": f"https://ci:{S}@git.example/x.git"}]},
    "airflow": [{"name": "AIRFLOW_CONN_PG", "value": f"postgres://u:{S}@db/x"}],
    "otp": f"otpauth://totp/me?secret={S}&issuer=x",
    "helm literal": f"kubectl create secret generic x --from-literal=password={S}",
    "docker env": ["docker", "run", "-e", f"PASSWORD={S}", "x"],
    "comma inside": f"--db-password={S[:6]},{S[6:]}",
}
HIDDEN = (S, S[:6] + "," + S[6:], S[6:], AWS_SECRET, HEX32, b64(S)[:20], b64(S * 4)[:24], b64("u:" + S)[4:], b64(f"me:{S}"), b64("me:" + S[:6]),
          "q8Kd03mX", "a1B2a1B2", "0a1b0a1b", "48291377", "482913", "3f2c9d81b7aa4e0c9f11", "AKIAIOSFODNN7EXAMPLE")  # fmt: skip


@pytest.mark.parametrize("wrapper", WRAPPED)
def test_secret_does_not_survive(wrapper: str) -> None:
    payload = WRAPPED[wrapper]
    before, after = dumped(payload), dumped(redact({"spec": payload}))
    assert [s for s in HIDDEN if s in after] == []
    assert "redacted" in after
    assert before != after


HARMLESS: dict[str, Any] = {
    "digest": {"image": "ghcr.io/a/b:1@sha256:" + "2c26b46b68ffc68ff99b453c1d304134" * 2},
    "commit": {"revision": "4f2c9a1be07d3365c8f1a0b9d2e4c6f8a1b3d5e7"},
    "run id": {"run_id": "0d7c2b9e4a614f3c8e5d1a2b3c4d5e6f"},
    "name like a key": {"base": "sk-learn-iris-sk-01"},
    "arn": {"role": "arn:aws:iam::111122223333:role/nl-train-s3-rw"},
    "secret arn": {"SecretArn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:prod/db-password-AbC123"},
    "secret arn under a secret's name": {"password": "arn:aws:secretsmanager:us-west-2:111122223333:secret:prod/db-AbC123"},
    "secret arn in a text": {"note": "reads arn:aws:secretsmanager:us-west-2:111122223333:secret:prod/db-password-AbC123 at start"},
    "value from": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:us-west-2:111122223333:parameter/prod/db/password"}],
    "secretKeyRef": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-creds", "key": "password"}}}],
    "secret volume": {"volumes": [{"name": "certs", "secret": {"secretName": "tls-main", "defaultMode": 420, "items": [{"key": "tls.crt", "path": "crt"}]}}]},
    "projected": {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
    "pull secrets": {"imagePullSecrets": [{"name": "ngc-registry"}]},
    "kms": {"KmsKeyId": "5f0c1e3a-7b1d-4e0e-9a54-1c9d2f7a8b60"},
    "kms under key": {"key": "5f0c1e3a-7b1d-4e0e-9a54-1c9d2f7a8b60"},
    "tag": {"Tags": [{"Key": "team", "Value": "nlp"}, {"Key": "cost-center", "Value": "CC-4711"}]},
    "tokenizer": {"tokenizer": "gpt2", "max_tokens": 4096, "eos_token": "</s>", "pad_token": "<pad>", "tokens": 2048000},
    "token arguments": ["--max-tokens", "4096", "--tokenizer", "mistralai/Mistral-7B-v0.3", "--max-num-batched-tokens=8192"],
    "s3": {"uri": "s3://nl-pretrain-corpus-usw2/c4/de/part-000.parquet", "Key": "models/2024/llama-3-70b/model.tar.gz"},
    "password policy": {"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireSymbols": True}, "password_last_used": "2026-01-01T00:00:00Z"},
    "metadata": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    "model uri": {"source": "models:/churn@champion", "artifact": "runs:/0d7c2b9e4a614f3c8e5d1a2b3c4d5e6f/model"},
    "container of a lake": {"dir": "abfss://eventlogs-of-the-lake-2026@nlpartnerlake.dfs.core.windows.net/spark"},
    "ssh remote": {"repo": "git@github.com:org/repo.git", "url": "ssh://git@github.com/org/repo.git"},
    "port": {"url": "http://mlflow.mlflow.svc:5000/x@y"},
    "affinity": [{"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-H100-80GB-HBM3"]}],
    "placeholder": {"password": "${DB_PASSWORD}", "token": "{{ vault.token }}", "PASSWORD": "$(DB_PASSWORD)"},
    "token file": {"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token", "token": "/var/run/secrets/token"},
    "docker user": ["docker", "run", "-u", "1000:1000", "-p", "8080:80", "x"],
    "profile": ["-project=foo", "-p8080:80", "--port=80"],
    "prose": {"description": "Rotates the password every 30 days; basic authentication is off, bearer tokens are used."},
    "cert": {"caBundle": b64("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")},
    "uid": {"uid": "985d2baf-d0d5-4dd8-b5bc-09d5245dba14", "resourceVersion": "649"},
    "node": {"providerID": "aws:///us-west-2a/i-083e537c521cf0c9c", "hostname": "ip-10-20-0-21.us-west-2.compute.internal"},
    "etag": {"ETag": '"9b2cf535f27731c974343645a3985328"', "VersionId": "null"},
    "versions": {"authors": "Ada", "keyboard": "de", "passes": "2", "signature": "inputs: [double]"},
    "private key spec": {"privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always", "encoding": "PKCS1"}},
    "helm label": {"helm.sh/chart": "vault-secrets-operator-0.9.1", "type": "kubernetes.io/service-account-token"},
    "external secret": {"data": [{"secretKey": "api-key", "remoteRef": {"key": "prod/nlp/wandb"}}]},
    "remote ref": {"remoteRef": {"key": "prod/nlp/wandb"}, "secretStoreRef": {"name": "aws-sm", "kind": "ClusterSecretStore"}},
    "managed secret": {"MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:us-west-2:111122223333:secret:rds-1", "SecretStatus": "active"}},
    "bool": {"automountServiceAccountToken": False, "requireToken": "true", "token": None, "password": ""},
    "task": {"JobName": "disk-0123456789abcdef0123456789abcdef", "Name": "task-0123456789abcdef0123456789abcdef"},
    "fingerprint": {"KeyFingerprint": "1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f", "DiskId": "pci-0000:03:00.0-scsi-0:0:0:0"},
    "key spec": {"CustomerMasterKeySpec": "RSA_2048", "KeySpec": "HMAC_256", "CreationToken": "console-7f0f1b1e"},
    "primary key": {"primary_key": "customer_id", "partition_key": "event_date", "KeyName": "ops-2024"},
}  # fmt: skip


@pytest.mark.parametrize("fact", HARMLESS)
def test_harmless_fact_survives(fact: str) -> None:
    assert HARMLESS[fact] == redact(HARMLESS[fact])


def test_facts_beside_a_secret_survive() -> None:
    text = scrub(f"host=db.example dbname=app user=app password={S} sslmode=require s3://bucket/key")
    assert f"host=db.example dbname=app user=app password={MARK} sslmode=require s3://bucket/key" == text


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (f"postgresql://app:{S}@db.cx7y2k9q1abc.us-west-2.rds.amazonaws.com:5432/app", "dns:db.cx7y2k9q1abc.us-west-2.rds.amazonaws.com"),
        (b64(f"export T_TOKEN={S}\naws s3 cp s3://weights-usw2/x ."), "s3://weights-usw2"),
        (b64(json.dumps({"registry": "https://registry.hq.northlake.example:5443"})), "dns:registry.hq.northlake.example"),
    ],
)  # fmt: skip
def test_dependency_inside_a_secret_is_not_lost_with_it(value: str, kept: str) -> None:
    after = redact({"data": {"x": value}}, frozenset({"data"}))
    assert f"[redacted; mentions {kept}]" == after["data"]["x"]


def test_password_that_looks_like_a_host_leaves_no_mention() -> None:
    assert redact({"password": "my.secret.horse"}) == {"password": MARK}
    assert redact({"Env": {"DB_PASSWORD": "my.secret.horse"}}, frozenset({"Env"})) == {"Env": {"DB_PASSWORD": MARK}}


@pytest.mark.parametrize(
    "path", ["Environment", "Jobs[].Environment", "Jobs[].Env[]", "*.hidden"]
)  # fmt: skip
def test_sensitive_path_is_masked_whole(path: str) -> None:
    payload = {"Environment": {"A": "quite ordinary"}, "Jobs": [{"Environment": {"A": "quite ordinary"}, "Env": [{"Name": "A", "Value": "quite ordinary"}]}], "x": {"hidden": "quite ordinary"}}  # fmt: skip
    assert dumped(payload).count("quite ordinary") - 1 == dumped(redact(payload, frozenset({path}))).count(
        "quite ordinary"
    )


def test_names_and_pointers_under_a_sensitive_path_survive() -> None:
    env = [
        {"name": "A", "value": "masked text"},
        {"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}},
    ]
    assert [{"name": "A", "value": MARK}, env[1]] == redact({"env": env}, frozenset({"env"}))["env"]


def test_mask_keeps_plain_words_and_mere_mentions() -> None:
    kept = ["", "true", "42", "s3://bucket/prefix", "arn:aws:iam::111122223333:role/x"]
    assert kept == [mask(k) for k in kept]
    assert mask("some words") == MARK


def test_payload_is_not_changed_in_place() -> None:
    payload = {"password": S, "list": [S], "n": {"a": 1}}
    before = dumped(payload)
    redact(payload, frozenset({"list"}))
    assert before == dumped(payload)


def test_nested_too_deeply_is_a_mapping_error() -> None:
    payload: Any = "x"
    for _ in range(MAX_DEPTH + 5):
        payload = [payload]
    with pytest.raises(MappingError, match="nested deeper"):
        redact(payload)


def test_text_that_nests_too_deeply_is_read_as_text() -> None:
    text = '{"a":' * 5000 + f'"x", "password": "{S}"' + "}" * 5000
    assert S not in scrub(text)


def test_what_is_not_json_is_a_mapping_error() -> None:
    with pytest.raises(MappingError, match="not JSON: set"):
        redact({"a": {1}})


HOSTILE: dict[str, Callable[[], str]] = {
    **{
        repr(piece): lambda piece=piece: piece * (200_000 // len(piece))  # type: ignore[misc]
        for piece in (
            "a", "password ", "password=", 'password="', "password: |\n", "://", "u://a:", "-", ".", "a.", "a:b@", "eyJ", "[", "{", "\\", '"', "token '",
            "-----BEGIN PRIVATE KEY-----", "mysql ", "<password>", "key: ,", "%41", "?key=", "arn:aws:", " ", "\n", "Ab1", "name: ", "  - key: |\n   x\n",
        )
    },
    "base64": lambda: b64("\x07\x01abc" * 200_000),
    "words after a key": lambda: "password:" + " \n" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    assert isinstance(redact({"x": HOSTILE[piece]()}), dict)


KEYS = st.text(max_size=12) | st.sampled_from(["name", "value", "password", "token", "Key", "Value", "args"])
JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=60)
        | st.lists(JSON, max_size=3)
        | st.dictionaries(KEYS, JSON, max_size=3)
    )
)
LINES = st.lists(
    st.sampled_from(["password", "token", "=", ":", " ", "\n", "'", '"', "\\", ",", ";", "&", "@", "://", "x", "Ab9$", "key", "{", "}", "[", "]", "<", ">", "-", "--", "Bearer", "|", MARK, "s3://b-k", "name", "value"]),
    max_size=14,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_redaction_is_idempotent_and_never_crashes(payload: Any) -> None:
    once = redact(payload)
    assert once == redact(once)


@settings(max_examples=400, deadline=None)
@given(LINES)
@example('password="a" b\'c')
def test_scrubbing_a_text_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert once == scrub(once)


SECRET = st.text("abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789!$%^*_~", min_size=10, max_size=30).filter(
    lambda s: any(c.isdigit() for c in s) and any(c.islower() for c in s) and any(c.isupper() for c in s) and s[0].isalnum() and s[-1].isalnum()
)  # fmt: skip
NAME = st.sampled_from(
    [
        "DB_PASSWORD",
        "api_key",
        "HF_TOKEN",
        "clientSecret",
        "smtp.password",
        "AWS_SECRET_ACCESS_KEY",
        "X-Api-Key",
        "rootPassword",
    ]
)
WRAPPER = st.sampled_from(
    [
        lambda n, s: {n: s},
        lambda n, s: [{"name": n, "value": s}],
        lambda n, s: [f"--{n}={s}"],
        lambda n, s: [f"--{n}", s],
        lambda n, s: f"{n}={s}",
        lambda n, s: f"export {n}={s}\npython train.py",
        lambda n, s: f"a: 1\n{n}: {s}\nb: 2",
        lambda n, s: f'{n} = "{s}"',
        lambda n, s: json.dumps({"a": [{n: s}]}),
        lambda n, s: f"<x><{n}>{s}</{n}></x>",
        lambda n, s: f"https://h.example/?{n}={s}",
        lambda n, s: f"postgresql://user:{s}@db.example/x",
        lambda n, s: f"Server=db;{n}={s};Encrypt=true",
        lambda n, s: f"- name: {n}\n  value: {s}\n",
    ]
)
ENCODING = st.sampled_from(
    [
        lambda v: v,
        lambda v: b64(v if isinstance(v, str) else json.dumps(v)),
        lambda v: {"metadata": {"annotations": {"x/y": json.dumps(v)}}},
    ]
)


@settings(max_examples=400, deadline=None)
@given(NAME, SECRET, WRAPPER, ENCODING)
def test_planted_secret_never_survives(name: str, secret: str, wrapper: Any, encoding: Any) -> None:
    after = dumped(redact({"spec": encoding(wrapper(name, secret))}))
    assert secret not in after
    assert b64(secret)[4:16] not in after


@pytest.mark.parametrize(
    "payload",
    [
        {"PASSWORD_PROD": "correcthorsebattery"},
        {"DB_PASSWORD_OLD": "correcthorsebattery"},
        {"SECRET_KEY_BASE": "correcthorsebattery"},
        {"env": [{"name": "API_TOKEN_STAGING", "value": "correcthorsebattery"}]},
        {"command": "lftp -u etl,correcthorsebattery sftp.partner.example"},
        {"command": "export DB_PASSWORD_PROD=correcthorsebattery"},
    ],
)
def test_a_plain_word_is_a_secret_under_a_qualified_name(payload: dict[str, object]) -> None:
    assert "correcthorsebattery" not in str(redact(payload))
