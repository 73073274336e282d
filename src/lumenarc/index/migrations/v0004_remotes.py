"""Other archives, and the studies that were only fetched to be looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "remote_archive",
        sa.Column("name", sa.Text, primary_key=True),
        _text("ae_title"),
        _text("web_url"),
        _text("web_authorization"),
        sa.Column("fetch", sa.Text, nullable=False),
        sa.Column("keep", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "cached_study",
        sa.Column("study_uid", sa.Text, primary_key=True),
        sa.Column("remote", sa.Text, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_cached_study_used_at", "cached_study", ["used_at"])
