"""Accelerators of machines, from what EC2 says about instance types.

Owns the lookup of types and the reading of its facts. Refuses a table of types of its own: what EC2 does not say is
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.aws.rows import Call, Reader
from normalize.accelerators import NEURON_CHIPS, accelerator, ec2_accelerated, total
from normalize.errors import CollectError
from normalize.mapping import MISSING, located
from normalize.model import Field, Json, Scope
from normalize.units import MIB

DESCRIBE = Call("ec2", "DescribeInstanceTypes", items="InstanceTypes")
MACHINES = "$Machines"
_BATCH = 100
_KEPT = (
    "InstanceType",
    "VCpuInfo",
    "MemoryInfo",
    "GpuInfo",
    "NeuronInfo",
    "InferenceAcceleratorInfo",
    "MediaAcceleratorInfo",
    "FpgaInfo",
    "InstanceStorageInfo",
)


def ec2_type(name: str) -> str:
    """EC2's name of a machine: SageMaker writes "ml.p4d.24xlarge", OpenSearch "r6g.large.search", the rest as EC2."""
    return name.removeprefix("ml.").removesuffix(".search")


@dataclass(frozen=True, slots=True)
class Machines:
    """Which machines an item uses: (type path, count path) pairs that are read side by side.

    Adds "$Machines": a list of {"InstanceType", "Count", "Facts"}; "Facts" is left out where EC2 does not know the
    type or may not be asked. No count path means one.
    """

    types: tuple[tuple[str, str], ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        return (DESCRIBE,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        wanted = [list(self._machines(item)) for item in items]
        error = _learn(reader, scope, {ec2_type(t) for machines in wanted for t, _ in machines})
        for item, machines in zip(items, wanted, strict=True):
            if machines:
                item[MACHINES] = [_machine(reader, scope, t, count) for t, count in machines]
        if error is None:
            return {}
        return {
            i: (error,)
            for i, item in enumerate(items)
            if any("Facts" not in machine for machine in item.get(MACHINES, ()))
        }

    def probe(self, reader: Reader, scope: Scope) -> None:
        named = {"Filters": [{"Name": "instance-type", "Values": ["p5.48xlarge"]}]}
        next(reader.answers(scope.account, scope.place, DESCRIBE, named), None)

    def _machines(self, item: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        for type_path, count_path in self.types:
            counts = {where.rpartition(".")[0]: n for where, n in located(item, count_path)} if count_path else {}
            for where, name in located(item, type_path):
                if isinstance(name, str) and name:
                    yield name, counts.get(where.rpartition(".")[0]) if count_path else 1


def _machine(reader: Reader, scope: Scope, name: str, count: Any) -> dict[str, Json]:
    machine: dict[str, Json] = {"InstanceType": name}
    if count is not None:
        machine["Count"] = count
    facts = reader.memory.get(_key(scope, ec2_type(name)))
    if facts is not None:
        machine["Facts"] = facts
    return machine


def _key(scope: Scope, name: str) -> tuple[str, ...]:
    return ("instance type", scope.account, scope.place, name)


def _learn(reader: Reader, scope: Scope, names: set[str]) -> CollectError | None:
    """Ask for the types that are not remembered yet; what went wrong, if anything did."""
    new = sorted(n for n in names if _key(scope, n) not in reader.memory)
    for at in range(0, len(new), _BATCH):
        # A filter, not the parameter InstanceTypes: that one refuses the whole batch for one unknown type.
        params = {"Filters": [{"Name": "instance-type", "Values": new[at : at + _BATCH]}]}
        try:
            for answer in reader.answers(scope.account, scope.place, DESCRIBE, params):
                for facts in answer.get("InstanceTypes", ()):
                    kept = {k: facts[k] for k in _KEPT if k in facts}
                    reader.memory[_key(scope, str(facts["InstanceType"]))] = kept
        except CollectError as error:
            return error
    return None


_DEVICES = frozenset({"GpuInfo", "NeuronInfo", "InferenceAcceleratorInfo", "MediaAcceleratorInfo", "FpgaInfo"})


def accelerators_of(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Accelerators of one machine of a type; empty when EC2 lists none.

    Args:
        facts: an element of DescribeInstanceTypes' InstanceTypes.

    g6f and gr6f types report a GPU count of 0 with the size of the part, between 0 and 1; Inferentia stands in NeuronInfo and
    again in InferenceAcceleratorInfo. Source: botocore 1.44.5, EC2 GpuDeviceInfo, and what EC2 said of each type in moto
    5.2.5, ec2/resources/instance_types.json.gz; read 2026-11-24.
    """
    if _DEVICES.isdisjoint(facts):
        return []
    found = [_gpu(gpu) for gpu in _devices(facts, "GpuInfo", "Gpus")]
    neuron = _devices(facts, "NeuronInfo", "NeuronDevices")
    found += [_chip(d) for d in neuron]
    found += [
        _chip(d) if _vendor(d) == "aws" else _device(d, "inference")
        for d in _devices(facts, "InferenceAcceleratorInfo", "Accelerators")
        if not (neuron and _vendor(d) == "aws")
    ]
    found += [_device(d, "media") for d in _devices(facts, "MediaAcceleratorInfo", "Accelerators")]
    found += [_device(d, "fpga") for d in _devices(facts, "FpgaInfo", "Fpgas")]
    return found


def _devices(facts: Mapping[str, Any], info: str, key: str) -> list[Mapping[str, Any]]:
    return list((facts.get(info) or {}).get(key) or ())


def _vendor(device: Mapping[str, Any]) -> str:
    word = str(device.get("Manufacturer", "")).lower()
    return {"amazon aws": "aws", "amazon": "aws"}.get(word, word)


def _memory(device: Mapping[str, Any]) -> int | None:
    size = (device.get("MemoryInfo") or {}).get("SizeInMiB")
    return int(size) * MIB if size else None


def _gpu(gpu: Mapping[str, Any]) -> dict[str, Any]:
    form = "gaudi" if _vendor(gpu) == "habana" else "gpu"
    share = gpu.get("GpuPartitionSize")
    if int(gpu["Count"]) == 0:
        fraction = float(share) if share is not None else None
        return accelerator(
            _vendor(gpu), str(gpu["Name"]), int(gpu.get("LogicalGpuCount") or 1), memory_bytes=_memory(gpu), form=form,
            fraction=fraction,
            partition=None if fraction is not None else "share",
        )  # fmt: skip
    return accelerator(_vendor(gpu), str(gpu["Name"]), int(gpu["Count"]), memory_bytes=_memory(gpu), form=form)


def _chip(device: Mapping[str, Any]) -> dict[str, Any]:
    """A chip of the Neuron family; what is known of it goes before what EC2 says, which is wrong of Trainium2."""
    name = str(device["Name"])
    model, _, memory = NEURON_CHIPS.get(name, (name, 0, _memory(device)))
    return accelerator("aws", model, int(device["Count"]), memory_bytes=memory, form="neuron")


def _device(device: Mapping[str, Any], form: str) -> dict[str, Any]:
    model = str(device["Name"]).removeprefix(f"{device.get('Manufacturer')} ")
    return accelerator(_vendor(device), model, int(device["Count"]), memory_bytes=_memory(device), form=form)


def _of_machine(machine: Mapping[str, Any]) -> Any:
    """Accelerators of one machine; MISSING where its type is not known, or is of an accelerated family while EC2 lists none.

    EC2 lists none for trn2u.48xlarge, which has 16 Trainium2. Source: as accelerators_of.
    """
    if "Facts" not in machine:
        return MISSING
    found = accelerators_of(machine["Facts"])
    return found if found or not ec2_accelerated(ec2_type(str(machine["InstanceType"]))) else MISSING


def is_accelerated(item: Mapping[str, Any]) -> bool:
    """Whether a machine of an item has accelerators, as far as the lookup of types knows."""
    return any(_of_machine(machine) for machine in item.get(MACHINES, ()))


def _all(machines: Sequence[Mapping[str, Any]]) -> Any:
    """Accelerators of all machines together; MISSING when a type or a count is unknown."""
    found: list[dict[str, Any]] = []
    for machine in machines:
        entries = _of_machine(machine)
        if entries is MISSING or "Count" not in machine:
            return MISSING
        number = int(machine["Count"])
        found.extend({**entry, "count": entry["count"] * number} for entry in entries)
    return found


def _each(machines: Sequence[Mapping[str, Any]]) -> Any:
    """Accelerators of one machine where types are alternatives; MISSING when unknown or when they differ."""
    choices = [_of_machine(machine) for machine in machines]
    return choices[0] if choices and all(c == choices[0] for c in choices) else MISSING


def _counted(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert(machines: Any) -> Any:
        found = read(machines)
        return MISSING if found is MISSING else total(found)

    return convert


def _memory_of_one(machines: Any) -> Any:
    sizes = {e["memory_bytes"] for m in machines for e in accelerators_of(m.get("Facts", {})) if "memory_bytes" in e}
    return sizes.pop() if len(sizes) == 1 else MISSING


def _fact(info: str, key: str, factor: int = 1) -> Callable[[Any], Any]:
    def convert(machines: Any) -> Any:
        values = {(m.get("Facts", {}).get(info) or {}).get(key) for m in machines}
        value = values.pop() if len(values) == 1 else None
        return MISSING if value is None else int(value) * factor

    return convert


TOTAL = {
    "accelerators": Field(MACHINES, _all),
    "accelerator_count": Field(MACHINES, _counted(_all)),
    "accelerator_memory_bytes": Field(MACHINES, _memory_of_one),
}
"""Fields for everything that an item runs on."""

PER_MACHINE = {
    "accelerators": Field(MACHINES, _each),
    "accelerator_count": Field(MACHINES, _counted(_each)),
    "accelerator_memory_bytes": Field(MACHINES, _memory_of_one),
    "vcpu_count": Field(MACHINES, _fact("VCpuInfo", "DefaultVCpus")),
    "memory_bytes": Field(MACHINES, _fact("MemoryInfo", "SizeInMiB", MIB)),
}
"""Fields for one machine of an item: of a pool, a machine that it would start, so that a pool scaled to zero still
shows what it holds."""
