"""Printers among the registered application entities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "printer",
        sa.Column("title", sa.Text, primary_key=True),
        sa.Column("abilities", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
