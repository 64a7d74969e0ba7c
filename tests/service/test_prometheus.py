"""What a real Prometheus recorded of a cluster's workloads, asked by its URL and through the API server; and what comes of one that
does not tell."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.kubernetes import open_source
from collectors.kubernetes.collector import KubernetesCollector
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError, UnavailableError
from normalize.mapping import observe
from normalize.model import Observation
from tests.conftest import missing
from tests.servers.kubernetes_replay import Replay
from tests.servers.prometheus import Answer, Sample, answering, error, prometheus, write_blocks

FOLDER = Path(__file__).parent.parent / "fixtures" / "kubernetes-train"
NOW = datetime(2026, 11, 24, 0, 20, tzinfo=UTC)
DAYS = 10
"""Days of the two weeks on which this Prometheus was there."""
END = int(NOW.replace(minute=0).timestamp())
START = END - DAYS * 86_400
EVERY = 120
BUSY_HOUR = range(START + 3 * 86_400, START + 3 * 86_400 + 3600)
OLD, NEW = "partner-embedder-6d4c9f7b58-x2k4b", "partner-embedder-84554875cf-jdjjr"


def stamps(start: int = START, every: int = EVERY) -> range:
    return range(start, END + 1, every)


def counter(series: str, per_minute: float, start: int = START, end: int = END, busy: float = 0) -> Iterator[Sample]:
    value = 0.0
    for stamp in range(start, end + 1, EVERY):
        yield series, value, stamp
        value += (busy if busy and stamp in BUSY_HOUR else per_minute) * EVERY / 60


def embedder(metric: str, labels: str, per_minute: float, busy: float = 0) -> Iterator[Sample]:
    """A counter of one Deployment whose pod was replaced half-way."""
    middle = START + DAYS * 43_200
    for pod, start, end in ((OLD, START, middle), (NEW, middle, END)):
        yield from counter(f'{metric}{{namespace="team-nlp",pod="{pod}"{labels}}}', per_minute, start, end, busy)


def gauge(series: str, value: float) -> Iterator[Sample]:
    return ((series, value, stamp) for stamp in stamps(every=240))


def recorded() -> Iterator[tuple[str, str, Iterator[Sample]]]:
    yield "up", "gauge", gauge('up{job="x"}', 1)

    def requests() -> Iterator[Sample]:
        yield from embedder("vllm:request_success_total", ',finished_reason="stop"', 60, 600)
        yield from embedder("vllm:request_success_total", ',finished_reason="error"', 0.6)

    yield "vllm:request_success", "counter", requests()

    def latency() -> Iterator[Sample]:
        for le, rate in (("0.5", 0), ("1.0", 54), ("2.0", 60), ("+Inf", 60)):
            yield from embedder("vllm:e2e_request_latency_seconds_bucket", f',le="{le}"', rate)

    yield "vllm:e2e_request_latency_seconds", "unknown", (s for s in latency())
    triton = 'exported_namespace="team-vision",exported_pod="triton-detect-75cf7b45f6-j4285",namespace="monitoring",pod="scraper-0"'
    yield "nv_inference_request_success", "unknown", counter(f"nv_inference_request_success{{{triton}}}", 10)
    yield "nv_inference_request_failure", "unknown", counter(f"nv_inference_request_failure{{{triton}}}", 1)
    yield "request_predict_seconds_count", "unknown", revisions()
    ingress = 'exported_namespace="mlflow",ingress="mlflow",namespace="ingress-nginx",pod="nginx-0"'

    def web() -> Iterator[Sample]:
        yield from counter(f'nginx_ingress_controller_requests{{{ingress},status="200"}}', 27)
        yield from counter(f'nginx_ingress_controller_requests{{{ingress},status="404"}}', 3)

    yield "nginx_ingress_controller_requests", "unknown", web()
    for metric, busy, idle in (
        ("DCGM_FI_DEV_GPU_UTIL", 80, 0),
        ("DCGM_FI_DEV_FB_USED", 60_000, 0),
        ("DCGM_FI_DEV_FB_FREE", 20_000, 80_000),
    ):
        yield metric, "gauge", (s for s in devices(metric, busy, idle))


def revisions() -> Iterator[Sample]:
    """An InferenceService on Knative that was rolled out anew half-way."""
    middle = START + DAYS * 43_200
    for revision, start, end in (("00001", START, middle), ("00002", middle, END)):
        pod = f"churn-sklearn-predictor-{revision}-deployment-6d4c9f7b58-x2k4b"
        yield from counter(f'request_predict_seconds_count{{namespace="team-vision",pod="{pod}"}}', 20, start, end)


def devices(metric: str, busy: float, idle: float) -> Iterator[Sample]:
    """One device that training holds and one that nobody holds, which the exporter says of itself."""
    node = 'Hostname="ip-10-20-50-6.us-west-2.compute.internal"'
    own = 'namespace="gpu-operator",pod="nvidia-dcgm-exporter-x2k4b"'
    yield from gauge(
        f'{metric}{{gpu="0",{node},{own},exported_namespace="team-nlp",exported_pod="llama3-70b-sft-worker-0"}}', busy
    )
    yield from gauge(f'{metric}{{gpu="1",{node},{own}}}', idle)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not shutil.which("promtool") or not shutil.which("prometheus"):
        missing("prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus") / "data"
    write_blocks(recorded(), folder)
    with prometheus(folder) as url:
        yield url


KINDS = (
    "k8s.deployment",
    "k8s.kserve.inference_service",
    "k8s.kubeflow.py_torch_job",
    "k8s.ingress",
    "k8s.node",
    "k8s.daemon_set",
    "k8s.prometheus.server",
)


def seen(
    collector: KubernetesCollector, names: tuple[str, ...] = KINDS
) -> tuple[dict[tuple[str, str], Observation], dict[str, CollectError]]:
    found, errors = {}, {}
    for kind in collector.kinds():
        if kind.name not in names:
            continue
        try:
            for scope in collector.scopes(kind):
                for raw in collector.collect(kind, scope):
                    observation = observe(raw, kind)  # type: ignore[arg-type]
                    found[kind.name, str(observation.resource.name)] = observation
        except CollectError as failed:
            errors[kind.name] = failed
    collector.close()
    return found, errors


def opened(replay: Replay, folder: Path, **settings: Any) -> KubernetesCollector:
    kubeconfig = replay.write_kubeconfig(folder / "kubeconfig")
    return open_source({"name": "train", "kubeconfig": kubeconfig, **settings}, clock=lambda: NOW)


@pytest.fixture(scope="module")
def world(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Observation]]:
    with Replay(FOLDER) as replay:
        found, errors = seen(opened(replay, tmp_path_factory.mktemp("cluster"), prometheus=url))
        assert errors == {}
        yield found


def of(world: dict[tuple[str, str], Observation], kind: str, name: str) -> Any:
    return world[kind, name].resource.attributes


def test_requests_of_a_workload_are_those_of_all_its_pods_past_and_present(
    world: dict[tuple[str, str], Observation],
) -> None:
    told = of(world, "k8s.deployment", "partner-embedder")
    assert told["metric_name"] == "vllm:request_success_total"
    assert told["traffic_window_days"] == DAYS
    assert told["request_count"] == pytest.approx(60.6 * 1440 * DAYS + 540 * 60, rel=0.01)
    assert told["requests_per_minute_p50"] == pytest.approx(60.6, rel=0.01)
    assert told["requests_per_minute_p95"] == pytest.approx(60.6, rel=0.01)
    assert told["requests_per_minute_max"] == pytest.approx(600.6, rel=0.01)


def test_latency_and_errors_are_told(world: dict[tuple[str, str], Observation]) -> None:
    told = of(world, "k8s.deployment", "partner-embedder")
    assert told["error_ratio"] == pytest.approx(0.6 * 1440 / (60.6 * 1440 + 54 * 60), rel=0.02)
    assert told["latency_p50_seconds"] == pytest.approx(0.5 + 0.5 * 30 / 54, rel=0.02)
    assert told["latency_p99_seconds"] == pytest.approx(1 + (59.4 - 54) / 6, rel=0.02)


def test_labels_that_gave_way_to_those_of_the_scrape_still_say_whose_it_is(
    world: dict[tuple[str, str], Observation],
) -> None:
    told = of(world, "k8s.deployment", "triton-detect")
    assert told["requests_per_minute_p50"] == pytest.approx(10, rel=0.01)
    assert told["error_ratio"] == pytest.approx(0.1, rel=0.02)


def test_requests_of_a_service_are_those_of_all_its_revisions(world: dict[tuple[str, str], Observation]) -> None:
    told = of(world, "k8s.kserve.inference_service", "churn-sklearn")
    assert told["request_count"] == pytest.approx(20 * 1440 * DAYS, rel=0.01)
    assert not {"error_ratio", "latency_p50_seconds"} & set(told)


def test_requests_of_an_ingress_are_its_own(world: dict[tuple[str, str], Observation]) -> None:
    told = of(world, "k8s.ingress", "mlflow")
    assert told["requests_per_minute_p50"] == pytest.approx(30, rel=0.01)
    assert (told["error_ratio"], told["client_error_ratio"]) == (0, pytest.approx(0.1, rel=0.02))
    assert "request_count" not in of(world, "k8s.ingress", "retired-demo")


def test_use_of_accelerators_is_told_of_who_holds_them_and_of_the_node(
    world: dict[tuple[str, str], Observation],
) -> None:
    job = of(world, "k8s.kubeflow.py_torch_job", "llama3-70b-sft")
    node = of(world, "k8s.node", "ip-10-20-50-6.us-west-2.compute.internal")
    assert (job["accelerator_utilization_ratio"], job["accelerator_memory_utilization_ratio"]) == (0.8, 0.75)
    assert (node["accelerator_utilization_ratio"], node["accelerator_memory_utilization_ratio"]) == (0.4, 0.375)
    assert "accelerator_utilization_ratio" not in of(world, "k8s.daemon_set", "nvidia-dcgm-exporter")
    assert job["utilization_window_days"] == DAYS


def test_what_has_no_series_has_no_traffic_not_none(world: dict[tuple[str, str], Observation]) -> None:
    told = of(world, "k8s.deployment", "grafana")
    assert not {"request_count", "traffic_window_days"} & set(told)
    assert world["k8s.deployment", "grafana"].gaps == ()


def test_the_server_itself_is_a_record(world: dict[tuple[str, str], Observation], url: str) -> None:
    told = of(world, "k8s.prometheus.server", url)
    assert (told["traffic_window_days"], told["retention_days"]) == (DAYS, 7300)
    assert told["version"]


def test_a_service_of_the_cluster_is_asked_through_the_api_server(url: str, tmp_path: Path) -> None:
    with Replay(FOLDER, proxied={"monitoring/prometheus:9090": url}) as replay:
        found, errors = seen(opened(replay, tmp_path, prometheus="in-cluster"))
        methods = {r.method for r in replay.requests}
    assert errors == {}
    assert of(found, "k8s.deployment", "triton-detect")["requests_per_minute_p50"] == pytest.approx(10, rel=0.01)
    assert ("k8s.prometheus.server", "monitoring/prometheus:9090") in found
    assert methods == {"GET"}


def test_a_proxy_that_is_denied_is_said_with_the_permission(tmp_path: Path) -> None:
    with Replay(FOLDER, deny={"services/proxy"}) as replay:
        found, errors = seen(opened(replay, tmp_path, prometheus="in-cluster"))
    assert isinstance(errors["k8s.prometheus.server"], DeniedError)
    assert errors["k8s.prometheus.server"].needs == ("rbac:get:/services/proxy",)
    deployment = found["k8s.deployment", "triton-detect"]
    assert "request_count" not in deployment.resource.attributes
    assert [gap.needs for gap in deployment.gaps] == [("rbac:get:/services/proxy",)]


def test_services_that_may_not_be_listed_are_not_an_estate_without_prometheus(tmp_path: Path) -> None:
    with Replay(FOLDER, deny={"services"}) as replay:
        _, errors = seen(opened(replay, tmp_path, prometheus="in-cluster"), ("k8s.prometheus.server",))
    assert isinstance(errors["k8s.prometheus.server"], DeniedError)


SUCCESS = {"status": "success"}


def answer(data: Any) -> Answer:
    return 200, json.dumps({**SUCCESS, "data": data}).encode()


def told_nothing(path: str, query: dict[str, list[str]]) -> Answer:
    if path.endswith("/values"):
        return answer(["vllm:request_success_total"])
    if "up[1h]" in query.get("query", [""])[0]:
        return answer({"resultType": "matrix", "result": [{"metric": {}, "values": [[END, "1"]]}]})
    return error(422, "execution", "query processing would load too many samples into memory in query execution")


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (lambda *_: error(403, "forbidden", "no access"), DeniedError),
        (lambda *_: error(401, "unauthorized", "no token"), DeniedError),
        (lambda *_: (404, b"nothing here"), UnavailableError),
        (lambda *_: error(503, "unavailable", "starting"), TransientError),
        (lambda *_: (200, b"<html>login</html>"), CollectError),
        (lambda *_: (200, b'{"status": "success", "data": null}'), CollectError),
        (lambda *_: (200, b'{"status": "success", "data": {"result": [{"values": 7}]}}'), CollectError),
        (lambda *_: answer({"resultType": "matrix", "result": []}), CollectError),
        (lambda *_: (302, b""), CollectError),
    ],
)
def test_a_prometheus_that_does_not_tell_is_said_and_costs_nothing_else(
    answers: Any, kind: type[CollectError], tmp_path: Path
) -> None:
    with Replay(FOLDER) as replay, answering(answers) as (url, asked):
        found, errors = seen(opened(replay, tmp_path, prometheus=url), ("k8s.ingress", "k8s.prometheus.server"))
    assert type(errors["k8s.prometheus.server"]) is kind
    assert ("k8s.ingress", "mlflow") in found
    assert [type(gap) for gap in found["k8s.ingress", "mlflow"].gaps] == [kind]
    assert {line.partition(" ")[0] for line in asked} == {"GET"}


def test_a_question_that_is_too_much_costs_only_itself(tmp_path: Path) -> None:
    with Replay(FOLDER) as replay, answering(told_nothing) as (url, _):
        found, errors = seen(opened(replay, tmp_path, prometheus=url))
    assert errors == {}
    server = found["k8s.prometheus.server", url]
    assert ["too many samples" in str(gap) for gap in server.gaps] == [True]
    assert server.resource.attributes["traffic_window_days"] == 1
    assert "too many samples" in str(found["k8s.deployment", "partner-embedder"].gaps[0])


def test_series_beyond_any_cluster_are_refused(tmp_path: Path) -> None:
    def many(path: str, query: dict[str, list[str]]) -> Answer:
        if "increase" not in query.get("query", [""])[0]:
            return told_nothing(path, query)
        return answer(
            {
                "resultType": "matrix",
                "result": [{"metric": {"namespace": "n", "workload": str(i)}, "values": []} for i in range(2001)],
            }
        )

    with Replay(FOLDER) as replay, answering(many) as (url, _):
        found, _ = seen(opened(replay, tmp_path, prometheus=url), ("k8s.prometheus.server",))
    assert ["more than 2000 series" in str(gap) for gap in found["k8s.prometheus.server", url].gaps] == [True]


def test_check_says_what_a_scan_would_not_be_told(tmp_path: Path) -> None:
    with Replay(FOLDER) as replay, answering(lambda *_: error(403, "forbidden", "no access")) as (url, _):
        collector = opened(replay, tmp_path, prometheus=url)
        blind = {b.kind: b.error for b in collector.check()}
        collector.close()
    assert isinstance(blind["k8s.prometheus.server"], DeniedError)


def test_a_token_comes_from_a_variable_and_goes_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Replay(FOLDER) as replay:
        with pytest.raises(ConfigError, match="PROMETHEUS_TOKEN"):
            opened(replay, tmp_path, prometheus="http://127.0.0.1:1", prometheus_token_env="PROMETHEUS_TOKEN")
        monkeypatch.setenv("PROMETHEUS_TOKEN", "eyJ-planted")
        collector = opened(replay, tmp_path, prometheus="http://127.0.0.1:1", prometheus_token_env="PROMETHEUS_TOKEN")
        _, errors = seen(collector, ("k8s.prometheus.server",))
    assert isinstance(errors["k8s.prometheus.server"], TransientError)
    assert "eyJ-planted" not in f"{errors['k8s.prometheus.server']!r}{errors['k8s.prometheus.server'].call}"


def test_without_the_setting_nothing_is_asked(tmp_path: Path) -> None:
    with Replay(FOLDER) as replay:
        collector = opened(replay, tmp_path)
        names = {k.name for k in collector.kinds()}
        collector.close()
    assert "k8s.prometheus.server" not in names


def test_two_weeks_end_at_a_whole_hour() -> None:
    assert NOW - timedelta(minutes=20) == datetime.fromtimestamp(END, UTC)
