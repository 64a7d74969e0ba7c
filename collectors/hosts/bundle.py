"""Reads what the probe wrote on a machine that cannot be reached: one file, which may be anything.

    stocktake-bundle 1 NONCE 2026-11-24T19:30:00Z       when the probe began, in UTC
    @NONCE begin facts …                                what it printed
    sha256 HEX                                          of all bytes above

It may be packed with gzip. The checksum tells damage, not a forger: whoever can hand over a bundle can say anything of a machine.
Refuses archives, names no file by what stands in one, and takes no more than a bounded amount.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from collectors.frames import Report, parse
from collectors.hosts.system import facts, machine_id
from normalize.errors import CollectError

SIZE_LIMIT = 64 << 20
"""Most bytes of a bundle, unpacked."""
SECTION_LIMIT = 4 << 20
"""Most characters that one command of the probe may have printed."""
DEEPEST = 64
"""Most levels of lists and objects in a document of the probe; no tool that it runs prints more than a dozen."""

MAGIC = b"stocktake-bundle "
_HEAD = re.compile(rb"stocktake-bundle (?P<version>\d{1,4}) (?P<nonce>[0-9a-f]{8,64}) (?P<at>[\d:TZ-]{20})\n")
_TAIL = re.compile(rb"sha256 (?P<digest>[0-9a-f]{64})\n?")
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STRANGERS: tuple[tuple[int, bytes, str], ...] = (
    # offset, bytes, what it is
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (0, b"\xfd7zXZ", "packed with xz"),
    (0, b"BZh", "packed with bzip2"),
    (257, b"ustar", "a tar archive"),
)


class BundleError(CollectError):
    """The file is no bundle that can be believed; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a probe printed, when it began, and the checksum that a person can compare."""

    report: Report
    seen_at: datetime
    digest: str


HEAD_BYTES = 512


def why_not(head: bytes) -> str:
    """Why a file that begins so is no bundle, packed or not; "" where it may be one."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
        except zlib.error as error:
            return f"it is packed with gzip and damaged: {error}"
    return "" if head.startswith(MAGIC) else _stranger(head)


def read(path: Path) -> Bundle:
    """A bundle from a file.

    Raises:
        BundleError: it is none, was damaged on the way, or is larger or deeper than any probe writes.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            return taken(file)
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from None


def machine(path: Path, report: Report) -> tuple[str, str]:
    """(id, name) of the machine that a bundle is of.

    Raises:
        BundleError: it does not tell.
    """
    try:
        known = facts(report["facts"].output())
        found = machine_id(known)
    except CollectError as error:
        raise BundleError(f"{path}: {error}") from None
    return found, known.get("hostname") or known.get("nodename") or found


def taken(file: IO[bytes]) -> Bundle:
    """A bundle from an open file, of which no more than SIZE_LIMIT bytes are kept.

    Raises:
        BundleError: as for `read`.
    """
    content = bytearray()
    for chunk in _chunks(file):
        content += chunk
        if not content.startswith(MAGIC[: len(content)]):
            raise BundleError(_stranger(bytes(content[:HEAD_BYTES])))
        if len(content) > SIZE_LIMIT:
            raise BundleError(f"it holds more than {SIZE_LIMIT >> 20} MiB; no probe writes as much")
    if not content:
        raise BundleError("it is no bundle: it is empty")
    return _checked(content)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    begin = file.read(HEAD_BYTES)
    if not begin.startswith(b"\x1f\x8b"):
        yield begin
        while chunk := file.read(1 << 16):
            yield chunk
        return
    unpacker = zlib.decompressobj(wbits=31)
    try:
        while begin and not unpacker.eof:
            yield unpacker.decompress(begin, 1 << 16)
            begin = unpacker.unconsumed_tail or file.read(1 << 16)
    except zlib.error as error:
        raise BundleError(f"it is packed with gzip and damaged: {error}") from None
    if not unpacker.eof:
        raise BundleError("it is packed with gzip and cut short")
    if unpacker.unused_data or file.read(1):
        raise BundleError("something follows the end of what gzip packed")


def _stranger(begin: bytes) -> str:
    what = next((word for at, sign, word in _STRANGERS if begin.startswith(sign, at)), "")
    if what:
        return f"it is {what}; a bundle is one file, as `stocktake probe` writes it, plain or packed with gzip"
    return "it is no bundle: it does not begin as `stocktake probe` writes one"


def _checked(content: bytearray) -> Bundle:
    head = _HEAD.match(content)
    if head is None:
        raise BundleError("its first line is not one that a probe writes")
    if head["version"] != b"1":
        raise BundleError(f"it is of version {head['version'].decode()}; this Stocktake reads version 1")
    end = content.rstrip(b"\n").rfind(b"\n") + 1
    tail = _TAIL.fullmatch(content, end)
    if tail is None:
        raise BundleError("it is cut short: its last line is no checksum")
    digest = sha256(memoryview(content)[:end]).hexdigest()
    if tail["digest"] != digest.encode():
        raise BundleError("its checksum is wrong: it was changed or damaged after the probe wrote it")
    try:
        seen_at = datetime.strptime(head["at"].decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise BundleError("its first line holds no time") from None
    nonce = head["nonce"].decode()
    del head, tail  # they hold the buffer, which is not needed twice
    text = content.decode(errors="replace")
    content.clear()
    report = parse(text, nonce, SECTION_LIMIT)
    for name, section in report.sections.items():
        if _deep(section.text):
            raise BundleError(f"{name} is nested deeper than {DEEPEST} levels; no tool of the probe prints that")
    return Bundle(report, seen_at, digest)


def _deep(text: str) -> bool:
    """Whether brackets are nested more than DEEPEST levels, whatever stands between them. One level goes in each round."""
    brackets = text.encode(errors="replace").translate(None, _NOT_BRACKETS)
    for _ in range(DEEPEST):
        if len(brackets) <= DEEPEST:
            return False
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(brackets):
            return re.search(rb"[\[{]{%d}" % DEEPEST, brackets) is not None
        brackets = shorter
    return bool(brackets)
