"""`stocktake knowledge refresh`: sizes and prices of machines by the clouds' own word, into the user's folder of knowledge."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from discovery.knowledge import folder
from discovery.wiring import list_machines
from normalize.errors import CollectError, ConfigError, PlanError
from planning import knowledge
from planning.sorts import SORTS

if TYPE_CHECKING:
    from discovery.config import Config
    from planning.knowledge import Knowledge

SOURCES: Mapping[str, str] = {
    "aws": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html and the Price List of the account",
    "gcp": "https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes and the catalog of Cloud Billing",
    "azure": "https://learn.microsoft.com/rest/api/compute/resource-skus/list and the Retail Prices API",
}
VALID_FOR_DAYS = 90
_TOLERANCE = 0.1


class Refreshed(NamedTuple):
    """What was written: machines, those with a price, accelerators that the knowledge base does not know, and why there are no
    prices ("" where there are)."""

    file: Path
    machines: int
    priced: int
    unknown: Sequence[str]
    unpriced: str


def refresh(
    config: Config, provider: str, source: str | None, regions: Sequence[str], today: date, **options: str
) -> Refreshed:
    """Ask a cloud what it rents, and write that as knowledge of the user's own, in one step.

    Args:
        source: name of the configured source whose credentials to use; left out, the first of the provider, or what the
            SDK finds by itself where there is none.
        regions: where to look; prices are those of the first.
        options: "account" to ask in, "prices" for another address of Azure's prices.

    Raises:
        ConfigError: no folder is configured, no such source is, or the cloud cannot be asked.
    """
    where = folder(config, "knowledge")
    if where is None:
        raise ConfigError('no folder to write to: set knowledge = "knowledge" in the configuration')
    try:
        found = list_machines(provider, _settings(config, provider, source), regions, **options)
    except CollectError as error:
        needs = f"; needs {', '.join(error.needs)}" if error.needs else ""
        raise ConfigError(f"{error.call or provider}: {error}{needs}; nothing was written") from None
    if not found.machines:
        raise ConfigError(
            f"{provider} named no machine in {', '.join(regions) or 'its first region'}; nothing was written"
        )
    base = knowledge.load()
    entries, unknown = _entries(found.machines, base, provider)
    where.mkdir(parents=True, exist_ok=True)
    file = where / f"00-refreshed-{provider}.toml"
    _write(file, _document(provider, entries, today))
    priced = sum("price_usd_per_hour" in e for e in entries.values())
    return Refreshed(file, len(entries), priced, sorted(unknown), found.unpriced)


def _settings(config: Config, provider: str, source: str | None) -> dict[str, Any]:
    own = [s for s in config.source if s.type == provider]
    if source is not None:
        own = [s for s in own if s.name == source]
        if not own:
            raise ConfigError(f'--source "{source}": no source of type {provider} is called so')
    return own[0].model_dump(exclude_none=True) if own else {"name": provider, "type": provider}


def _entries(
    machines: Iterable[tuple[str, Mapping[str, Any]]], base: Knowledge, provider: str
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """(entries by id, accelerators that are not known). What the base says of an accelerator stays: clouds name it less precisely."""
    entries: dict[str, dict[str, Any]] = {}
    regions: dict[str, set[str]] = {}
    unknown: set[str] = set()
    for name, told in machines:
        regions.setdefault(name, set()).add(str(told["region"]))
        facts = {k: v for k, v in told.items() if k in SORTS["instance_types"].facts}
        facts |= _accelerated(told.get("accelerators") or (), unknown, base)
        before = base.entry("instance_types", name)
        if before is not None and before.get("accelerator"):
            facts.pop("accelerator", None)
            if not told.get("accelerators"):
                del facts["accelerator_count"]  # EC2 names none in a machine of an UltraServer
        elif facts["accelerator_count"] and "accelerator" not in facts:
            continue
        entries.setdefault(name, {"provider": provider}).update(facts)
    for name in [n for n, e in entries.items() if not base.entry("instance_types", n) and not _whole(e)]:
        del entries[name]  # a Mac, or what is told in part
    for name, entry in entries.items():
        before = base.entry("instance_types", name)
        entry["regions"] = sorted(regions[name] | set((before.get("regions") if before else None) or ()))
    return dict(sorted(entries.items())), unknown


def _whole(entry: Mapping[str, Any]) -> bool:
    return all(name in entry for name in SORTS["instance_types"].required)


def _accelerated(told: Sequence[Mapping[str, Any]], unknown: set[str], base: Knowledge) -> dict[str, Any]:
    if not told:
        return {"accelerator_count": 0}
    first = told[0]
    facts: dict[str, Any] = {"accelerator_count": sum(int(a["count"]) for a in told)}
    if "fraction" in first:
        facts |= {"accelerator_count": 0, "accelerator_fraction": first["fraction"]}
    if "memory_bytes" in first:
        facts["accelerator_memory_bytes"] = first["memory_bytes"]
    if known := _accelerator(str(first["model"]), first.get("memory_bytes"), first.get("fraction", 1), base):
        facts["accelerator"] = known
    else:
        unknown.add(str(first["model"]))
    return facts


def _accelerator(model: str, memory: int | None, share: float, base: Knowledge) -> str | None:
    """The accelerator of that name; where several are, the one whose memory is next to what is told."""
    plain = _plain(model)
    found = [
        e
        for e in base.sort("accelerators").values()
        if plain in {_plain(n) for n in (*(e.get("names") or ()), e["model"])}
    ]
    if memory is not None:
        sized = [e for e in found if (m := e.get("memory_bytes")) and abs(memory / (m * share) - 1) <= _TOLERANCE]
        found = sized or found
    return found[0].id if len(found) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "-", name.casefold())


def _document(provider: str, entries: Mapping[str, Mapping[str, Any]], today: date) -> str:
    head = {
        "sort": "instance_types",
        "source": SOURCES[provider],
        "observed_at": today,
        "valid_for_days": VALID_FOR_DAYS,
        "confidence": "verified",
    }
    lines = [
        "# Written by `stocktake knowledge refresh`; edits here are lost. Files of names that come later go over it.",
        "",
    ]
    lines += [f"{key} = {_toml(value)}" for key, value in head.items()]
    lines += ["", "[entries]"]
    lines += [f"{_toml(id_)} = {_toml(facts)}" for id_, facts in entries.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _write(file: Path, text: str) -> None:
    """Put a file in its place whole, once it has been read as knowledge.

    Raises:
        ConfigError: it cannot be written, or does not fit over what ships.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".new", delete=False, encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        try:
            knowledge.load(overlays=[Path(new.name)])
            os.chmod(new.name, 0o644)
            os.replace(new.name, file)
        finally:
            Path(new.name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from None
    except PlanError as error:
        raise ConfigError(f"what was told does not fit the knowledge base, nothing was written: {error}") from None
