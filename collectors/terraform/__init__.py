"""States of Terraform and OpenTofu, from files: what they declare, and which things that is.

A scope is a state, by its lineage: importing a later one of the same lineage replaces it. A state is full of secrets; what
states.py lets through is the address, the type, and what says which thing it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collectors.contract import Blindness, Planned
from collectors.terraform.kinds import KINDS, STATE
from collectors.terraform.names import KNOWN, names
from collectors.terraform.states import Declared, State, StateError, declared, open_state
from normalize.errors import CollectError, ConfigError
from normalize.identity import bounded
from normalize.model import Json, Kind, Misfit, RawRecord, Scope

__all__ = ["READS", "TerraformCollector", "kind_rows", "open_files", "sniff"]

READS = "states of Terraform and OpenTofu (version 4, or what `terraform show -json` prints)"
SOURCE = "terraform"


def _now() -> datetime:
    return datetime.now(UTC)


def kind_rows() -> Sequence[Kind]:
    """Every kind of this provider."""
    return KINDS


def sniff(path: Path) -> str:
    """Why a file is no state that can be read; "" where it is one."""
    try:
        open_state(path)
    except StateError as error:
        return f"it {error}"
    return ""


def open_files(paths: Sequence[Path]) -> Sequence[TerraformCollector]:
    """The states in these files; of several of one lineage, the one with the highest serial.

    Raises:
        ConfigError: two that differ claim to be the same one.
    """
    newest: dict[str, State] = {}
    older: dict[str, int] = {}
    for path in paths:
        try:
            state = open_state(path)
        except StateError as error:
            raise ConfigError(f"{path} {error}") from None
        known = newest.setdefault(state.key, state)
        if known.digest == state.digest:
            continue
        if known.serial == state.serial:
            raise ConfigError(
                f"{known.path} and {path} differ, and both say that they are serial {state.serial} of state {state.key}: import the one that holds"
            )
        newest[state.key] = max(known, state, key=lambda s: s.serial or 0)
        older[state.key] = older.get(state.key, 0) + 1
    return [TerraformCollector(list(newest.values()), older)]


class TerraformCollector:
    """The states that some files hold. A scope is a state; its account and place are its lineage.

    Attributes:
        serials: of each state, by account, which one it is: an older one than was imported before is refused.
    """

    source = SOURCE
    provider = "terraform"
    spreads = False

    def __init__(self, states: Sequence[State], older: dict[str, int], clock: Any = _now) -> None:
        self._states = {s.key: s for s in states}
        self._older = older
        self._clock = clock
        self.serials = {s.key: s.serial for s in states if s.serial is not None}

    def kinds(self) -> Sequence[Kind]:
        return KINDS

    def plan(self, kinds: Sequence[Kind]) -> Iterator[Planned]:
        for state in self._states.values():
            scope = Scope(self.provider, state.key, state.key)
            yield from (Planned(kind, scope, note=self._says(state)) for kind in kinds)

    def _says(self, state: State) -> str:
        serial = f", serial {state.serial}" if state.serial is not None else ""
        older = f"; {self._older[state.key]} older of the same lineage left out" if state.key in self._older else ""
        return f"{state.name}{serial}{older}"

    def unavailable(self, kind: Kind, scope: Scope) -> CollectError | None:
        return None

    def collect(self, kind: Kind, scope: Scope) -> Iterator[RawRecord | Misfit]:
        """The state, or what it declares.

        Raises:
            CollectError: the file cannot be read any more, or is another by now.
        """
        state, now = self._states[scope.account], self._clock()
        call = f"state {self._says(state).partition(';')[0]}"
        try:
            if kind is STATE:
                count = sum(isinstance(one, Declared) for one in declared(state))
                yield RawRecord(kind.name, scope, _state(state, count), self.source, call, now)
                return
            for one in declared(state):
                if isinstance(one, Declared):
                    yield RawRecord(kind.name, scope, _record(state, one), self.source, call, now)
                else:
                    where, why = one
                    yield Misfit(kind.name, scope, {"Where": where}, call, f"{where} {why}", now)
        except StateError as error:
            raise CollectError(f"{state.name} {error}", call=call) from None
        except OSError as error:
            raise CollectError(f"{state.name} cannot be read any more: {error.strerror}", call=call) from None

    def classify(self, error: Exception) -> CollectError | None:
        return error if isinstance(error, CollectError) else None

    def limit_key(self, kind: Kind, scope: Scope) -> str:
        return SOURCE

    def check(self) -> Iterator[Blindness]:
        """Nothing: files are not configured."""
        yield from ()

    def close(self) -> None:
        """Nothing is held open."""


def _id(state: State, address: str = "") -> str:
    return bounded(f"terraform://{state.key}/{address}" if address else f"terraform://{state.key}")


def _state(state: State, count: int) -> dict[str, Json]:
    found: dict[str, Json] = {
        "$Id": _id(state),
        "Lineage": state.key,
        "File": state.name,
        "Form": state.form,
        "TerraformVersion": state.version,
        "Serial": state.serial,
        "Resources": count,
    }
    return {k: v for k, v in found.items() if v not in (None, "")}


def _record(state: State, one: Declared) -> dict[str, Json]:
    address = f"{one.address} (deposed {one.deposed})" if one.deposed else one.address
    links: list[Json] = [{"verb": "part_of", "key": _id(state), "path": "$", "value": state.name, "target": STATE.name}]
    links += [
        {
            "verb": "declares", "key": name.key, "path": address[:500], "value": text, "target": name.target,
            "provider": name.provider, "account": name.account, "place": name.place, "optional": True,
        }
        for text, name in names(one.type, one.identity)
    ]  # fmt: skip
    found: dict[str, Json] = {
        "$Id": _id(state, address),
        "Address": address,
        "Type": one.type,
        "Module": one.module,
        "Provider": one.provider,
        "Status": one.status,
        "File": state.name,
        "Identity": _kept(one, links),
        "$links": links,
    }
    return {k: v for k, v in found.items() if v not in ("", {})}


def _kept(one: Declared, links: Sequence[Json]) -> dict[str, Json]:
    """Attributes of identity that may be kept: of known providers only, and an id only where it is a name that is known."""
    if not one.type.startswith(KNOWN):
        return {}
    meant = {link["value"] for link in links if isinstance(link, dict) and link["verb"] == "declares"}
    plain = ("name", "location", "region", "zone", "project", "namespace")
    return {k: v for k, v in one.identity.items() if k in plain or v in meant}
