"""Every setting of Lumenarc: name, type, default, unit and what it is for, one entry each.

Read from `lumenarc.toml`, then `LUMENARC_*` environment variables, then the command line; the later wins. A name that
is not here is an error that names its nearest neighbours.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lumenarc.errors import BadRequest

ENV_PREFIX = "LUMENARC_"
GIB = 1 << 30
MIB = 1 << 20


class BadSetting(BadRequest):
    """A setting is unknown or its value does not fit; the message names it."""


def _s(default: Any, doc: str, *, unit: str = "", ge: float | None = None, le: float | None = None) -> Any:
    """Describe a setting: its default, one sentence, its unit and bounds."""
    return Field(default=default, description=doc, json_schema_extra={"unit": unit}, ge=ge, le=le)


class Settings(BaseSettings):
    """The settings of one archive; frozen."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    # Where it listens and keeps its data
    data: Path = _s(Path("lumenarc-data"), "The folder that holds index, images and everything else that is kept.")
    host: str = _s("127.0.0.1", "The address to listen on; beyond this machine it needs users, or insecure_public.")
    dicom_port: int = _s(11112, "The DICOM port; 0 picks a free one.", ge=0, le=65535)
    http_port: int = _s(8080, "The web port; 0 picks a free one.", ge=0, le=65535)
    hl7_port: int = _s(2575, "The HL7 port; 0 picks a free one.", ge=0, le=65535)
    aet: str = _s("LUMENARC", "The AE title that the archive answers to.")
    workers: int = _s(1, "How many processes serve the ports.", ge=1, le=64)
    database: str = _s("", "The database URL (postgresql://…); empty keeps the index in SQLite in the data folder.")
    sync: Literal["full", "off"] = _s("full", "Whether an instance is on the disk before it is acknowledged.")
    insecure_public: bool = _s(
        False, "Listen beyond this machine although there are no users; anyone who reaches it reads all."
    )
    # Who may call
    accept_unknown_calling_aet: bool = _s(False, "Accept calling AE titles from elsewhere that are not registered.")
    accept_unknown_sop_classes: bool = _s(True, "Store objects of SOP classes that the archive has never heard of.")
    max_associations: int = _s(200, "How many associations may be open at once.", ge=1)
    max_associations_per_ip: int = _s(50, "How many of them one other machine may hold.", ge=1)
    max_hl7_connections: int = _s(32, "How many HL7 connections may be open at once.", ge=1)
    session_idle_minutes: int = _s(60, "How long a browser stays signed in without a request.", unit="min", ge=1)
    session_max_hours: int = _s(12, "How long a browser stays signed in at most.", unit="h", ge=1, le=8760)
    basic_authentication: bool = _s(
        False, "Take name and password with every request, for clients that know no tokens."
    )
    open_metrics: bool = _s(False, "Answer /metrics without sign-in also when that is needed for the rest.")
    # Limits
    max_pdu_bytes: int = _s(131072, "The longest P-DATA PDU that is received.", unit="bytes", ge=4096, le=1 << 24)
    max_instance_bytes: int = _s(4 * GIB, "The largest object that is stored.", unit="bytes", ge=1024)
    max_request_bytes: int = _s(4 * GIB, "The largest HTTP request body.", unit="bytes", ge=1024)
    max_dimse_data_set_bytes: int = _s(
        16 * MIB, "The largest data set of a DIMSE request kept in memory.", unit="bytes"
    )
    max_inflated_bytes: int = _s(GIB, "How large a deflated data set may become.", unit="bytes", ge=1 << 20)
    min_free_bytes: int = _s(200 * MIB, "Below this much free space storing is refused.", unit="bytes", ge=0)
    artim_timeout_s: float = _s(30.0, "How long a peer may take to ask for an association.", unit="s", ge=0.1)
    idle_timeout_s: float = _s(60.0, "How long an association may be silent between messages.", unit="s", ge=0.1)
    hl7_idle_timeout_s: float = _s(
        3600.0, "How long an HL7 connection may be silent between messages.", unit="s", ge=0.1
    )
    dimse_timeout_s: float = _s(300.0, "How long a message may take to arrive or to be answered.", unit="s", ge=0.1)
    send_timeout_s: float = _s(60.0, "How long a peer may refuse to take bytes.", unit="s", ge=0.1)
    connect_timeout_s: float = _s(10.0, "How long to wait for a peer that we call.", unit="s", ge=0.1)
    lenient_hierarchy: bool = _s(
        False, "Find and retrieve without the unique keys of the levels above, also when that was not negotiated."
    )
    pending_interval_s: float = _s(1.0, "How often a retrieval says how far it is.", unit="s", ge=0.01)
    # What is stored, and when not
    duplicate_policy: Literal["keep_both", "refuse", "replace"] = _s(
        "keep_both", "What happens to another object with a stored SOP Instance UID; an identical one is always taken."
    )
    missing_patient_id: Literal["accept", "refuse"] = _s("accept", "What happens to objects without Patient ID.")
    patient_conflict: Literal["refuse", "accept"] = _s(
        "refuse", "What happens to an object of a known study that names another Patient ID."
    )
    patient_identity: Literal["id_name_birth_date", "id"] = _s(
        "id_name_birth_date", "What makes two objects one patient, beside the issuer."
    )
    invalid_uids: Literal["refuse", "lenient"] = _s("refuse", "What happens to UIDs with leading zeros.")
    trash_retention_days: int = _s(30, "How long deleted objects can be restored.", unit="days", ge=0)
    timezone: str = _s("", "The time zone of stored dates and times (Europe/Vienna, +0100); empty is this machine's.")
    default_charset: str = _s("", "The Specific Character Set assumed where a data set with other bytes names none.")
    remote_cache_bytes: int = _s(
        50 * GIB, "How much of other archives' studies is cached that are not to be kept.", unit="bytes", ge=0
    )
    commitment_check: Literal["digest", "length"] = _s(
        "digest", "What is compared before storage commitment says that an object is safe: every byte, or the length."
    )
    # Printing on the archive
    film_service: bool = _s(True, "Take films that others print (DICOM print management) and keep them as pictures.")
    film_size: Literal[
        "8INX10IN", "8_5INX11IN", "10INX12IN", "10INX14IN", "11INX14IN", "11INX17IN", "14INX14IN", "14INX17IN",
        "24CMX24CM", "24CMX30CM", "A4", "A3",
    ] = _s("14INX17IN", "The size of films for which the client names none.")  # fmt: skip
    film_dpi: int = _s(
        300, "The resolution of films; twice that for those in high resolution.", unit="dots an inch", ge=20, le=600
    )
    film_retention_days: int = _s(30, "How long films stay that were printed here.", unit="days", ge=1)
    max_film_image_bytes: int = _s(
        96 * MIB, "The largest image that is taken onto a film.", unit="bytes", ge=1 << 20, le=GIB
    )
    mpps_check: Literal["lenient", "strict"] = _s(
        "lenient",
        "What a performed procedure step must hold: what makes sense of it, or all that the standard requires.",
    )
    mpps_forward: list[str] = _s([], "Registered AEs that are told of every performed procedure step, too.")
    availability_notify: list[str] = _s(
        [], "Registered AEs that are notified when all objects of a performed procedure step are here."
    )
    # Jobs
    job_threads: int = _s(2, "How many jobs one process runs at once; 0 leaves them to other processes.", ge=0, le=64)
    job_retention_days: int = _s(30, "How long jobs that are over stay in the list.", unit="days", ge=1)
    # The web
    qido_max_results: int = _s(1000, "The most results of one QIDO-RS request without a smaller limit.", ge=1)
    bulk_data_threshold_bytes: int = _s(
        1024, "Longer binary values become BulkDataURI in metadata.", unit="bytes", ge=0
    )
    anonymize_burned_in: Literal["refuse", "suspect", "accept"] = _s(
        "refuse",
        "Which images WADO-URI de-identifies: none that say they carry burnt-in text, none that may carry it, or all.",
    )
    cors_origins: list[str] = _s([], "Origins of other web pages that may use DICOMweb.")
    allowed_hosts: list[str] = _s([], "Host names under which browsers may reach the page, beside localhost.")
    # Decoding
    imaging_workers: int = _s(2, "How many processes decode and draw images.", ge=1, le=64)
    imaging_memory_bytes: int = _s(2 * GIB, "The memory that one of them may use.", unit="bytes", ge=256 << 20)
    imaging_timeout_s: float = _s(10.0, "How long one image may take.", unit="s", ge=0.1)
    # Logging
    log_level: Literal["debug", "info", "warning", "error"] = _s("info", "The least important lines that are logged.")
    log_format: Literal["console", "json"] = _s("console", "How log lines look.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller and the environment only; the file is read by `load`."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name and not re.fullmatch(r"[+-](0\d|1[0-4])[0-5]\d", name):
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, OSError) as error:
                raise ValueError("it is the name of no time zone") from error
        return name

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the index."""
        if not self.database:
            return f"sqlite:///{self.data.absolute() / 'index.sqlite'}"
        return self.database.replace("postgresql://", "postgresql+psycopg://", 1)


def load(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings: file, environment, then `overrides` that are not None.

    `config` None reads `lumenarc.toml` of the working folder when there is one. Raises BadSetting.
    """
    values, environment = _from_file(config), _from_environment()
    for name in (*values, *environment):
        _known(name)
    values = {name: value for name, value in values.items() if name not in environment}
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"Setting {name}: {first['msg']}.") from error


def file_of(config: Path | None) -> Path | None:
    """Return the file that settings are read from, None when there is none."""
    file = config or Path("lumenarc.toml")
    return file if config is not None or file.is_file() else None


def origins(config: Path | None = None) -> dict[str, str]:
    """Return which settings file and environment give, and the name of either; raise BadSetting."""
    file = file_of(config)
    return {name: str(file) for name in _from_file(config)} | _from_environment()


def _from_file(config: Path | None) -> dict[str, Any]:
    file = file_of(config)
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(f"{file}: {error}") from error


def _from_environment() -> dict[str, str]:
    """Return the variable of each setting that the environment gives."""
    return {name[len(ENV_PREFIX) :].lower(): name for name in os.environ if name.upper().startswith(ENV_PREFIX)}


def _known(name: str) -> None:
    if name not in Settings.model_fields:
        near = difflib.get_close_matches(name, Settings.model_fields, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise BadSetting(f"There is no setting {name!r}.{hint}")
