"""The tables of the inventory, and the revision at which they have this shape.

Owns names, types and indexes. Instants are RFC 3339 text in UTC of fixed width ("2026-11-24T04:15:00.000Z"), objects
are canonical JSON text, so that both databases hold, compare and sort the same. Text holds no NUL character.

A *listing* is one kind in one scope of one source: what coverage speaks of. A *sighting* is one resource in one
listing; aliases, references and the payload hang on it. A sighting that is not gone, in a listing that was read to its
end, was last seen when that listing was: unchanged records cost no write.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0005"
"""Newest revision in migrations/versions."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares byte by byte on both databases."""
Number = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Words, nullable=null)


def _number(name: str) -> Column[int]:
    return Column(name, Number, nullable=False)


def _key(name: str = "id", *, automatic: bool = True) -> Column[int]:
    return Column(name, Number, primary_key=True, autoincrement=automatic)


def _of(name: str, target: str, type_: Any = Number, *, primary: bool = False) -> Column[Any]:
    return Column(name, type_, ForeignKey(target, ondelete="CASCADE"), nullable=False, primary_key=primary)


runs = Table(
    "runs",
    metadata,
    Column("id", Words, primary_key=True),
    _text("status"),  # running, complete, interrupted
    _text("started_at"),
    _text("finished_at", null=True),
    _text("selection"),
    _text("version"),
    _number("pid"),
    _text("host"),
)

sources = Table(
    "sources",
    metadata,
    _of("run_id", "runs.id", Words, primary=True),
    Column("name", Words, primary_key=True),
    _text("type"),
    _text("provider"),
    _text("facts"),
)

listings = Table(
    "listings",
    metadata,
    _key(automatic=False),
    _text("source"),
    _text("kind"),
    _text("provider"),
    _text("account"),
    _text("place"),
    _text("run_id", null=True),  # the run of the latest look
    _text("last_complete_at", null=True),  # the latest look that proved absence
    _text("retired_at", null=True),  # since then a full scan of the source no longer has this scope
    UniqueConstraint("source", "kind", "provider", "account", "place"),
    Index(None, "kind", "provider", "account"),
)

coverage = Table(
    "coverage",
    metadata,
    _of("run_id", "runs.id", Words, primary=True),
    _of("listing_id", "listings.id", primary=True),
    _text("outcome"),
    _number("records"),
    _number("gaps"),
    _number("quarantined"),
    _number("duplicates"),
    _text("reason"),
    _text("needs"),
    _text("started_at"),
    _text("finished_at"),
    _text("since", null=True),  # how far back the listing went; null: to the beginning
    Index(None, "listing_id"),
)

resources = Table(
    "resources",
    metadata,
    Column("id", Words, primary_key=True),
    _text("kind"),
    _text("category"),
    _text("dimension", null=True),
    _text("provider"),
    _text("account"),
    _text("place"),
    _text("name", null=True),
    _text("native_id", null=True),
    _text("tags"),
    _text("attributes"),
    _number("listing_id"),  # the listing whose word counts where several see the thing
    Column("digest", LargeBinary, nullable=False),
    _text("first_seen_at"),
    _text("gone_at", null=True),
    Index(None, "kind", "provider", "account", "place"),
    Index(None, "category"),
)

sightings = Table(
    "sightings",
    metadata,
    _key(automatic=False),
    _of("listing_id", "listings.id"),
    _of("resource_id", "resources.id", Words),
    Column("digest", LargeBinary, nullable=False),
    _text("run_id"),  # the run that last wrote it
    _text("seen_at"),
    _text("gone_at", null=True),
    UniqueConstraint("listing_id", "resource_id"),
    Index(None, "resource_id"),
)

raw_payloads = Table(
    "raw_payloads",
    metadata,
    _of("sighting_id", "sightings.id", primary=True),
    _text("call"),
    _text("observed_at"),
    Column("sha256", LargeBinary, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    _number("bytes"),
    Column("data", LargeBinary, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    _key(),
    _of("sighting_id", "sightings.id"),
    _text("key"),
    Index(None, "sighting_id"),
    Index(None, "key"),
)

refs = Table(
    "refs",
    metadata,
    _key(),
    _of("sighting_id", "sightings.id"),
    _text("path"),
    _text("verb"),
    _text("value"),
    _text("key"),
    _text("call"),
    _text("target"),
    _text("provider"),
    _text("account"),
    _text("place"),
    Column("optional", Boolean(create_constraint=False), nullable=False),
    Index(None, "sighting_id"),
    Index(None, "key"),
)

detail_gaps = Table(
    "detail_gaps",
    metadata,
    _key(),
    _of("sighting_id", "sightings.id"),
    _text("fault"),  # denied, failed, misfit
    _text("call"),
    _text("needs"),
    _text("message"),
    Index(None, "sighting_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _key(),
    _of("listing_id", "listings.id"),
    _text("run_id"),
    _text("reason"),
    _text("call"),
    _text("observed_at"),
    Column("sha256", LargeBinary, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    _number("bytes"),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("listing_id", "sha256"),
)

versions = Table(
    "versions",
    metadata,
    _key(),
    _text("resource_id"),
    _text("run_id"),
    _text("at"),
    _text("change"),  # appeared, changed, gone, returned
    _text("before"),  # of what changed only: {"attributes.size_bytes": 1}; an absent key was unknown
    _text("after"),
    Index(None, "resource_id"),
    Index(None, "run_id"),
)

relations = Table(
    "relations",
    metadata,
    Column("source_id", Words, primary_key=True),
    Column("verb", Words, primary_key=True),
    Column("target_id", Words, primary_key=True),
    _text("evidence"),
    Index(None, "target_id"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Words, primary_key=True),
    _text("code"),
    _text("severity"),
    _text("why"),
    _text("subject_id"),
    _text("subject"),
    _text("missing"),
    _text("evidence"),
    _number("evidence_count"),
    _text("remedy"),
    _text("extra"),
    _text("first_seen_at"),
    _text("run_id"),  # the run after which it was last found
    _text("resolved_at", null=True),
    Index(None, "subject_id"),
    Index(None, "code"),
)

acceptances = Table(
    "acceptances",
    metadata,
    Column("gap_id", Words, primary_key=True),  # of no key: it outlives the gap, and holds when that comes back
    _text("reason"),
    _text("until"),  # the last day, "2027-03-31"
    _text("accepted_at"),
)

answers = Table(
    "answers",
    metadata,
    _key(),
    _text("subject_id"),  # of no key: a resource or a workload, also one that is gone and may come back
    _text("fact"),  # the attribute that it says
    _text("value"),
    _text("told_by"),
    _text("told_on"),  # "2026-11-24"
    _text("taken_at"),
    _text("superseded_at", null=True),  # null: it stands
    Index(None, "subject_id", "fact"),
)

workloads = Table(
    "workloads",
    metadata,
    Column("id", Words, primary_key=True),
    _text("type"),
    _text("name"),
    _text("provider"),
    _text("account"),
    _text("place"),
    _text("owner", null=True),
    _text("environment", null=True),
    _text("criticality", null=True),
    _text("roots"),  # ids of the resources it begins at, the first ones
    _number("root_count"),
    _text("parts"),  # role -> how many
    _text("lacks"),  # roles that it must have and has not
    _text("evidence"),  # of owner, environment and criticality: where it stands
)

members = Table(
    "members",
    metadata,
    _of("workload_id", "workloads.id", Words, primary=True),
    Column("resource_id", Words, primary_key=True),
    _text("role"),
    Column("depth", SmallInteger, nullable=False),  # steps from where the workload begins
    Index(None, "resource_id"),
)
