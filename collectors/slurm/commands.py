"""Slurm through its own commands, over SSH or on this machine: one session for what there is, one for the jobs.

Refuses to read jobs into memory: they are handed on line by line.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors import ssh
from collectors.frames import NOT_INSTALLED, Report, Section, parse
from collectors.slurm import shapes
from collectors.ssh import Target
from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError
from normalize.model import Json

ESTATE_SECONDS = 300.0
JOBS_SECONDS = 1200.0
OUTPUT_LIMIT = 256 << 20
LINE_LIMIT = 1 << 20
CELL = "\x1f"

_TOOL = {
    "config": "scontrol", "nodes": "scontrol", "partitions": "scontrol", "reservations": "scontrol", "jobs": "scontrol",
    "accounting": "sacctmgr", "accounts": "sacctmgr", "qos": "sacctmgr", "associations": "sacctmgr", "history": "sacct",
}  # fmt: skip
_READ: Mapping[str, Callable[[str], list[dict[str, str]]]] = {
    "nodes": lambda text: shapes.entries(text, "NodeName"),
    "partitions": lambda text: shapes.entries(text, "PartitionName"),
    "reservations": lambda text: shapes.entries(text, "ReservationName"),
    "accounts": shapes.table,
    "qos": shapes.table,
    "associations": shapes.table,
}
_DENIED = re.compile(r"access/permission denied|access denied|permission denied|not authorized", re.IGNORECASE)
_UNREACHABLE = re.compile(r"unable to contact|connection refused|connect failure|timed out|socket", re.IGNORECASE)
_NO_ACCOUNTING = re.compile(r"accounting storage is disabled|not running a supported accounting_storage", re.IGNORECASE)


class Commands:
    """One cluster, asked by its commands."""

    def __init__(self, where: Target) -> None:
        self._where = where
        self._report: Report | None = None
        self._who: dict[str, str] = {}

    @property
    def address(self) -> str:
        return self._where.address

    def open(self) -> dict[str, Json]:
        """Read all but the jobs; what the controller says of the cluster.

        Raises:
            CollectError: the machine cannot be reached, has no Slurm, or its controller does not answer.
        """
        output = bytearray()

        def take(chunk: bytes) -> None:
            output.extend(chunk)
            if len(output) > OUTPUT_LIMIT:
                raise CollectError(f"the commands printed more than {OUTPUT_LIMIT >> 20} MiB", call="sh -s")

        nonce = secrets.token_hex(12)
        errors = ssh.run(self._where, script(nonce, "estate"), ESTATE_SECONDS, take)
        self._report = parse((bytes(output) or errors).decode(errors="replace"), nonce)
        self._who = shapes.settings(self._said("who"))
        config = shapes.settings(self._said("config"))
        primary = config.get("SlurmctldHost[0]", "").partition("(")[0]
        if not config.get("ClusterName") or not primary:
            raise CollectError("scontrol does not tell the cluster's name and controller", call="scontrol show config")
        tracked = config.get("AccountingStorageTRES")
        types = shapes.words(config.get("GresTypes"))
        return shapes.present(
            name=config["ClusterName"],
            host=primary,
            version=config.get("SLURM_VERSION"),
            gres_types=types,
            accounting=config.get("AccountingStorageType"),
            settings={
                k: v for k, v in config.items() if k not in ("ClusterName", "SLURM_VERSION") and "Host[" not in k
            },
        ) | {"gpus_scheduled": "gpu" in types, "gpus_tracked": "gres/gpu" in (tracked or "")}

    def _said(self, name: str) -> str:
        assert self._report is not None
        section = self._report[name]
        if error := refusal(section):
            raise error
        return section.text

    def rows(self, what: str) -> list[dict[str, Any]]:
        """Rows of nodes, partitions, reservations, accounts, qos or associations.

        Raises:
            CollectError: they could not be listed.
        """
        return list(_READ[what](self._said(what)))

    def hidden(self, what: frozenset[str]) -> CollectError | None:
        """Why rows may be missing from an answer that looks whole: PrivateData shows a user only that user's own.

        Source: manuals of slurm.conf and slurmdbd.conf 22.05, PrivateData: SlurmUser and root see all, in the accounting AdminLevel=Admin
        too; SchedMD/slurm, src/slurmctld (validate_operator in the dumps of nodes and jobs): from the controller, operators do; read
        2026-11-24.
        """
        assert self._report is not None
        private: set[str] = set()
        level, user = self._who.get("level", ""), self._who.get("user", "the user")
        owner = self._who.get("uid") == "0"
        for section, levels in (("config", ("Admin", "Operator")), ("accounting", ("Admin",))):
            try:
                text = self._said(section)
                said = shapes.settings(text)
            except UnavailableError:
                continue
            except CollectError as error:
                return CollectError(f"whether PrivateData hides some cannot be told: {error}", call=error.call)
            for words in re.findall(r"^PrivateData\s*=(.*)$", text, re.MULTILINE):  # of slurm.conf, of slurmdbd.conf
                private |= set() if level.startswith(levels) else set(shapes.words(words.strip()))
            owner = owner or said.get("SlurmUser", "").partition("(")[0] == user
        if owner or not private & what:
            return None
        return DeniedError(
            f"PrivateData = {','.join(sorted(private & what))}: {user} is shown only what is {user}'s own",
            call="scontrol show config",
            needs=(f"AdminLevel=Operator for {user}, Admin where slurmdbd.conf sets PrivateData; or no PrivateData",),
            code="PrivateData",
        )

    def jobs(
        self, since: datetime, past: Callable[[dict[str, Json]], None], live: Callable[[dict[str, Json]], None]
    ) -> dict[str, CollectError | None]:
        """Hand on every job: those that the controller knows, then those of the accounting.

        Returns:
            Per listing ("jobs", "history") why it could not be read, or not to its end.
        """
        nonce = secrets.token_hex(12)
        reader = JobLines(nonce, since, past, live)
        ssh.run(self._where, script(nonce, "jobs", since), JOBS_SECONDS, reader.feed)
        return reader.outcomes()

    def close(self) -> None:
        self._report = None


def script(nonce: str, part: str, since: datetime | None = None) -> bytes:
    """What is sent to the machine."""
    start = since.strftime("%Y-%m-%dT%H:%M:%S") if since else ""
    return f"STOCKTAKE_NONCE={nonce}\nSTOCKTAKE_PART={part}\nSTOCKTAKE_SINCE={start}\n{survey_text()}".encode()


def survey_text() -> str:
    """The script that is run on a machine with Slurm's commands."""
    return Path(__file__).with_name("survey.sh").read_text(encoding="utf-8")


