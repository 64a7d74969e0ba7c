"""What a cluster's owner sets up so that it can be read, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_TEXT = """\
Read-only access for Stocktake to a Slurm cluster. No root, no sudo; nothing is submitted or changed.

1. A login on a machine that has Slurm's commands (scontrol, sacctmgr, sacct), set up as `stocktake permissions host`
   says, without the restriction to the host probe.

2. Where slurm.conf sets PrivateData, a user is shown only its own. An operator is shown the others' too:

     sacctmgr modify user where name=stocktake set adminlevel=Operator

   Where slurmdbd.conf sets it, its manual says so of adminlevel=Admin alone. Both levels may change things; none that
   only reads is known to us. Without them, coverage says what is hidden.

3. Through slurmrestd instead: a token in an environment variable that the configuration names in token_env.

     export SLURM_JWT=$(scontrol token username=stocktake lifespan=3600 | cut -d= -f2)

What stays unseen without more: jobs of the past where there is no slurmdbd; accelerator-hours where
AccountingStorageTRES lacks gres/gpu. Coverage says so.
"""

_RENDERERS: Mapping[str, Callable[[], str]] = {"text": lambda: _TEXT}


def render(format_: str = "text") -> str:
    """Instructions for a cluster's owner.

    Raises:
        ValueError: the format is not "text".
    """
    if format_ not in _RENDERERS:
        raise ValueError(f'"{format_}" is not accepted; accepted: {", ".join(_RENDERERS)}')
    return _RENDERERS[format_]()
