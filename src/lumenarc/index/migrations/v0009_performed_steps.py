"""Performed procedure steps; the worklist is looked into by study."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table and the index."""
    op.create_table(
        "performed_step",
        sa.Column("pk", _KEY, primary_key=True),
        sa.Column("sop_instance_uid", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("study_uid", sa.Text, nullable=False),
        sa.Column("attrs", sa.Text, nullable=False),
        sa.Column("source_aet", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("sop_instance_uid", name="uq_performed_step_sop_instance_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_performed_step_state", "performed_step", ["state"])
    op.create_index("ix_performed_step_study_uid", "performed_step", ["study_uid"])
    op.create_index("ix_worklist_item_study_uid", "worklist_item", ["study_uid"])
