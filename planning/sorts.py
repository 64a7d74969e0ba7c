"""What the knowledge base is about: its sorts of entries and the facts that each may state, with type, unit and range.

Names end in their unit, as in the vocabulary. Nothing here has a value; those stand in the files of `planning/knowledge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

PROVIDERS = ("aws", "gcp", "azure")
PLACES = (*PROVIDERS, "kubernetes")


class Term(NamedTuple):
    """One fact that entries of a sort may state.

    Attributes:
        type: text, integer, number, truth, day, texts (a list), numbers, mapping (text to text) or rows (a list of tables).
        words: what a text may be; empty for anything.
        refers: the sort whose entries a text (or each of several) names.
        least, most: the range of a number, ends included.
    """

    type: str
    meaning: str
    words: tuple[str, ...] = ()
    refers: str = ""
    least: float | None = None
    most: float | None = None


class Sort(NamedTuple):
    """One sort of entries. `required` are facts without which an entry says nothing."""

    meaning: str
    facts: Mapping[str, Term]
    required: tuple[str, ...] = ()


FABRICS = ("efa", "tcpx", "tcpxo", "roce", "infiniband", "ici", "none")
"""Networks between accelerators of several machines: AWS's Elastic Fabric Adapter; Google's GPUDirect-TCPX, GPUDirect-TCPXO,
RDMA over Converged Ethernet; InfiniBand; the links between TPU chips."""

VERDICTS = ("lift", "conditional", "re-architect", "none")
"""What moving a capability takes: a change of configuration, adapters or staying within limits, building it anew; and
"none": nothing there does it."""


def _count(meaning: str, least: float = 0) -> Term:
    return Term("integer", meaning, least=least)


def _bytes(meaning: str, least: float = 1) -> Term:
    return Term("integer", meaning, least=least)


def _rate(meaning: str) -> Term:
    return Term("number", meaning, least=0)


def _truth(meaning: str) -> Term:
    return Term("truth", meaning)


def _text(meaning: str, *words: str) -> Term:
    return Term("text", meaning, words)


def _texts(meaning: str) -> Term:
    return Term("texts", meaning)


_NOTE = {"note": Term("text", "What a reader has to know beside the figures")}
_PROVIDER = {"provider": _text("Whose it is", *PLACES)}

SORTS: Mapping[str, Sort] = {
    "accelerators": Sort(
        "GPUs, TPUs and Neuron devices",
        {
            "vendor": _text("Who makes it", "nvidia", "amd", "aws", "google", "intel", "qualcomm"),
            "model": _text("Its name"),
            "names": _texts("Further names under which clouds, drivers and schedulers know it"),
            "memory_bytes": _bytes("Memory of one device"),
            "memory_bytes_per_second": _rate("Memory bandwidth of one device"),
            "architecture": _text("Generation: ampere, hopper, cdna3"),
            "compute_capability": Term("number", "CUDA compute capability", least=3, most=20),
            "stack": _text("What its programs are built with", "cuda", "rocm", "neuron", "xla", "other"),
            "fp16": _truth("Matrix units calculate in FP16"),
            "bf16": _truth("Matrix units calculate in BF16"),
            "fp8": _truth("Matrix units calculate in FP8"),
            "fp4": _truth("Matrix units calculate in FP4 (NVFP4, MXFP4)"),
            "bf16_dense_tflops": _rate("Peak of dense BF16 products; never a prediction of speed"),
            "link_bytes_per_second": _rate("Bandwidth of one device to its peers, both directions; 0 for none"),
            "nvlink_generation": _count("Generation of NVLink; 0 for none"),
            "partitions_most": _count("Most MIG instances of one device; 0 where it cannot be partitioned"),
            "cuda_least": Term("number", "First CUDA toolkit that builds for it", least=5),
            "cuda_most": Term("number", "Last CUDA toolkit that builds for it; absent while there is none", least=5),
            "driver_most": Term(
                "integer", "Last driver branch that supports it; absent while there is none", least=300
            ),
            **_NOTE,
        },
        ("vendor", "model", "stack"),
    ),
    "instance_types": Sort(
        "Types of machines that can be rented",
        {
            **_PROVIDER,
            "family": _text("Its family"),
            "accelerator": Term("text", "What it has", refers="accelerators"),
            "accelerator_count": _count("Whole accelerators; 0 for none"),
            "accelerator_fraction": Term("number", "Share of one accelerator that it has", least=0, most=1),
            "accelerator_memory_bytes": _bytes(
                "Memory of one accelerator (of the share, for a fraction) as its API says"
            ),
            "vcpu_count": _count("Virtual CPUs", 1),
            "memory_bytes": _bytes("Main memory"),
            "local_nvme_bytes": _bytes("Local disks that come with it; 0 for none", 0),
            "network_gbps": _rate("Most that its ordinary network carries"),
            "block_storage_gbps": _rate("Most that it exchanges with block storage"),
            "fabric": _text("Network between accelerators of several machines", *FABRICS),
            "fabric_gbps": _rate("Rate of that network for the machine; 0 for none"),
            "fabric_interface_count": _count("Interfaces of that network"),
            "cpu_architecture": _text("What its programs are built for", "x86_64", "arm64"),
            "cpu_vendor": _text("Who makes its CPU", "intel", "amd", "aws", "nvidia", "google", "microsoft", "ampere"),
            "nvlink_domain_count": _count("Accelerators that one NVLink domain joins; 1 for none"),
            "price_usd_per_hour": Term("number", "List price on demand, Linux", least=0.0001, most=2000),
            "price_region": _text("Where that price holds"),
            "regions": _texts("Regions known to offer it; others may"),
            "retired_at": Term("day", "When the provider stops or stopped it"),
            "successors": _texts("What the provider names instead"),
            **_NOTE,
        },
        ("provider", "vcpu_count", "memory_bytes", "cpu_architecture", "accelerator_count"),
    ),
    "service_limits": Sort(
        "What a way of serving or running lets through",
        {
            **_PROVIDER,
            "service": _text("Its name"),
            "payload_bytes": _bytes("Largest request"),
            "response_bytes": _bytes("Largest response"),
            "timeout_seconds": _rate("Longest that one request may take"),
            "timeout_default_seconds": _rate("Longest that one request may take unless set otherwise"),
            "streaming_timeout_seconds": _rate("Longest that a streamed response may take"),
            "streaming": _truth("Streams responses"),
            "grpc": _truth("Speaks gRPC"),
            "requests_per_second": _rate("Most requests of an endpoint before a raise"),
            "bandwidth_bytes_per_second": _rate("Most that an endpoint carries before a raise"),
            "connection_count": _count("Most connections of an endpoint before a raise"),
            "concurrency_default_count": _count("Requests that one instance is given at a time unless set otherwise"),
            "concurrency_most_count": _count("Most requests at a time"),
            "memory_bytes": _bytes("Most memory of one instance"),
            "gpu": _truth("Gives accelerators"),
            "endpoint_count": _count("Endpoints for an account and region before a raise"),
            "deployment_count": _count("Deployments or variants of one endpoint"),
            "instance_count": _count("Instances of one deployment before a raise"),
            "node_count": _count("Most machines of one job or cluster"),
            "queue_seconds": _rate("Longest that a request may wait"),
            "job_seconds": _rate("Longest that a job may run"),
            "traffic_split": _truth("Splits traffic between deployments"),
            "traffic_mirror": _truth("Copies traffic to a second deployment"),
            "private_network": _truth("Can be reached by a private address alone"),
            "scale_to_zero": _truth("Costs nothing while nobody asks"),
            "reserve_ratio": Term("number", "Further capacity that upgrades need, as a share", least=0, most=1),
            **_NOTE,
        },
        ("provider", "service"),
    ),
}
"""Sort -> what its entries may state."""


def fits(term: Term, value: Any) -> str:
    """Why a value does not fit; empty where it does."""
    if not _TYPES[term.type](value):
        return f"{value!r} is no {term.type}"
    if term.words and value not in term.words:
        return f"{value!r}: one of {', '.join(term.words)}"
    for number in value if term.type == "numbers" else (value,) if term.type in ("integer", "number") else ():
        if term.least is not None and number < term.least:
            return f"{number!r} is less than {term.least:g}"
        if term.most is not None and number > term.most:
            return f"{number!r} is more than {term.most:g}"
    return ""


def _number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) != float("inf")
    )


def _day(value: Any) -> bool:
    from datetime import date

    return type(value) is date


_TYPES: Mapping[str, Any] = {
    "text": lambda v: isinstance(v, str) and bool(v.strip()),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": _number,
    "truth": lambda v: isinstance(v, bool),
    "day": _day,
    "texts": lambda v: isinstance(v, list) and all(isinstance(e, str) and e for e in v),
    "numbers": lambda v: isinstance(v, list) and all(_number(e) for e in v),
    "mapping": lambda v: isinstance(v, dict) and all(isinstance(e, str) for e in v.values()),
    "rows": lambda v: isinstance(v, list) and all(isinstance(e, dict) for e in v),
}
