"""Identity, severity and texts of gaps."""

from __future__ import annotations

import tomllib

import pytest

from normalize import gap, gap_scopes
from normalize.addresses import Address
from normalize.evidence import REQUIRED
from normalize.model import Category, Dimension, Evidence, GapCode, Outcome, Scope, Severity

SCOPE = Scope("aws", "111122223333", "us-east-1")
SEEN = Evidence("prod s3:ListBuckets", "$.x", "s3://weights/v1", "arn:aws:s3:::a")


def _lost(key: str, **known: str) -> gap.Lost:
    parts = dict.fromkeys(("target", "provider", "account", "place"), "") | known
    return gap.Lost(key, parts.pop("value", key), evidence=(SEEN,), count=1, needers=1, **parts)


def test_ids_depend_on_code_and_subject_only() -> None:
    a = gap.gap_id(GapCode.DANGLING_REFERENCE, "s3://b")
    assert a == gap.gap_id(GapCode.DANGLING_REFERENCE, "s3://b")
    assert a == "gap-9bba88715d04c544", "ids are stable between versions"
    assert a != gap.gap_id(GapCode.EXTERNAL_DEPENDENCY, "s3://b")
    assert gap.gap_id(GapCode.COVERAGE_DENIED, "a", "bc") != gap.gap_id(GapCode.COVERAGE_DENIED, "ab", "c")


@pytest.mark.parametrize(
    ("kind", "dimension"),
    [
        ("aws.s3.bucket", Dimension.DATA),
        ("aws.sagemaker.endpoint", Dimension.INFERENCE),
        ("aws.sagemaker.endpoint_config", Dimension.INFERENCE),
        ("aws.sagemaker.training_job", Dimension.TRAINING),
        ("aws.sagemaker.model", Dimension.MODELS),
        ("aws.ecr.repository", Dimension.MODELS),
        ("aws.logs.log_group", Dimension.OBSERVABILITY),
        ("aws.ec2.vpc", Dimension.NETWORK),
        ("aws.ec2.instance", Dimension.COMPUTE),
        ("aws.iam.role", Dimension.SECURITY),
        ("aws.kms.key", Dimension.SECURITY),
        ("k8s.persistent_volume_claim", Dimension.DATA),
        ("k8s.secret", Dimension.SECURITY),
        ("k8s.service", Dimension.NETWORK),
        ("k8s.endpoint_slice", Dimension.NETWORK),
        ("aws.ec2.vpc_endpoint", Dimension.NETWORK),
        ("mlflow.run", Dimension.TRAINING),
        ("something.new.thing", Dimension.COMPUTE),
    ],
)
def test_a_kind_never_seen_still_has_a_dimension(kind: str, dimension: Dimension) -> None:
    assert gap.dimension_of(kind) is dimension


def test_a_denied_look_at_data_is_critical_and_names_the_permission() -> None:
    look = gap.Look("prod", "aws.s3.bucket", SCOPE, Outcome.DENIED, 0, "AccessDenied", ("s3:ListAllMyBuckets",))
    found = gap.coverage(look)
    assert (found.code, found.severity) == (GapCode.COVERAGE_DENIED, Severity.CRITICAL)
    assert "`s3:ListAllMyBuckets`" in found.remedy
    assert "stocktake scan --source prod --kind aws.s3.bucket" in found.remedy
    assert found.missing == {
        "kind": "aws.s3.bucket",
        "provider": "aws",
        "account": "111122223333",
        "place": "us-east-1",
    }


def test_what_the_store_knows_of_a_kind_outweighs_its_name() -> None:
    look = gap.Look("prod", "aws.s3.bucket", SCOPE, Outcome.DENIED, dimension=Dimension.OBSERVABILITY)
    assert gap.coverage(look).severity is Severity.LOW


def test_a_source_that_could_not_say_what_it_has_is_critical() -> None:
    found = gap.coverage(gap.Look("prod", "*", Scope("aws", "?", "?"), Outcome.FAILED, 0, "no route"))
    assert (found.severity, found.missing) == (Severity.CRITICAL, {"provider": "aws"})
    assert found.subject == "everything in every scope (prod)"


