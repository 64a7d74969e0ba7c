"""Facts that follow from others: what follows, and what must not be made up."""

from __future__ import annotations

from typing import Any

from normalize.model import Category
from planning.estate import Component, Estate
from planning.facts import derive
from tests.unit.planned import lookup


def k8s(kind: str, id_: str, category: Category, **facts: Any) -> Component:
    return Component(id_, f"k8s.{kind}", category, "kubernetes", "uid", "c", id_, "", {}, {"namespace": "ml", **facts})


def settings(kind: str, name: str, *keys: str) -> Component:
    return k8s(kind.lower(), f"k8s://uid//{kind}/ml/{name}", Category.SETTINGS, keys=list(keys))


def derived(*components: Component, relations: tuple[tuple[str, str, str], ...] = ()) -> dict[str, Component]:
    outgoing: dict[str, list[tuple[str, str]]] = {}
    incoming: dict[str, list[tuple[str, str]]] = {}
    for source, verb, target in relations:
        outgoing.setdefault(source, []).append((verb, target))
        incoming.setdefault(target, []).append((verb, source))
    estate = Estate({c.id: c for c in components}, {}, outgoing, incoming, (), 0)
    derive(estate, lookup)
    return estate.components


IMPORTS = [{"kind": "ConfigMap", "name": "settings", "prefix": "S_"}, {"kind": "Secret", "name": "hub", "prefix": ""}]


def test_names_of_variables_that_are_imported_whole_come_from_the_objects_that_hold_them() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=IMPORTS)
    found = derived(pod, settings("ConfigMap", "settings", "REGION"), settings("Secret", "hub", "TOKEN"))
    assert found["d"].facts["environment_names"] == ["A", "S_REGION", "TOKEN"]


def test_names_of_variables_stay_unknown_while_an_imported_object_was_not_seen() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=IMPORTS)
    assert "environment_names" not in derived(pod, settings("ConfigMap", "settings", "REGION"))["d"].facts


def test_a_workload_that_imports_nothing_has_the_names_that_it_lists() -> None:
    pod = k8s("deployment", "d", Category.WORKLOAD, keys=["A"], environment_from=[])
    assert derived(pod)["d"].facts["environment_names"] == ["A"]
