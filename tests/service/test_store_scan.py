"""The writer and the reader on both databases: what a scan leaves behind."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from normalize.errors import BusyError, DeniedError, StoreError
from normalize.model import (
    Category,
    Coverage,
    Misfit,
    Observation,
    Outcome,
    Pair,
    Reference,
    Resource,
    Scope,
)
from store import content
from store.database import connect, ensure
from store.linking import link
from store.reader import Reader
from store.writer import Writer

SCOPE = Scope("aws", "111122223333", "us-east-1")
START = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)


class Clock:
    """Every look at it is a minute later."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    ensure(engine)
    yield engine
    engine.dispose()


class Estate:
    """Scans of made-up listings into a real store."""

    def __init__(self, engine: Engine) -> None:
        self.clock = Clock()
        self.engine = engine
        self.writer = Writer(engine, clock=self.clock)
        self.reader = Reader(engine)

    def begin(self, resume: bool = False, **selection: Any) -> str:
        facts = [{"name": "prod", "type": "aws", "provider": "aws"}]
        return self.writer.begin(sources=facts, selection=selection, version="0.1.0", resume=resume)

    def look(
        self,
        run: str,
        *observations: Observation,
        kind: str = "aws.s3.bucket",
        outcome: Outcome = Outcome.COMPLETE,
        misfits: tuple[Misfit, ...] = (),
        source: str = "prod",
        scope: Scope = SCOPE,
        reason: str = "",
        needs: tuple[str, ...] = (),
        since: datetime | None = None,
    ) -> Coverage:
        coverage = Coverage(
            run, source, kind, scope, outcome, len(observations), sum(bool(o.gaps) for o in observations), len(misfits),
            self.clock(), self.clock(), reason, needs, since,
        )  # fmt: skip
        self.writer.commit(run, iter(observations), iter(misfits), coverage)
        return coverage

    def scan(self, *observations: Observation, **look: Any) -> str:
        run = self.begin()
        self.look(run, *observations, **look)
        self.writer.finish(run, "complete")
        return run

    def thing(
        self,
        name: str,
        kind: str = "aws.s3.bucket",
        *,
        attributes: dict[str, Any] | None = None,
        refs: tuple[Reference, ...] = (),
        payload: Any = None,
        **more: Any,
    ) -> Observation:
        resource = Resource(
            f"arn:aws:s3:::{name}",
            kind,
            Category.BUCKET,
            SCOPE,
            name,
            name,
            attributes or {"size_bytes": 1},
            {"team": "ml"},
        )
        keys = (resource.id, f"s3://{name}")
        body = {"Name": name} if payload is None else payload
        return Observation(resource, keys, refs, body, "s3:ListBuckets", self.clock(), **more)

    def mention(self, source: str, target: str, verb: str = "mentions") -> Reference:
        return Reference(f"arn:aws:s3:::{source}", "$.x", verb, f"s3://{target}/k", f"s3://{target}", "s3:ListBuckets", "aws.s3.bucket", "aws")  # fmt: skip

    def resource(self, name: str) -> dict[str, Any]:
        return next(self.reader.resources(filters={"id": f"arn:aws:s3:::{name}"}))

    def names(self, **filters: str) -> set[str]:
        return {r["name"] for r in self.reader.resources(filters=filters)}

    def changes(self) -> list[tuple[str, str]]:
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT resource_id, change FROM versions ORDER BY id")).all()
        return [(r[0].rpartition(":")[2], r[1]) for r in rows]


@pytest.fixture
def estate(engine: Engine) -> Iterator[Estate]:
    estate = Estate(engine)
    yield estate
    estate.writer.close()


def test_a_record_comes_back_with_the_keys_of_the_contract(estate: Estate) -> None:
    run = estate.scan(estate.thing("a", attributes={"size_bytes": None, "encrypted": True}))
    row = estate.resource("a")
    assert row["attributes"] == {"size_bytes": None, "encrypted": True}
    assert row["tags"] == {"team": "ml"}
    assert row["sources"] == ["prod"]
    assert row["dimension"] == "data"
    assert "gone_at" not in row
    assert row["first_seen_at"].endswith("Z")
    assert row["last_seen_at"] >= row["first_seen_at"]
    (look,) = estate.reader.coverage()
    assert (look["run_id"], look["outcome"], look["records"], look["needs"]) == (run, "complete", 1, [])
    (seen,) = estate.reader.runs()
    assert (seen["id"], seen["status"], seen["sources"], seen["records"], seen["blind_spots"]) == (run, "complete", ["prod"], 1, 0)  # fmt: skip


