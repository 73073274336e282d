"""The first schema: patients to instances, the trash, application entities, and the search structures.

Frozen: it says what version 0001 was, whatever `index/schema.py` says today.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# Two blanks at the end: the last one and two characters begin a trigram as well.
SQLITE_SEARCH = (
    "CREATE VIEW study_text_source AS SELECT pk, search_text || '  ' AS search_text FROM study",
    "CREATE VIRTUAL TABLE study_text USING fts5(search_text, content='study_text_source', "
    "content_rowid='pk', tokenize='trigram')",
    "CREATE VIRTUAL TABLE study_trigram USING fts5vocab('study_text', 'row')",
    "CREATE TRIGGER study_text_insert AFTER INSERT ON study BEGIN "
    "INSERT INTO study_text(rowid, search_text) VALUES (new.pk, new.search_text || '  '); END",
    "CREATE TRIGGER study_text_delete AFTER DELETE ON study BEGIN "
    "INSERT INTO study_text(study_text, rowid, search_text) VALUES ('delete', old.pk, old.search_text || '  '); END",
    "CREATE TRIGGER study_text_update AFTER UPDATE OF search_text ON study BEGIN "
    "INSERT INTO study_text(study_text, rowid, search_text) VALUES ('delete', old.pk, old.search_text || '  '); "
    "INSERT INTO study_text(rowid, search_text) VALUES (new.pk, new.search_text || '  '); END",
    "CREATE TABLE study_count (n INTEGER NOT NULL)",
    "INSERT INTO study_count VALUES (0)",
    "CREATE TRIGGER study_count_insert AFTER INSERT ON study WHEN new.n_instances > 0 BEGIN "
    "UPDATE study_count SET n = n + 1; END",
    "CREATE TRIGGER study_count_delete AFTER DELETE ON study WHEN old.n_instances > 0 BEGIN "
    "UPDATE study_count SET n = n - 1; END",
    "CREATE TRIGGER study_count_update AFTER UPDATE OF n_instances ON study "
    "WHEN (old.n_instances > 0) <> (new.n_instances > 0) BEGIN "
    "UPDATE study_count SET n = n + (new.n_instances > 0) - (old.n_instances > 0); END",
)


def _plain(name: str) -> sa.Column[str]:
    return sa.Column(name, PLAIN, nullable=False, server_default="")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make all tables."""
    _patients()
    _studies()
    _series()
    _instances()
    _others()
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_SEARCH:
            op.execute(statement)


