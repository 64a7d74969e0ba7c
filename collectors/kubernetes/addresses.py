"""Under which addresses the Services of a cluster answer, as its objects say. Pure: one object in.

Owns Services, and what routes hosts to them: Ingress, Gateway API, OpenShift and Istio. Refuses to join: it states that one
address is the same as another, and the store follows the statements of all records.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from collectors.kubernetes.types import Objects
from normalize.addresses import ANSWERS_AT, AT, Address, parse_server
from normalize.identity import Name, host_name, mlflow_server_name
from normalize.model import Json

_HOSTNAMES = ("external-dns.alpha.kubernetes.io/hostname", "external-dns.kubernetes.io/hostname")
"""Annotations by which external-dns publishes names for a Service or Ingress, before its 0.22 and since; several names are
parted by commas. Source: kubernetes-sigs.github.io/external-dns, "Annotations" of v0.21.0 and v0.23.0, read 2026-11-24."""
_LISTEN_PORTS = "alb.ingress.kubernetes.io/listen-ports"
"""Source: kubernetes-sigs/aws-load-balancer-controller at 00175c1, docs/guide/ingress/annotations.md, read 2026-11-24."""

Link = dict[str, Any]


def addresses(obj: Json, type_: Objects, cluster: str) -> tuple[list[str], list[Link]]:
    """(canonical keys of hosts and addresses that are the object's own, links) of an object.

    The links are statements that an address is the same as another, and `exposed_by`: the load balancer in front.
    """
    read = _READERS.get((type_.group, type_.kind))
    if read is None:
        return [], []
    found = _Found(cluster)
    read(obj, found)
    return list(dict.fromkeys(found.names)), found.links


class _Found:
    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.names: list[str] = []
        self.links: list[Link] = []

    def own(self, host: Any) -> Name | None:
        """Take a host as the object's own. None where it is no host, or a pattern."""
        name = host_name(host) if isinstance(host, str) else None
        if name:
            self.names.append(name.key)
        return name

    def same(self, address: Address, target: Address, path: str) -> None:
        link = {"verb": ANSWERS_AT, "key": AT + str(address), "path": path, "value": str(target), "optional": True}
        self.links.append(link)

    def exposed_by(self, name: Name, path: str, value: str) -> None:
        link = {"verb": "exposed_by", "key": name.key, "path": path, "value": value, "optional": True}
        self.links.append(link | {"target": name.target, "provider": name.provider})


def _host(name: Name) -> str:
    return name.key.partition(":")[2]


def _meta(obj: Json) -> tuple[str, str, Mapping[str, Any]]:
    meta = obj.get("metadata") or {}
    return str(meta.get("namespace") or ""), str(meta.get("name") or ""), meta.get("annotations") or {}


def _balancers(obj: Json) -> Iterator[tuple[Name, str, str]]:
    """(host or address of a load balancer, JSON path, as it stands)."""
    for i, entry in enumerate(((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []):
        for field in ("hostname", "ip"):
            value = entry.get(field)
            if isinstance(value, str) and (name := host_name(value)):
                yield name, f"$.status.loadBalancer.ingress[{i}].{field}", value


def _published(notes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(host, JSON path) of the names that external-dns is asked to publish."""
    for key in _HOSTNAMES:
        for host in str(notes.get(key) or "").split(","):
            if host.strip():
                yield host.strip(), f'$.metadata.annotations["{key}"]'


def _service(obj: Json, found: _Found) -> None:
    namespace, name, notes = _meta(obj)
    spec = obj.get("spec") or {}
    found.names.append(f"dns:{name}.{namespace}@{found.cluster}")
    at = Address(f"{name}.{namespace}.svc", "*", "", found.cluster)
    if spec.get("type") == "ExternalName":
        if outside := host_name(str(spec.get("externalName") or "")):
            host = _host(outside)
            inside = found.cluster if host.endswith(".svc") else ""
            found.same(at, Address(host, "*", "", inside), "$.spec.externalName")
        return
    for i, value in enumerate(spec.get("clusterIPs") or [spec.get("clusterIP")]):
        if own := host_name(str(value or "")):
            found.names.append(f"{own.key}@{found.cluster}")
            found.same(Address(_host(own), "*", "", found.cluster), at, f"$.spec.clusterIPs[{i}]")
    for i, value in enumerate(spec.get("externalIPs") or []):
        if own := found.own(value):
            found.same(Address(_host(own), "*"), at, f"$.spec.externalIPs[{i}]")
    for balancer, path, value in _balancers(obj):
        found.names.append(balancer.key)
        found.same(Address(_host(balancer), "*"), at, path)
        found.exposed_by(balancer, path, value)
    for host, path in _published(notes):
        if own := found.own(host):
            found.same(Address(_host(own), "*"), at, path)
    _ports(spec.get("ports") or [], at, found)


def _ports(ports: list[Json], at: Address, found: _Found) -> None:
    """What else a port is called: its name, its node port, another port that leads to the same one of the pods."""
    first: dict[Any, str] = {}
    for i, port in enumerate(ports):
        number, goal = str(port["port"]), (port.get("protocol", "TCP"), port.get("targetPort", port["port"]))
        main = replace(at, port=first.setdefault(goal, number))
        path = f"$.spec.ports[{i}]"
        if main.port != number:
            found.same(replace(at, port=number), main, f"{path}.port")
        if named := port.get("name"):
            found.same(replace(at, port=str(named)), main, f"{path}.name")
        if str(goal[1]) != main.port:
            found.same(replace(at, port=f">{goal[1]}"), main, f"{path}.targetPort")
        if node_port := port.get("nodePort"):
            found.same(Address("*", str(node_port), "", found.cluster), main, f"{path}.nodePort")


# --- hosts that are routed to Services --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Route:
    """Requests for a host below a path go to a port of a Service. `goal` is None where it is no single Service."""

    host: str
    path: str
    goal: Address | None
    at: str


_CALL = "/api/2.0/mlflow/"
"""Below a tracking URI, the path that decides where calls of a tracking client arrive, whatever serves its pages.
Source: mlflow 3.17, mlflow/utils/rest_utils.py _REST_API_PATH_PREFIX, read 2026-11-24."""


def _state(routes: Iterable[_Route], ports: Iterable[str], found: _Found) -> None:
    """State for every host and base path where a tracking client's calls arrive, if that is one Service."""
    by_host: dict[str, list[_Route]] = defaultdict(list)
    for route in routes:
        by_host[route.host].append(route)
    for host, known in by_host.items():
        for base in dict.fromkeys(["", *(r.path for r in known)]):
            best = max((len(r.path) for r in known if (base + _CALL).startswith(r.path + "/")), default=None)
            arrives = [r for r in known if len(r.path) == best and (base + _CALL).startswith(r.path + "/")]
            goals = {r.goal for r in arrives}
            named = mlflow_server_name(f"http://{host}{base}")
            if named is None or len(goals) != 1 or (goal := arrives[0].goal) is None:
                continue
            address = parse_server(named.key)
            if base.strip("/") == address.path:
                for port in ports:
                    found.same(replace(address, port=port), goal, arrives[0].at)


def _literal(path: Any) -> str:
    """The part of a path before its first pattern, without the slash at its end."""
    text = re.split(r"[*(\[\\^$?|+]|\.(?=[*+])", str(path or ""), maxsplit=1)[0].strip("/")
    return f"/{text}" if text else ""


def _goal(cluster: str, namespace: str, name: Any, port: Any) -> Address | None:
    if not name or port in (None, "", "use-annotation"):
        return None
    return Address(f"{name}.{namespace}.svc", str(port), "", cluster)


def _ingress(obj: Json, found: _Found) -> None:
    namespace, _, notes = _meta(obj)
    spec = obj.get("spec") or {}
    for host, _at in _published(notes):
        found.own(host)
    for entry in spec.get("tls") or []:
        for host in entry.get("hosts") or []:
            found.own(host)
    balancers = list(_balancers(obj))
    for balancer, path, value in balancers:
        found.exposed_by(balancer, path, value)
    routes: list[_Route] = []
    for i, rule in enumerate(spec.get("rules") or []):
        own = found.own(rule.get("host"))
        hosts = [_host(own)] if own else [] if rule.get("host") else [_host(b) for b, _, _ in balancers]
        for j, entry in enumerate((rule.get("http") or {}).get("paths") or []):
            if entry.get("pathType") == "Exact":
                continue
            service = (entry.get("backend") or {}).get("service") or {}
            port = service.get("port") or {}
            goal = _goal(found.cluster, namespace, service.get("name"), port.get("number") or port.get("name"))
            at = f"$.spec.rules[{i}].http.paths[{j}].backend.service.name"
            routes += [_Route(host, _literal(entry.get("path")), goal, at) for host in hosts]
    _state(routes, _listening(notes), found)


def _listening(notes: Mapping[str, Any]) -> list[str]:
    """Ports on which a routed host answers: those of the web, and those that an annotation names."""
    ports = ["80", "443"]
    try:
        entries = json.loads(str(notes.get(_LISTEN_PORTS) or "[]"))
        ports += [str(port) for entry in entries for port in entry.values() if isinstance(port, int)]
    except (AttributeError, TypeError, ValueError):
        pass
    return list(dict.fromkeys(ports))


def _gateway(obj: Json, found: _Found) -> None:
    for listener in (obj.get("spec") or {}).get("listeners") or []:
        found.own(listener.get("hostname"))
    for i, entry in enumerate((obj.get("status") or {}).get("addresses") or []):
        value = entry.get("value")
        if isinstance(value, str) and (name := host_name(value)):
            found.exposed_by(name, f"$.status.addresses[{i}].value", value)


def _http_route(obj: Json, found: _Found) -> None:
    namespace, _, _ = _meta(obj)
    spec = obj.get("spec") or {}
    hosts = [_host(own) for host in spec.get("hostnames") or [] if (own := found.own(host))]
    routes: list[_Route] = []
    for i, rule in enumerate(spec.get("rules") or []):
        backends = [b for b in rule.get("backendRefs") or [] if b.get("weight", 1)]
        at = f"$.spec.rules[{i}].backendRefs[0].name"
        goal = None
        if len(backends) == 1 and (backends[0].get("kind") or "Service") == "Service":
            place = backends[0].get("namespace") or namespace
            goal = _goal(found.cluster, place, backends[0].get("name"), backends[0].get("port"))
        for match in rule.get("matches") or [{}]:
            path = match.get("path") or {}
            if path.get("type") != "Exact" and not match.get("headers") and not match.get("queryParams"):
                routes += [_Route(host, _literal(path.get("value")), goal, at) for host in hosts]
    _state(routes, ("80", "443"), found)


def _open_shift_route(obj: Json, found: _Found) -> None:
    namespace, _, _ = _meta(obj)
    spec = obj.get("spec") or {}
    own = found.own(spec.get("host"))
    to, port = spec.get("to") or {}, (spec.get("port") or {}).get("targetPort")
    goal = None
    if to.get("kind", "Service") == "Service" and not spec.get("alternateBackends") and port:
        # a number is a port of the pods, a name that of a port of the Service
        goal = _goal(found.cluster, namespace, to.get("name"), f">{port}" if isinstance(port, int) else port)
    if own:
        _state([_Route(_host(own), _literal(spec.get("path")), goal, "$.spec.to.name")], ("80", "443"), found)


def _virtual_service(obj: Json, found: _Found) -> None:
    namespace, _, _ = _meta(obj)
    spec = obj.get("spec") or {}
    hosts = [h for h in spec.get("hosts") or [] if isinstance(h, str) and host_name(h)]
    hosts = [_host(own) for h in hosts if not h.endswith(".svc.cluster.local") and (own := found.own(h))]
    routes: list[_Route] = []
    for i, rule in enumerate(spec.get("http") or []):
        goal = _destination(rule, namespace, found.cluster)
        at = f"$.spec.http[{i}].route[0].destination.host"
        for match in rule.get("match") or [{}]:
            uri = match.get("uri") or {}
            if "exact" not in uri and not match.get("headers"):
                routes += [_Route(host, _literal(uri.get("prefix") or uri.get("regex")), goal, at) for host in hosts]
    _state(routes, ("80", "443"), found)


def _destination(rule: Json, namespace: str, cluster: str) -> Address | None:
    targets = [t.get("destination") or {} for t in rule.get("route") or [] if t.get("weight", 1)]
    if len(targets) != 1:
        return None
    labels = str(targets[0].get("host") or "").removesuffix(".cluster.local").removesuffix(".svc").split(".")
    name, place = (labels[0], namespace) if len(labels) == 1 else (labels[0], labels[1])
    return _goal(cluster, place, name, (targets[0].get("port") or {}).get("number")) if len(labels) <= 2 else None


_READERS: Mapping[tuple[str, str], Callable[[Json, _Found], None]] = {
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    ("gateway.networking.k8s.io", "HTTPRoute"): _http_route,
    ("route.openshift.io", "Route"): _open_shift_route,
    ("networking.istio.io", "VirtualService"): _virtual_service,
}
