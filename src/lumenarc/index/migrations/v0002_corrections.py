"""What corrections of patients, studies and series need: overlays, aliases and a history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and tables; nothing was corrected so far."""
    for table in ("patient", "study", "series"):
        op.add_column(table, sa.Column("overlay", sa.Text, nullable=False, server_default="{}"))
    op.add_column("study", sa.Column("moved_from", sa.Text, nullable=False, server_default=""))
    op.add_column("series", sa.Column("corrected_at", sa.BigInteger))
    op.create_table(
        "patient_alias",
        sa.Column("identity", sa.Text, primary_key=True),
        sa.Column("patient_fk", _KEY, sa.ForeignKey("patient.pk", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_patient_alias_patient_fk", "patient_alias", ["patient_fk"])
    op.create_table(
        "correction",
        sa.Column("pk", _KEY, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("patient_fk", sa.BigInteger),
        sa.Column("study_uid", sa.Text, nullable=False, server_default=""),
        sa.Column("series_uid", sa.Text, nullable=False, server_default=""),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("corrected_by", sa.Text, nullable=False),
        sa.Column("corrected_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_study_uid", "correction", ["study_uid"])
    op.create_index("ix_correction_patient_fk", "correction", ["patient_fk"])
