"""One shape for every accelerator: GPU, Neuron, Inferentia, TPU, Gaudi; whole, fractional or partitioned."""

from __future__ import annotations

from typing import Any


def accelerator(
    vendor: str,
    model: str,
    count: int,
    *,
    memory_bytes: int | None = None,
    form: str = "gpu",
    fraction: float | None = None,
    partition: str | None = None,
) -> dict[str, Any]:
    """One entry of the attribute `accelerators`.

    Args:
        vendor: lower case: nvidia, amd, intel, aws, google, habana, qualcomm.
        model: maker's name without the maker: "H100-80GB-HBM3", "A10G", "Inferentia2".
        count: physical devices; 1 for a share of one device, with `fraction` set.
        memory_bytes: of one device (or of the share).
        form: gpu, neuron, tpu, gaudi, inference, media, fpga.
        fraction: 0–1, where the machine gets only a share of a device (EC2 g6f reports count 0).
        partition: how devices are cut or shared: "mig-1g.10gb", "time-slicing-4", "mps".
    """
    entry: dict[str, Any] = {"vendor": vendor, "model": model, "count": count, "form": form}
    measured = {"memory_bytes": memory_bytes, "fraction": fraction, "partition": partition}
    return entry | {key: value for key, value in measured.items() if value is not None}


def total(accelerators: list[dict[str, Any]]) -> int:
    """Physical devices in a list of entries."""
    return sum(int(a["count"]) for a in accelerators)
