"""Gaps of what people and machines reach and no source covers: kubeconfig contexts, known hosts, peers of connections. Pure: facts in,
Gap out; the block that would cover it is printed filled in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from normalize.gap import EVIDENCE_LIMIT, Lost, gap_id, known_of, toml
from normalize.model import Evidence, Gap, GapCode, Severity

NAMED_AT_MOST = 25


def unscanned_context(server: str, context: str, evidence: Sequence[Evidence], count: int, unread: Sequence[str]) -> Gap:  # fmt: skip
    """A cluster that a kubeconfig has a context for and no source reads.

    Args:
        server: URL of its API server.
        context: the first context that leads to it.
        evidence: one for each source whose kubeconfig has it.
        unread: Kubernetes sources that could not be read: one of them may be this cluster.
    """
    local = _is_local(urlsplit(server).hostname or "")
    doubt = f" Source {', '.join(unread)} could not be read and may be this cluster: see its gap first." if unread else ""  # fmt: skip
    here = "it answers on this machine alone: one for trying things out, or the end of a tunnel" if local else "what runs in it is unknown: no source reads it"  # fmt: skip
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, "context", server),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.LOW if local else Severity.HIGH,
        why=f"a kubeconfig that is used here has a context for {server}; {here}",
        subject_id="",
        subject=f"Kubernetes cluster at {server} (context {context})",
        missing=known_of(kind="k8s.cluster", reference=server, provider="kubernetes"),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=f"If it belongs to the estate, add to stocktake.toml, with the `kubeconfig` of source {evidence[0].source}, and scan:\n\n"
        f'[[source]]\ntype = "kubernetes"\nname = {toml(context)}\ncontext = {toml(context)}\n\nElse accept this gap.{doubt}',
    )  # fmt: skip


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "kubernetes.docker.internal")


_BY_PORT = {6443: ("kubernetes", "a Kubernetes API"), 22: ("host", "SSH"), 6817: ("slurm", "a Slurm controller")}
"""Ports by which a peer shows what it is. Source: kubernetes.io, "Ports and Protocols"; slurm.conf, SlurmctldPort; from memory."""


def reached_by_connection(lost: Lost) -> bool:
    """Whether machines hold connections to an address of an inner network that nothing in the inventory has."""
    form, _, address = lost.key.partition(":")
    if form != "ip" or not any("connects_to" in e.path for e in lost.evidence):
        return False
    try:
        return not ipaddress.ip_address(address.partition("@")[0]).is_global
    except ValueError:
        return False


def unscanned_peer(lost: Lost) -> Gap:
    """An address of an inner network that machines are connected to and that no inventory holds."""
    address = lost.key.removeprefix("ip:")
    ports = sorted({p for e in lost.evidence if (p := _port(e.value))})
    said = f" (port {', '.join(map(str, ports[:5]))})" if ports else ""
    type_, what = next((_BY_PORT[p] for p in ports if p in _BY_PORT), ("host", ""))
    blocks = {
        "host": f'[[source]]\ntype = "host"\nname = {toml(f"at-{address}")}\nhosts = [{toml(address)}]',
        "slurm": f'[[source]]\ntype = "slurm"\nname = {toml(f"at-{address}")}\nhost = {toml(address)}',
        "kubernetes": f'[[source]]\ntype = "kubernetes"\nname = {toml(f"at-{address}")}\ncontext = "THE CONTEXT OF https://{address}:6443"',
    }
    spoken = f" It looks like {what}." if what else ""
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, lost.key),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.MEDIUM,
        why=f"{lost.needers} {'machine is' if lost.needers == 1 else 'machines are'} connected to {address}{said}, and no inventory holds that address: what answers there is needed and unknown",
        subject_id=lost.subject_id,
        subject=f"{address}{said}, connected to by {lost.needers} resource{'' if lost.needers == 1 else 's'}",
        missing=known_of(kind="host.machine", reference=lost.value, provider="host"),
        evidence=lost.evidence[:EVIDENCE_LIMIT],
        evidence_count=lost.count,
        remedy=f"Find out what answers at {address}.{spoken} If it is a machine of yours, add to stocktake.toml and scan:\n\n{blocks[type_]}\n\nIf it is in a cloud or cluster, cover that. Else accept this gap.",
    )  # fmt: skip


def _port(value: str) -> int | None:
    try:
        return urlsplit(value).port
    except ValueError:
        return None


FORGES = re.compile(
    r"(?:ssh\.)?github\.com|(?:altssh\.)?gitlab\.com|(?:altssh\.)?bitbucket\.org|ssh\.dev\.azure\.com|vs-ssh\.visualstudio\.com|hf\.co|huggingface\.co|"
    r"git-codecommit\..+|source\.developers\.google\.com|git\.(?:code\.sf|launchpad)\.net|localhost(?:\..*)?"
)
"""Hosts of Git that are known by SSH and are no machines of anybody's estate."""


def unscanned_known_hosts(names: Sequence[str], count: int, evidence: Sequence[Evidence], hashed: int) -> Gap:
    """Hosts that SSH on machines that are read has logged in to, and that no inventory holds.

    Args:
        names: the first ones.
        count: how many there are.
        evidence: of each, a machine that knows it.
        hashed: names in those files that are hashed, and may be others.
    """
    one = count == 1
    hosts = ", ".join(toml(n) for n in names[:NAMED_AT_MOST])
    rest = f"\n# and {count - NAMED_AT_MOST} more: hosts_file takes a list" if count > NAMED_AT_MOST else ""
    more = f"; {hashed} more {'name is' if hashed == 1 else 'names are'} hashed there and cannot be told" if hashed else ""  # fmt: skip
    return Gap(
        id=gap_id(GapCode.SCOPE_UNSCANNED, "known-hosts", *((names[0],) if one else ())),
        code=GapCode.SCOPE_UNSCANNED,
        severity=Severity.LOW,
        why=f"{'somebody logged in there' if one else 'somebody logged in to each of them'} from a machine that is read, and no inventory holds {'it' if one else 'them'}{more}",
        subject_id="",
        subject=f"{names[0]}, known to SSH" if one else f"{count} hosts known to SSH",
        missing=known_of(kind="host.machine", reference=names[0] if one else "", provider="host"),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        evidence_count=len(evidence),
        remedy=f'If {"it is" if one else "they are"} of the estate, add to stocktake.toml and scan:\n\n[[source]]\ntype = "host"\nname = "known-hosts"\nhosts = [{hosts}]{rest}\n\n'
        "What is gone is best taken out of known_hosts (`ssh-keygen -R NAME`); else accept this gap.",
        extra={"hashed": hashed} if hashed else {},
    )  # fmt: skip
