"""What `stocktake import` takes in: a table of importers, each of which knows its own files by what stands in them.

An importer is a module with three names:

    READS: str                                        what it reads, for people: "what the probe wrote on a machine"
    sniff(path: Path) -> str                          "" when the file is one of its own, else why it is none
    open_files(paths: Sequence[Path]) -> Sequence[Collector]    collectors over the files, of what `sniff` let pass
    kind_rows() -> Sequence[Kind]                     its rows

A collector whose files each tell of one moment says so in `told_at`, by account: an older one than was imported before is refused.

What it opens is scanned like any source: one coverage row for each kind and scope, quarantine, redaction, gaps. An import
says nothing of what its files do not speak of: scopes of earlier imports stay.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from normalize import questionnaire
from normalize.errors import ConfigError

if TYPE_CHECKING:
    from collectors.contract import Collector

IMPORTERS: Mapping[str, str] = {
    "host bundle": "collectors.hosts",
    "bill": "collectors.bills",
    "Terraform state": "collectors.terraform",
}
"""What a file is called -> the module that reads it."""

QUESTIONNAIRE = "questionnaire"
"""What is no source: answers to what was asked, which the store takes in by themselves."""

MAX_FILES = 100_000


def module_of(name: str) -> ModuleType:
    return importlib.import_module(IMPORTERS[name])


def assign(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """The files under these paths by importer.

    Raises:
        ConfigError: a file is nobody's, or there is none at all.
    """
    found: dict[str, list[Path]] = {}
    for path in _files(paths):
        found.setdefault(_importer(path), []).append(path)
    if not found:
        raise ConfigError(f"{', '.join(map(str, paths))}: no file to import")
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named; of a folder all that lie in it and below, hidden ones left out, each once."""
    seen: set[Path] = set()
    for path in paths:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in below:
            hidden = file != path and any(part[:1] in "._" for part in file.relative_to(path).parts)
            if hidden or not file.is_file() or (known := file.resolve()) in seen:
                continue
            seen.add(known)
            if len(seen) > MAX_FILES:
                raise ConfigError(f"{path}: more than {MAX_FILES} files; import fewer at a time")
            yield file


def _importer(path: Path) -> str:
    if not (why_no_questionnaire := _no_questionnaire(path)):
        return QUESTIONNAIRE
    reasons = []
    for name in IMPORTERS:
        try:
            why_not = module_of(name).sniff(path)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
        if not why_not:
            return name
        reasons.append(f"as {name}: {why_not}")
    reasons.append(f"as {QUESTIONNAIRE}: {why_no_questionnaire}")
    known = "; ".join([*(module_of(name).READS for name in IMPORTERS), "what `stocktake questionnaire` wrote"])
    raise ConfigError(
        f"{path} is none of the files that can be imported.\n  " + "\n  ".join(reasons) + f"\nAccepted: {known}"
    )


def _no_questionnaire(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return questionnaire.why_none(file.read(4096).decode("utf-8-sig", "replace"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None


def questionnaire_lines(path: Path) -> list[questionnaire.Line]:
    """The lines of a questionnaire.

    Raises:
        ConfigError: it is too large, no UTF-8 or no CSV.
    """
    if path.stat().st_size > questionnaire.MAX_BYTES:
        raise ConfigError(f"{path}: larger than {questionnaire.MAX_BYTES // 1024**2} MiB; import a part at a time")
    try:
        return list(questionnaire.read(path.read_bytes().decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise ConfigError(f'{path}: not UTF-8; save it as "CSV UTF-8"') from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def open_imports(found: Mapping[str, Sequence[Path]]) -> list[tuple[str, Collector]]:
    """(what the files are, a collector over them), of files by importer.

    Raises:
        ConfigError: a file is nobody's, or cannot be what it says it is.
    """
    return [(name, collector) for name, files in found.items() for collector in module_of(name).open_files(files)]


def must_not_go_back(collectors: Sequence[Collector], newest: Callable[[str, str], int | None]) -> None:
    """Refuse a state that is older than the one of its lineage that is known: what it lacks was made later, and is not gone.

    Args:
        newest: of a source and an account, the serial of the state that is known.

    Raises:
        ConfigError: one is older.
    """
    for collector in collectors:
        for account, serial in getattr(collector, "serials", {}).items():
            known = newest(collector.source, account)
            if known is not None and serial < known:
                raise ConfigError(
                    f"state {account} is known with serial {known} already, and what was to be imported has serial {serial}; nothing was taken. "
                    "An inventory of that day needs a database of its own (--database)"
                )


def must_be_newer(collectors: Sequence[Collector], newest: Callable[[str, str], datetime | None]) -> None:
    """Refuse what is older than what an earlier import told of the same thing: it would show things gone that came later.

    Args:
        newest: of a source and an account, when the newest thing known of it was observed.

    Raises:
        ConfigError: something is older.
    """
    for collector in collectors:
        for account, at in getattr(collector, "told_at", {}).items():
            known = newest(collector.source, account)
            if known and at < known:
                raise ConfigError(
                    f"what was to be imported tells of {account} as of {at:%Y-%m-%d %H:%M} UTC, and what is known of it is of "
                    f"{known:%Y-%m-%d %H:%M} UTC already; nothing was taken. An inventory of that day needs a database of its own (--database)"
                )