@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.FAILED, Outcome.PARTIAL, Outcome.UNAVAILABLE])
def test_only_a_complete_look_makes_things_gone(estate: Estate, outcome: Outcome) -> None:
    a, b = estate.thing("a"), estate.thing("b")
    estate.scan(a, b)
    estate.scan(outcome=outcome)
    assert estate.names(gone_at="") == {"a", "b"}
    estate.scan(a)
    assert estate.names(gone_at="") == {"a"}
    assert estate.resource("b")["gone_at"] > estate.resource("b")["last_seen_at"]
    assert estate.changes()[-1] == ("b", "gone")


def test_a_look_that_goes_back_so_far_proves_nothing_about_what_is_older(estate: Estate) -> None:
    made = {"old": "2026-01-01T00:00:00Z", "young": "2026-11-01T00:00:00Z", "undated": None}
    things = [estate.thing(n, attributes={"created_at": at} if at else {"size_bytes": 1}) for n, at in made.items()]
    estate.scan(*things)
    estate.scan(since=datetime(2026, 8, 26, tzinfo=UTC))
    assert {r["name"]: bool(r.get("gone_at")) for r in estate.reader.resources()} == {
        "old": False, "young": True, "undated": False,
    }  # fmt: skip


def test_what_a_look_back_did_not_list_is_not_confirmed(estate: Estate) -> None:
    estate.scan(estate.thing("old", attributes={"created_at": "2026-01-01T00:00:00Z"}), estate.thing("kept"))
    before = {r["name"]: r["last_seen_at"] for r in estate.reader.resources()}
    estate.scan(estate.thing("kept"), since=datetime(2026, 8, 26, tzinfo=UTC))
    after = {r["name"]: r["last_seen_at"] for r in estate.reader.resources()}
    assert (after["old"] == before["old"], after["kept"] > before["kept"]) == (True, True)


def test_coverage_says_how_far_back_a_listing_went(estate: Estate) -> None:
    estate.scan(since=datetime(2026, 8, 26, tzinfo=UTC))
    (row,) = estate.reader.coverage()
    assert row["since"] == "2026-08-26T00:00:00.000Z"
    estate.scan()
    (row,) = estate.reader.coverage()
    assert "since" not in row


def test_quarantined_records_take_the_proof_away(estate: Estate) -> None:
    estate.scan(estate.thing("a"), estate.thing("b"))
    misfit = Misfit("aws.s3.bucket", SCOPE, {"no": "id"}, "s3:ListBuckets", "has no Name", START)
    estate.scan(estate.thing("a"), misfits=(misfit, misfit))
    assert estate.names(gone_at="") == {"a", "b"}
    assert next(estate.reader.coverage())["quarantined"] == 2
    with estate.engine.connect() as connection:
        assert connection.execute(text("SELECT reason FROM quarantine")).scalars().all() == ["has no Name"]
    estate.scan(estate.thing("a"), estate.thing("b"))
    with estate.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM quarantine")).scalar() == 0


def test_what_returns_is_there_again(estate: Estate) -> None:
    a = estate.thing("a")
    first = estate.scan(a)
    middle = estate.scan()
    last = estate.scan(a)
    assert "gone_at" not in estate.resource("a")
    assert estate.changes() == [("a", "appeared"), ("a", "gone"), ("a", "returned")]
    assert [d["change"] for d in estate.reader.diff(first, middle)] == ["gone"]
    assert [d["change"] for d in estate.reader.diff(middle, last)] == ["appeared"]
    assert list(estate.reader.diff(first, last)) == []
    assert [d["change"] for d in estate.reader.diff(middle, first)] == ["appeared"]


