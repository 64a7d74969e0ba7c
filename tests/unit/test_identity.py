"""Two mentions name the same thing exactly when their keys are equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.errors import MappingError
from normalize.identity import (
    FORMS,
    MAX_BYTES,
    Name,
    arn_name,
    aws_partition,
    aws_short_name,
    bounded,
    canonical,
    host_name,
    identity_keys,
    image_name,
    known_service,
    kubernetes_id,
    kubernetes_namespace,
    mlflow_server_name,
    native_key,
    parse_arn,
    uri_name,
    valid_host,
)
from normalize.model import Scope

SCOPE = Scope("aws", "111122223333", "us-west-2")
ROLE = "arn:aws:iam::111122223333:role/trainer"
GROUP = "arn:aws:logs:us-west-2:111122223333:log-group:/aws/sagemaker/Endpoints/churn"
FUNCTION = "arn:aws:lambda:us-west-2:111122223333:function:scorer"


@pytest.mark.parametrize(
    ("form", "text", "key"),
    [
        ("arn", ROLE, ROLE),
        ("arn", f" {ROLE} ", ROLE),
        ("arn", "arn:aws:sts::111122223333:assumed-role/trainer/session-1", ROLE),
        ("arn", "arn:aws-cn:sts::111122223333:assumed-role/x/y", "arn:aws-cn:iam::111122223333:role/x"),
        ("arn", f"{GROUP}:*", GROUP),
        ("arn", f"{GROUP}:log-stream:variant/i-1", GROUP),
        ("arn", f"{FUNCTION}:7", FUNCTION),
        ("arn", f"{FUNCTION}:live", FUNCTION),
        ("arn", "arn:aws:s3:::corpus/shards/part-1", "s3://corpus"),
        ("arn", "arn:aws:s3:::corpus/*", "s3://corpus"),
        ("arn", "arn:aws:s3:::corpus", "s3://corpus"),
        ("arn", "arn:aws-us-gov:s3:::corpus", "s3://corpus"),
        ("arn", "arn:aws:iam::111122223333:role/Zürich-Operators", "arn:aws:iam::111122223333:role/Zürich-Operators"),
        ("uri", "s3://corpus/a/b", "s3://corpus"),
        ("uri", "s3a://corpus", "s3://corpus"),
        ("uri", "s3n://corpus/x", "s3://corpus"),
        ("uri", "S3://corpus/x", "s3://corpus"),
        ("uri", "https://corpus.s3.us-west-2.amazonaws.com/k", "s3://corpus"),
        ("uri", "https://corpus.s3-us-west-2.amazonaws.com/k", "s3://corpus"),
        ("uri", "https://corpus.s3.dualstack.us-west-2.amazonaws.com/k", "s3://corpus"),
        ("uri", "https://corpus.s3.amazonaws.com/k?versionId=1", "s3://corpus"),
        ("uri", "https://s3.us-west-2.amazonaws.com/corpus/k", "s3://corpus"),
        ("uri", "https://s3.amazonaws.com/corpus/k", "s3://corpus"),
        ("uri", "https://corpus.s3.cn-north-1.amazonaws.com.cn/k", "s3://corpus"),
        ("uri", "https://my.dotted.corpus.s3.us-west-2.amazonaws.com/k", "s3://my.dotted.corpus"),
        ("uri", "gs://news/2026", "gs://news"),
        ("uri", "https://storage.googleapis.com/news/a.json", "gs://news"),
        ("uri", "https://storage.cloud.google.com/news/a.json", "gs://news"),
        ("uri", "https://news.storage.googleapis.com/a.json", "gs://news"),
        ("uri", "abfss://logs@lake.dfs.core.windows.net/spark", "azblob://lake/logs"),
        ("uri", "abfs://logs@lake.dfs.core.windows.net", "azblob://lake/logs"),
        ("uri", "wasbs://logs@lake.blob.core.windows.net/x", "azblob://lake/logs"),
        ("uri", "https://lake.blob.core.windows.net/logs/x?sv=1", "azblob://lake/logs"),
        ("uri", "https://lake.dfs.core.windows.net/logs", "azblob://lake/logs"),
        ("uri", "hdfs://nn.example:9000/x", "hdfs://nn.example:9000"),
        ("uri", "hdfs://NN.example/x", "hdfs://nn.example:8020"),
        ("uri", "nfs://nas.example/export", "nfs://nas.example"),
        ("uri", "hf://meta-llama/Llama-3.1-70B@main", "hf://meta-llama/Llama-3.1-70B"),
        ("uri", "hf://datasets/allenai/c4/en", "hf://datasets/allenai/c4"),
        ("uri", "bq://ml-prod.logs", "//bigquery.googleapis.com/projects/ml-prod/datasets/logs"),
        ("uri", "bq://a.com:ml.logs.t", "//bigquery.googleapis.com/projects/a.com:ml/datasets/logs/tables/t"),
        ("uri", "https://huggingface.co/google/gemma-3-12b-pt/tree/main", "hf://google/gemma-3-12b-pt"),
        ("uri", "https://sqs.us-west-2.amazonaws.com/111122223333/jobs", "arn:aws:sqs:us-west-2:111122223333:jobs"),
        ("uri", "postgresql://u:p@DB.example:5432/x", "dns:db.example"),
        ("uri", "jdbc:postgresql://db.example:5432/x", "dns:db.example"),
        ("uri", "jdbc:sqlserver://db.example:1433;databaseName=x", "dns:db.example"),
        ("uri", "snowflake://acct.eu-central-1/DB", "dns:acct.eu-central-1.snowflakecomputing.com"),
        ("uri", "https://api.openai.com/v1", "dns:api.openai.com"),
        ("uri", "http://[2001:DB8::1]:8080/x", "ip:2001:db8::1"),
        ("uri", "http://10.0.0.7:8080/x", "ip:10.0.0.7"),
        ("uri", "http://mlflow.mlflow.svc.cluster.local:5000", "dns:mlflow.mlflow.svc"),
        ("image", "python", "image://docker.io/library/python"),
        ("image", "python:3.12", "image://docker.io/library/python"),
        ("image", "vllm/vllm-openai:v0.12.0", "image://docker.io/vllm/vllm-openai"),
        ("image", "index.docker.io/library/python:3", "image://docker.io/library/python"),
        ("image", "docker-pullable://ghcr.io/a/b@sha256:" + "0" * 64, "image://ghcr.io/a/b"),
        ("image", "registry.example:5443/tools/janitor:1", "image://registry.example:5443/tools/janitor"),
        ("image", "localhost/x", "image://localhost/x"),
        ("image", "GHCR.io/a/b:1@sha256:" + "0" * 64, "image://ghcr.io/a/b"),
        ("dns", "DB.Example.", "dns:db.example"),
        ("dns", "münchen.example", "dns:xn--mnchen-3ya.example"),
        ("dns", "10.0.0.7", "ip:10.0.0.7"),
        ("dns", "prometheus.monitoring.svc.cluster.local.", "dns:prometheus.monitoring.svc"),
        ("address", "[2001:db8::1]", "ip:2001:db8::1"),
        ("address", "2001:0DB8:0::1", "ip:2001:db8::1"),
        ("mlflow", "https://mlflow.example/#/x", "mlflow-server:mlflow.example:443"),
        ("mlflow", "http://mlflow.example", "mlflow-server:mlflow.example:80"),
        ("mlflow", "http://MLflow.mlflow.svc.cluster.local:5000/", "mlflow-server:mlflow.mlflow.svc:5000"),
        ("mlflow", "http://u:p@mlflow.example:5000", "mlflow-server:mlflow.example:5000"),
        ("mlflow", "https://mlflow.example/team-a//x.mlflow/", "mlflow-server:mlflow.example:443/team-a/x.mlflow"),
        ("mlflow", "https://mlflow.example/t/0123456789abcdef0123", "mlflow-server:mlflow.example:443"),
        ("mlflow", "https://mlflow.example/a b", "mlflow-server:mlflow.example:443"),
        ("aws", "vol-0123456789abcdef0", "aws:vol-0123456789abcdef0"),
        ("aws", "i-0a1b2c3d", "aws:i-0a1b2c3d"),
        ("id", "k8s://u//Pod/n/p", "k8s://u//Pod/n/p"),
    ],
)
def test_canonical_key(form: str, text: str, key: str) -> None:
    assert key == canonical(form, text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("arn", "arn:aws:iam::111122223333:role/*"),
        ("arn", "arn:aws:iam::111122223333:root"),
        ("arn", "arn:aws:s3:::{{bucket}}/x"),
        ("arn", "arn:aws:s3:::*"),
        ("arn", "arn:aws:s3:us-west-2:111122223333:accesspoint/x"),
        ("arn", "arn:aws:iam::${AWS::AccountId}:role/x"),
        ("arn", "arn:gcp:iam::1:role/x"),
        ("arn", "arn:aws:iam"),
        ("arn", "arn:aws:sts::111122223333:assumed-role/"),
        ("arn", ""),
        ("uri", "s3://{{inputs.parameters.bucket}}/raw"),
        ("uri", "s3://${BUCKET}/raw"),
        ("uri", "s3://Upper_Case/raw"),
        ("uri", "s3://"),
        ("uri", "gs://a"),
        ("uri", "abfss://lake.dfs.core.windows.net"),
        ("uri", "http://[::1"),
        ("uri", "http://host:99999/x"),
        ("uri", "http://localhost:5000"),
        ("uri", "http://127.0.0.1:5000"),
        ("uri", "no uri"),
        ("uri", ""),
        ("image", "Not An Image"),
        ("image", ""),
        ("image", "UPPER/case"),
        ("dns", "localhost"),
        ("dns", "foo.localhost"),
        ("dns", "0.0.0.0"),
        ("dns", "::1"),
        ("dns", "single"),
        ("dns", "a..b"),
        ("dns", "-a.b"),
        ("dns", "x" * 64 + ".example"),
        ("dns", "{{host}}.example"),
        ("dns", ""),
        ("mlflow", "file:///mlruns"),
        ("mlflow", "databricks"),
        ("mlflow", "http://{{host}}:5000"),
        ("mlflow", ""),
        ("aws", "vol-xyz"),
        ("aws", "pod-0123456789abcdef0"),
        ("aws", "vol-0123456789abcdef01"),
    ],
)
def test_what_has_no_sure_key_gets_none(form: str, text: str) -> None:
    assert canonical(form, text) is None


@given(st.sampled_from([f for f in FORMS if f != "id"]), st.text(max_size=80))
def test_canonical_never_raises(form: str, text: str) -> None:
    assert canonical(form, text) is None or canonical(form, text)


@given(
    st.sampled_from([f for f in FORMS if f != "id"]),
    st.lists(st.sampled_from(["s3", "://", "arn:aws:", ":", "/", "@", "[", "]", "%", "a", "b.c", "*", "999999", "é", "?", "#", " ", "lambda:", "function:", "sts:", "assumed-role/"]), max_size=12),
)  # fmt: skip
def test_canonical_never_raises_on_near_misses(form: str, parts: list[str]) -> None:
    canonical(form, "".join(parts))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ROLE, Name(ROLE, "aws.iam.role", "aws", "111122223333", "aws-global")),
        (GROUP, Name(GROUP, "aws.logs.log_group", "aws", "111122223333", "us-west-2")),
        ("arn:aws:sqs:us-west-2:111122223333:jobs", Name("arn:aws:sqs:us-west-2:111122223333:jobs", "aws.sqs.queue", "aws", "111122223333", "us-west-2")),
        ("arn:aws:glue:us-west-2:111122223333:crawler/x", Name("arn:aws:glue:us-west-2:111122223333:crawler/x", "aws.glue.crawler", "aws", "111122223333", "us-west-2")),
        ("arn:aws:s3:::corpus/x", Name("s3://corpus", "aws.s3.bucket", "aws")),
        ("arn:aws:sagemaker:us-west-2:111122223333:model/Churn-V2", Name("arn:aws:sagemaker:us-west-2:111122223333:model/churn-v2", "aws.sagemaker.model", "aws", "111122223333", "us-west-2")),
        ("arn:aws:secretsmanager:us-west-2:111122223333:secret:db-Ab3dEf:password::", Name("arn:aws:secretsmanager:us-west-2:111122223333:secret:db-Ab3dEf", "aws.secretsmanager.secret", "aws", "111122223333", "us-west-2")),
    ],
)  # fmt: skip
def test_arn_says_where_the_thing_lives(text: str, name: Name) -> None:
    assert name == arn_name(text)


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("pipeline/nightly", "pipeline"),
        ("pipeline/nightly/execution/f1q2w3e4r5t6", "pipeline_execution"),
        ("mlflow-tracking-server/team", "mlflow_tracking_server"),
        ("mlflow-app/app-ABCDEFGHIJ", "mlflow_app"),
        ("experiment-trial-component/run-1", "experiment_trial_component"),
        ("hub-content/ours/Model/llama", "hub_content"),
    ],
)
def test_arn_of_sagemaker_says_what_it_is(resource: str, kind: str) -> None:
    name = arn_name(f"arn:aws:sagemaker:us-west-2:111122223333:{resource}")
    assert name
    assert name.target == f"aws.sagemaker.{kind}"


def test_registry_image_says_account_and_region() -> None:
    expected = Name("image://111122223333.dkr.ecr.us-west-2.amazonaws.com/a/b", "aws.ecr.repository", "aws", "111122223333", "us-west-2")  # fmt: skip
    assert expected == image_name("111122223333.dkr.ecr.us-west-2.amazonaws.com/a/b:1")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a/b__c.d--e:1", "image://docker.io/a/b__c.d--e"),
        (f"a/b@sha512:{'0' * 128}", "image://docker.io/a/b"),
        ("a/b..c", None),
        ("a/b_-c", None),
        ("f" * 64, None),
    ],
)
def test_image_names_follow_the_grammar_of_references(text: str, key: str | None) -> None:
    name = image_name(text)
    assert (name.key if name else None) == key


@pytest.mark.parametrize(
    ("host", "kind", "provider", "place"),
    [
        ("meta.cx7y2k9q1abc.us-west-2.rds.amazonaws.com", "aws.rds.instance", "aws", "us-west-2"),
        ("internal-a1-1.us-west-2.elb.amazonaws.com", "aws.elbv2.load_balancer", "aws", "us-west-2"),
        ("k8s-x-9a8b.elb.us-west-2.amazonaws.com", "aws.elbv2.load_balancer", "aws", "us-west-2"),
        ("b-1.m.0k3.c4.kafka.us-west-2.amazonaws.com", "aws.kafka.cluster", "aws", "us-west-2"),
        ("acct.snowflakecomputing.com", "snowflake.account", "snowflake", ""),
        ("db.example", "network.host", "", ""),
    ],
)
def test_host_says_whose_it_is(host: str, kind: str, provider: str, place: str) -> None:
    assert Name(f"dns:{host}", kind, provider, "", place) == host_name(host)


@pytest.mark.parametrize(
    "text", ["ml-prod.svc.id.goog", "fleet.hub.id.goog", "Microsoft.Keyvault", "Microsoft.Storage"]
)
def test_pools_of_identities_and_resource_providers_are_no_hosts(text: str) -> None:
    assert host_name(text) is None
    assert host_name("microsoft.com") is not None


def test_known_service_is_none_for_others() -> None:
    assert known_service("api.openai.com") == ("openai.api", "openai")
    assert known_service("db.example") is None
    assert known_service("evilapi.openai.com.example") is None


@pytest.mark.parametrize(
    ("place", "partition"),
    [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"), ("us-isob-east-1", "aws-iso-b"), ("aws-global", "aws"), ("aws-cn-global", "aws-cn")],
)  # fmt: skip
def test_partition_of_a_region(place: str, partition: str) -> None:
    assert partition == aws_partition(place)


def test_keys_of_an_id() -> None:
    assert identity_keys(ROLE) == (ROLE,)
    assert (f"{FUNCTION}:7", FUNCTION) == identity_keys(f"{FUNCTION}:7")
    assert identity_keys("k8s://u//Pod/n/p") == ("k8s://u//Pod/n/p",)
    assert identity_keys("arn:aws:iam::aws:policy/X") == ("arn:aws:iam::aws:policy/X",)


@pytest.mark.parametrize(
    ("unique", "key"),
    [("place", "aws.x.y|111122223333|us-west-2|n"), ("account", "aws.x.y|111122223333||n"), ("world", "aws.x.y|||n")],
)
def test_native_key(unique: str, key: str) -> None:
    assert key == native_key("aws.x.y", unique, SCOPE, "n")


def test_unknown_uniqueness_is_a_mapping_error() -> None:
    with pytest.raises(MappingError, match="unique is 'galaxy'"):
        native_key("aws.x.y", "galaxy", SCOPE, "n")


def test_kubernetes_id_keeps_empty_parts() -> None:
    assert kubernetes_id("u", "", "Node", "", "n1") == "k8s://u//Node//n1"


@pytest.mark.parametrize(
    ("resource_id", "namespace"),
    [("k8s://u//Pod/n/p", "n"), ("k8s://u/apps/Deployment/n/d", "n"), ("k8s://u//Node//n1", ""), ("k8s://u", ""), ("arn:a/b/c/d/e/f/g", "")],
)  # fmt: skip
def test_the_namespace_stands_in_the_id(resource_id: str, namespace: str) -> None:
    assert namespace == kubernetes_namespace(resource_id)


def test_long_keys_stay_different_and_fit_an_index() -> None:
    keys = ["dns:" + "é" * 5000 + end for end in ("a", "b", "\ud800")]
    assert len({bounded(key) for key in keys}) == 3
    assert all(len(bounded(key).encode()) <= MAX_BYTES for key in keys)
    assert bounded("dns:a.example") == "dns:a.example"


def test_names_of_other_forms_are_none() -> None:
    assert parse_arn("arn:aws:s3") is None
    assert aws_short_name("x") is None
    assert mlflow_server_name("http://[") is None
    assert uri_name("http://[") is None
    assert not valid_host("a b")
