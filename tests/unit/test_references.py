"""Everything that a payload mentions is found, with the place where it stands; noise is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.identity import Name, host_name, mlflow_server_name
from normalize.model import Json, Scope
from normalize.reading import redact_and_search
from normalize.references import declared, key_step, mentions, search, seen_from

CLUSTER = Scope("kubernetes", "93597c0f", "train")
AWS = Scope("aws", "111122223333", "us-west-2")


def found(text: str, name: str = "note") -> list[tuple[str, str]]:
    return [(m.name.key, m.value) for m in mentions(text, name)]


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("x", "arn:aws:kms:us-west-2:111122223333:key/5f0c1e3a-7b1d-4e0e-9a54-1c9d2f7a8b60", "arn:aws:kms:us-west-2:111122223333:key/5f0c1e3a-7b1d-4e0e-9a54-1c9d2f7a8b60"),
        ("x", "may read arn:aws:s3:::corpus-usw2/prefix/*, and nothing else", "s3://corpus-usw2"),
        ("x", "see (s3://corpus-usw2/a) for more.", "s3://corpus-usw2"),
        ("x", "s3a://nl-lakehouse/warehouse", "s3://nl-lakehouse"),
        ("x", "gs://licensed-news/2026/", "gs://licensed-news"),
        ("x", "abfss://eventlogs@partnerlake.dfs.core.windows.net/spark", "azblob://partnerlake/eventlogs"),
        ("x", "wasbs://c0ntainer@partnerlake.blob.core.windows.net/", "azblob://partnerlake/c0ntainer"),
        ("x", "https://labels.s3.us-west-2.amazonaws.com/a.jpg", "s3://labels"),
        ("x", "https://storage.googleapis.com/mirror-x/c4/manifest.json", "gs://mirror-x"),
        ("x", "https://partnerlake.blob.core.windows.net/models/x.bin", "azblob://partnerlake/models"),
        ("x", "labels-usw2.s3.us-west-2.amazonaws.com", "s3://labels-usw2"),
        ("x", "hdfs://namenode.hq.example:8020/x", "hdfs://namenode.hq.example:8020"),
        ("x", "nfs://nas.hq.example/export", "nfs://nas.hq.example"),
        ("x", "hf://meta-llama/Llama-3.1-70B", "hf://meta-llama/Llama-3.1-70B"),
        ("x", "bq://ml-prod.logs.requests", "//bigquery.googleapis.com/projects/ml-prod/datasets/logs/tables/requests"),
        ("x", "https://huggingface.co/google/gemma-3-12b-pt", "hf://google/gemma-3-12b-pt"),
        ("HF_MODEL_ID", "google/flan-t5", "hf://google/flan-t5"),
        ("model_name_or_path", "google/flan-t5", "hf://google/flan-t5"),
        ("x", "--model_id=google/flan-t5", "hf://google/flan-t5"),
        ("x", "mistralai/Mistral-7B-v0.3", "hf://mistralai/Mistral-7B-v0.3"),
        ("x", "vol-0123456789abcdef0 is attached", "aws:vol-0123456789abcdef0"),
        ("providerID", "aws:///us-west-2a/i-083e537c521cf0c9c", "aws:i-083e537c521cf0c9c"),
        ("dnsname", "fs-0f5e4d3c2b1a09876.fsx.us-west-2.amazonaws.com", "aws:fs-0f5e4d3c2b1a09876"),
        ("image", "python", "image://docker.io/library/python"),
        ("Image", "vllm/vllm-openai:v0.12.0", "image://docker.io/vllm/vllm-openai"),
        ("TrainingImage", "763104351884.dkr.ecr.us-west-2.amazonaws.com/pt:2", "image://763104351884.dkr.ecr.us-west-2.amazonaws.com/pt"),
        ("x", "pull ghcr.io/huggingface/text-generation-inference:3.4 first", "image://ghcr.io/huggingface/text-generation-inference"),
        ("names", "us-docker.pkg.dev/project/repo/img:1", "image://us-docker.pkg.dev/project/repo"),
        ("dbHost", "labels-db.internal.example", "dns:labels-db.internal.example"),
        ("x", "--db-host=labels-db.internal.example", "dns:labels-db.internal.example"),
        ("x", "meta.cx7y2k9q1abc.us-west-2.rds.amazonaws.com:5432", "dns:meta.cx7y2k9q1abc.us-west-2.rds.amazonaws.com"),
        ("x", "REDIS=feast.k3p9zq.clustercfg.usw2.cache.amazonaws.com:6379", "dns:feast.k3p9zq.clustercfg.usw2.cache.amazonaws.com"),
        ("brokers", "b-1.m.0k3x9p.c4.kafka.us-west-2.amazonaws.com:9098", "dns:b-1.m.0k3x9p.c4.kafka.us-west-2.amazonaws.com"),
        ("server", "nas02.hq.northlake.test", "dns:nas02.hq.northlake.test"),
        ("hostname", "a1-1.us-west-2.elb.amazonaws.com", "dns:a1-1.us-west-2.elb.amazonaws.com"),
        ("x", "10.30.7.44:5432", "ip:10.30.7.44"),
        ("address", "172.31.250.14", "ip:172.31.250.14"),
        ("x", "https://sqs.us-west-2.amazonaws.com/111122223333/jobs", "arn:aws:sqs:us-west-2:111122223333:jobs"),
        ("x", "https://api.openai.com/v1", "dns:api.openai.com"),
        ("x", "https://acct-x.cloud.databricks.com", "dns:acct-x.cloud.databricks.com"),
        ("x", "snowflake://acct.eu-central-1/ML/FEATURES", "dns:acct.eu-central-1.snowflakecomputing.com"),
        ("x", "thrift://hive-metastore.data-eng.svc:9083", "dns:hive-metastore.data-eng.svc"),
        ("x", "jdbc:mysql://hive-meta.internal.test:3306/metastore?useSSL=true", "dns:hive-meta.internal.test"),
        ("x", "postgresql://[redacted]@db.internal.test:5432/x", "dns:db.internal.test"),
        ("x", "mongodb+srv://[redacted]@cluster0.abc.mongodb.net/x", "dns:cluster0.abc.mongodb.net"),
        ("MLFLOW_TRACKING_URI", "http://mlflow.mlflow:5000", "mlflow-server:mlflow.mlflow:5000"),
        ("tracking_uri", "https://[redacted]@mlflow.internal.test/", "mlflow-server:mlflow.internal.test:443"),
        ("x", "MLFLOW_TRACKING_URI=https://mlflow.internal.test", "mlflow-server:mlflow.internal.test:443"),
        ("bucketName", "nl-kfp-artifacts", "s3://nl-kfp-artifacts"),
        ("S3_BUCKET", "nl-kfp-artifacts", "s3://nl-kfp-artifacts"),
        ("x", "type: S3\nconfig:\n  bucket: nl-thanos-metrics\n  endpoint: e", "s3://nl-thanos-metrics"),
        ("x", "access_logs.s3.enabled=true,access_logs.s3.bucket=nl-alb-logs", "s3://nl-alb-logs"),
        ("x", '{"bucket": "nl-alb-logs"}', "s3://nl-alb-logs"),
        ("x", "http://prometheus.monitoring.svc.cluster.local:9090", "dns:prometheus.monitoring.svc"),
        ("x", "[redacted; mentions s3://kept-bucket dns:db.internal.test]", "s3://kept-bucket"),
        ("x", "dsn: [redacted; mentions dns:db.internal.test]", "dns:db.internal.test"),
        ("x", "[redacted; mentions azblob://lake/logs]", "azblob://lake/logs"),
        ("x", "[redacted; mentions mlflow-server:m.test:5000]", "mlflow-server:m.test:5000"),
        ("x", "[redacted; mentions image://ghcr.io/a/b]", "image://ghcr.io/a/b"),
        ("x", "[redacted; mentions aws:vol-0123456789abcdef0]", "aws:vol-0123456789abcdef0"),
        ("x", "[redacted; mentions arn:aws:iam::111122223333:role/x]", "arn:aws:iam::111122223333:role/x"),
    ],
)  # fmt: skip
def test_mention_is_found(name: str, text: str, key: str) -> None:
    assert key in [k for k, _ in found(text, name)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("apiVersion", "apps.kubeflow.org/v1"),
        ("group", "serving.kserve.io"),
        ("key", "node.kubernetes.io/not-ready"),
        ("x", "https://kubernetes.io/docs/concepts"),
        ("$schema", "http://json-schema.org/draft-07/schema#"),
        ("xmlns", "http://www.w3.org/2001/XMLSchema"),
        ("description", "See https://docs.vendor.test/guide for more"),
        ("version", "1.24.3"),
        ("version", "v1.36.2-eks.1"),
        ("file", "train.py"),
        ("host", "config.yaml"),
        ("module", "torch.distributed.run"),
        ("class", "sklearn.ensemble.RandomForestClassifier"),
        ("email", "ada@northlake.test"),
        ("x", "mail ada@northlake.test"),
        ("Service", "sagemaker.amazonaws.com"),
        ("audience", "sts.amazonaws.com"),
        ("endpoint", "s3.us-west-2.amazonaws.com"),
        ("endpoint", "https://s3.us-west-2.amazonaws.com"),
        ("api", "aiplatform.googleapis.com"),
        ("url", "http://169.254.169.254/latest/meta-data"),
        ("url", "http://localhost:8080"),
        ("url", "http://127.0.0.1:8080"),
        ("uri", "s3://{{inputs.parameters.bucket}}/raw"),
        ("uri", "s3://${BUCKET}/raw"),
        ("uri", "https://${HOST}/x"),
        ("arn", "arn:aws:iam::${AWS::AccountId}:role/x"),
        ("Resource", "arn:aws:s3:::*"),
        ("PolicyArn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
        ("bucket", "true"),
        ("bucket", "0.5"),
        ("bucket", "{{bucket}}"),
        ("x", "bucket: true"),
        ("imageID", "sha256:" + "0" * 64),
        ("image", "{{image}}"),
        ("imagePullPolicy", "IfNotPresent"),
        ("time", "2026-11-24T04:15:00.5Z"),
        ("cidr", "10.0.0.0/16"),
        ("PrivateIpAddress", "10.0.1.17"),
        ("PublicDnsName", "ec2-1-2-3-4.compute-1.amazonaws.com"),
        ("podIP", "10.0.1.17"),
        ("NameServers", "ns-2048.awsdns-64.com"),
        ("deepLink", "https://console.aws.amazon.com/x"),
        ("note", "uses 10.0.0.1 and more"),
        ("x", ""),
        ("x", "[redacted]"),
    ],
)
def test_noise_is_not_a_mention(name: str, text: str) -> None:
    assert found(text, name) == []


def test_mentions_come_with_what_stands_there_and_where() -> None:
    text = "from s3://aaa/x?versionId=3 to https://u@db.internal.test/p?token=1#f and arn:aws:iam::111122223333:role/x."
    assert found(text, "x") == [
        ("arn:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/x"),
        ("s3://aaa", "s3://aaa/x"),
        ("dns:db.internal.test", "https://db.internal.test/p"),
    ]
    spans = [text[slice(*m.span)] for m in mentions(text, "x")]
    assert spans[0] == "arn:aws:iam::111122223333:role/x"
    assert spans[1] == "s3://aaa/x?versionId=3"


def test_span_counts_from_the_start_of_a_setting() -> None:
    text = "--artifact-root=s3://artifacts/prod"
    (mention,) = mentions(text, "args")
    assert text[slice(*mention.span)] == "s3://artifacts/prod"


def test_search_gives_exact_json_paths() -> None:
    payload = {
        "metadata": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/x", 'q"\\': "s3://quoted/x"}},
        "spec": {"containers": [{"env": [{"name": "A", "value": "b"}, {"name": "DATA", "value": "s3://corpus/x"}], "args": ["--db-host", "db.internal.test"]}]},
        "データ": ["s3://japanese/x"],
        "a b": {"0": "s3://blank/x"},
    }  # fmt: skip
    assert {path: m.name.key for path, m in search(payload)} == {
        '$.metadata.annotations["eks.amazonaws.com/role-arn"]': "arn:aws:iam::111122223333:role/x",
        '$.metadata.annotations["q\\"\\\\"]': "s3://quoted",
        "$.spec.containers[0].env[1].value": "s3://corpus",
        "$.spec.containers[0].args[1]": "dns:db.internal.test",
        '$["データ"][0]': "s3://japanese",
        '$["a b"]["0"]': "s3://blank",
    }


def test_variable_lends_its_name_to_its_value() -> None:
    payload = [
        {"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow.test:5000"},
        {"Key": "artifact_bucket", "Value": "my-artifacts"},
    ]
    assert [m.name.key for _, m in search(payload)] == ["mlflow-server:mlflow.test:5000", "s3://my-artifacts"]


def test_a_file_server_is_one_wherever_a_volume_names_it() -> None:
    payload = {
        "spec": {
            "volumes": [{"nfs": {"server": "192.168.77.3", "path": "/a"}}, {"nfs": {"server": "nas", "path": "/b"}}]
        }
    }
    assert [(p, m.name.key) for p, m in search(payload)] == [
        ("$.spec.volumes[0].nfs.server", "nfs://192.168.77.3"),
        ("$.spec.volumes[1].nfs.server", "nfs://nas"),
    ]


def test_an_image_that_is_given_in_parts_is_one_image() -> None:
    payload = {"devicePlugin": {"repository": "nvcr.io/nvidia", "image": "k8s-device-plugin", "version": "v0.18.0"}}
    assert [(p, m.name.key) for p, m in search(payload)] == [
        ("$.devicePlugin.image", "image://nvcr.io/nvidia/k8s-device-plugin")
    ]
    whole = {"repository": "https://git.corp.test/x", "image": "ghcr.io/a/b:1"}
    assert [m.name.key for _, m in search(whole)] == ["dns:git.corp.test", "image://ghcr.io/a/b"]


@pytest.mark.parametrize(
    ("name", "value", "store"),
    [
        ("AWS_ENDPOINT_URL", "http://minio.ml.svc.cluster.local:9000", "minio.ml.svc:9000@93597c0f"),
        ("AWS_ENDPOINT_URL_S3", "https://s3.corp.test", "s3.corp.test:443"),
        ("MLFLOW_S3_ENDPOINT_URL", "http://minio:9000", "minio.team.svc:9000@93597c0f"),
        ("S3_ENDPOINT", "minio.ml:9000", "minio.ml:9000@93597c0f"),
    ],
)
@pytest.mark.parametrize("form", ["list", "map"])
def test_a_bucket_is_one_of_the_store_that_its_container_is_told_to_use(name: str, value: str, store: str, form: str) -> None:  # fmt: skip
    env = [{"name": name, "value": value}] if form == "list" else {name: value}
    container = {"args": ["--out", "s3://models/x"], "env" if form == "list" else "environment": env}
    other = {"args": ["s3://elsewhere/x"], "env": [{"name": "X", "value": "y"}]}
    keys = [n.key for _, m in search({"containers": [container, other]}) for n, _ in seen_from(m.name, CLUSTER, "team")]
    assert {k for k in keys if k.startswith("s3:")} == {f"s3://models@{store}", "s3://elsewhere"}


@pytest.mark.parametrize("value", ["https://s3.us-west-2.amazonaws.com", "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", "", "{{endpoint}}"])  # fmt: skip
def test_a_bucket_at_amazons_own_endpoint_is_amazons(value: str) -> None:
    payload = {"env": [{"name": "AWS_ENDPOINT_URL", "value": value}], "args": ["s3://models/x"]}
    assert "s3://models" in [m.name.key for _, m in search(payload)]


def test_quiet_paths_are_not_searched() -> None:
    payload = {"a": {"b": "s3://quiet/x", "c": "s3://heard/x"}, "l": [{"q": "s3://quiet/x"}]}
    assert [m.name.key for _, m in search(payload, frozenset({"a.b", "l[].q"}))] == ["s3://heard"]


def test_same_payload_is_searched_in_the_same_order() -> None:
    payload = {k: f"s3://bucket-{k}/x" for k in "zyxabc"}
    assert [f"$.{k}" for k in "zyxabc"] == [path for path, _ in search(payload)]


@pytest.mark.parametrize(
    ("text", "target", "within", "name"),
    [
        ("trainer", "aws.iam.role", "account", Name("aws.iam.role|111122223333||trainer", "aws.iam.role", "aws", "111122223333")),
        ("arn:aws:iam::999988887777:role/x", "aws.iam.role", "place", Name("arn:aws:iam::999988887777:role/x", "aws.iam.role", "aws", "999988887777", "aws-global")),
        ("vol-0123456789abcdef0", "aws.ec2.volume", "place", Name("aws:vol-0123456789abcdef0", "aws.ec2.volume", "aws", "111122223333", "us-west-2")),
        ("s3://corpus/x", "aws.s3.bucket", "world", Name("s3://corpus", "aws.s3.bucket", "aws")),
        ("corpus-usw2", "aws.s3.bucket", "world", Name("s3://corpus-usw2", "aws.s3.bucket", "aws")),
        ("k8s://u//Pod/n/p", "k8s.pod", "place", Name("k8s://u//Pod/n/p", "k8s.pod", "k8s")),
        ("mlprod.azurecr.io/a/b:1", "azure.containerregistry.registry", "place", Name("image://mlprod.azurecr.io", "azure.containerregistry.registry", "azure")),
        ("ghcr.io/a/b:1", "container.image_repository", "world", Name("image://ghcr.io/a/b", "container.image_repository", "ghcr.io")),
        ("https://db.internal.test/x", "", "world", Name("dns:db.internal.test", "network.host")),
    ],
)  # fmt: skip
def test_declared_link_has_its_key_by_shape_or_by_scope(text: str, target: str, within: str, name: Name) -> None:
    assert name == declared(text, target, within, AWS)


def test_link_without_a_target_means_what_its_arn_names() -> None:
    arn = "arn:aws:sagemaker:us-west-2:111122223333:mlflow-app/app-1"
    assert declared(arn, "", "place", AWS).target == "aws.sagemaker.mlflow_app"


def test_tracking_uri_that_is_an_arn_names_the_managed_server() -> None:
    arn = "arn:aws:sagemaker:us-west-2:111122223333:mlflow-tracking-server/team"
    (found,) = mentions(arn, "MLFLOW_TRACKING_URI")
    assert (found.name.key, found.name.target) == (arn, "aws.sagemaker.mlflow_tracking_server")


SERVICE = "k8s://93597c0f//Service"


@pytest.mark.parametrize(
    "host", ["db.team.svc", "db.team.svc.cluster.local", "db.team.svc.cluster.local.", "db-0.db.team.svc.cluster.local"]
)
def test_name_of_a_service_names_a_service_of_the_same_cluster(host: str) -> None:
    name = host_name(host)
    assert name
    expected = Name(f"{SERVICE}/team/db", "k8s.service", "kubernetes", "93597c0f", "train")
    assert list(seen_from(name, CLUSTER)) == [(expected, False)]
    assert list(seen_from(name, AWS)) == [(name, False)]


@pytest.mark.parametrize(
    ("uri", "keys"),
    [
        ("http://mlflow:5000", [("mlflow-server:mlflow.team.svc:5000@93597c0f", False), (f"{SERVICE}/team/mlflow", False)]),
        ("http://mlflow.ml.svc:5000/x", [("mlflow-server:mlflow.ml.svc:5000/x@93597c0f", False), (f"{SERVICE}/ml/mlflow", False)]),
        ("http://mlflow.ml:5000", [("mlflow-server:mlflow.ml:5000@93597c0f", False), ("dns:mlflow.ml", True)]),
        ("http://10.96.0.9:5000", [("mlflow-server:10.96.0.9:5000@93597c0f", False), ("ip:10.96.0.9", True)]),
        ("http://localhost:5000", [("mlflow-server:localhost:5000@93597c0f", False)]),
        ("https://mlflow.corp.test", [("mlflow-server:mlflow.corp.test:443", False), ("dns:mlflow.corp.test", True)]),
    ],
)  # fmt: skip
def test_a_tracking_server_mentioned_in_a_cluster_is_also_what_answers_at_its_host(uri: str, keys: list[tuple[str, bool]]) -> None:  # fmt: skip
    name = mlflow_server_name(uri)
    assert name
    assert [(n.key, optional) for n, optional in seen_from(name, CLUSTER, "team")] == keys


def test_a_tracking_server_on_loopback_is_that_of_the_account_that_speaks_of_it() -> None:
    name = mlflow_server_name("http://127.0.0.1:5000")
    assert name
    assert [n.key for n, _ in seen_from(name, AWS)] == ["mlflow-server:127.0.0.1:5000@111122223333"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "http://minio:9000/bucket"),
        ("x", "postgresql://minio/labels"),
        ("x", "postgresql://[redacted]@minio:5432/labels"),
        ("S3_ENDPOINT", "minio:9000"),
        ("x", "[redacted; mentions label:minio]"),
    ],
)
def test_a_host_of_one_label_is_a_service_of_the_namespace_or_nothing(name: str, text: str) -> None:
    (mention,) = mentions(text, name)
    expected = Name(f"{SERVICE}/team/minio", "k8s.service", "kubernetes", "93597c0f", "train")
    assert list(seen_from(mention.name, CLUSTER, "team")) == [(expected, True)]
    assert list(seen_from(mention.name, CLUSTER)) == []
    assert list(seen_from(mention.name, AWS)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("x", "http://localhost:9000"), ("x", "http://minio/"), ("x", "minio:9000"), ("image", "redis:7"), ("x", "postgresql:///x")],
)  # fmt: skip
def test_a_word_is_no_host_without_a_port_or_a_scheme_of_servers(name: str, text: str) -> None:
    assert not [m for m in mentions(text, name) if m.name.key.startswith("label:")]


@pytest.mark.parametrize(
    ("key", "step"),
    [("spec", ".spec"), ("$links", ".$links"), ("a.b", '["a.b"]'), ("0", '["0"]'), ('"', '["\\""]'), ("é", '["é"]')],
)
def test_key_step(key: str, step: str) -> None:
    assert step == key_step(key)


JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.none()
        | st.integers()
        | st.text(max_size=80)
        | st.lists(JSON, max_size=3)
        | st.dictionaries(st.text(max_size=10), JSON, max_size=3)
    )
)


@given(JSON)
def test_search_never_crashes(payload: Any) -> None:
    assert all(path.startswith("$") and m.name.key for path, m in search(payload))


@given(
    st.lists(st.sampled_from(["s3://", "arn:aws:", "://", "=", "-", "bucket", ":", "/", "@", "a-b", "x.io", ".", "1", "[redacted; mentions ", "]", " ", "{{", "ghcr.io/", "é", "vol-0123456789abcdef0", "\n"]), max_size=14).map("".join),
    st.sampled_from(["x", "image", "bucket", "host", "value", "MLFLOW_TRACKING_URI", "model_id"]),
)  # fmt: skip
def test_spans_lie_in_the_text(text: str, name: str) -> None:
    assert all(0 <= m.span[0] < m.span[1] <= len(text) for m in mentions(text, name))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("models:/fraud-scorer/3", {"models:/fraud-scorer"}),
        ("models:/fraud-scorer/Production", {"models:/fraud-scorer"}),
        ("mlflow models serve -m models:/fraud-scorer@champion -p 5000", {"models:/fraud-scorer"}),
        ("MODEL_URI=models:/ml.risk.fraud/latest", {"models:/ml.risk.fraud"}),
        ("models:/m-0123456789abcdef0123456789abcdef", set()),
        ("models:/", set()),
        ("see models:/fraud for more", set()),
    ],
)
def test_models_of_a_registry_are_named_by_their_uri(text: str, keys: set[str]) -> None:
    assert {m.name.key for m in mentions(text, "args")} == keys


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ([{"name": "A", "value": "b"}, {"name": "WANDB_PROJECT", "value": "ranker"}], "$.env[1]"),
        ([{"name": "WANDB_API_KEY", "valueFrom": {"secretKeyRef": {"name": "wandb", "key": "key"}}}], "$.env[0]"),
        ({"WANDB_ENTITY": "acme"}, "$.env.WANDB_ENTITY"),
        ([{"name": "WANDB_PROJECT", "value": "ranker"}, {"name": "WANDB_MODE", "value": "offline"}], None),
        ([{"name": "WANDB_PROJECT", "value": "ranker"}, {"name": "WANDB_DISABLED", "value": "true"}], None),
        ([{"name": "WANDB_DIR", "value": "/tmp"}], None),
    ],
)
def test_a_container_that_tracks_without_saying_where_names_the_default(variables: Json, path: str | None) -> None:
    _, said = redact_and_search({"env": variables})
    assert [(where, m.name.target) for where, m in said] == ([(path, "wandb.api")] if path else [])


def test_a_container_that_names_its_tracker_names_no_other() -> None:
    variables = [
        {"name": "WANDB_PROJECT", "value": "ranker"},
        {"name": "WANDB_BASE_URL", "value": "https://wandb.acme.internal"},
    ]
    _, said = redact_and_search({"env": variables})
    assert {m.name.key for _, m in said} == {"dns:wandb.acme.internal"}