def test_a_group_that_another_server_does_not_serve_is_mended_at_its_api_service() -> None:
    cluster = Scope("kubernetes", "uid", "uid")
    reason = "GET /apis/external.metrics.k8s.io/v1beta1: 503: service unavailable"
    found = gap.coverage(gap.Look("train", "k8s.external.metrics.k8s.io.v1beta1", cluster, Outcome.FAILED, 0, reason))
    assert "`kubectl describe apiservice v1beta1.external.metrics.k8s.io`" in found.remedy
    pods = gap.coverage(gap.Look("train", "k8s.pod", cluster, Outcome.FAILED, 0, "GET /api/v1/pods: 503: busy"))
    assert "apiservice" not in pods.remedy


def test_unavailable_proves_absence_and_quarantine_does_not() -> None:
    assert gap.Look("s", "k", SCOPE, Outcome.UNAVAILABLE).proves
    assert not gap.Look("s", "k", SCOPE, Outcome.COMPLETE, 1).proves
    assert not gap.Look("s", "k", SCOPE, Outcome.PARTIAL).proves


@pytest.mark.parametrize(
    ("lost", "where"),
    [
        (_lost("image://docker.io/library/redis", provider="docker.io"), "public registry"),
        (_lost("image://nvcr.io/nvidia/pytorch", provider="nvcr.io"), "public registry"),
        (_lost("image://harbor.corp.example/ml/serve", provider="harbor.corp.example"), "private registry"),
        (_lost("image://9.dkr.ecr.us-east-1.amazonaws.com/x", provider="aws", account="999900001111"), "another account"),
        (_lost("image://602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy", provider="aws", account="602401143452"), "cloud registry"),
        (_lost("image://763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training", provider="aws", account="763104351884"), "cloud registry"),
        (_lost("dns:nvcr.io"), "public registry"),
        (_lost("arn:aws:bedrock:us-west-2::foundation-model/x", provider="aws", target="aws.bedrock.foundation_model"), "hosted model"),
        (_lost("hf://meta-llama/Llama-3", provider="huggingface"), "model hub"),
        (_lost("dns:api.openai.com", provider="openai"), "saas"),
        (_lost("dns:sts.amazonaws.com", provider="aws", target="network.host"), "cloud api"),
        (_lost("dns:x.y.rds.amazonaws.com", provider="aws", target="aws.rds.instance"), "managed service"),
        (_lost("dns:db.corp.internal"), "internal host"),
        (_lost("dns:db.example.com"), "internet host"),
        (_lost("ip:10.0.0.7"), "private address"),
        (_lost("ip:8.8.8.8"), "public address"),
        (_lost("ip:fd00::1"), "private address"),
        (_lost("nfs://nas.corp"), "file server"),
        (_lost("hdfs://nn:8020"), "file server"),
        (_lost("s3://models@minio.ml.svc:9000@uid", target="s3.bucket"), "object store"),
        (_lost("s3://weights", provider="aws", target="aws.s3.bucket"), "unknown owner"),
        (_lost("arn:aws:iam::999900001111:role/x", provider="aws", account="999900001111"), "another account"),
        (_lost("k8s://uid//Secret/a/b"), "another cluster"),
    ],
)  # fmt: skip
def test_every_outside_is_told_apart_and_has_its_words(lost: gap.Lost, where: str) -> None:
    assert gap.outside(lost) == where
    found = gap.external(lost)
    assert found.extra == {"outside": where}
    assert "{" not in found.remedy + found.why


@pytest.mark.parametrize("name", ["train", 'a"b\\c\n[x]', "gpu.prod"])
def test_the_block_that_would_cover_a_cluster_is_valid_configuration(name: str) -> None:
    arn = "arn:aws:eks:us-east-1:111122223333:cluster/train"
    found = gap_scopes.unscanned_cluster(arn, "aws.eks.cluster", name, SCOPE, SEEN, ["lab"])
    block = found.remedy[found.remedy.index("[[source]]") : found.remedy.index("Source lab")]
    (source,) = tomllib.loads(block)["source"]
    assert (source["type"], source["context"]) == ("kubernetes", arn)
    assert found.severity is Severity.CRITICAL
    assert "may be this cluster" in found.remedy


