"""Films that were printed on the archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add their tables."""
    op.create_table(
        "film_job",
        sa.Column("pk", _KEY, primary_key=True),
        sa.Column("job_uid", sa.Text, nullable=False),
        sa.Column("calling_aet", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("n_images", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("job_uid", name="uq_film_job_job_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_film_job_created_at", "film_job", ["created_at"])
    op.create_table(
        "film",
        sa.Column("film_job_fk", _KEY, sa.ForeignKey("film_job.pk", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("size", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("dpi", sa.Integer, nullable=False),
        sa.Column("blob_key", sa.Text, nullable=False),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("preview", sa.LargeBinary, nullable=False),
    )
    op.create_index("uq_film_blob_key", "film", ["blob_key"], unique=True)
