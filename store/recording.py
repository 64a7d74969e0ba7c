"""Turns observations of one listing into rows: what is new, what changed, what is gone.

Owns the comparison with what is stored. A record whose digest is the stored one costs no write. Memory is bounded by
one chunk, however long the listing is.

Where several listings see one thing, one of them has the word: the first by source, kind and scope among those that
see it now. The others keep their own aliases, references and payloads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, case, delete, exists, func, select, update

from normalize.errors import CollectError, DeniedError
from normalize.model import Misfit, Observation
from store import content
from store.database import insert_rows, select_among
from store.schema import aliases, detail_gaps, listings, quarantine, raw_payloads, refs, resources, sightings, versions

CHUNK_RECORDS = 1000
CHUNK_BYTES = 16 * 1024 * 1024

NOBODY = -1
"""resources.listing_id while no living listing has the word."""

Row = dict[str, Any]


class Prepared(NamedTuple):
    """An observation as it will be written, if it is: plain texts and bytes, a tenth of what its objects take.

    Attributes:
        row: of `resources`, in the order of _RESOURCE.
        shown: digest of `row`.
        digest: of everything that is kept.
        payload: canonical JSON.
        mentions: of `refs`, from `path` on.
        faults: of `detail_gaps`, from `fault` on.
        clean: whether keys and references hold no character that has to be replaced.
    """

    id: str
    row: tuple[str | bytes | None, ...]
    shown: bytes
    digest: bytes
    payload: bytes
    call: str
    observed_at: str
    aliases: tuple[str, ...]
    mentions: tuple[tuple[Any, ...], ...]
    faults: tuple[tuple[str, ...], ...]
    clean: bool


def prepare(observation: Observation) -> Prepared:
    """What the store keeps of an observation, with its digests."""
    resource = observation.resource
    scope = resource.scope
    attributes, tags = content.encode(dict(resource.attributes)), content.encode(dict(resource.tags))
    category, dimension = resource.category, resource.category.dimension
    account, place = content.plain(scope.account), content.plain(scope.place)
    name, native = content.maybe(resource.name), content.maybe(resource.native_id)
    head = "\0".join((resource.kind, category.value, scope.provider, account, place, f"{name}", f"{native}"))
    shown = content.digest(head.encode(), attributes, tags)
    payload = content.encode(observation.payload)
    mentions = tuple([m[1:] for m in observation.references])
    rest = _fingerprint((observation.aliases, mentions, observation.misfits, observation.call))
    faults = repr([(_fault(g), g.call, g.needs) for g in observation.gaps]).encode() if observation.gaps else b""
    key = content.plain(resource.id)
    return Prepared(
        key,
        (
            key, resource.kind, category.value, None if dimension is None else dimension.value, scope.provider, account, place,
            name, native, tags.decode(), attributes.decode(), shown,
        ),
        shown,
        content.digest(shown, payload, rest, faults),
        payload,
        content.plain(observation.call),
        content.instant(observation.observed_at),
        observation.aliases,
        mentions,
        tuple(_faults(observation)) if observation.gaps or observation.misfits else (),
        b"\\" not in rest,
    )  # fmt: skip


def _fingerprint(value: Any) -> bytes:
    """JSON or, where there can be none, what Python calls it: either has a backslash where a text holds a NUL or half a
    surrogate pair."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return repr(value).encode("utf-8", "surrogatepass")


def _fault(error: CollectError) -> str:
    return "denied" if isinstance(error, DeniedError) else "failed"


@dataclass(slots=True)
class _Marks:
    """Whole numbers, a bit each: the sightings of one listing have numbers that lie close together."""

    count: int = 0
    _pages: dict[int, bytearray] = field(default_factory=dict)

    def add(self, number: int) -> bool:
        """Whether the number is new here."""
        page = self._pages.get(number >> 12)
        if page is None:
            page = self._pages[number >> 12] = bytearray(512)
        at, bit = number >> 3 & 511, 1 << (number & 7)
        if page[at] & bit:
            return False
        page[at] |= bit
        self.count += 1
        return True

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> 12)
        return page is not None and bool(page[number >> 3 & 511] & 1 << (number & 7))


