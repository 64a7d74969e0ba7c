"""What one run of the probe printed, taken apart by its frames.

Owns the framing. Refuses to guess: a section that did not end is not there, and asking for it raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from normalize.errors import CollectError, DeniedError, TransientError, UnavailableError

NOT_EXECUTABLE, NOT_INSTALLED = 126, 127
TIMED_OUT = (124, 137)
TOO_LONG = 999
"""No status of a command: its output was longer than what is read."""
_DENIED = re.compile(r"permission denied|insufficient permissions|operation not permitted|must be root", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """One command of the probe: its exit status, output and errors."""

    name: str
    status: int
    text: str
    errors: str

    @property
    def installed(self) -> bool:
        return self.status != NOT_INSTALLED

    def failure(self) -> CollectError | None:
        """Why there is no answer; None when the command succeeded."""
        if self.status == 0:
            return None
        said = next((line.strip() for line in (self.errors or self.text).splitlines() if line.strip()), "")[:300]
        code = str(self.status)
        if self.status == NOT_INSTALLED:
            return UnavailableError(f"{self.name} is not installed", call=self.name, code=code)
        if self.status in TIMED_OUT:
            return TransientError(f"{self.name} did not answer in time", call=self.name, code=code)
        if self.status == NOT_EXECUTABLE or _DENIED.search(said):
            needs = (f"permission to run {self.name}",)
            return DeniedError(said or "not executable", call=self.name, needs=needs, code=code)
        return CollectError(said or f"{self.name} ended with status {code}", call=self.name, code=code)

    def output(self) -> str:
        """The command's output.

        Raises:
            UnavailableError: the tool is not installed.
            DeniedError, TransientError, CollectError: it did not succeed.
        """
        if error := self.failure():
            raise error
        return self.text


@dataclass(frozen=True, slots=True)
class Report:
    """Sections by name. `complete` is False when the session ended before the probe did."""

    sections: Mapping[str, Section]
    complete: bool

    def said(self, name: str) -> str:
        """A section's output; "" where it failed or is not there. For what only adds to something that is known without it."""
        section = self.sections.get(name)
        return section.text if section and section.status == 0 else ""

    def __getitem__(self, name: str) -> Section:
        """A section.

        Raises:
            TransientError: the session ended before it.
            CollectError: the probe that ran on the host does not have it.
        """
        if name in self.sections:
            return self.sections[name]
        if self.complete:
            raise CollectError(f"the probe on the host is of another version: it has no section {name}", call=name)
        raise TransientError(f"the session ended before {name}", call=name)


def parse(output: str, nonce: str, section_limit: int | None = None) -> Report:
    """Take the probe's output apart. Noise before, between and after the frames is passed over.

    Args:
        section_limit: most characters of a section; a longer one is there and failed.

    Raises:
        CollectError: there is no frame in it.
    """
    mark = re.compile(
        rf"^@{re.escape(nonce)} (?:(begin) ([\w-]+)|(stderr)|(end) ([\w-]+) (\d{{1,3}})|(done) \d+)$", re.MULTILINE
    )
    sections: dict[str, Section] = {}
    name, begins, parted, errors_begin, complete, begun = "", 0, -1, -1, False, False
    for m in mark.finditer(output):
        if m[1]:
            name, begins, parted, begun = m[2], m.end() + 1, -1, True
        elif m[3] and name and parted < 0:
            parted, errors_begin = m.start(), m.end() + 1
        elif m[4] and m[5] == name and parted >= 0:
            text, errors = output[begins:parted], output[errors_begin : m.start()]
            sections.setdefault(name, _section(name, int(m[6]), text, errors, section_limit))
            name = ""
        elif m[7]:
            complete = True
    if not begun:
        said = next((line.strip() for line in output.splitlines() if line.strip()), "nothing")[:200]
        raise CollectError(f"no POSIX shell ran the probe; the host said: {said}", call="sh -s")
    return Report(sections, complete)


def _section(name: str, status: int, text: str, errors: str, limit: int | None) -> Section:
    if limit is not None and len(text) > limit:
        return Section(name, TOO_LONG, "", f"{name} printed more than {limit >> 20} MiB")
    return Section(name, status, text.removesuffix("\n"), errors.removesuffix("\n"))
