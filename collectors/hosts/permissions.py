"""What a machine's owner sets up so that it can be read, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

PROBE_PATH = "/usr/local/lib/stocktake/probe.sh"

_TEXT = f"""\
Read-only access for Stocktake to a machine. No root, no sudo, no agent; nothing is written there.

1. On the machine, as root: a user without privileges and without a password.

     useradd --system --create-home --shell /bin/sh stocktake
     install -d -o stocktake -g stocktake -m 700 /home/stocktake/.ssh

2. Put this one line into /home/stocktake/.ssh/authorized_keys (owner stocktake, mode 600), with your public key and
   the address that scans:

     restrict,from="192.0.2.10",command="sh -s" ssh-ed25519 AAAA… stocktake

   `restrict` forbids forwarding, terminals and agents. To let this key run the probe and nothing else, install the
   text that `stocktake probe --show` prints as {PROBE_PATH} (owner root, mode 755) and write instead:

     restrict,from="192.0.2.10",command="sh {PROBE_PATH}" ssh-ed25519 AAAA… stocktake

3. Where you scan from: the machine's host key, compared with what its console shows, goes into known_hosts.

     ssh-keyscan -t ed25519 MACHINE      # compare with: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub

What stays unseen without more: containers and images, unless the user may use the engine's socket (the group docker is
as good as root: think twice); crontabs of others; models and data in folders that are closed to the user; the DMI UUID;
names of programs behind other users' sockets. Coverage says so for each machine.

A machine that no network reaches: `stocktake probe --show` prints the script; `sh probe.sh bundle > FILE` there writes
what `stocktake import FILE` takes in.
"""

_RENDERERS: Mapping[str, Callable[[], str]] = {"text": lambda: _TEXT}


def render(format_: str = "text") -> str:
    """Instructions for a machine's owner.

    Raises:
        ValueError: the format is not "text".
    """
    if format_ not in _RENDERERS:
        raise ValueError(f'"{format_}" is not accepted; accepted: {", ".join(_RENDERERS)}')
    return _RENDERERS[format_]()
