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
            "network_gbps": _rate("What its ordinary network carries for long; where it may burst, without that"),
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
    "managed_services": Sort(
        "What of a provider does a capability",
        {
            **_PROVIDER,
            "capability": _text("What it is for"),
            "service": _text("Its name"),
            "features": _texts("What it can do beyond the name, in our words"),
            "lacks": _texts("What others of its sort do and it does not"),
            **_NOTE,
        },
        ("provider", "capability", "service"),
    ),
    "equivalences": Sort(
        "What moving a capability from one provider to another takes: CAPABILITY.SOURCE.TARGET",
        {
            "capability": _text("What it is for"),
            "from": Term("text", "The service that it is now", refers="managed_services"),
            "to": Term("text", "The service that it becomes", refers="managed_services"),
            "target": _text("Where to", *PLACES),
            "verdict": _text("What it takes at least", *VERDICTS),
            "worst": _text("What it takes where something of it is bound to its provider", *VERDICTS),
            "breaks": _text("What does not carry over"),
            **_NOTE,
        },
        ("capability", "from", "target", "verdict"),
    ),
    "container_contracts": Sort(
        "What a service expects of a container and gives it: each is a place where an image is bound to it",
        {
            **_PROVIDER,
            "service": _text("Its name"),
            "environment_prefixes": _texts("How names of its environment variables begin"),
            "environment": _texts("Environment variables that it sets"),
            "paths": _texts("Folders that it gives or expects"),
            "port": _count("Port that it calls unless set otherwise", 1),
            "routes": _texts("Paths that it calls"),
            "input_modes": _texts("Ways in which data reach the container"),
            "packages": _texts("Names of packages that only work there"),
            **_NOTE,
        },
        ("provider", "service"),
    ),
    "storage_services": Sort(
        "Storage that can be rented, with what it gives and cannot change",
        {
            **_PROVIDER,
            "service": _text("Its name"),
            "form": _text("What it is", "object", "file", "parallel", "block"),
            "read_requests_per_second": _rate("Reads before it spreads or refuses"),
            "write_requests_per_second": _rate("Writes before it spreads or refuses"),
            "requests_for": _text("What those rates are for", "prefix", "bucket", "account"),
            "ingress_gbps": _rate("Most that goes in"),
            "egress_gbps": _rate("Most that comes out"),
            "object_most_bytes": _bytes("Largest object"),
            "minimum_bytes": _bytes("Smallest that can be had"),
            "most_bytes": _bytes("Largest that can be had"),
            "mb_per_second_per_tib": Term("numbers", "Throughputs that can be chosen, in MB a second per TiB", least=0),
            "minimum_bytes_by_tier": Term("numbers", "Smallest size of each of those, in their order", least=1),
            "client_mib_per_second": _rate("Most that one client gets"),
            "read_mib_per_second_per_tib": _rate("Reads in MiB a second per TiB"),
            "write_mib_per_second_per_tib": _rate("Writes in MiB a second per TiB"),
            "files_per_tib": _count("Files that fit into a TiB"),
            "posix": _truth("A file system with POSIX semantics"),
            "multi_zone": _truth("Spread over zones"),
            "scratch": _truth("Data may be lost with a server"),
            "immutable": _texts("What cannot be changed once it is made"),
            **_NOTE,
        },
        ("provider", "service", "form"),
    ),
    "network_paths": Sort(
        "What moving bytes costs: list prices per GB by path, source and month",
        {
            **_PROVIDER,
            "path": _text("Which way", "internet", "inter-region", "cross-zone", "nat", "vpn", "private-circuit"),
            "region": _text("Source region or continent; absent where it holds everywhere"),
            "tier_gb": Term("numbers", "Upper ends of the tiers of a month, in GB; the last tier has none", least=0),
            "usd_per_gb": Term("numbers", "Price of each tier, in their order", least=0, most=1),
            "usd_per_hour": _rate("Price of having it"),
            "free_gb_per_month": _rate("What a month gives for nothing"),
            "each_direction": _truth("Both ends are billed"),
            **_NOTE,
        },
        ("provider", "path"),
    ),
    "kubernetes_flavours": Sort(
        "Kubernetes as providers offer it, where manifests notice",
        {
            **_PROVIDER,
            "identity_annotations": _texts("Annotations of a service account that give it an identity of the provider"),
            "identity_labels": _texts("Labels that a pod must have for it"),
            "identity_objects": _text("Where the identity stands when no annotation does"),
            "internal_load_balancer": Term("mapping", "Annotation of a Service that keeps its load balancer inside"),
            "load_balancer_annotations": _texts("How annotations of load balancers begin"),
            "ingress_classes": _texts("Ingress classes of its own"),
            "provisioners": _texts("CSI drivers of its own"),
            "default_storage_classes": _texts("Storage classes that a new cluster has"),
            "accelerator_labels": _texts("Node labels that say the accelerator"),
            "node_labels": _texts("How node labels of its own begin"),
            "taints": _texts("Taints that machines with accelerators have"),
            "fabric_resources": _texts("Extended resources and annotations for the fabric"),
            "driver": _text("Where the driver of the accelerators comes from"),
            "device_plugin": _text("Where the device plugin comes from"),
            "registries": _texts("How names of images in its registry look"),
            "custom_images": _truth("Nodes may run an image of the customer's"),
            "federated_credentials_most": _count("Federated credentials of one identity"),
            **_NOTE,
        },
        ("provider",),
    ),
    "transfer_methods": Sort(
        "Services and tools that move data",
        {
            **_PROVIDER,
            "service": _text("Its name"),
            "sources": _texts("What it reads"),
            "sinks": _texts("What it writes"),
            "agentless": _truth("Needs no machine of the customer's"),
            "verifies": _texts("How it checks what it copied"),
            "bandwidth_limit": _truth("Its rate can be limited"),
            "incremental": _truth("A second run copies only what changed"),
            "object_most_bytes": _bytes("Largest object"),
            "gbps": _rate("Rate that was seen in practice"),
            "changes_during_copy": _text(
                "What becomes of an object that changes meanwhile", "fails", "inconsistent", "copied"
            ),
            **_NOTE,
        },
        ("provider", "service"),
    ),
    "appliances": Sort(
        "Devices that are sent by post",
        {
            **_PROVIDER,
            "service": _text("Its name"),
            "usable_bytes": _bytes("What fits"),
            "bytes_per_second": _rate("Most that it takes in"),
            "available": _truth("A new customer can order it"),
            "export": _truth("Brings data out as well"),
            "file_most_bytes": _bytes("Largest file"),
            "files_per_folder": _count("Most files of a folder"),
            "lead_days_low": _count("Days of ordering, shipping and taking in, at least"),
            "lead_days_high": _count("Days of ordering, shipping and taking in, at most"),
            "crosses_borders": _truth("Is shipped across commerce boundaries"),
            **_NOTE,
        },
        ("provider", "service"),
    ),
    "regions": Sort(
        "Places, and under whose law they are",
        {
            **_PROVIDER,
            "name": _text("What its provider calls it"),
            "country": _text("ISO 3166 code of the country"),
            "eu": _truth("In the European Union"),
            "partition": _text("Separate cloud of the provider that it belongs to"),
            "restricted": _truth("Given to some customers alone"),
            "accelerators": Term("texts", "Accelerators known to be offered there; others may", refers="accelerators"),
            "accelerators_complete": _truth("Those are all that its listing had"),
            "services": _texts("AI services known to be there"),
            **_NOTE,
        },
        ("provider", "country"),
    ),
    "kubernetes_api_removals": Sort(
        "APIs that Kubernetes stopped to serve: GROUP/VERSION/KIND",
        {
            "kinds": _texts("Kinds that it was served for"),
            "removed_in": Term("number", "First minor version without it: 1.25 is 25", least=1, most=99),
            "replacement": _text("API version to use instead"),
            **_NOTE,
        },
        ("kinds", "removed_in"),
    ),
    "end_of_life": Sort(
        "Services and versions that end",
        {
            **_PROVIDER,
            "subject": _text("What ends"),
            "kinds": _texts("Kinds of the inventory that it is, as patterns"),
            "closed_to_new_at": Term("day", "From when new customers cannot have it"),
            "ends_at": Term("day", "When it stops"),
            "successors": _texts("What its provider names instead"),
            **_NOTE,
        },
        ("provider", "subject"),
    ),
    "built_in_algorithms": Sort(
        "Images that only one provider may run: what is trained with them does not move with its image",
        {
            **_PROVIDER,
            "repositories": _texts("Names of its image repositories"),
            "accounts": _texts("Accounts of the registries that hold them"),
            "task": _text("What it does"),
            "open_equivalents": _texts("Open software that does the same"),
            "portable_artifact": _truth("What it trains can be loaded outside"),
            **_NOTE,
        },
        ("provider", "repositories", "accounts"),
    ),
    "licences": Sort(
        "Licences of models, by the id that Hugging Face gives them",
        {
            "name": _text("Its name"),
            "commercial": _text("Whether business may use it", "yes", "with-conditions", "no"),
            "users_most": _count("Most monthly users without asking its owner"),
            "attribution": _truth("Its name must be shown"),
            "derivatives": _truth("What is made from it may be passed on"),
            "regions_excluded": _texts("Where it grants nothing"),
            **_NOTE,
        },
        ("name", "commercial"),
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
