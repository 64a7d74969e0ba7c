"""Workloads and what belongs to them"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "workloads",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("owner", WORDS, nullable=True),
        sa.Column("environment", WORDS, nullable=True),
        sa.Column("criticality", WORDS, nullable=True),
        sa.Column("roots", WORDS, nullable=False),
        sa.Column("root_count", NUMBER, nullable=False),
        sa.Column("parts", WORDS, nullable=False),
        sa.Column("lacks", WORDS, nullable=False),
        sa.Column("evidence", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workloads"),
    )
    op.create_table(
        "members",
        sa.Column("workload_id", WORDS, nullable=False),
        sa.Column("resource_id", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workload_id"], ["workloads.id"], name="fk_members_workload_id_workloads", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workload_id", "resource_id", name="pk_members"),
    )
    op.create_index("ix_members_resource_id", "members", ["resource_id"])
