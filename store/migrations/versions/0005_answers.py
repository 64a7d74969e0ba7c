"""What people answered"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("subject_id", WORDS, nullable=False),
        sa.Column("fact", WORDS, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.Column("told_by", WORDS, nullable=False),
        sa.Column("told_on", WORDS, nullable=False),
        sa.Column("taken_at", WORDS, nullable=False),
        sa.Column("superseded_at", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_subject_id_fact", "answers", ["subject_id", "fact"])