def refusal(section: Section) -> CollectError | None:
    """Why a command gave no answer; None when it did."""
    if section.status == 0:
        return None
    tool = _TOOL.get(section.name, section.name)
    call = f"{tool} ({section.name})"
    lines = [line.strip() for line in (section.errors + "\n" + section.text).splitlines() if line.strip()]
    said = " ".join(lines)[:300] or f"ended with status {section.status}"
    if section.status == NOT_INSTALLED:
        return CollectError(f"{tool} is not installed where the source looks", call=call, needs=(f"{tool} on the PATH of the login",), code="127")  # fmt: skip
    if _NO_ACCOUNTING.search(said):
        return UnavailableError(f"the cluster keeps no accounting: {said}", call=call)
    if _DENIED.search(said):
        return DeniedError(said, call=call, needs=(f"leave to run {tool}",), code=str(section.status))
    if _UNREACHABLE.search(said) or section.status in (124, 137):
        return TransientError(f"Slurm does not answer: {said}", call=call, code=str(section.status))
    return CollectError(said, call=call, code=str(section.status))


class JobLines:
    """Reads frames of jobs as they come; keeps no line."""

    def __init__(
        self,
        nonce: str,
        since: datetime,
        past: Callable[[dict[str, Json]], None],
        live: Callable[[dict[str, Json]], None],
    ) -> None:
        self._mark = f"@{nonce} "
        self._since = since.timestamp()
        self._take = {"history": past, "jobs": live}
        self._rest = b""
        self._name = ""
        self._errors: list[str] | None = None
        self._heading: list[str] = []
        self._sections: dict[str, Section] = {}
        self._unfit: dict[str, int] = {}
        self._said: list[str] = []

    def feed(self, chunk: bytes) -> None:
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LINE_LIMIT:
            raise CollectError("a line of more than 1 MiB was printed", call="sacct")
        for line in lines:
            self._line(line.decode(errors="replace"))

    def _line(self, line: str) -> None:
        if line.startswith(self._mark):
            word, *rest = line.removeprefix(self._mark).split()
            if word == "begin":
                self._name, self._errors, self._heading, self._said = rest[0], None, [], []
            elif word == "stderr":
                self._errors = []
            elif word == "end" and rest[0] == self._name:
                errors, text = "\n".join(self._errors or []), "\n".join(self._said)
                self._sections[self._name] = Section(self._name, int(rest[1]), text, errors)
                self._name = ""
        elif self._errors is not None:
            self._errors.append(line)
        elif self._name == "history" and line:
            self._history(line)
        elif self._name == "jobs" and line.startswith("JobId="):
            self._hand_on("jobs", lambda: shapes.live_job(shapes.pairs(line), 0))
        elif line and len(self._said) < 20:
            self._said.append(line)

    def _history(self, line: str) -> None:
        cells = line.split(CELL)
        if not self._heading:
            if cells[0] == "JobIDRaw":
                self._heading = cells
            elif len(self._said) < 20:
                self._said.append(line)
            return
        if len(cells) != len(self._heading):
            self._unfit["history"] = self._unfit.get("history", 0) + 1
            return
        row = {k: v for k, v in zip(self._heading, cells, strict=True) if v}
        self._hand_on("history", lambda: shapes.past_job(row, self._since))

    def _hand_on(self, name: str, read: Callable[[], dict[str, Json]]) -> None:
        try:
            job = read()
        except (KeyError, ValueError):
            self._unfit[name] = self._unfit.get(name, 0) + 1
            return
        self._take[name](job)

    def outcomes(self) -> dict[str, CollectError | None]:
        """Per listing why it is not whole."""
        found: dict[str, CollectError | None] = {}
        for name in self._take:
            section = self._sections.get(name)
            if section is None:
                found[name] = TransientError(f"the session ended before {_TOOL[name]} did", call=_TOOL[name])
            elif error := refusal(section):
                found[name] = error
            elif count := self._unfit.get(name):
                found[name] = CollectError(f"{count} jobs are not written as {_TOOL[name]} does it", call=_TOOL[name])
            else:
                found[name] = None
        return found
