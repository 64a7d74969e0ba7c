"""Gaps that a person accepted for a while"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "acceptances",
        sa.Column("gap_id", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("until", WORDS, nullable=False),
        sa.Column("accepted_at", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("gap_id", name="pk_acceptances"),
    )