def _patients() -> None:
    op.create_table(
        "patient",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        _plain("name_a"),
        _plain("name_i"),
        _plain("name_p"),
        _plain("patient_id"),
        _plain("issuer"),
        _plain("birth_date"),
        _plain("birth_time"),
        _plain("sex"),
        _plain("responsible_person_a"),
        _plain("responsible_person_i"),
        _plain("responsible_person_p"),
        sa.Column("attrs", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", KEY64),
        sa.ForeignKeyConstraint(["merged_into"], ["patient.pk"], name="fk_patient_merged_into"),
        sa.PrimaryKeyConstraint("pk", name="pk_patient"),
        sa.UniqueConstraint("identity", name="uq_patient_identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_patient_birth_date", "patient", ["birth_date"])
    op.create_index("ix_patient_name_a", "patient", ["name_a"])
    op.create_index("ix_patient_name_i", "patient", ["name_i"])
    op.create_index("ix_patient_name_p", "patient", ["name_p"])
    op.create_index("ix_patient_patient_id", "patient", ["patient_id", "issuer"])
    op.create_table(
        "patient_identifier",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("patient_fk", KEY64, nullable=False),
        sa.Column("value", PLAIN, nullable=False),
        _plain("issuer"),
        sa.ForeignKeyConstraint(
            ["patient_fk"], ["patient.pk"], name="fk_patient_identifier_patient_fk", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name="pk_patient_identifier"),
    )
    op.create_index("ix_patient_identifier_patient_fk", "patient_identifier", ["patient_fk"])
    op.create_index("ix_patient_identifier_value", "patient_identifier", ["value", "issuer"])


def _studies() -> None:
    op.create_table(
        "study",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("patient_fk", KEY64, nullable=False),
        _plain("study_uid"),
        _plain("study_date"),
        _plain("study_time"),
        _plain("accession_number"),
        _plain("study_id"),
        _plain("description"),
        _plain("referring_physician_a"),
        _plain("referring_physician_i"),
        _plain("referring_physician_p"),
        _plain("admission_id"),
        sa.Column("attrs", sa.Text(), nullable=False),
        sa.Column("n_series", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("n_instances", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        _text("modalities"),
        _text("sop_classes"),
        _text("search_text"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["patient_fk"], ["patient.pk"], name="fk_study_patient_fk"),
        sa.PrimaryKeyConstraint("pk", name="pk_study"),
        sa.UniqueConstraint("study_uid", name="uq_study_study_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_study_accession_number", "study", ["accession_number"])
    op.create_index("ix_study_patient_fk", "study", ["patient_fk"])
    op.create_index("ix_study_referring_physician_a", "study", ["referring_physician_a"])
    op.create_index("ix_study_updated_at", "study", ["updated_at"])
    op.create_index("ix_study_study_date", "study", ["study_date", "study_time", "pk"])
    op.create_index("ix_study_study_id", "study", ["study_id"])


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("study_fk", KEY64, nullable=False),
        _plain("series_uid"),
        _plain("modality"),
        sa.Column("series_number", sa.BigInteger()),
        _plain("description"),
        _plain("series_date"),
        _plain("series_time"),
        _plain("body_part"),
        _plain("laterality"),
        _plain("pps_start_date"),
        _plain("pps_start_time"),
        _plain("performing_physician_a"),
        _plain("performing_physician_i"),
        _plain("performing_physician_p"),
        _plain("institution"),
        _plain("department"),
        _plain("station"),
        _plain("contrast"),
        _plain("protocol"),
        _plain("frame_of_reference_uid"),
        sa.Column("attrs", sa.Text(), nullable=False),
        sa.Column("n_instances", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        _text("sop_classes"),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"),
        _text("source_aet"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_fk"], ["study.pk"], name="fk_series_study_fk"),
        sa.PrimaryKeyConstraint("pk", name="pk_series"),
        sa.UniqueConstraint("study_fk", "series_uid", name="uq_series_study_fk_series_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_series_modality", "series", ["modality", "study_fk"])
    op.create_index("ix_series_series_uid", "series", ["series_uid"])
    op.create_table(
        "series_metadata",
        sa.Column("series_fk", KEY64, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["series_fk"], ["series.pk"], name="fk_series_metadata_series_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series_fk", name="pk_series_metadata"),
    )
    op.create_table(
        "series_request",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("series_fk", KEY64, nullable=False),
        _text("requested_procedure_id"),
        _text("scheduled_procedure_step_id"),
        _text("accession_number"),
        _text("study_uid"),
        sa.ForeignKeyConstraint(["series_fk"], ["series.pk"], name="fk_series_request_series_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name="pk_series_request"),
    )
    op.create_index("ix_series_request_accession_number", "series_request", ["accession_number"])
    op.create_index("ix_series_request_requested_procedure_id", "series_request", ["requested_procedure_id"])
    op.create_index("ix_series_request_scheduled_procedure_step_id", "series_request", ["scheduled_procedure_step_id"])
    op.create_index("ix_series_request_series_fk", "series_request", ["series_fk"])


def _instances() -> None:
    op.create_table(
        "trash",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        _text("series_uid"),
        _text("sop_instance_uid"),
        sa.Column("n_instances", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        _text("reason"),
        _text("deleted_by"),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_trash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trash_expires_at", "trash", ["expires_at"])
    op.create_table(
        "instance",
        sa.Column("pk", KEY64, nullable=False),
        sa.Column("series_fk", KEY64, nullable=False),
        _plain("sop_instance_uid"),
        _plain("sop_class_uid"),
        sa.Column("instance_number", sa.BigInteger()),
        _plain("content_date"),
        _plain("content_time"),
        _plain("acquisition_date"),
        _plain("acquisition_time"),
        _plain("image_type"),
        _plain("completion_flag"),
        _plain("verification_flag"),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("columns", sa.BigInteger()),
        sa.Column("bits_allocated", sa.BigInteger()),
        sa.Column("number_of_frames", sa.BigInteger()),
        sa.Column("transfer_syntax_uid", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.Column("header_bytes", sa.Integer(), nullable=False),
        sa.Column("data_set_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("pixel_offset", sa.BigInteger()),
        sa.Column("pixel_bytes", sa.BigInteger()),
        _text("source_aet"),
        _text("source_host"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="live"),
        sa.Column("trash_fk", KEY64),
        _text("note"),
        sa.ForeignKeyConstraint(["series_fk"], ["series.pk"], name="fk_instance_series_fk"),
        sa.ForeignKeyConstraint(["trash_fk"], ["trash.pk"], name="fk_instance_trash_fk"),
        sa.PrimaryKeyConstraint("pk", name="pk_instance"),
    )
    op.create_index("ix_instance_not_live", "instance", ["state", "sop_instance_uid"], **_where("state <> 'live'"))
    op.create_index("ix_instance_series_fk", "instance", ["series_fk", "instance_number"])
    op.create_index("ix_instance_trash_fk", "instance", ["trash_fk"], **_where("trash_fk IS NOT NULL"))
    op.create_index("uq_instance_blob_key", "instance", ["blob_key"], unique=True)
    op.create_index("uq_instance_live_uid", "instance", ["sop_instance_uid"], unique=True, **_where("state = 'live'"))


def _others() -> None:
    op.create_table(
        "application_entity",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        _text("description"),
        sa.Column("tls", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("may", sa.Text(), nullable=False, server_default="store find move get"),
        sa.Column("n_associations", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("title", name="pk_application_entity"),
    )
    op.create_table(
        "refused_caller",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("n_refused", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("title", "host", name="pk_refused_caller"),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_state"),
    )
