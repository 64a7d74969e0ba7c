"""Which node is which machine: two signs that agree, none against, and nothing else that could be meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.machines import Machine, same

BOOT = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
HOST = Machine("host://a", "gpu01.acme.internal", frozenset({"10.0.0.7", "fd00::7"}), BOOT)


def node(id_: str = "n1", hostname: str = "gpu01", address: str = "10.0.0.7", boot: datetime | None = BOOT) -> Machine:
    return Machine(id_, hostname, frozenset({address} if address else ()), boot, "c1")


def joined(nodes: list[Machine], *hosts: Machine) -> dict[str, str]:
    return {n: m for n, m, _ in same(nodes, hosts)}


@pytest.mark.parametrize(
    ("told", "signs"),
    [
        (node(), "address and host name and start"),
        (node(address="gpu01"), "host name and start"),
        (node(boot=None), "address and host name"),
        (node(hostname="other", boot=BOOT + timedelta(seconds=20)), "address and start"),
        (node(hostname="GPU01.ACME.internal"), "address and host name and start"),
        (node(boot=BOOT - timedelta(days=3)), "address and host name"),
    ],
)
def test_two_signs_join(told: Machine, signs: str) -> None:
    assert list(same([told], [HOST])) == [("n1", "host://a", f"the same {signs}")]


@pytest.mark.parametrize(
    "told",
    [
        node(hostname="other", boot=None),
        node(address="", boot=None),
        node(hostname="other", address=""),
        node(address="10.9.9.9"),
        node(hostname="gpu01.other.example", address="", boot=BOOT),
        node(hostname="", address="127.0.0.1"),
        Machine("n1", cluster="c1"),
    ],
    ids=["address alone", "name alone", "start alone", "another address", "another domain", "loopback", "nothing"],
)
def test_one_sign_or_one_against_joins_nothing(told: Machine) -> None:
    assert joined([told], HOST) == {}


def test_two_machines_that_could_be_meant_are_neither() -> None:
    twin = Machine("host://b", "gpu01", frozenset({"10.0.0.7"}), BOOT)
    assert joined([node()], HOST, twin) == {}


def test_an_address_that_is_there_twice_is_told_apart_by_the_rest() -> None:
    other_site = Machine("host://b", "gpu99", frozenset({"10.0.0.7"}), BOOT - timedelta(days=9))
    assert joined([node()], HOST, other_site) == {"n1": "host://a"}


def test_several_nodes_of_one_cluster_on_one_machine_are_none_of_them_it() -> None:
    assert joined([node("n1"), node("n2")], HOST) == {}
    elsewhere = Machine("m1", "gpu01", frozenset({"10.0.0.7"}), BOOT, "c2")
    assert joined([node("n1"), elsewhere], HOST) == {"n1": "host://a", "m1": "host://a"}


_MACHINES = st.builds(
    Machine,
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(["", "x", "x.y", "z"]),
    st.frozensets(st.sampled_from(["10.0.0.1", "10.0.0.2", "name", "::1"]), max_size=2),
    st.sampled_from([None, BOOT]),
)


@given(
    st.lists(_MACHINES, max_size=4, unique_by=lambda m: m.id),
    st.lists(_MACHINES, max_size=4, unique_by=lambda m: m.id),
    st.randoms(),
)
def test_order_changes_nothing_and_no_machine_is_two_nodes(
    nodes: list[Machine], hosts: list[Machine], random: object
) -> None:
    found = set(same(nodes, hosts))
    assert found == set(same(nodes[::-1], hosts[::-1]))
    assert len({n for n, _, _ in found}) == len({m for _, m, _ in found}) == len(found)