@dataclass
class Recorder:
    """Writes one listing inside one transaction.

    Args:
        ids: gives unused ids of sightings.
        ranks: listing id -> what decides who has the word.
        at: when the look ended.
        proof: whether what is not seen is not there; otherwise records are touched one by one.
        replay: kept payloads are read again: sightings keep the run that saw them.
    """

    connection: Connection
    run_id: str
    listing_id: int
    ids: Iterator[int]
    ranks: Mapping[int, tuple[str, ...]]
    at: str
    proof: bool
    replay: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("records", "new", "changed", "returned", "gone", "duplicates"), 0))  # fmt: skip
    _seen: _Marks = field(default_factory=_Marks)

    def record(self, observations: Iterable[Observation | Prepared]) -> None:
        """Write observations; of several with one id the last counts."""
        chunk: dict[str, Prepared] = {}
        size = 0
        for observation in observations:
            prepared = observation if isinstance(observation, Prepared) else prepare(observation)
            if prepared.id in chunk:
                self.counts["duplicates"] += 1
            chunk[prepared.id] = prepared
            size += len(prepared.payload)
            if len(chunk) >= CHUNK_RECORDS or size >= CHUNK_BYTES:
                self._write(chunk)
                chunk, size = {}, 0
        if chunk:
            self._write(chunk)

    def _write(self, chunk: Mapping[str, Prepared]) -> None:
        self.counts["records"] += len(chunk)
        known = self._sightings(chunk)
        fresh: list[Prepared] = []
        same: list[int] = []
        for prepared in chunk.values():
            before = known.get(prepared.id)
            if before is not None and not self._seen.add(before.id):
                self.counts["duplicates"] += 1
            if before is not None and before.gone_at is None and bytes(before.digest) == prepared.digest:
                same.append(before.id)
            else:
                fresh.append(prepared)
        if same and not self.proof:
            touch = update(sightings).where(sightings.c.id == bindparam("sighting")).values(seen_at=bindparam("at"))
            self.connection.execute(touch, [{"sighting": i, "at": self.at} for i in same])
        if fresh:
            self._write_resources(fresh)
            self._write_sightings(fresh, known)

    def _sightings(self, chunk: Iterable[str]) -> dict[str, Any]:
        columns, here = ("id", "resource_id", "digest", "gone_at"), ("listing_id", self.listing_id)
        found = select_among(self.connection, sightings, columns, "resource_id", list(chunk), here)
        return {r.resource_id: r for r in found}

    def _write_resources(self, fresh: Sequence[Prepared]) -> None:
        r = resources.c
        columns = ("id", "digest", "listing_id", "gone_at")
        found = select_among(self.connection, resources, columns, "id", [p.id for p in fresh])
        known = {row.id: row for row in found}
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Prepared, str]] = []
        history: list[tuple[Any, ...]] = []
        moved: list[str] = []
        for p in fresh:
            before = known.get(p.id)
            if before is None:
                new.append((*p.row, self.listing_id, p.observed_at, None))
                history.append(self._version(p, "appeared"))
            elif not self._has_word(before):
                continue
            elif before.gone_at is not None or bytes(before.digest) != p.shown:
                changed.append((p, "returned" if before.gone_at is not None else "changed"))
            elif before.listing_id != self.listing_id:
                moved.append(p.id)
        insert_rows(self.connection, resources, (*_RESOURCE, "listing_id", "first_seen_at", "gone_at"), new)
        self.counts["new"] += len(new)
        if changed:
            history.extend(self._change(changed))
        if moved:
            self.connection.execute(update(resources).where(r.id.in_(moved)).values(listing_id=self.listing_id))
        insert_rows(self.connection, versions, _VERSION, history)

    def _has_word(self, before: Any) -> bool:
        owner = before.listing_id
        if owner == self.listing_id or before.gone_at is not None or owner not in self.ranks:
            return True
        return self.ranks[self.listing_id] < self.ranks[owner]

    def _change(self, changed: Sequence[tuple[Prepared, str]]) -> Iterator[tuple[Any, ...]]:
        r = resources.c
        found = select(resources).where(r.id.in_([p.id for p, _ in changed]))
        stored = {row.id: row._asdict() for row in self.connection.execute(found)}
        rows = [dict(zip(_RESOURCE, p.row, strict=True)) for p, _ in changed]
        statement = (
            update(resources)
            .where(r.id == bindparam("resource"))
            .values({c: bindparam(c) for c in _RESOURCE[1:]} | {"listing_id": self.listing_id, "gone_at": None})
        )
        self.connection.execute(statement, [{"resource" if k == "id" else k: v for k, v in row.items()} for row in rows])  # fmt: skip
        for (p, word), row in zip(changed, rows, strict=True):
            before, after = delta(stored[p.id], row)
            if word == "changed" and not before and not after:
                continue
            self.counts[word] += 1
            yield self._version(p, word, before, after)

    def _version(self, p: Prepared, change: str, before: Row | None = None, after: Row | None = None) -> tuple[Any, ...]:  # fmt: skip
        old, new = (content.text_of(side) if side else "{}" for side in (before, after))
        return p.id, self.run_id, p.observed_at, change, old, new

    def _write_sightings(self, fresh: Sequence[Prepared], known: Mapping[str, Any]) -> None:
        new: list[tuple[Any, ...]] = []
        changed: list[Row] = []
        numbered: list[tuple[int, Prepared]] = []
        for p in fresh:
            before = known.get(p.id)
            number = next(self.ids) if before is None else before.id
            numbered.append((number, p))
            if before is None:
                self._seen.add(number)
                new.append((number, self.listing_id, p.id, p.digest, self.run_id, p.observed_at))
            elif self.replay:
                changed.append({"sighting": number, "digest": p.digest})
            else:
                changed.append(
                    {"sighting": number, "digest": p.digest, "run_id": self.run_id, "seen_at": p.observed_at}
                )
        insert_rows(self.connection, sightings, _SIGHTING, new)
        if changed:
            statement = (
                update(sightings)
                .where(sightings.c.id == bindparam("sighting"))
                .values({c: bindparam(c) for c in changed[0] if c != "sighting"} | {"gone_at": None})
            )
            self.connection.execute(statement, changed)
            numbers = [c["sighting"] for c in changed]
            for table in (aliases, refs, raw_payloads, detail_gaps):
                self.connection.execute(delete(table).where(table.c.sighting_id.in_(numbers)))
        self._write_children(numbered)

    def _write_children(self, numbered: Sequence[tuple[int, Prepared]]) -> None:
        payloads: list[tuple[Any, ...]] = []
        keys: list[tuple[Any, ...]] = []
        mentions: list[tuple[Any, ...]] = []
        faults: list[tuple[Any, ...]] = []
        for number, p in numbered:
            payloads.append((number, p.call, p.observed_at, *content.packed(p.payload)))
            if p.clean:
                keys.extend([(number, key) for key in p.aliases])
                mentions.extend([(number, *mention) for mention in p.mentions])
            else:
                keys.extend([(number, content.plain(key)) for key in p.aliases])
                mentions.extend([(number, *map(content.plain, said), may) for *said, may in p.mentions])
            faults.extend([(number, *fault) for fault in p.faults])
        insert_rows(self.connection, raw_payloads, _PAYLOAD, payloads)
        insert_rows(self.connection, aliases, ("sighting_id", "key"), keys)
        insert_rows(self.connection, refs, _REFERENCE, mentions)
        insert_rows(self.connection, detail_gaps, _FAULT, faults)

    def bury(self, *, since: datetime | None = None) -> None:
        """Mark as gone what this look proved absent. Call only after a look that proves absence.

        Args:
            since: how far back the look went: of what was made earlier, or at a time unknown, it proves nothing.
        """
        s = sightings.c
        living = (s.listing_id == self.listing_id, s.gone_at.is_(None))
        if (
            self.connection.execute(select(func.count()).select_from(sightings).where(*living)).scalar()
            == self._seen.count
        ):
            return
        last = -1
        while batch := self.connection.execute(
            select(s.id, s.resource_id).where(*living, s.id > last).order_by(s.id).limit(CHUNK_RECORDS * 10)
        ).all():
            last = batch[-1].id
            missing = [row for row in batch if row.id not in self._seen]
            if since is not None and missing:
                missing = self._younger(missing, content.instant(since))
            for start in range(0, len(missing), CHUNK_RECORDS):
                self._gone(missing[start : start + CHUNK_RECORDS])

    def _younger(self, missing: Sequence[Any], since: str) -> list[Any]:
        r = resources.c
        ids = [row.resource_id for row in missing]
        made: dict[str, Any] = {}
        for start in range(0, len(ids), CHUNK_RECORDS):
            found = select(r.id, r.attributes).where(r.id.in_(ids[start : start + CHUNK_RECORDS]))
            made |= {i: content.decode(a).get("created_at") for i, a in self.connection.execute(found)}
        return [row for row in missing if str(made.get(row.resource_id) or "") > since]

    def _gone(self, missing: Sequence[Any]) -> None:
        s, r = sightings.c, resources.c
        ids = [row.resource_id for row in missing]
        was = self._last_complete()
        seen_at = case((s.seen_at < was, was), else_=s.seen_at) if was else s.seen_at
        self.connection.execute(
            update(sightings).where(s.id.in_([row.id for row in missing])).values(gone_at=self.at, seen_at=seen_at)
        )
        living = exists().where(s.resource_id == r.id, s.gone_at.is_(None))
        seen_elsewhere = set(self.connection.execute(select(r.id).where(r.id.in_(ids), living)).scalars())
        if gone := [i for i in ids if i not in seen_elsewhere]:
            self.connection.execute(update(resources).where(r.id.in_(gone)).values(gone_at=self.at))
            history = [(i, self.run_id, self.at, "gone", "{}", "{}") for i in gone]
            insert_rows(self.connection, versions, _VERSION, history)
            self.counts["gone"] += len(gone)
        if seen_elsewhere:
            # The next look of another listing takes the word: an empty digest makes it write.
            self.connection.execute(update(resources).where(r.id.in_(seen_elsewhere), r.listing_id == self.listing_id).values(listing_id=NOBODY))  # fmt: skip
            self.connection.execute(update(sightings).where(s.resource_id.in_(seen_elsewhere), s.gone_at.is_(None)).values(digest=b""))  # fmt: skip

    def _last_complete(self) -> str | None:
        statement = select(listings.c.last_complete_at).where(listings.c.id == self.listing_id)
        return self.connection.execute(statement).scalar()

    def set_aside(self, misfits: Iterable[Misfit], *, whole: bool) -> int:
        """Keep records that fit no row; after a whole look nothing else stays in quarantine.

        Returns:
            How many different ones there are.
        """
        chunk: dict[bytes, tuple[Any, ...]] = {}
        total, size = 0, 0
        q = quarantine.c
        for misfit in misfits:
            packed = content.packed(content.encode(misfit.payload))
            at = content.instant(misfit.observed_at)
            reason, call = content.plain(misfit.reason), content.plain(misfit.call)
            chunk[packed[0]] = (self.listing_id, self.run_id, reason, call, at, *packed)
            size += packed[2]
            if len(chunk) >= CHUNK_RECORDS or size >= CHUNK_BYTES:
                total += self._replace(chunk)
                chunk, size = {}, 0
        total += self._replace(chunk)
        if whole:
            self.connection.execute(delete(quarantine).where(q.listing_id == self.listing_id, q.run_id != self.run_id))
        return total

    def _replace(self, chunk: Mapping[bytes, tuple[Any, ...]]) -> int:
        if chunk:
            q = quarantine.c
            same = (q.listing_id == self.listing_id, q.sha256.in_(list(chunk)))
            self.connection.execute(delete(quarantine).where(*same))
            insert_rows(self.connection, quarantine, _QUARANTINED, list(chunk.values()))
        return len(chunk)


