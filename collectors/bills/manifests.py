"""What Azure writes beside an export: which files it is made of, how many rows they have, and which cost they hold.

Refuses names that lead out of the folder. Of several exports of one month the newest counts: each holds the month anew.

Source: github.com/microsoft/finops-toolkit at 04d370f, docs-mslearn/toolkit/hubs/data-processing.md, read 2026-11-24.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from normalize.errors import ConfigError

NAME = "manifest.json"
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """One run of one export.

    Attributes:
        files: those that are there.
        absent: names of those that are not.
        rows: of all files together; None where it does not say.
    """

    path: Path
    export: str
    period: str
    submitted: str
    amortized: bool
    files: tuple[Path, ...] = ()
    absent: tuple[str, ...] = ()
    rows: int | None = None


def read(path: Path) -> Manifest | str:
    """A manifest, or why the file is none.

    Raises:
        ConfigError: it names a file outside its folder.
    """
    if path.stat().st_size > MAX_BYTES:
        return f"it has more than {MAX_BYTES} bytes"
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {str(error)[:120]}"
    blobs = told.get("blobs") if isinstance(told, dict) else None
    if not isinstance(blobs, list):
        return 'it has no list "blobs"'
    config, run = _object(told, "exportConfig"), _object(told, "runInfo")
    names = [_file_name(path, blob) for blob in blobs]
    files = [path.parent / name for name in names]
    rows = told.get("dataRowCount")
    return Manifest(
        path,
        str(config.get("resourceId") or config.get("exportName") or path.parent),
        f"{run.get('startDate') or path.parent}"[:10],
        str(run.get("submittedTime") or ""),
        str(config.get("type") or "").lower() == "amortizedcost",
        tuple(f for f in files if f.is_file()),
        tuple(f.name for f in files if not f.is_file()),
        rows if isinstance(rows, int) and not isinstance(rows, bool) else None,
    )


def _object(told: dict[str, Any], key: str) -> dict[str, Any]:
    found = told.get(key)
    return found if isinstance(found, dict) else {}


def _file_name(path: Path, blob: Any) -> str:
    """The last part of a blob's name: what it is called in the folder of its manifest."""
    name = blob.get("blobName") if isinstance(blob, dict) else None
    parts = name.split("/") if isinstance(name, str) else [""]
    if ".." in parts or not parts[-1] or parts[-1] == "." or any(c in parts[-1] for c in "\\\0:"):
        raise ConfigError(f"{path}: names a file {str(name)[:200]!r}; accepted: names below its own folder")
    return parts[-1]


@dataclass
class Parts:
    """Files to read, as their manifests say."""

    files: list[Path] = field(default_factory=list)
    amortized: set[Path] = field(default_factory=set)
    absent: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    rows: list[tuple[Manifest, int]] = field(default_factory=list)
    older: int = 0


def sort_out(paths: Sequence[Path]) -> Parts:
    """The files that count among these.

    Raises:
        ConfigError: a manifest names a file outside its folder.
    """
    found = [m for p in paths if p.name == NAME and isinstance(m := read(p), Manifest)]
    newest: dict[tuple[str, str], Manifest] = {}
    for manifest in sorted(found, key=lambda m: (m.submitted, str(m.path))):
        newest[manifest.export, manifest.period] = manifest
    counted = list(newest.values())
    old = {f.resolve() for m in found if m not in counted for f in m.files} - {
        f.resolve() for m in counted for f in m.files
    }
    parts = Parts(older=len(found) - len(counted))
    seen: set[Path] = set()
    for file in [*(p for p in paths if p.name != NAME), *(f for m in counted for f in m.files)]:
        if (known := file.resolve()) not in seen and known not in old:
            seen.add(known)
            parts.files.append(file)
    for manifest in counted:
        if manifest.amortized:
            parts.amortized.update(f.resolve() for f in manifest.files)
        if manifest.absent:
            parts.absent[manifest.path] = manifest.absent
        if manifest.rows is not None and not manifest.absent:
            parts.rows.append((manifest, manifest.rows))
    return parts