def sources_in(remedy: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = tomllib.loads(remedy[remedy.index("[[source]]") :])["source"]
    return found


LOST = _lost("mlflow-server:mlflow.corp:443", value="https://mlflow.corp")
INSIDE = Address("mlflow.ml.svc", "5000", "", "train")


def test_the_block_that_would_cover_a_tracking_server_is_valid_configuration() -> None:
    found = gap_scopes.unscanned_mlflow(LOST, Address("mlflow.corp", "443"))
    assert sources_in(found.remedy) == [{"type": "mlflow", "name": "mlflow", "tracking_uri": "https://mlflow.corp"}]


def test_a_server_inside_a_cluster_is_reached_by_a_forwarded_port_and_known_by_an_alias() -> None:
    found = gap_scopes.unscanned_mlflow(LOST, INSIDE)
    assert "kubectl --namespace ml port-forward service/mlflow 5000`" in found.remedy
    assert sources_in(found.remedy) == [
        {"type": "mlflow", "name": "mlflow", "tracking_uri": "http://127.0.0.1:5000", "cluster": "train",
         "aliases": ["http://mlflow.ml.svc:5000"]}
    ]  # fmt: skip
    assert found.subject == "MLflow server http://mlflow.ml.svc:5000 in cluster train, used by 1 resource"


def test_a_server_that_a_cluster_exposes_is_reached_there_and_needs_no_alias() -> None:
    found = gap_scopes.unscanned_mlflow(LOST, INSIDE, [Address("mlflow.example", "443")])
    assert sources_in(found.remedy) == [{"type": "mlflow", "name": "mlflow", "tracking_uri": "https://mlflow.example"}]
    assert found.extra == {"addresses": ["https://mlflow.example", "http://mlflow.ml.svc:5000"]}


def test_where_a_source_may_read_the_server_already_the_lines_to_add_come_first() -> None:
    found = gap_scopes.unscanned_mlflow(LOST, INSIDE, (), [("registry", "http://127.0.0.1:5001")])
    assert found.remedy.startswith("If source registry (http://127.0.0.1:5001) reads this very server")
    lines = found.remedy.split("\n\n")[1]
    assert tomllib.loads(lines) == {"cluster": "train", "aliases": ["http://mlflow.ml.svc:5000"]}
    assert len(sources_in(found.remedy)) == 1


def test_a_server_on_loopback_is_looked_for_beside_what_mentions_it() -> None:
    found = gap_scopes.unscanned_mlflow(LOST, Address("127.0.0.1", "5000", "", "111122223333"))
    assert "port 5000" in found.remedy
    assert "[[source]]" not in found.remedy


def test_evidence_is_capped_and_counted() -> None:
    many = tuple(Evidence("prod c", f"$[{i}]", "v", f"r{i}") for i in range(100))
    lost = gap.Lost("s3://b", "s3://b", "aws.s3.bucket", "aws", "", "", many, 100, 100)
    found = gap.dangling(lost)
    assert (len(found.evidence), found.evidence_count) == (gap.EVIDENCE_LIMIT, 100)
    assert found.subject == "s3://b, needed by 100 resources"


def test_missing_bytes_of_a_bucket_name_their_metric() -> None:
    found = gap.evidence_missing("aws.s3.bucket", SCOPE, REQUIRED[Category.BUCKET][0], [("arn:b", "b", SEEN)], 1)
    assert found.severity is Severity.HIGH
    assert "cloudwatch:GetMetricData" in found.remedy
    assert (found.subject_id, found.subject) == ("arn:b", "size_bytes of b")


@pytest.mark.parametrize("outcome", [Outcome.PARTIAL, Outcome.FAILED, Outcome.COMPLETE])
def test_what_was_imported_is_imported_again_and_not_scanned(outcome: Outcome) -> None:
    found = gap.coverage(gap.Look("bill", "bill.usage", Scope("aws", "111122223333", "2026-10"), outcome, 1))
    assert "`stocktake import PATH`" in found.remedy
    assert "scan" not in found.remedy
    assert "machines" not in found.why
