"""The one module that reaches a host: runs the probe over SSH or here, within a time and an amount.

Owns connections and what their errors mean. Refuses to accept a host key that known_hosts does not have, to ask for a
password, and to retry.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.hosts.report import Report, parse
from normalize.errors import CollectError, ConfigError, DeniedError, TransientError

CONNECT_SECONDS = 20.0
PROBE_SECONDS = 180.0
OUTPUT_LIMIT = 64 << 20
"""Most bytes taken from one host."""

DEFAULT_PORT = 22


@dataclass(frozen=True, slots=True)
class Target:
    """A host and how to log in. `host` is "" for this machine."""

    host: str
    port: int = DEFAULT_PORT
    user: str | None = None
    identity_file: str | None = None
    known_hosts: str = "~/.ssh/known_hosts"

    @property
    def address(self) -> str:
        if not self.host:
            return socket.gethostname()
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def target(text: str, **login: Any) -> Target:
    """The target that "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" names.

    Raises:
        ConfigError: it is none of these.
    """
    host, port = text.strip(), ""
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        port = port.removeprefix(":")
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    number = int(port) if port.isdecimal() else DEFAULT_PORT
    if (
        not host
        or host.startswith("-")
        or any(c in host for c in "@/ \t")
        or (port and not port.isdecimal())
        or number > 65535
    ):
        raise ConfigError(f'hosts has "{text}"; accepted: HOST, HOST:PORT, [IPV6]:PORT')
    return Target(host, number, **login)


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
    script = f"STOCKTAKE_NONCE={nonce}\n{probe_text()}".encode()
    try:
        output = _here(script, seconds) if not where.host else asyncio.run(_remote(where, script, seconds))
    except Exception as error:
        known = classify(error, where.address)
        if known is None:
            raise
        raise known from error
    return parse(output.decode(errors="replace"), nonce)


def _here(script: bytes, seconds: float) -> bytes:
    """Run the probe on this machine; what it started ends with it."""
    process = subprocess.Popen(
        ["/bin/sh", "-s"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        try:
            output, errors = process.communicate(script, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
    return output or errors


async def _remote(where: Target, script: bytes, seconds: float) -> bytes:
    import asyncssh

    options: dict[str, Any] = {"known_hosts": str(Path(where.known_hosts).expanduser())}
    if where.user:
        options["username"] = where.user
    if where.identity_file:
        options["client_keys"] = [str(Path(where.identity_file).expanduser())]
    output, errors = bytearray(), bytearray()
    connecting = asyncssh.connect(
        where.host, where.port, connect_timeout=CONNECT_SECONDS, login_timeout=CONNECT_SECONDS,
        keepalive_interval=15, keepalive_count_max=4, **options,
    )  # fmt: skip
    async with connecting as connection:
        try:
            async with asyncio.timeout(seconds):
                process = await connection.create_process("sh -s", encoding=None)
                process.stdin.write(script)
                process.stdin.write_eof()
                await asyncio.gather(_take(process.stdout, output), _take(process.stderr, errors))
        except (TimeoutError, BrokenPipeError, ConnectionError, asyncssh.DisconnectError) as error:
            if not output:  # what was said before the end is still true
                raise TransientError(f"the session ended without a word: {error or 'time ran out'}") from error
        finally:
            connection.abort()
    return bytes(output or errors)


async def _take(stream: Any, into: bytearray) -> None:
    while chunk := await stream.read(1 << 16):
        into += chunk
        if len(into) > OUTPUT_LIMIT:
            raise CollectError(f"the host printed more than {OUTPUT_LIMIT >> 20} MiB", call="sh -s")


def classify(error: Exception, address: str = "") -> CollectError | None:
    """What an error of SSH or of the network means; None when it is neither."""
    import asyncssh

    if isinstance(error, CollectError):
        return error
    call = f"ssh {address}" if address else "ssh"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        needs = (f"a host key of {address} in known_hosts that was checked by a person",)
        return DeniedError(
            f"the host key cannot be verified: {error}", call=call, needs=needs, code="HostKeyNotVerifiable"
        )
    if isinstance(error, asyncssh.PermissionDenied):
        needs = (f"a login on {address}: the public key in its authorized_keys",)
        return DeniedError(f"the login was refused: {error}", call=call, needs=needs, code="PermissionDenied")
    if isinstance(error, asyncssh.KeyImportError | asyncssh.KeyEncryptionError):
        needs = ("an identity_file that opens without a passphrase, or its key in the SSH agent",)
        return DeniedError(
            f"the private key cannot be used: {error}", call=call, needs=needs, code=type(error).__name__
        )
    if isinstance(error, FileNotFoundError | PermissionError):
        needs = (f"a readable {error.filename}",)
        return DeniedError(f"{error.strerror}: {error.filename}", call=call, needs=needs, code=type(error).__name__)
    if isinstance(error, asyncssh.Error | OSError | TimeoutError):
        said = str(error) or "no answer in time"
        return TransientError(f"the host cannot be reached: {said}"[:400], call=call, code=type(error).__name__)
    return None


def targets(settings: Mapping[str, Any]) -> tuple[Target, ...]:
    """Every host that a source's settings name, each once, in order.

    Raises:
        ConfigError: a name is malformed, or hosts_file cannot be read.
    """
    login = {k: settings[k] for k in ("user", "identity_file", "known_hosts") if settings.get(k)}
    names = list(settings.get("hosts") or ())
    if file := settings.get("hosts_file"):
        try:
            lines = Path(file).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f'hosts_file "{file}" cannot be read: {error}') from None
        names += [name for line in lines if (name := line.partition("#")[0].strip())]
    here = [Target("")] if settings.get("local") else []
    return tuple(dict.fromkeys([*here, *(target(name, **login) for name in names)]))
