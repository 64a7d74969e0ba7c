"""The first schema"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("code", WORDS, nullable=False),
        sa.Column("severity", WORDS, nullable=False),
        sa.Column("why", WORDS, nullable=False),
        sa.Column("subject_id", WORDS, nullable=False),
        sa.Column("subject", WORDS, nullable=False),
        sa.Column("missing", WORDS, nullable=False),
        sa.Column("evidence", WORDS, nullable=False),
        sa.Column("evidence_count", NUMBER, nullable=False),
        sa.Column("remedy", WORDS, nullable=False),
        sa.Column("extra", WORDS, nullable=False),
        sa.Column("first_seen_at", WORDS, nullable=False),
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("resolved_at", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_code"), "gaps", ["code"], unique=False)
    op.create_index(op.f("ix_gaps_subject_id"), "gaps", ["subject_id"], unique=False)

    op.create_table(
        "listings",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("run_id", WORDS, nullable=True),
        sa.Column("last_complete_at", WORDS, nullable=True),
        sa.Column("retired_at", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint(
            "source",
            "kind",
            "provider",
            "account",
            "place",
            name=op.f("uq_listings_source_kind_provider_account_place"),
        ),
    )
    op.create_index(
        op.f("ix_listings_kind_provider_account"), "listings", ["kind", "provider", "account"], unique=False
    )

    op.create_table(
        "relations",
        sa.Column("source_id", WORDS, nullable=False),
        sa.Column("verb", WORDS, nullable=False),
        sa.Column("target_id", WORDS, nullable=False),
        sa.Column("evidence", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "verb", "target_id", name=op.f("pk_relations")),
    )
    op.create_index(op.f("ix_relations_target_id"), "relations", ["target_id"], unique=False)

    op.create_table(
        "resources",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("category", WORDS, nullable=False),
        sa.Column("dimension", WORDS, nullable=True),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=True),
        sa.Column("native_id", WORDS, nullable=True),
        sa.Column("tags", WORDS, nullable=False),
        sa.Column("attributes", WORDS, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", WORDS, nullable=False),
        sa.Column("gone_at", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
    )
    op.create_index(op.f("ix_resources_category"), "resources", ["category"], unique=False)
    op.create_index(
        op.f("ix_resources_kind_provider_account_place"),
        "resources",
        ["kind", "provider", "account", "place"],
        unique=False,
    )

    op.create_table(
        "runs",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("started_at", WORDS, nullable=False),
        sa.Column("finished_at", WORDS, nullable=True),
        sa.Column("selection", WORDS, nullable=False),
        sa.Column("version", WORDS, nullable=False),
        sa.Column("pid", NUMBER, nullable=False),
        sa.Column("host", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "versions",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("resource_id", WORDS, nullable=False),
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("at", WORDS, nullable=False),
        sa.Column("change", WORDS, nullable=False),
        sa.Column("before", WORDS, nullable=False),
        sa.Column("after", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_resource_id"), "versions", ["resource_id"], unique=False)
    op.create_index(op.f("ix_versions_run_id"), "versions", ["run_id"], unique=False)

    op.create_table(
        "coverage",
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.Column("records", NUMBER, nullable=False),
        sa.Column("gaps", NUMBER, nullable=False),
        sa.Column("quarantined", NUMBER, nullable=False),
        sa.Column("duplicates", NUMBER, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("needs", WORDS, nullable=False),
        sa.Column("started_at", WORDS, nullable=False),
        sa.Column("finished_at", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_coverage_listing_id_listings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_coverage_run_id_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "listing_id", name=op.f("pk_coverage")),
    )
    op.create_index(op.f("ix_coverage_listing_id"), "coverage", ["listing_id"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("call", WORDS, nullable=False),
        sa.Column("observed_at", WORDS, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_quarantine_listing_id_listings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("listing_id", "sha256", name=op.f("uq_quarantine_listing_id_sha256")),
    )
    op.create_table(
        "sightings",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("listing_id", NUMBER, nullable=False),
        sa.Column("resource_id", WORDS, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("seen_at", WORDS, nullable=False),
        sa.Column("gone_at", WORDS, nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_sightings_listing_id_listings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_sightings_resource_id_resources"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("listing_id", "resource_id", name=op.f("uq_sightings_listing_id_resource_id")),
    )
    op.create_index(op.f("ix_sightings_resource_id"), "sightings", ["resource_id"], unique=False)

    op.create_table(
        "sources",
        sa.Column("run_id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("facts", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_sources_run_id_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_sources")),
    )
    op.create_table(
        "aliases",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("sighting_id", NUMBER, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_aliases_sighting_id_sightings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_key"), "aliases", ["key"], unique=False)
    op.create_index(op.f("ix_aliases_sighting_id"), "aliases", ["sighting_id"], unique=False)

    op.create_table(
        "detail_gaps",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("sighting_id", NUMBER, nullable=False),
        sa.Column("fault", WORDS, nullable=False),
        sa.Column("call", WORDS, nullable=False),
        sa.Column("needs", WORDS, nullable=False),
        sa.Column("message", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_detail_gaps_sighting_id_sightings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detail_gaps")),
    )
    op.create_index(op.f("ix_detail_gaps_sighting_id"), "detail_gaps", ["sighting_id"], unique=False)

    op.create_table(
        "raw_payloads",
        sa.Column("sighting_id", NUMBER, nullable=False),
        sa.Column("call", WORDS, nullable=False),
        sa.Column("observed_at", WORDS, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_raw_payloads_sighting_id_sightings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_raw_payloads")),
    )
    op.create_table(
        "refs",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("sighting_id", NUMBER, nullable=False),
        sa.Column("path", WORDS, nullable=False),
        sa.Column("verb", WORDS, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("call", WORDS, nullable=False),
        sa.Column("target", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sightings.id"], name=op.f("fk_refs_sighting_id_sightings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refs")),
    )
    op.create_index(op.f("ix_refs_key"), "refs", ["key"], unique=False)
    op.create_index(op.f("ix_refs_sighting_id"), "refs", ["sighting_id"], unique=False)
