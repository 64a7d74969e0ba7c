"""What a walk over a machine's file systems found of models and data. Pure.

Lines, parted by tabs, as the probe's awk prints them:

    F FOLDER FORMAT COUNT BYTES NEWEST      files of one format in one folder; NEWEST in seconds after 1970; FORMAT "hub" is a folder of
                                            Hugging Face's cache
    T TOOL FOLDER COUNT                     a folder of a tool: .dvc, wandb (COUNT of its runs), mlruns
    U FOLDER URL                            where a tool keeps or sends what it tracks
    ! STATUS ROOT FOLDERS LAST              a file system that was walked: how it ended, how many folders, the last one seen
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors.contract import CutShortError
from collectors.frames import NOT_EXECUTABLE, TIMED_OUT
from normalize.errors import CollectError
from normalize.model import Json

MODELS = frozenset({"safetensors", "gguf", "onnx", "pt", "pth", "ckpt"})
DATA = frozenset({"tfrecord", "parquet", "arrow"})
OBJECT_STORE, CANNOT, TOO_MANY = 125, 127, 123
"""Statuses of the walk's own: not walked since each look costs a request; `find` cannot print sizes; more folders than are told."""
_HUB = re.compile(r".*/(?P<sort>models|datasets)--(?P<name>[^/]+)")


@dataclass(slots=True)
class Walk:
    """Folders with files of models, folders with data, folders of tools, and what was not walked to its end."""

    models: list[dict[str, Json]] = field(default_factory=list)
    data: list[dict[str, Json]] = field(default_factory=list)
    tools: list[dict[str, Json]] = field(default_factory=list)
    cut: list[tuple[int, str, int, str]] = field(default_factory=list)

    def problem(self) -> CollectError | None:
        """Why there may be more than was found; None when all was walked."""
        said = [_words(*entry) for entry in self.cut]
        needs = tuple(f"to read {root}" for status, root, _, _ in self.cut if status == NOT_EXECUTABLE)
        return CutShortError("; ".join(said)[:900], call="find", needs=needs) if said else None


def _words(status: int, root: str, folders: int, last: str) -> str:
    if status in TIMED_OUT:
        return f"{root}: time ran out after {folders} folders, at {last or root}"
    if status == OBJECT_STORE:
        return f"{root}: not walked, as it is an object store, where each look costs a request"
    if status == CANNOT:
        return f"{root}: find prints no sizes here; GNU findutils are needed"
    if status == TOO_MANY:
        return f"{root}: more folders hold such files than are told; {folders} of them are"
    if status == NOT_EXECUTABLE:
        return f"{root}: some folders could not be read"
    return f"{root}: find ended with status {status} after {folders} folders"


def walk(text: str) -> Walk:
    """What the walk found. Folders of the hub's cache are one model or dataset each, whatever the names of their files."""
    found = Walk()
    folders: dict[tuple[str, bool], dict[str, Json]] = {}
    for line in text.splitlines():
        word, *parts = line.split("\t")
        if word == "F" and len(parts) == 5 and all(p.isdecimal() for p in parts[2:]):
            _add(folders, parts[0], parts[1], int(parts[2]), int(parts[3]), int(parts[4]))
        elif word == "T" and len(parts) == 3 and parts[1].startswith("/"):
            tool = {".dvc": "dvc", "mlruns": "mlflow"}.get(parts[0], parts[0])
            entry: dict[str, Json] = {"folder": parts[1], "tool": tool}
            found.tools.append(
                entry | ({"run_count": int(parts[2])} if parts[2].isdecimal() and tool == "wandb" else {})
            )
        elif word == "U" and len(parts) == 2 and found.tools and found.tools[-1]["folder"] == parts[0]:
            found.tools[-1].setdefault("$remotes", []).append(parts[1])
        elif word == "!" and len(parts) == 4 and parts[0].isdecimal() and int(parts[0]):
            found.cut.append((int(parts[0]), parts[1], int(parts[2]) if parts[2].isdecimal() else 0, parts[3]))
    for (_, data), entry in folders.items():
        (found.data if data else found.models).append(entry)
    for entry in found.tools:
        if entry["tool"] == "wandb" and entry.get("run_count") and "$remotes" not in entry:
            entry["$remotes"] = [WANDB]
    return found


WANDB = "https://api.wandb.ai"
"""Where runs go unless a setting says otherwise. Source: wandb/wandb, docs of WANDB_BASE_URL, read 2026-11-24."""


def _add(
    folders: dict[tuple[str, bool], dict[str, Json]], folder: str, format_: str, count: int, size: int, newest: int
) -> None:
    hub = _HUB.fullmatch(folder) if format_ == "hub" else None
    if not folder.startswith("/") or (hub is None and format_ not in MODELS | DATA):
        return
    data = hub["sort"] == "datasets" if hub else format_ in DATA
    entry = folders.setdefault((folder, data), {"folder": folder, "count": 0, "bytes": 0, "formats": {}})
    entry["count"] += count
    entry["bytes"] += size
    entry["formats"][format_ if hub is None else "huggingface"] = {"count": count, "bytes": size}
    if newest:
        entry["newest"] = max(newest, entry.get("newest", 0))
    if hub and (owner := hub["name"].partition("--"))[2]:
        sort = "datasets/" if data else ""
        entry["$hub"] = f"hf://{sort}{owner[0]}/{owner[2].replace('--', '/')}"