_RESOURCE = (
    "id", "kind", "category", "dimension", "provider", "account", "place", "name", "native_id", "tags", "attributes", "digest",
)  # fmt: skip
_VERSION = ("resource_id", "run_id", "at", "change", "before", "after")
_SIGHTING = ("id", "listing_id", "resource_id", "digest", "run_id", "seen_at")
_PACKED = ("sha256", "codec", "bytes", "data")
_PAYLOAD = ("sighting_id", "call", "observed_at", *_PACKED)
_QUARANTINED = ("listing_id", "run_id", "reason", "call", "observed_at", *_PACKED)
_MENTION = ("path", "verb", "value", "key", "call", "target", "provider", "account", "place", "optional")
_REFERENCE = ("sighting_id", *_MENTION)
_FAULT = ("sighting_id", "fault", "call", "needs", "message")


def _faults(observation: Observation) -> Iterator[tuple[str, ...]]:
    for gap in observation.gaps:
        needs = content.text_of(list(gap.needs))
        yield _fault(gap), content.plain(gap.call), needs, content.plain(str(gap))
    for misfit in observation.misfits:
        yield "misfit", content.plain(observation.call), "[]", content.plain(misfit)


_PLAIN_COLUMNS = ("kind", "category", "provider", "account", "place", "name", "native_id")


def delta(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Row, Row]:
    """What differs between two rows of `resources`: (values before, values after) under names such as "name",
    "attributes.size_bytes", "tags.team". A key that only one side has was, or became, unknown."""
    old, new = _flat(before), _flat(after)
    changed = {k for k in old.keys() | new.keys() if old.get(k, _flat) != new.get(k, _flat)}
    return {k: old[k] for k in changed if k in old}, {k: new[k] for k in changed if k in new}


def _flat(row: Mapping[str, Any]) -> Row:
    flat: Row = {c: row[c] for c in _PLAIN_COLUMNS if row[c] is not None}
    for column in ("attributes", "tags"):
        flat |= {f"{column}.{k}": v for k, v in content.decode(row[column]).items()}
    return flat
