"""Durable jobs; and one counter of studies again where an early program had made several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('waiting', 'running')")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    """Make the table, mend the counter."""
    op.create_table(
        "job",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="waiting"),
        _text("lane"),
        sa.Column("only_key", sa.Text()),
        sa.Column("n_total", sa.BigInteger()),
        sa.Column("n_done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("n_failed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("n_attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        _text("leased_by"),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        _text("checkpoint"),
        _text("error"),
        _text("result"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_job"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_open", "job", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("uq_job_only_key", "job", ["only_key"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_job_updated_at", "job", ["updated_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM study_count")
        op.execute("INSERT INTO study_count SELECT count(*) FROM study WHERE n_instances > 0")
