"""Runs the probe on a machine, within a time and an amount."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from collectors import ssh
from collectors.frames import Report, parse
from collectors.hosts.bundle import SECTION_LIMIT
from collectors.ssh import Target, login, target
from normalize.errors import CollectError, ConfigError

PROBE_SECONDS = 300.0
OUTPUT_LIMIT = 64 << 20
"""Most bytes taken from one host."""


def probe_text() -> str:
    """The script that is run on hosts."""
    return Path(__file__).with_name("probe.sh").read_text(encoding="utf-8")


def run_probe(where: Target, seconds: float = PROBE_SECONDS) -> Report:
    """Run the probe and take its output apart.

    Raises:
        DeniedError: the host key is not known, or the login was refused.
        TransientError: the host cannot be reached, or the time ran out before anything was said.
        CollectError: what answered did not run the probe.
    """
    nonce = secrets.token_hex(12)
    output = bytearray()

    def take(chunk: bytes) -> None:
        output.extend(chunk)
        if len(output) > OUTPUT_LIMIT:
            raise CollectError(f"the host printed more than {OUTPUT_LIMIT >> 20} MiB", call="sh -s")

    errors = ssh.run(where, f"STOCKTAKE_NONCE={nonce}\n{probe_text()}".encode(), seconds, take)
    return parse((bytes(output) or errors).decode(errors="replace"), nonce, SECTION_LIMIT)


def write_bundle(out: IO[bytes], seconds: float = PROBE_SECONDS) -> str:
    """Run the probe on this machine and write what it prints as a bundle; the bundle's checksum.

    Raises:
        CollectError: the probe did not come to its end.
    """
    last = bytearray()

    def take(chunk: bytes) -> None:
        out.write(chunk)
        last.extend(chunk)
        del last[:-200]

    errors = ssh.run(Target(""), b"set -- bundle\n" + probe_text().encode(), seconds, take)
    m = re.search(rb"\nsha256 ([0-9a-f]{64})\n$", bytes(last))
    if m is None:
        said = errors.decode(errors="replace").strip() or f"it did not end within {seconds:g} s"
        raise CollectError(f"the probe did not come to its end: {said[:300]}", call="sh -s")
    return m[1].decode()


def targets(settings: Mapping[str, Any]) -> tuple[Target, ...]:
    """Every host that a source's settings name, each once, in order.

    Raises:
        ConfigError: a name is malformed, or hosts_file cannot be read.
    """
    how = login(settings)
    names = list(settings.get("hosts") or ())
    if file := settings.get("hosts_file"):
        try:
            lines = Path(file).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f'hosts_file "{file}" cannot be read: {error}') from None
        names += [name for line in lines if (name := line.partition("#")[0].strip())]
    here = [Target("")] if settings.get("local") else []
    return tuple(dict.fromkeys([*here, *(target(name, **how) for name in names)]))
