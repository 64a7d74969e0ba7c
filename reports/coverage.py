"""What was looked at, what was not, and what a count is therefore worth.

Owns the rule when a zero may be printed: only where every look at it was read to its end. Refuses text formats.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from normalize.model import Coverage, Dimension, Outcome, Scope
from reports.model import Gap, Tally

OUTCOMES = tuple(o.value for o in Outcome)
SIGNS = {"complete": "✓", "partial": "◐", "denied": "⊘", "failed": "!", "unavailable": "–", "skipped": "○"}
WIDE = 10
"""A source with more scopes than this is shown as a line per kind instead of a matrix."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one dimension at one provider.

    `count` is None where nothing is known and nothing may be concluded; 0 is a proven absence. `blind` says what
    could not be seen in scopes that were looked at; `unscanned` counts scopes of the provider that are known and covered
    by no source, which leaves a number standing for what is covered, but proves no zero. Neither a count nor blind: nothing is known to have been looked for of that dimension there.
    """

    dimension: Dimension | None
    provider: str
    count: int | None
    blind: tuple[str, ...]
    unscanned: int

    @property
    def open(self) -> bool:
        """Whether there is more to know: the count is no last word."""
        return bool(self.blind) or (self.count is None and self.unscanned > 0)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Looks of one kind in one account that ended the same way, for the same reason."""

    source: str
    provider: str
    account: str
    kind: str
    outcome: str
    tone: str
    ending: str
    reason: str
    needs: tuple[str, ...]
    places: tuple[str, ...]
    records: int
    gaps: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Line:
    """One kind over the scopes of its source; None where it is not listed in a scope (a global service)."""

    kind: str
    looks: tuple[Coverage | None, ...]

    @property
    def taken(self) -> tuple[Coverage, ...]:
        return tuple(c for c in self.looks if c is not None)

    @property
    def read(self) -> int:
        """Looks that settle the question: read to the end, or not offered there by positive evidence."""
        return sum(settles(c) for c in self.taken)

    @property
    def records(self) -> int:
        return sum(c.records for c in self.taken)

    @property
    def open(self) -> tuple[Coverage, ...]:
        return tuple(c for c in self.taken if not settles(c))


@dataclass(frozen=True, slots=True)
class Matrix:
    """The kinds of one source over its scopes; `open` lines have something unread, `read` lines have not."""

    source: str
    provider: str
    scopes: tuple[Scope, ...]
    open: tuple[Line, ...]
    read: tuple[Line, ...]

    @property
    def wide(self) -> bool:
        return len(self.scopes) > WIDE


def settles(coverage: Coverage) -> bool:
    """Whether nothing can be there that was not seen."""
    return coverage.outcome is Outcome.UNAVAILABLE or (coverage.proves_absence() and coverage.gaps == 0)


def tone(coverage: Coverage) -> str:
    """The outcome that a look is worth: a complete listing with something missing is only partial."""
    flawed = coverage.outcome is Outcome.COMPLETE and not settles(coverage)
    return Outcome.PARTIAL.value if flawed else coverage.outcome.value


def ending(coverage: Coverage) -> str:
    """How a look ended, in words."""
    if coverage.outcome is Outcome.COMPLETE and not settles(coverage):
        return "complete, not whole"
    return "not offered" if coverage.outcome is Outcome.UNAVAILABLE else coverage.outcome.value


def outcomes(looks: Iterable[Coverage]) -> dict[str, int]:
    """How many looks ended in which way, in the order of OUTCOMES, zeros left out."""
    counted = Counter(c.outcome.value for c in looks)
    return {o: counted[o] for o in OUTCOMES if counted[o]}


def matrices(looks: Iterable[Coverage]) -> tuple[Matrix, ...]:
    """One matrix per source, in the order of names."""
    by_source: dict[str, list[Coverage]] = defaultdict(list)
    for look in looks:
        by_source[look.source].append(look)
    return tuple(_matrix(source, by_source[source]) for source in sorted(by_source))


