"""How busy machines with accelerators were in the last two weeks, from CloudWatch.

Owns the lookup for EC2 instances. Refuses to read silence as idleness: without the CloudWatch agent nobody tells how busy
accelerators were, and their use is unknown. Machines without accelerators are not asked about: there are many, and each
question costs money.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from collectors.aws.instance_types import is_accelerated
from collectors.aws.metrics import DATA, LIST, Series, probe_metrics
from collectors.aws.rows import Call, Reader
from collectors.aws.traffic import DAYS, WHOLE, Question, asked
from normalize.errors import CollectError
from normalize.model import Field, Json, Path, Scope

_FOUND = "$Use"
_AGENT = "CWAgent"
_GPU = "nvidia_smi_utilization_gpu"
_USED, _TOTAL = "nvidia_smi_memory_used", "nvidia_smi_memory_total"
_MEMORY = "mem_used_percent"
_PERCENT = 0.01


@dataclass(frozen=True, slots=True)
class InstanceUse:
    """Use of running instances that have accelerators: {"Days", "Cpu", "Accelerators", "AcceleratorMemory", "Memory"}, shares between
    0 and 1, averaged over time and devices. What CloudWatch does not know is left out.

    EC2 itself reports CPUs only. Of GPUs and memory the CloudWatch agent reports, in the namespace CWAgent unless it is told another,
    with dimensions that its configuration adds to: so its series are listed first, and those that name an instance are taken.
    Source: Amazon CloudWatch User Guide, "Collect NVIDIA GPU metrics" (nvidia_smi_utilization_gpu), read 2026-11-24; the other names
    follow the same rule, not verified.
    """

    @property
    def calls(self) -> tuple[Call, ...]:
        return (LIST, DATA)

    def probe(self, reader: Reader, scope: Scope) -> None:
        next(reader.answers(scope.account, scope.place, LIST, {"Namespace": _AGENT, "MetricName": _GPU}), None)
        probe_metrics(reader, scope.account, scope.place)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        meant = {str(item["InstanceId"]): i for i, item in enumerate(items) if _is_busy(item)}
        if not meant:
            return {}
        values: dict[int, dict[str, list[float]]] = {}
        try:
            questions = [(i, q) for name, i in meant.items() for q in _own(name)]
            questions += [(meant[name], q) for name, q in _told_by_agent(reader, scope) if name in meant]
            for (i, question), _, found in asked(reader, scope, questions):
                values.setdefault(i, {}).setdefault(question.part, []).extend(found)
        except CollectError as error:
            return dict.fromkeys(meant.values(), (error,))
        for i, parts in values.items():
            if told := _summary(parts):
                items[i][_FOUND] = {"Days": DAYS, **told}
        return {}


def _is_busy(item: Mapping[str, Any]) -> bool:
    return (item.get("State") or {}).get("Name") == "running" and is_accelerated(item)


def _own(name: str) -> Iterator[Question]:
    yield Question("Cpu", ("AWS/EC2", "CPUUtilization", (("InstanceId", name),)), "Average", WHOLE)


def _told_by_agent(reader: Reader, scope: Scope) -> Iterator[tuple[str, Question]]:
    """(instance, question) of each of the agent's series."""
    for metric in (_GPU, _USED, _TOTAL, _MEMORY):
        for series in _listed(reader, scope, metric):
            name = dict(series[2]).get("InstanceId")
            if name is not None:
                yield name, Question(metric, series, "Average", WHOLE)


def _listed(reader: Reader, scope: Scope, metric: str) -> Sequence[Series]:
    """Series of one metric of the agent in a region, asked for once."""
    key = ("agent metric", scope.account, scope.place, metric)
    if key not in reader.memory:
        answers = reader.answers(scope.account, scope.place, LIST, {"Namespace": _AGENT, "MetricName": metric})
        reader.memory[key] = [
            (_AGENT, metric, tuple(sorted((d["Name"], d["Value"]) for d in found.get("Dimensions", ()))))
            for answer in answers
            for found in answer.get("Metrics", ())
            if found.get("MetricName") == metric
        ]
    known: Sequence[Series] = reader.memory[key]
    return known


def _summary(parts: Mapping[str, Sequence[float]]) -> dict[str, Json]:
    found = {"Cpu": parts.get("Cpu"), "Accelerators": parts.get(_GPU), "Memory": parts.get(_MEMORY)}
    told: dict[str, Json] = {part: fmean(values) * _PERCENT for part, values in found.items() if values}
    if parts.get(_USED) and len(parts[_USED]) == len(parts.get(_TOTAL, ())) and sum(parts[_TOTAL]):
        told["AcceleratorMemory"] = sum(parts[_USED]) / sum(parts[_TOTAL])
    return told


USE: Mapping[str, Path | Field] = {
    "utilization_window_days": f"{_FOUND}.Days",
    "cpu_utilization_ratio": f"{_FOUND}.Cpu",
    "memory_utilization_ratio": f"{_FOUND}.Memory",
    "accelerator_utilization_ratio": f"{_FOUND}.Accelerators",
    "accelerator_memory_utilization_ratio": f"{_FOUND}.AcceleratorMemory",
}
"""Fields of machines whose use is measured."""
