"""Many hosts out of one process: SSH servers on loopback addresses, each with an answer of its own to the probe."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

Answer = Callable[[Any, str], Any]
"""Takes the process of a session and the nonce that the probe was sent with; writes, and ends the session."""

USER = "stocktake"
_NONCE = re.compile(r"STOCKTAKE_NONCE=(\w+)")


@dataclass(frozen=True)
class Hosts:
    """Running hosts and what a client needs."""

    port: int
    identity_file: Path
    known_hosts: Path

    def settings(self, *addresses: str, **changes: Any) -> dict[str, Any]:
        return {
            "name": "fleet",
            "hosts": [f"{address}:{self.port}" for address in addresses],
            "user": USER,
            "identity_file": str(self.identity_file),
            "known_hosts": str(self.known_hosts),
        } | changes


def prints(text: str) -> Answer:
    """A host whose probe prints a text, in which NONCE stands for the nonce."""

    async def answer(process: Any, nonce: str) -> None:
        process.stdout.write(text.replace("NONCE", nonce))
        process.exit(0)

    return answer


async def hangs(process: Any, nonce: str) -> None:
    await asyncio.sleep(3600)


async def garbage(process: Any, nonce: str) -> None:
    process.stdout.write("\x1b[2J\ufffd\x00%PDF-1.7 This account is currently not available.\r\n" * 40)
    process.exit(1)


async def windows(process: Any, nonce: str) -> None:
    process.stderr.write('Der Befehl "sh" ist entweder falsch geschrieben oder konnte nicht gefunden werden.\r\n')
    process.exit(1)


@contextlib.contextmanager
def hosts(
    directory: Path, answers: Mapping[str, Answer], *, silent: tuple[str, ...] = (), changed: tuple[str, ...] = ()
) -> Iterator[Hosts]:
    """Hosts that live as long as the context.

    Args:
        answers: what each address does with the probe.
        silent: addresses that take a connection and never say a word.
        changed: addresses of `answers` whose host key is not the one that known_hosts has.
    """
    identity, key, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    identity.write_private_key(directory / "id_ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: Any) -> bool:
            return bool(username == USER and key == identity.convert_to_public())

    async def session(process: Any) -> None:
        sent = await process.stdin.read()
        nonce = m[1] if (m := _NONCE.search(sent)) else ""
        await answers[process.get_extra_info("sockname")[0]](process, nonce)

    async def up() -> tuple[int, list[Any]]:
        port, listening = 0, []
        for address in answers:
            listening.append(
                await asyncssh.create_server(
                    Server, address, port, server_host_keys=[other if address in changed else key],
                    process_factory=session, server_version=_version(answers[address]), login_timeout=60,
                )
            )  # fmt: skip
            port = listening[0].get_port()
        return port, listening

    port, listening = asyncio.run_coroutine_threadsafe(up(), loop).result(60)
    public = key.export_public_key().decode().strip()
    known = directory / "known_hosts"
    known.write_text("".join(f"[{address}]:{port} {public}\n" for address in (*answers, *silent)))
    mute = [
        socket.create_server((address, port)) for address in silent
    ]  # the kernel takes connections, nobody reads them
    try:
        yield Hosts(port, directory / "id_ed25519", known)
    finally:
        for one in mute:
            one.close()

        async def down() -> None:
            for server in listening:
                server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()

        asyncio.run_coroutine_threadsafe(down(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _version(answer: Answer) -> str:
    return "OpenSSH_for_Windows_9.5" if answer is windows else "AsyncSSH_test"