def _matrix(source: str, looks: Sequence[Coverage]) -> Matrix:
    scopes = tuple(sorted({c.scope for c in looks}, key=lambda s: (s.account, s.place)))
    by_kind: dict[str, dict[Scope, Coverage]] = defaultdict(dict)
    for look in looks:
        by_kind[look.kind][look.scope] = look
    lines = [Line(kind, tuple(by_kind[kind].get(s) for s in scopes)) for kind in sorted(by_kind)]
    return Matrix(
        source,
        looks[0].scope.provider,
        scopes,
        open=tuple(line for line in lines if line.open),
        read=tuple(line for line in lines if not line.open),
    )


def unseen(looks: Iterable[Coverage]) -> tuple[Unseen, ...]:
    """What could not be read or was skipped; equal endings of one kind in one account are one entry."""
    groups: dict[tuple[int, str, str, str, str, tuple[str, ...]], list[Coverage]] = defaultdict(list)
    for c in looks:
        if not settles(c):
            rank = _ORDER.index(c.outcome)
            groups[rank, c.source, c.scope.account, c.kind, c.reason, c.needs].append(c)
    return tuple(_together(groups[key]) for key in sorted(groups))


_ORDER = (
    Outcome.DENIED,
    Outcome.FAILED,
    Outcome.PARTIAL,
    Outcome.COMPLETE,
    Outcome.SKIPPED,
    Outcome.UNAVAILABLE,
)


def _together(looks: Sequence[Coverage]) -> Unseen:
    first = looks[0]
    return Unseen(
        source=first.source,
        provider=first.scope.provider,
        account=first.scope.account,
        kind=first.kind,
        outcome=first.outcome.value,
        tone=tone(first),
        ending=ending(first),
        reason=first.reason or _own_reason(first),
        needs=first.needs,
        places=tuple(sorted({c.scope.place for c in looks})),
        records=sum(c.records for c in looks),
        gaps=sum(c.gaps for c in looks),
        quarantined=sum(c.quarantined for c in looks),
    )


def _own_reason(look: Coverage) -> str:
    """A listing can be complete and still leave records without their details, or records that fit no row."""
    parts = (
        f"details could not be fetched: {look.gaps:,}" if look.gaps else "",
        f"records that fit no row, kept aside: {look.quarantined:,}" if look.quarantined else "",
    )
    return "; ".join(p for p in parts if p)


def cells(
    counts: Iterable[Tally],
    looks: Iterable[Coverage],
    found: Iterable[Gap],
    dimensions: Mapping[str, str | None],
) -> tuple[Cell, ...]:
    """Every dimension (and None, for types without a row) at every provider that anything points to.

    Args:
        dimensions: kind -> dimension, None for a type without a row. A look at a kind that stands neither here nor
            in `counts` may concern every dimension of its provider.
    """
    counts, looks = tuple(counts), tuple(looks)
    of_kind = {t.kind: t.dimension for t in counts}
    of_kind |= {kind: Dimension(d) if d else None for kind, d in dimensions.items()}
    unscanned = Counter(g.missing.get("provider", "") for g in found if g.code == "scope-unscanned")
    providers = sorted({t.provider for t in counts} | {c.scope.provider for c in looks} | (set(unscanned) - {""}))
    total: Counter[tuple[Dimension | None, str]] = Counter()
    for t in counts:
        total[t.dimension, t.provider] += t.count
    return tuple(
        _cell(d, p, total[d, p], [c for c in looks if c.scope.provider == p], of_kind, unscanned[p])
        for d in (*Dimension, None)
        for p in providers
    )


def _cell(
    dimension: Dimension | None,
    provider: str,
    count: int,
    looks: Sequence[Coverage],
    of_kind: Mapping[str, Dimension | None],
    unscanned: int,
) -> Cell:
    about = [c for c in looks if c.kind not in of_kind or of_kind[c.kind] == dimension]
    blind = Counter(
        "read in part" if c.outcome is Outcome.COMPLETE else c.outcome.value for c in about if not settles(c)
    )
    reasons = [f"{n:,} of {len(about):,} scopes {word}" for word, n in sorted(blind.items())]
    outside = unscanned if about or not looks else 0
    proven = not reasons and not outside and any(c.kind in of_kind for c in about)
    return Cell(dimension, provider, count if count or proven else None, tuple(reasons), outside)