def test_a_change_tells_before_and_after(estate: Estate) -> None:
    first = estate.scan(estate.thing("a", attributes={"size_bytes": 1, "state": "x"}))
    estate.scan(estate.thing("a", attributes={"size_bytes": 2, "state": "x"}))
    last = estate.scan(estate.thing("a", attributes={"size_bytes": 3, "encrypted": True}))
    (row,) = estate.reader.diff(first, last)
    assert row["change"] == "changed"
    assert row["before"] == {"attributes.size_bytes": 1, "attributes.state": "x"}
    assert row["after"] == {"attributes.size_bytes": 3, "attributes.encrypted": True}
    (back,) = estate.reader.diff(last, first)
    assert (back["before"], back["after"]) == (row["after"], row["before"])
    with pytest.raises(StoreError, match="no run 'x'"):
        list(estate.reader.diff("x", last))


def test_unchanged_records_are_not_written_but_confirmed(estate: Estate) -> None:
    estate.scan(estate.thing("a"))
    written = _sightings(estate)
    before = estate.resource("a")["last_seen_at"]
    estate.scan(estate.thing("a"))
    assert _sightings(estate) == written
    assert estate.resource("a")["last_seen_at"] > before
    assert estate.changes() == [("a", "appeared")]


def _sightings(estate: Estate) -> list[tuple[Any, ...]]:
    with estate.engine.connect() as connection:
        return [tuple(r) for r in connection.execute(text("SELECT * FROM sightings ORDER BY id"))]


def test_a_partial_look_confirms_only_what_it_saw(estate: Estate) -> None:
    estate.scan(estate.thing("a"), estate.thing("b"))
    before = estate.resource("b")["last_seen_at"]
    estate.scan(estate.thing("a"), outcome=Outcome.PARTIAL)
    assert estate.resource("a")["last_seen_at"] > before
    assert estate.resource("b")["last_seen_at"] == before


