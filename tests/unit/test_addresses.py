"""Addresses that lead to one server do so because records say it; where they disagree, or say nothing, none does."""

from __future__ import annotations

import pytest

from normalize.addresses import Address, Book, only_local, parse_address, parse_server, seen_inside

SERVICE = "k8s://u//Service/ml/mlflow"
AT_SERVICE = "mlflow.ml.svc:5000@u"
STATEMENTS = [
    ("mlflow.ml.svc:http@u", "mlflow.ml.svc:5000@u", "name"),
    ("mlflow.ml.svc:80@u", "mlflow.ml.svc:5000@u", "port"),
    ("mlflow.ml.svc:>8080@u", "mlflow.ml.svc:5000@u", "target"),
    ("10.96.0.9:*@u", "mlflow.ml.svc:*@u", "cluster ip"),
    ("lb.example:*", "mlflow.ml.svc:*@u", "balancer"),
    ("*:31500@u", "mlflow.ml.svc:5000@u", "node port"),
    ("mlflow.example:443", "mlflow.ml.svc:http@u", "ingress"),
    ("hub.example:443/mlflow", "mlflow.ml.svc:5000@u", "ingress path"),
    ("hub.example:443", "home.web.svc:80@u", "ingress root"),
    ("route.example:80", "mlflow.ml.svc:>8080@u", "route"),
    ("route.example:443", "mlflow.ml.svc:>5000@u", "route"),
    ("alias.apps.svc:*@u", "mlflow.ml.svc:*@u", "external name"),
    ("shared.example:443", "mlflow.ml.svc:5000@u", "one"),
    ("shared.example:443", "other.ml.svc:5000@u", "two"),
    ("loop.a.svc:*@u", "loop.b.svc:*@u", "there"),
    ("loop.b.svc:*@u", "loop.a.svc:*@u", "and back"),
]
BOOK = Book(STATEMENTS, frozenset({SERVICE}), {"10.0.0.7": frozenset({"u"})}, {"train": "u"})


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("mlflow.ml.svc:5000@u", AT_SERVICE),
        ("mlflow.ml.svc:80@u", AT_SERVICE),
        ("mlflow.ml.svc:5000@train", AT_SERVICE),
        ("mlflow.ml:5000@u", AT_SERVICE),
        ("mlflow.ml:80@train", AT_SERVICE),
        ("10.96.0.9:5000@u", AT_SERVICE),
        ("lb.example:5000", AT_SERVICE),
        ("lb.example:80", AT_SERVICE),
        ("10.0.0.7:31500", AT_SERVICE),
        ("mlflow.example:443", AT_SERVICE),
        ("hub.example:443/mlflow", AT_SERVICE),
        ("route.example:80", AT_SERVICE),
        ("route.example:443", AT_SERVICE),
        ("alias.apps.svc:5000@u", AT_SERVICE),
        ("alias.apps.svc:80/x@u", "mlflow.ml.svc:5000/x@u"),
        ("mlflow.example:443/x", "mlflow.ml.svc:5000/x@u"),
        ("hub.example:443/mlflow/sub", "mlflow.ml.svc:5000/mlflow/sub@u"),
        ("hub.example:443", "home.web.svc:80@u"),
        ("hub.example:443/other", "home.web.svc:80/other@u"),
    ],
)
def test_an_address_leads_where_the_records_say(address: str, end: str) -> None:
    assert str(BOOK.follow(parse_address(address)).address) == end


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("mlflow.ml.svc:5000", "mlflow.ml.svc:5000"),  # of which cluster?
        ("mlflow.ml.svc:5000@v", "mlflow.ml.svc:5000@v"),  # of another one
        ("mlflow.ml.svc:8080@u", "mlflow.ml.svc:8080@u"),  # another port
        ("mlflow.other:5000@u", "mlflow.other:5000"),  # no such Service: a name that means the same everywhere
        ("10.96.0.9:5000", "10.96.0.9:5000"),  # outside of the cluster
        ("10.96.0.10:5000@u", "10.96.0.10:5000"),
        ("10.0.0.7:31501", "10.0.0.7:31501"),  # a node, another port
        ("10.0.0.8:31500", "10.0.0.8:31500"),  # no node
        ("shared.example:443", "shared.example:443"),  # two records disagree
        ("127.0.0.1:5000@u", "127.0.0.1:5000@u"),
        ("mlflow.example:8443", "mlflow.example:8443"),
    ],
)
def test_an_address_that_no_record_speaks_of_stays_what_it_is(address: str, end: str) -> None:
    assert str(BOOK.follow(parse_address(address)).address) == end


def test_statements_that_lead_in_a_circle_end() -> None:
    assert BOOK.follow(parse_address("loop.a.svc:1@u")).address.host.startswith("loop.")


def test_the_way_names_the_statements_that_it_rests_on() -> None:
    assert BOOK.follow(parse_address("mlflow.example:443")).evidence == ["ingress", "name"]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (Address("mlflow.example", "443"), "https://mlflow.example"),
        (Address("mlflow.example", "80", "a/b"), "http://mlflow.example/a/b"),
        (Address("mlflow.ml.svc", "5000", "", "u"), "http://mlflow.ml.svc:5000"),
        (Address("2001:db8::1", "5000"), "http://[2001:db8::1]:5000"),
    ],
)
def test_an_address_is_written_as_people_write_it_and_read_back(address: Address, url: str) -> None:
    assert address.url == url
    assert parse_server(address.key) == address


def test_only_a_name_inside_a_known_cluster_is_a_service() -> None:
    assert Address("mlflow-0.mlflow.ml.svc", "5000", "", "u").service_id == SERVICE
    assert Address("mlflow.ml.svc", "5000").service_id is None
    assert Address("mlflow.example", "5000", "", "u").service_id is None


@pytest.mark.parametrize(
    ("host", "namespace", "seen"),
    [
        ("mlflow", "team", "mlflow.team.svc:5000@u"),
        ("mlflow", "", "mlflow:5000@u"),
        ("mlflow.ml", "team", "mlflow.ml:5000@u"),
        ("10.96.0.9", "team", "10.96.0.9:5000@u"),
        ("mlflow.corp.example", "team", "mlflow.corp.example:5000"),
    ],
)
def test_what_a_host_means_inside_a_cluster(host: str, namespace: str, seen: str) -> None:
    assert str(seen_inside(Address(host, "5000"), "u", namespace)) == seen


@pytest.mark.parametrize("host", ["localhost", "x.localhost", "127.0.0.1", "0.0.0.0", "::1"])
def test_loopback_is_only_local(host: str) -> None:
    assert only_local(Address(host, "5000"))
    assert not only_local(Address("mlflow.example", "5000"))
