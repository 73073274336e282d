"""Which tables and columns the index has, on SQLite and PostgreSQL alike (columns: dicom/attributes.py)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lumenarc.dicom.attributes import INDEXED, Kind, Level

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives fast rowids only to INTEGER PRIMARY KEY; PostgreSQL needs 64 bits.
Key64 = BigInteger().with_variant(Integer(), "sqlite")
# Compared by code point whatever the locale of the database: ranges, prefixes and order agree with Python.
Plain = Text().with_variant(Text(collation="C"), "postgresql")


def _indexed(level: Level) -> Iterator[Column[object]]:
    """Yield the matching columns of a level; NULL and "" both mean that the attribute has no value."""
    for line in INDEXED:
        if line.level is not level:
            continue
        if line.kind is Kind.NAME:
            for group in ("a", "i", "p"):
                yield Column(f"{line.column}_{group}", Plain, nullable=False, server_default="")
        elif line.kind is Kind.INTEGER:
            yield Column(line.column, BigInteger)
        else:
            yield Column(line.column, Plain, nullable=False, server_default="")


patient = Table(
    "patient",
    metadata,
    Column("pk", Key64, primary_key=True),
    # One person as the policy sees it: a digest of ID, issuer and, by default, folded name and birth date.
    Column("identity", Text, nullable=False, unique=True),
    *_indexed(Level.PATIENT),
    Column("attrs", Text, nullable=False),  # DICOM JSON of the patient's attributes
    Column("overlay", Text, nullable=False, server_default="{}"),  # what was corrected: laid over objects that leave
    Column("created_at", BigInteger, nullable=False),  # ms since the epoch, UTC
    Column("updated_at", BigInteger, nullable=False),
    Column("merged_into", ForeignKey("patient.pk")),
    Index("ix_patient_patient_id", "patient_id", "issuer"),
    Index("ix_patient_name_a", "name_a"),
    Index("ix_patient_name_i", "name_i"),
    Index("ix_patient_name_p", "name_p"),
    Index("ix_patient_birth_date", "birth_date"),
    sqlite_autoincrement=True,
)

# Under which identities objects of a patient arrive as well, after a merge or a correction of ID, name, birth date.
patient_alias = Table(
    "patient_alias",
    metadata,
    Column("identity", Text, primary_key=True),
    Column("patient_fk", ForeignKey("patient.pk", ondelete="CASCADE"), nullable=False, index=True),
)

patient_identifier = Table(
    "patient_identifier",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("patient_fk", ForeignKey("patient.pk", ondelete="CASCADE"), nullable=False, index=True),
    Column("value", Plain, nullable=False),
    Column("issuer", Plain, nullable=False, server_default=""),
    Index("ix_patient_identifier_value", "value", "issuer"),
)

study = Table(
    "study",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("patient_fk", ForeignKey("patient.pk"), nullable=False, index=True),
    *_indexed(Level.STUDY),
    Column("attrs", Text, nullable=False),
    Column("overlay", Text, nullable=False, server_default="{}"),
    Column("moved_from", Text, nullable=False, server_default=""),  # identity of its objects, once it was moved
    # Kept with every store and delete in the same transaction; only live instances count, an empty study is hidden.
    Column("n_series", Integer, nullable=False, server_default="0"),
    Column("n_instances", Integer, nullable=False, server_default="0"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("modalities", Text, nullable=False, server_default=""),  # \CT\SR\ sorted
    Column("sop_classes", Text, nullable=False, server_default=""),  # \1.2…\1.2…\ sorted
    Column("search_text", Text, nullable=False, server_default=""),  # folded words for free text, with the patient's
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("study_uid"),
    Index("ix_study_study_date", "study_date", "study_time", "pk"),
    Index("ix_study_accession_number", "accession_number"),
    Index("ix_study_study_id", "study_id"),
    Index("ix_study_referring_physician_a", "referring_physician_a"),
    Index("ix_study_updated_at", "updated_at"),
    sqlite_autoincrement=True,
)

series = Table(
    "series",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("study_fk", ForeignKey("study.pk"), nullable=False),
    *_indexed(Level.SERIES),
    Column("attrs", Text, nullable=False),
    Column("overlay", Text, nullable=False, server_default="{}"),
    Column("corrected_at", BigInteger),  # NULL: its objects leave as they were received
    Column("n_instances", Integer, nullable=False, server_default="0"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("sop_classes", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False, server_default="0"),  # grows with every change: ETag and cache key
    Column("source_aet", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # The same Series UID in two studies is invalid and happens: each study has its own row then.
    UniqueConstraint("study_fk", "series_uid"),
    Index("ix_series_series_uid", "series_uid"),
    Index("ix_series_modality", "modality", "study_fk"),
    sqlite_autoincrement=True,
)

series_request = Table(
    "series_request",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("series_fk", ForeignKey("series.pk", ondelete="CASCADE"), nullable=False, index=True),
    Column("requested_procedure_id", Text, nullable=False, server_default="", index=True),
    Column("scheduled_procedure_step_id", Text, nullable=False, server_default="", index=True),
    Column("accession_number", Text, nullable=False, server_default="", index=True),
    Column("study_uid", Text, nullable=False, server_default=""),
)

instance = Table(
    "instance",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("series_fk", ForeignKey("series.pk"), nullable=False),
    *_indexed(Level.IMAGE),
    Column("transfer_syntax_uid", Text, nullable=False),
    Column("blob_key", Text, nullable=False),
    Column("header_bytes", Integer, nullable=False),  # preamble and file meta in front of the data set
    Column("data_set_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),  # of the data set
    Column("pixel_offset", BigInteger),  # of the pixel data value, from the start of the data set; NULL: no pixels
    Column("pixel_bytes", BigInteger),  # NULL: undefined length (encapsulated)
    Column("source_aet", Text, nullable=False, server_default=""),
    Column("source_host", Text, nullable=False, server_default=""),
    Column("received_at", BigInteger, nullable=False),
    # 'live' is what queries see; 'other' waits for an administrator (same UID, other content); 'trash' is deleted.
    Column("state", Text, nullable=False, server_default="live"),
    Column("trash_fk", ForeignKey("trash.pk")),
    Column("note", Text, nullable=False, server_default=""),  # why it is not live, or what conflicts
    Index(
        "uq_instance_live_uid",
        "sop_instance_uid",
        unique=True,
        sqlite_where=text("state = 'live'"),
        postgresql_where=text("state = 'live'"),
    ),
    Index("ix_instance_series_fk", "series_fk", "instance_number"),
    Index(
        "ix_instance_not_live",
        "state",
        "sop_instance_uid",
        sqlite_where=text("state <> 'live'"),
        postgresql_where=text("state <> 'live'"),
    ),
    Index(
        "ix_instance_trash_fk",
        "trash_fk",
        sqlite_where=text("trash_fk IS NOT NULL"),
        postgresql_where=text("trash_fk IS NOT NULL"),
    ),
    Index("uq_instance_blob_key", "blob_key", unique=True),
)

trash = Table(
    "trash",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("level", Text, nullable=False),  # STUDY, SERIES or IMAGE
    Column("study_uid", Text, nullable=False),
    Column("series_uid", Text, nullable=False, server_default=""),
    Column("sop_instance_uid", Text, nullable=False, server_default=""),
    Column("n_instances", Integer, nullable=False),
    Column("summary", Text, nullable=False),  # DICOM JSON for the list: patient, date, description
    Column("reason", Text, nullable=False, server_default=""),
    Column("deleted_by", Text, nullable=False, server_default=""),
    Column("deleted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_autoincrement=True,
)

correction = Table(
    "correction",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("kind", Text, nullable=False),  # edit, move or merge
    Column("level", Text, nullable=False),  # PATIENT, STUDY or SERIES
    Column("patient_fk", BigInteger),  # no foreign key: the history outlives what it tells of
    Column("study_uid", Text, nullable=False, server_default=""),
    Column("series_uid", Text, nullable=False, server_default=""),
    Column("before", Text, nullable=False),  # DICOM JSON of the changed attributes; {} for one that was absent
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("corrected_by", Text, nullable=False),
    Column("corrected_at", BigInteger, nullable=False),
    Index("ix_correction_study_uid", "study_uid"),
    Index("ix_correction_patient_fk", "patient_fk"),
    sqlite_autoincrement=True,
)

application_entity = Table(
    "application_entity",
    metadata,
    Column("title", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("tls", Boolean, nullable=False, server_default=text("false")),
    Column("may", Text, nullable=False, server_default="store find move get"),
    Column("n_associations", Integer, nullable=False, server_default="1"),  # parallel store associations to it
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Other archives whose studies users may search and fetch.
remote_archive = Table(
    "remote_archive",
    metadata,
    Column("name", Text, primary_key=True),
    Column("ae_title", Text, nullable=False, server_default=""),  # a registered AE; "" when only DICOMweb is spoken
    Column("web_url", Text, nullable=False, server_default=""),
    Column("web_authorization", Text, nullable=False, server_default=""),  # a secret: never shown again
    Column("fetch", Text, nullable=False),  # get, move or web
    Column("keep", Boolean, nullable=False, server_default=text("true")),  # false: fetched studies live in the cache
    Column("updated_at", BigInteger, nullable=False),
)

# Studies that were only fetched to be looked at; the longest unused go when the cache is full.
cached_study = Table(
    "cached_study",
    metadata,
    Column("study_uid", Text, primary_key=True),
    Column("remote", Text, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),
)

refused_caller = Table(
    "refused_caller",
    metadata,
    Column("title", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("n_refused", Integer, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

series_metadata = Table(
    "series_metadata",
    metadata,
    Column("series_fk", ForeignKey("series.pk", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, nullable=False),  # of the series it was built from
    Column("body", LargeBinary, nullable=False),  # gzip of a DICOM JSON array, one object per instance
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),  # e.g. clean_shutdown, recovered_until
    Column("value", Text, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("task", Text, nullable=False),  # a name of doors/worker TASKS
    Column("title", Text, nullable=False),  # what is shown; no patient data
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False, server_default="waiting"),  # running done failed cancelled
    # Of jobs in one lane one runs at a time, on all nodes together; "" is no lane.
    Column("lane", Text, nullable=False, server_default=""),
    # Of jobs with one key at most one is waiting or running.
    Column("only_key", Text),
    Column("n_total", BigInteger),  # NULL: not known
    Column("n_done", BigInteger, nullable=False, server_default="0"),
    Column("n_failed", BigInteger, nullable=False, server_default="0"),
    Column("n_attempts", Integer, nullable=False, server_default="0"),  # since it last got further
    Column("due_at", BigInteger, nullable=False),  # ms since the epoch, UTC, as all times
    Column("leased_by", Text, nullable=False, server_default=""),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),  # then somebody else may run it
    Column("cancel_asked", Boolean, nullable=False, server_default=text("false")),
    Column("checkpoint", Text, nullable=False, server_default=""),  # JSON: where another attempt goes on
    Column("error", Text, nullable=False, server_default=""),  # one sentence; no patient data
    Column("result", Text, nullable=False, server_default=""),  # JSON
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "ix_job_open",
        "due_at",
        sqlite_where=text("state IN ('waiting', 'running')"),
        postgresql_where=text("state IN ('waiting', 'running')"),
    ),
    Index(
        "uq_job_only_key",
        "only_key",
        unique=True,
        sqlite_where=text("state IN ('waiting', 'running')"),
        postgresql_where=text("state IN ('waiting', 'running')"),
    ),
    Index("ix_job_updated_at", "updated_at"),
    sqlite_autoincrement=True,
)

# One row for each scheduled procedure step; the attributes of the patient are joined when somebody asks.
worklist_item = Table(
    "worklist_item",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("patient_fk", ForeignKey("patient.pk"), nullable=False, index=True),
    Column("order_number", Text, nullable=False),
    Column("step", Text, nullable=False),  # the step's ID, or its place in the order
    Column("state", Text, nullable=False, index=True),  # SCHEDULED STARTED COMPLETED CANCELED DISCONTINUED
    Column("study_uid", Text, nullable=False, index=True),
    Column("attrs", Text, nullable=False),  # DICOM JSON of the item without its patient
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("order_number", "step"),
    sqlite_autoincrement=True,
)

# Who may sign in; a password that is not set ("") is never right.
account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False, server_default=""),  # Argon2id with its parameters
    Column("role", Text, nullable=False),  # a name of access.ROLES
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    # Who somebody is elsewhere: issuer and subject of OpenID Connect; NULL for those with a password here.
    Column("subject", Text, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger),
)

# Sessions of browsers and tokens of programs; only the digest is kept, so that the table opens no door.
credential = Table(
    "credential",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the secret, hexadecimal
    Column("name", ForeignKey("account.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # session token
    Column("role", Text, nullable=False, server_default=""),  # of a token: no more than this; "" is the user's
    Column("label", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# Wrong passwords lately, for each name and each host that gave them.
sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("key", Text, primary_key=True),
    Column("n_failed", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False, index=True),
)

# What print clients have printed on us (PS3.4 Annex H): one row for each print job, one for each of its films.
film_job = Table(
    "film_job",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("job_uid", Text, nullable=False),  # SOP Instance UID of the Print Job
    Column("calling_aet", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("priority", Text, nullable=False),
    Column("error", Text, nullable=False),  # why it failed; "" when it is done
    Column("n_images", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("job_uid"),
    sqlite_autoincrement=True,
)

film = Table(
    "film",
    metadata,
    Column("film_job_fk", ForeignKey("film_job.pk", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("size", Text, nullable=False),  # Film Size ID
    Column("width", Integer, nullable=False),  # dots
    Column("height", Integer, nullable=False),
    Column("dpi", Integer, nullable=False),
    Column("blob_key", Text, nullable=False),  # of the PNG
    Column("n_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("preview", LargeBinary, nullable=False),  # a small JPEG
    Index("uq_film_blob_key", "blob_key", unique=True),
)

# Which registered application entities are printers, and what they can do.
printer = Table(
    "printer",
    metadata,
    Column("title", Text, primary_key=True),
    Column("abilities", Text, nullable=False),  # JSON
    Column("updated_at", BigInteger, nullable=False),
)
# What modalities say that they do and have done (MPPS); objects of it may have arrived or not.
performed_step = Table(
    "performed_step",
    metadata,
    Column("pk", Key64, primary_key=True),
    Column("sop_instance_uid", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, index=True),  # IN PROGRESS COMPLETED DISCONTINUED
    Column("study_uid", Text, nullable=False, index=True),  # the first one
    Column("attrs", Text, nullable=False),  # DICOM JSON of the whole step
    Column("source_aet", Text, nullable=False),  # who told of it
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
