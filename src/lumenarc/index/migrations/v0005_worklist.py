"""The modality worklist."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add its table."""
    op.create_table(
        "worklist_item",
        sa.Column("pk", _KEY, primary_key=True),
        sa.Column("patient_fk", _KEY, sa.ForeignKey("patient.pk"), nullable=False),
        sa.Column("order_number", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("study_uid", sa.Text, nullable=False),
        sa.Column("attrs", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("order_number", "step", name="uq_worklist_item_order_number_step"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_worklist_item_patient_fk", "worklist_item", ["patient_fk"])
    op.create_index("ix_worklist_item_state", "worklist_item", ["state"])