def test_a_pair_is_written_whole_or_not_at_all(estate: Estate) -> None:
    run = estate.begin()
    coverage = Coverage(run, "prod", "aws.s3.bucket", SCOPE, Outcome.COMPLETE, 2, 0, 0, START, START)

    def breaking() -> Iterator[Observation]:
        for i in range(2500):
            yield estate.thing(f"bucket-{i}")
        raise OSError("the spool broke")

    with pytest.raises(OSError, match="spool broke"):
        estate.writer.commit(run, breaking(), (), coverage)
    with estate.engine.connect() as connection:
        for table in ("resources", "sightings", "listings", "coverage", "versions", "refs", "aliases", "raw_payloads"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
    estate.writer.commit(run, [estate.thing("a")], (), coverage)
    assert estate.names() == {"a"}


PLACES = {
    ("aws", "us-east-1"): "us-east-1",
    ("aws", "aws-global"): None,
    ("gcp", "us-central1"): "us-central1",
    ("gcp", "us-central1-a"): "us-central1",
    ("gcp", "us-central1-ai1a"): "us-central1",
    ("gcp", "europe-west4-b"): "europe-west4",
    ("gcp", "eu"): "eu",
    ("gcp", "global"): None,
    ("azure", "westeurope"): "westeurope",
    ("azure", "azure-global"): None,
    ("kubernetes", "train"): None,
}


def test_a_thing_of_any_cloud_says_its_region(estate: Estate) -> None:
    run = estate.begin()
    for number, (provider, place) in enumerate(PLACES):
        seen = estate.thing(f"{number}")
        scope = Scope(provider, "1", place)
        estate.look(run, replace(seen, resource=replace(seen.resource, scope=scope)), scope=scope)
    found = list(estate.reader.resources())
    assert {(r["provider"], r["place"]): r.get("region") for r in found} == PLACES
    assert {r["place"] for r in estate.reader.resources(filters={"region": "us-central1"})} == {
        "us-central1", "us-central1-a", "us-central1-ai1a",
    }  # fmt: skip


def _tables(estate: Estate, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    with estate.engine.connect() as connection:
        return {t: [tuple(r) for r in connection.execute(text(f"SELECT * FROM {t}"))] for t in tables}


def _looks(run: str, at: datetime, source: str = "prod") -> list[Coverage]:
    """Looks that saw nothing, at several sorts of scopes, with several outcomes."""
    ends = ((Outcome.COMPLETE, None), (Outcome.COMPLETE, START), (Outcome.DENIED, None), (Outcome.UNAVAILABLE, None))
    scopes = [Scope("aws", account, place) for account, place in (("1", "us-east-1"), ("1", "mars"), ("2", "?"))]
    return [
        Coverage(run, source, f"aws.x.{n}", scope, outcome, 0, 0, 0, at, at, "", (), since)
        for n, (outcome, since) in enumerate(ends)
        for scope in scopes
    ]


def test_looks_that_saw_nothing_are_written_the_same_together_and_one_by_one(estate: Estate) -> None:
    """Over three runs: things go, quarantine ends, and what could not be known is superseded, or is not known again."""
    at = START
    for number in range(3):
        run, at = estate.begin(), at + timedelta(hours=1)
        for source in ("together", "apart"):
            looks = _looks(run, at, source)
            unknown = (("1", "?"), (), ("1",))[number]
            looks += [replace(looks[0], kind="*", scope=Scope("aws", account, "?")) for account in unknown]
            if number == 0:
                seen, misfit = estate.thing(source), Misfit("aws.x.0", SCOPE, {"no": "id"}, "x:List", "no id", START)
                estate.writer.commit(run, [seen], [misfit], replace(looks.pop(0), records=1, quarantined=1))
            if source == "together":
                estate.writer.commit_empty(run, looks)
            else:
                for look in looks:
                    estate.writer.commit(run, (), (), look)
        estate.writer.finish(run, "complete")
    with estate.engine.connect() as connection:
        asked = (
            "SELECT l.source, l.kind, l.account, l.place, l.run_id, l.last_complete_at, l.retired_at, c.run_id, c.outcome,"
            " c.records, c.since FROM listings l JOIN coverage c ON c.listing_id = l.id"
        )
        rows = [tuple(r) for r in connection.execute(text(asked))]
    together, apart = ({r[1:] for r in rows if r[0] == source} for source in ("together", "apart"))
    assert together == apart
    assert (len(together), len(rows)) == (39, 78)
    assert {r[2] for r in together if r[5] is not None} == {"?"}
    assert (estate.names(gone_at=""), estate.names()) == (set(), {"together", "apart"})
    assert _tables(estate, "quarantine") == {"quarantine": []}


def test_looks_that_saw_nothing_are_written_all_or_none(estate: Estate) -> None:
    run = estate.begin()
    looks = _looks(run, START)
    with pytest.raises(StoreError):
        estate.writer.commit_empty(run, [*looks, looks[0]])
    assert _tables(estate, "listings", "coverage") == {"listings": [], "coverage": []}
    estate.writer.commit_empty(run, looks)
    assert len(list(estate.reader.coverage())) == len(looks)
    assert estate.writer.done(run) == {Pair(c.source, c.kind, c.scope) for c in looks}


def test_duplicates_within_a_listing_count_and_the_last_wins(estate: Estate) -> None:
    estate.scan(estate.thing("a", attributes={"size_bytes": 1}), estate.thing("a", attributes={"size_bytes": 2}))
    assert estate.resource("a")["attributes"] == {"size_bytes": 2}
    assert next(estate.reader.coverage())["duplicates"] == 1


def test_committing_the_same_look_twice_changes_nothing(estate: Estate) -> None:
    run = estate.begin()
    things = [estate.thing(f"b{i}", refs=(estate.mention(f"b{i}", "b0"),)) for i in range(1, 5)]
    estate.look(run, *things)
    first = _sightings(estate)
    estate.look(run, *things)
    assert _sightings(estate) == first
    assert len(estate.changes()) == 4
    assert len(list(estate.reader.coverage())) == 1


def test_one_thing_seen_by_two_sources_does_not_flicker(estate: Estate) -> None:
    """Whatever order the two come in, the same one has the word; the other's leaving changes nothing."""
    for order in (("a-source", "b-source"), ("b-source", "a-source"), ("a-source", "b-source")):
        run = estate.begin()
        for source in order:
            estate.look(run, estate.thing("x", attributes={"state": source}), source=source)
        estate.writer.finish(run, "complete")
    assert estate.resource("x")["attributes"] == {"state": "a-source"}
    assert estate.resource("x")["sources"] == ["a-source", "b-source"]
    assert estate.changes() == [("x", "appeared")]
    run = estate.begin()
    estate.look(run, source="a-source")
    estate.look(run, estate.thing("x", attributes={"state": "b-source"}), source="b-source")
    estate.writer.finish(run, "complete")
    row = estate.resource("x")
    assert "gone_at" not in row
    assert (row["attributes"], row["sources"]) == ({"state": "b-source"}, ["b-source"])
    estate.scan(source="b-source")
    assert "gone_at" in estate.resource("x")


def test_links_join_whatever_source_they_came_from(estate: Estate, engine: Engine) -> None:
    run = estate.begin()
    estate.look(run, estate.thing("a", refs=(estate.mention("a", "b", "copies_to"), estate.mention("a", "a"), estate.mention("a", "nowhere"))))  # fmt: skip
    estate.look(run, estate.thing("b"), source="other")
    for _ in range(2):
        assert link(engine, run)["relations"] == 1
    assert list(estate.reader.relations()) == [
        {"source_id": "arn:aws:s3:::a", "verb": "copies_to", "target_id": "arn:aws:s3:::b", "evidence": "s3:ListBuckets $.x"}
    ]  # fmt: skip
    shown = estate.reader.show("arn:aws:s3:::a")
    assert [r["target_id"] for r in shown["outgoing"]] == ["arn:aws:s3:::b"]
    assert [r["key"] for r in shown["references"]] == ["s3://b", "s3://a", "s3://nowhere"]
    assert [r["change"] for r in shown["history"]] == ["appeared"]
    assert len(shown["evidence"][0]["sha256"]) == 64
    estate.look(run, source="other")
    assert link(engine, run) == {"relations": 0, "fewer": 1}
    assert estate.reader.show("nothing") == {}


HOSTILE = [
    "emoji 🦙 and \u202e turned",
    "NUL \0 inside",
    "lone surrogate \ud800 here",
    "'; DROP TABLE resources; --",
    "line\nbreak\ttab\x1b[31m",
    "%_?*[x]",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_text_is_stored_and_found_again(estate: Estate, engine: Engine, word: str) -> None:
    thing = estate.thing(
        word,
        attributes={"description": word, word: {"a.b": [word]}},
        refs=(estate.mention(word, word),),
        payload={"x": word, word: None, "n": [math.nan, math.inf, 2**70]},
        misfits=(word,),
        gaps=(DeniedError(word, call=word, needs=(word,)),),
    )
    misfit = Misfit("aws.s3.bucket", SCOPE, {word: word}, word, word, START)
    estate.scan(thing, misfits=(misfit,))
    estate.scan(thing, misfits=(misfit,))
    assert len(estate.changes()) == 1
    (row,) = estate.reader.resources()
    shown = estate.reader.show(row["id"])
    assert shown["resource"] == row
    assert json.dumps(shown, ensure_ascii=False).encode()
    link(engine, "x")


def test_nan_and_numbers_beyond_json_become_text_not_null(estate: Estate) -> None:
    estate.scan(estate.thing("a", attributes={"metrics": {"loss": math.nan, "big": 2**70, "null": None, "one": 1.5}}))
    assert estate.resource("a")["attributes"]["metrics"] == {"loss": "nan", "big": str(2**70), "null": None, "one": 1.5}


def test_an_item_of_five_megabytes_is_stored(estate: Estate) -> None:
    big = {"blob": "x" * 5_000_000, "list": list(range(100_000))}
    estate.scan(*(estate.thing(f"b{i}", payload=big) for i in range(5)))
    (evidence,) = estate.reader.show("arn:aws:s3:::b1")["evidence"]
    assert evidence["bytes"] > 5_000_000


def test_payloads_that_arrow_compressed_are_read() -> None:
    payload = {"Name": "🦙" * 500, "Size": None}
    assert content.unpacked(pa.Codec("zstd", 1).compress(content.encode(payload), asbytes=True)) == payload


def test_duplicates_count_across_chunks_and_prove_nothing_gone(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.recording.CHUNK_RECORDS", 3)
    names = [f"t{i}" for i in range(8)]
    estate.scan(*(estate.thing(n) for n in [*names, "t0", "t7", "t7"]))
    assert next(estate.reader.coverage())["duplicates"] == 3
    estate.scan(*(estate.thing(n) for n in [*names[1:], "t1"]))
    assert next(estate.reader.coverage())["duplicates"] == 1
    assert {r["name"] for r in estate.reader.resources() if "gone_at" in r} == {"t0"}


def test_a_second_scan_says_who_is_busy(estate: Estate, database_url: str) -> None:
    run = estate.begin()
    other = connect(database_url)
    try:
        with pytest.raises(BusyError, match=rf"run {run} \(process {os.getpid()} on "):
            Writer(other).begin(sources=(), selection={}, version="0", resume=False)
        estate.writer.finish(run, "complete")
        writer = Writer(other)
        writer.begin(sources=(), selection={}, version="0", resume=False)
        writer.close()
    finally:
        other.dispose()


def test_a_killed_scan_frees_the_lock_and_can_be_resumed(estate: Estate, database_url: str) -> None:
    script = textwrap.dedent("""
        import sys, time
        from datetime import UTC, datetime
        from normalize.model import Coverage, Outcome, Scope
        from store.database import connect
        from store.writer import Writer

        writer = Writer(connect(sys.argv[1]))
        run = writer.begin(sources=[], selection={"kinds": []}, version="0", resume=False)
        now = datetime.now(UTC)
        writer.commit(run, (), (), Coverage(run, "prod", "k", Scope("aws", "1", "r"), Outcome.COMPLETE, 0, 0, 0, now, now))
        print(run, flush=True)
        time.sleep(60)
    """)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    holder = subprocess.Popen([sys.executable, "-c", script, database_url], stdout=subprocess.PIPE, text=True, env=env)
    assert holder.stdout is not None
    with holder, holder.stdout:
        run = holder.stdout.readline().strip()
        with pytest.raises(BusyError, match=f"process {holder.pid} on"):
            estate.begin(kinds=[])
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    for _ in range(100):  # PostgreSQL notices a dead client when it next looks at the connection
        try:
            resumed = estate.begin(resume=True, kinds=[])
            break
        except BusyError:
            threading.Event().wait(0.1)
    assert resumed == run
    assert estate.writer.done(run) == {Pair("prod", "k", Scope("aws", "1", "r"))}
    assert next(estate.reader.runs())["status"] == "running"


def test_only_the_newest_unfinished_run_of_the_same_selection_is_resumed(estate: Estate) -> None:
    with pytest.raises(StoreError, match="no run of these"):
        estate.begin(resume=True, kinds=["a"])
    run = estate.begin(kinds=["a"])
    estate.writer.finish(run, "interrupted")
    with pytest.raises(StoreError, match="no run of these"):
        estate.begin(resume=True, kinds=["b"])
    assert estate.begin(resume=True, kinds=["a"]) == run
    estate.writer.finish(run, "complete")
    with pytest.raises(StoreError, match="is complete"):
        estate.begin(resume=True, kinds=["a"])


def test_nothing_is_written_after_the_end_of_a_run(estate: Estate) -> None:
    run = estate.begin()
    estate.writer.finish(run, "interrupted")
    with pytest.raises(StoreError, match="not open for writing"):
        estate.look(run, estate.thing("late"))
    assert estate.names() == set()


def test_run_ids_sort_as_runs_do_even_when_the_clock_stands_still(engine: Engine) -> None:
    writer = Writer(engine, clock=lambda: START)
    ids = []
    for _ in range(4):
        ids.append(writer.begin(sources=(), selection={}, version="0", resume=False))
        writer.finish(ids[-1], "complete")
    assert ids == sorted(ids)
    assert len(set(ids)) == 4
    assert ids[0].startswith("20261124T041500Z-")


def test_scopes_that_could_not_be_known_are_forgotten_once_they_are(estate: Estate) -> None:
    run = estate.begin()
    estate.look(run, kind="*", scope=Scope("aws", "?", "?"), outcome=Outcome.FAILED)
    estate.writer.finish(run, "complete")
    assert [c["kind"] for c in estate.reader.coverage()] == ["*"]
    estate.scan(estate.thing("a"))
    assert [c["kind"] for c in estate.reader.coverage()] == ["aws.s3.bucket"]
    assert [c["kind"] for c in estate.reader.coverage(run)] == ["*"]


def test_an_account_that_was_shut_is_forgotten_once_it_is_open(estate: Estate) -> None:
    shut = Scope("aws", "111122223333", "?")
    estate.scan(kind="*", outcome=Outcome.DENIED, scope=shut)
    estate.scan()
    assert [(r["kind"], r["place"]) for r in estate.reader.coverage()] == [("aws.s3.bucket", "us-east-1")]


def test_filters_match_exactly_or_by_glob(estate: Estate) -> None:
    estate.scan(estate.thing("train-a"), estate.thing("train_b"), estate.thing("[x]"))
    assert estate.names(name="train*") == {"train-a", "train_b"}
    assert estate.names(name="train?b") == {"train_b"}
    assert estate.names(name="TRAIN*") == set()
    assert estate.names(name="[x]*") == {"[x]"}
    assert estate.names(name="train_b") == {"train_b"}
    assert len(list(estate.reader.resources(limit=2))) == 2
    with pytest.raises(StoreError, match="no column 'nme'; there are: id, kind"):
        list(estate.reader.resources(filters={"nme": "x"}))


def test_many_threads_commit_one_after_the_other(estate: Estate) -> None:
    run = estate.begin()

    def work(i: int) -> None:
        estate.look(run, *(estate.thing(f"t{i}-{j}") for j in range(20)), kind=f"aws.k{i}.x")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(estate.names()) == 160
    assert len(estate.writer.done(run)) == 8


_SIZES = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(looks=st.lists(_SIZES, min_size=1, max_size=4), seed=st.randoms(use_true_random=False))
def test_the_inventory_is_what_was_last_seen_whatever_the_order(looks: list[dict[str, int]], seed: Any) -> None:
    with tempfile.TemporaryDirectory() as home:
        engine = connect(f"sqlite:///{home}/s.db")
        ensure(engine)
        estate = Estate(engine)
        for look in looks:
            things = [estate.thing(n, attributes={"size_bytes": s}) for n, s in look.items()]
            seed.shuffle(things)
            estate.scan(*things)
            before = len(estate.changes())
            estate.scan(*reversed(things))
            assert len(estate.changes()) == before
        rows = list(estate.reader.resources())
        assert {r["name"]: r["attributes"]["size_bytes"] for r in rows if "gone_at" not in r} == looks[-1]
        assert {r["name"] for r in rows} == set().union(*looks)
        engine.dispose()


def test_last_looks_and_counts_make_the_summary(estate: Estate) -> None:
    estate.scan(estate.thing("a", attributes={"accelerators": [{"vendor": "nvidia", "model": "H100", "count": 8}]}), estate.thing("b"))  # fmt: skip
    estate.scan(estate.thing("a", attributes={"accelerators": [{"vendor": "nvidia", "model": "H100", "count": 8}]}))
    summary = estate.reader.summary()
    assert summary["by_dimension"] == [{"dimension": "data", "provider": "aws", "count": 1}]
    assert summary["by_kind"] == [{"kind": "aws.s3.bucket", "count": 1, "gone": 1}]
    assert summary["run"]["records"] == 1
    data = estate.reader.report_data()
    assert data["accelerators"] == [
        {"vendor": "nvidia", "model": "H100", "provider": "aws", "kind": "aws.s3.bucket", "resources": 1, "count": 8}
    ]
    assert (data["resources_by"][0]["count"], data["resources_by"][0]["gone"]) == (1, 1)
    assert data["dimensions"] == {"aws.s3.bucket": "data"}
