"""Runs a shell script on a machine over SSH, or on this one, within a time. Shared by providers that read machines.

Owns connections and what their errors mean. Refuses to accept a host key that known_hosts does not have, to ask for a
password, and to retry.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normalize.errors import CollectError, ConfigError, DeniedError, TransientError

CONNECT_SECONDS = 20.0
DEFAULT_PORT = 22


@dataclass(frozen=True, slots=True)
class Target:
    """A machine and how to log in. `host` is "" for this machine; `jumps` are passed through in order."""

    host: str
    port: int = DEFAULT_PORT
    user: str | None = None
    identity_file: str | None = None
    certificate_file: str | None = None
    known_hosts: str = "~/.ssh/known_hosts"
    jumps: tuple[Target, ...] = ()

    @property
    def address(self) -> str:
        if not self.host:
            return socket.gethostname()
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def run(where: Target, script: bytes, seconds: float, take: Callable[[bytes], None]) -> bytes:
    """Run a script with `sh -s` and hand on what it prints, as it comes.

    Args:
        take: gets the output chunk by chunk; what it raises ends the run.

    Returns:
        What was printed as errors, the first 64 KiB.

    Raises:
        DeniedError: the host key is not known, or the login was refused.
        TransientError: the machine cannot be reached, or nothing was said in time.
    """
    try:
        if not where.host:
            return _here(script, seconds, take)
        return asyncio.run(_remote(where, script, seconds, take))
    except Exception as error:
        known = classify(error, where.address)
        if known is None or known is error:
            raise
        raise known from error


ERRORS_LIMIT = 1 << 16


def _here(script: bytes, seconds: float, take: Callable[[bytes], None]) -> bytes:
    """Run it on this machine; what it started ends with it."""
    process = subprocess.Popen(
        ["/bin/sh", "-s"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    errors = bytearray()

    def listen(stream: Any) -> None:
        while chunk := stream.read1(1 << 16):
            errors.extend(chunk[: ERRORS_LIMIT - len(errors)])

    timer = threading.Timer(seconds, end)
    listener = threading.Thread(target=listen, args=(process.stderr,), daemon=True)
    with process:
        timer.start()
        listener.start()
        try:
            process.stdin.write(script)
            process.stdin.close()
            while chunk := process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
                take(chunk)
        except BrokenPipeError:
            pass
        except BaseException:
            end()
            raise
        finally:
            timer.cancel()
            listener.join(5)
    return bytes(errors)


async def _remote(where: Target, script: bytes, seconds: float, take: Callable[[bytes], None]) -> bytes:
    import asyncssh

    errors = bytearray()
    said = False

    def heard(chunk: bytes) -> None:
        nonlocal said
        said = True
        take(chunk)

    async with AsyncExitStack() as stack:
        hop: Any = None
        for step in (*where.jumps, where):
            try:
                hop = await stack.enter_async_context(
                    asyncssh.connect(
                        step.host, step.port, tunnel=hop, connect_timeout=min(CONNECT_SECONDS, seconds),
                        login_timeout=min(CONNECT_SECONDS, seconds), keepalive_interval=15, keepalive_count_max=4,
                        **_login(step),
                    )
                )  # fmt: skip
            except Exception as error:
                if step is where or (known := classify(error, step.address)) is None:
                    raise
                raise type(known)(
                    f"jump host {step.address}: {known}", call=known.call, needs=known.needs, code=known.code
                ) from error
            stack.callback(hop.abort)
        try:
            async with asyncio.timeout(seconds):
                process = await hop.create_process("sh -s", encoding=None)
                process.stdin.write(script)
                process.stdin.write_eof()
                await asyncio.gather(
                    _take(process.stdout, heard),
                    _take(process.stderr, lambda chunk: errors.extend(chunk[: ERRORS_LIMIT - len(errors)])),
                )
                await process.wait_closed()
        except (TimeoutError, BrokenPipeError, ConnectionError, asyncssh.DisconnectError) as error:
            if not said:  # what was said before the end is still true
                raise TransientError(f"the session ended without a word: {error or 'time ran out'}") from error
        if process.exit_status and _WINDOWS in str(hop.get_extra_info("server_version")):
            raise CollectError("Windows is not supported yet: only Linux is read", call="sh -s", code="Windows")
    return bytes(errors)


_WINDOWS = "OpenSSH_for_Windows"
"""What the server of Windows calls itself ("SSH-2.0-OpenSSH_for_Windows_9.5"), whatever the language of its shell. Source: banners in
several projects' tests, read 2026-11-24."""


def _login(step: Target) -> dict[str, Any]:
    """Options of one connection; without identity_file the SSH agent and the usual files are asked."""
    options: dict[str, Any] = {"known_hosts": str(Path(step.known_hosts).expanduser())}
    if step.user:
        options["username"] = step.user
    if step.identity_file:
        options["client_keys"] = [str(Path(step.identity_file).expanduser())]
    if step.certificate_file:
        options["client_certs"] = [str(Path(step.certificate_file).expanduser())]
    return options


async def _take(stream: Any, take: Callable[[bytes], None]) -> None:
    while chunk := await stream.read(1 << 16):
        take(chunk)


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


def login(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How to log in, of a source's settings: keyword arguments of `target`.

    Raises:
        ConfigError: a jump host is malformed.
    """
    keys = ("user", "identity_file", "certificate_file", "known_hosts")
    found: dict[str, Any] = {k: settings[k] for k in keys if settings.get(k)}
    jumps = []
    for text in settings.get("jump_hosts") or ():
        user, at, host = str(text).rpartition("@")
        jumps.append(target(host, **found | ({"user": user} if at else {})))
    return found | ({"jumps": tuple(jumps)} if jumps else {})


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
