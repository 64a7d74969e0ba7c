"""A made-up estate: raw payloads in the shapes of their providers, look by look, and the ledger of what is hidden in it.

What is written goes through the rows of the product and its real writer, as a scan does it; nothing here knows the rules by which gaps
are found.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Engine

from discovery.wiring import static_kinds
from normalize.errors import CollectError, DeniedError
from normalize.mapping import observe
from normalize.model import Coverage, Kind, Outcome, RawRecord, Scope
from store.gaps import detect
from store.linking import link
from store.workloads import assemble
from store.writer import Writer
from tests.estates.ledger import Planted

NOW = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
Look = tuple[str, str, Scope]
WORDS = (
    "ranker",
    "chat",
    "fraud",
    "vision",
    "speech",
    "search",
    "churn",
    "pricing",
    "forecast",
    "ocr",
    "moderation",
    "embeddings",
)


@cache
def kinds() -> dict[str, Kind]:
    return static_kinds()


@dataclass
class Told:
    """What one look at one kind in one scope gave."""

    records: list[tuple[dict[str, Any], str, Scope, tuple[CollectError, ...]]] = field(default_factory=list)
    outcome: Outcome = Outcome.COMPLETE
    reason: str = ""
    needs: tuple[str, ...] = ()


class World:
    """An estate under construction: ages (runs, the oldest first) of looks."""

    def __init__(self, seed: int, size: int = 1) -> None:
        self.rng = random.Random(seed)
        self.size = size
        self.ages: dict[int, dict[Look, Told]] = {0: {}}
        self.types: dict[str, str] = {}
        self.planted: list[Planted] = []
        self.rows: dict[str, Kind] = dict(kinds())
        self._names: set[str] = set()

    # --- building

    def look(self, source: str, kind: str, scope: Scope, *, age: int = 0) -> Told:
        """The look at a kind in a scope, `age` days before the latest run; made where it is none yet."""
        self.types.setdefault(source, scope.provider)
        return self.ages.setdefault(age, {}).setdefault((source, kind, scope), Told())

    def put(self, source: str, kind: str, scope: Scope, payload: dict[str, Any], call: str = "List", *, at: str = "", age: int = 0, gaps: tuple[CollectError, ...] = ()) -> None:  # fmt: skip
        """Something that a look shows. `at` is its own place, where a look speaks of several."""
        own = Scope(scope.provider, scope.account, at) if at else scope
        self.look(source, kind, scope, age=age).records.append((payload, call, own, gaps))

    def cover(self, source: str, scope: Scope, names: Iterable[str]) -> None:
        """All these kinds were looked at there, whatever there is of them."""
        for name in names:
            self.look(source, name, scope)

    def ends(self, source: str, kind: str, scope: Scope, outcome: Outcome, reason: str = "", needs: tuple[str, ...] = ()) -> None:  # fmt: skip
        told = self.look(source, kind, scope)
        told.outcome, told.reason, told.needs = outcome, reason, needs

    def plant(self, code: str, handle: str, about: str) -> None:
        self.planted.append(Planted(code, handle, about))

    # --- names

    def name(self, *parts: str) -> str:
        """A name that nothing else in the estate has."""
        while True:
            name = "-".join(
                (*parts, self.rng.choice(WORDS), "".join(self.rng.choice("bcdfghjkmnpqrstvwxz") for _ in range(4)))
            )
            if name not in self._names:
                self._names.add(name)
                return name

    def hex(self, digits: int) -> str:
        return "".join(self.rng.choice("0123456789abcdef") for _ in range(digits))

    def digits(self, count: int) -> str:
        return str(self.rng.randrange(1, 10)) + "".join(self.rng.choice("0123456789") for _ in range(count - 1))

    def guid(self) -> str:
        return "-".join(self.hex(n) for n in (8, 4, 4, 4, 12))

    def some(self, least: int, most: int) -> range:
        """So many, times the size of the estate."""
        return range(self.rng.randint(least, most) * self.size)

    # --- writing

    def write(self, engine: Engine, order: Sequence[str] | None = None) -> dict[str, int]:
        """Write all looks as scans do, and find the gaps.

        Args:
            order: sources, each scanned in a run of its own in this order; left out, all in one run.
        """
        counts: dict[str, int] = {}
        for age in sorted(self.ages, reverse=True):
            at = _Clock(NOW - timedelta(days=age))
            writer = Writer(engine, clock=at.tick)
            held = {source for source, _, _ in self.ages[age]}
            batches = [[s] for s in order if s in held] if order else [sorted(held)]
            for batch in batches:
                counts = self._run(engine, writer, at, batch, age)
        return counts

    def _run(self, engine: Engine, writer: Writer, at: _Clock, batch: Sequence[str], age: int) -> dict[str, int]:
        facts = [{"name": s, "type": self.types[s]} for s in batch]
        run = writer.begin(sources=facts, selection={}, version="0", resume=False)
        for (source, kind, scope), told in self.ages[age].items():
            if source not in batch:
                continue
            seen = [
                observe(RawRecord(kind, own, payload, source, call, at.tick(), gaps), self.rows[kind])
                for payload, call, own, gaps in told.records
            ]
            coverage = Coverage(
                run, source, kind, scope, told.outcome, len(seen), sum(len(s.gaps) for s in seen), 0, at.tick(), at.tick(), told.reason, told.needs,
            )  # fmt: skip
            writer.commit(run, seen, (), coverage)
        link(engine, run)
        assemble(engine)
        counts = detect(engine, run, now=at.tick())
        writer.finish(run, "complete")
        return counts


class _Clock:
    def __init__(self, start: datetime) -> None:
        self._now = start

    def tick(self) -> datetime:
        self._now += timedelta(milliseconds=50)
        return self._now


def denied(call: str, *needs: str) -> DeniedError:
    return DeniedError(f"{call}: AccessDenied", call=call, needs=needs)
