"""Gaps of what is known to exist and no source covers. Pure: facts in, Gap out; the block that would cover it is printed filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normalize.addresses import Address, only_local
from normalize.arm import parse_arm
from normalize.gap import EVIDENCE_LIMIT, Lost, account_block, gap_id, known_of, toml, where
from normalize.model import Evidence, Gap, GapCode, Scope, Severity

_CLUSTER_KINDS = frozenset({"aws.eks.cluster", "gcp.container.cluster", "azure.aks.cluster"})


def is_kubernetes(kind: str, attributes: Mapping[str, object]) -> bool:
    """Whether a cluster of a cloud is one that speaks the Kubernetes API."""
    return kind in _CLUSTER_KINDS or "kubernetes_version" in attributes


def unscanned_cluster(resource_id: str, kind: str, name: str, scope: Scope, evidence: Evidence, unread: Sequence[str], nameless: Sequence[tuple[str, str]] = ()) -> Gap:  # fmt: skip
    """A Kubernetes cluster that a cloud lists and no source reads.

    Args:
        unread: Kubernetes sources that could not be read: one of them may be this cluster.
        nameless: (source, address) of the clusters that are read and that nothing joins to a cloud's: likewise.
    """
    login, context = "", name
    if kind == "aws.eks.cluster":
        login, context = f"Log in with `aws eks update-kubeconfig --region {scope.place} --name {name}`, then a", resource_id  # fmt: skip
    elif kind == "gcp.container.cluster":
        login = f"Log in with `gcloud container clusters get-credentials {name} --location {scope.place}`, then a"
        context = f"gke_{scope.account}_{scope.place}_{name}"
    elif kind == "azure.aks.cluster" and (found := parse_arm(resource_id)):
        login = f"Log in with `az aks get-credentials --subscription {scope.account} --resource-group {found.group} --name {name}`, then a"
    doubt = f" Source {', '.join(unread)} could not be read and may be this cluster: see its gap first." if unread else ""  # fmt: skip
    if nameless:
        listed = ", ".join(f"{source} ({at})" for source, at in nameless[:3])
        doubt += f" If source {listed} reads this very cluster, add to its block instead:\n\n    aliases = [{toml(resource_id)}]"  # fmt: skip
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, resource_id),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.CRITICAL,
        why=f"everything that runs in cluster {name} (workloads, volumes, services) is unknown: no source reads it",
        subject_id=resource_id,
        subject=f"Kubernetes cluster {name} in {where(scope)}",
        missing=known_of(kind="k8s.cluster", reference=resource_id, provider="kubernetes", account=scope.account, place=scope.place),
        evidence=(evidence,),
        evidence_count=1,
        remedy=f"{login or 'A'}dd to stocktake.toml and scan:\n\n[[source]]\ntype = \"kubernetes\"\nname = {toml(name)}\ncontext = {toml(context)}\n\n{doubt.strip()}".rstrip(),
    )  # fmt: skip


def unscanned_tracker(resource_id: str, name: str, scope: Scope, evidence: Evidence) -> Gap:
    """A managed tracking server that a cloud lists and no source reads.

    That its requests are signed: SageMaker AI Developer Guide, "Integrate MLflow with your environment", and Service Authorization
    Reference, "Amazon SageMaker with MLflow", read 2026-11-24.
    """
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, resource_id),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.HIGH,
        why="experiments, runs and registered models on this server, and where their artifacts lie, are unknown",
        subject_id=resource_id,
        subject=f"managed MLflow server {name} in {where(scope)}",
        missing=known_of(kind="mlflow.server", reference=resource_id, provider="mlflow", account=scope.account, place=scope.place),
        evidence=(evidence,),
        evidence_count=1,
        remedy="It answers only requests that are signed for its cloud (in AWS, as sagemaker-mlflow). Put a proxy that signs them before it, "
        "cover the proxy with a source of type mlflow, and name the server's own address among its aliases.",
    )  # fmt: skip


def unscanned_mlflow(lost: Lost, address: Address, reached_at: Sequence[Address] = (), readers: Sequence[tuple[str, str]] = ()) -> Gap:  # fmt: skip
    """A tracking server that is mentioned and that no source reads.

    Args:
        address: where it answers; `inside` is the source of the cluster in which a Service's name means this.
        reached_at: further addresses of it, which mean the same everywhere.
        readers: (source, address) of the servers that are read: one of them may be this one.
    """
    addresses = [a.url for a in (*reached_at, address)]
    where = f" in cluster {address.inside}" if address.service and address.inside else ""
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, lost.key),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.HIGH,
        why="experiments, runs and registered models on this server, and where their artifacts lie, are unknown",
        subject_id=lost.subject_id,
        subject=f"MLflow server {address.url}{where}, used by {lost.needers} resource{'' if lost.needers == 1 else 's'}",
        missing=known_of(kind="mlflow.server", reference=lost.value, provider="mlflow"),
        evidence=lost.evidence[:EVIDENCE_LIMIT],
        evidence_count=lost.count,
        remedy=_server_remedy(address, reached_at, readers),
        extra={"addresses": addresses},
    )  # fmt: skip


def _server_remedy(address: Address, reached_at: Sequence[Address], readers: Sequence[tuple[str, str]]) -> str:
    if only_local(address):
        return (
            "It answers on the loopback of what mentions it: beside it in the pod or on the machine, or through a tunnel. Find out "
            f"what listens on port {address.port} there, cover that server with a source of type mlflow, and accept this gap."
        )
    known = [f"cluster = {toml(address.inside)}"] if address.service and address.inside else []
    known.append(f"aliases = [{toml(address.url)}]")
    name, uri, how, more = toml(address.host.split(".")[0]), address.url, "Add to stocktake.toml and scan:", []
    if address.service and reached_at:
        uri = reached_at[0].url
    elif address.service:
        namespace, service = address.service
        uri, more = f"http://127.0.0.1:{address.port}", known
        how = (
            f"It answers only inside its cluster. Forward a port, `kubectl --namespace {namespace} port-forward service/{service} "
            f"{address.port}`, then add to stocktake.toml and scan:"
        )
    block = "\n".join(["[[source]]", 'type = "mlflow"', f"name = {name}", f"tracking_uri = {toml(uri)}", *more])
    if not readers:
        return f"{how}\n\n{block}"
    listed = ", ".join(f"{source} ({at})" for source, at in readers[:3]) + (" or another" if len(readers) > 3 else "")
    own = "\n".join(f"    {line}" for line in known)
    return f"If source {listed} reads this very server, add to its block in stocktake.toml:\n\n{own}\n\nElse: {how[0].lower()}{how[1:]}\n\n{block}"


_ACCOUNT_WORDS = {"aws": "AWS account", "gcp": "Google Cloud project", "azure": "Azure subscription"}


def unscanned_account(provider: str, account: str, name: str, state: str, readable: bool, evidence: Sequence[Evidence]) -> Gap:  # fmt: skip
    """An account of an organisation that no source covers.

    Args:
        readable: whether its provider lets it be read in that state.
    """
    word = _ACCOUNT_WORDS.get(provider, "account")
    called = f"{word} {account}" + (f" ({name})" if name and name != account else "")
    if readable:
        severity, why = Severity.CRITICAL, "nothing of what runs and lies in it is known"
        remedy = f"Find out who owns it. If anything in it moves or is needed by what moves, add to stocktake.toml and scan:\n\n{account_block(provider, account)}"
    else:
        severity, why = Severity.LOW, f"its provider says {state}: nothing can be read, and what it held may be deleted soon"  # fmt: skip
        remedy = "Ask its owner whether anything in it is still needed; if so it has to be opened again before it can be read. Else accept this gap."
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, "account", provider, account),
        code=GapCode.SCOPE_UNSCANNED,
        severity=severity,
        why=f"{called} is known to exist and no source covers it: {why}",
        subject_id=evidence[0].resource_id if evidence else "",
        subject=called,
        missing=known_of(kind="account", reference=account, provider=provider, account=account),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=len(evidence),
        remedy=remedy,
    )  # fmt: skip


def unscanned_region(source: str, provider: str, region: str, accounts: Sequence[str], read: Sequence[str], evidence: Sequence[Evidence]) -> Gap:  # fmt: skip
    """A region that accounts have enabled and that their source leaves out.

    Args:
        accounts: the accounts that have it enabled.
        read: the regions that the source does read.
    """
    many = f"{len(accounts)} accounts" if len(accounts) > 1 else f"account {accounts[0]}"
    listed = ", ".join(toml(r) for r in sorted({*read, region}))
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, "region", source, provider, region),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.MEDIUM,
        why=f"{region} is enabled in {many}, and source {source} does not look there: whatever lies in it is unknown",
        subject_id="",
        subject=f"region {region} of {many} ({source})",
        missing=known_of(kind="region", reference=region, provider=provider, account=accounts[0] if len(accounts) == 1 else "", place=region),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=len(evidence),
        remedy=f"Leave `regions` out of source {source} to read every region that is enabled, or widen it:\n\n    regions = [{listed}]\n\nA region that nobody may use is best switched off in the account; else accept this gap.",
    )  # fmt: skip


def unscanned_nodes(cluster: str, name: str, nodes: Sequence[tuple[str, str]], count: int, evidence: Sequence[Evidence]) -> Gap:  # fmt: skip
    """Nodes of a Slurm cluster that no host source reads.

    Args:
        nodes: (name, address) of the first ones.
        count: how many there are.
    """
    hosts = ", ".join(toml(address or node) for node, address in nodes)
    rest = f"\n# and {count - len(nodes)} more: hosts_file takes a list" if count > len(nodes) else ""
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, "nodes", cluster),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.MEDIUM,
        why=f"{count} {'node' if count == 1 else 'nodes'} of Slurm cluster {name} {'is' if count == 1 else 'are'} read by no host source: local disks, "
        "drivers, environments and what runs outside of the scheduler are unknown",
        subject_id=cluster,
        subject=f"{count} {'node' if count == 1 else 'nodes'} of Slurm cluster {name}",
        missing=known_of(kind="host.machine", provider="host"),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f'Add to stocktake.toml and scan:\n\n[[source]]\ntype = "host"\nname = {toml(f"{name}-nodes")}\nhosts = [{hosts}]{rest}',
    )  # fmt: skip
