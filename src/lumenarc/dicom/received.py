"""What the index takes from a received data set: identity, UIDs and the columns of every level (PS3.3 C.7)."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

from lumenarc.dicom.attributes import BY_TAG, INDEXED, PATIENT_TAGS, SERIES_TAGS, STUDY_TAGS, Indexed, Kind, Level
from lumenarc.dicom.columns import column_values, normal_time, search_words
from lumenarc.dicom.dicom_json import sequence_to_json, value_to_json
from lumenarc.dicom.dictionary import vr_of
from lumenarc.dicom.header import EXPLICIT_BE, IMPLICIT_LE, Header
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
_LENIENT_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_OF_LEVEL: dict[Level, tuple[Indexed, ...]] = {
    level: tuple(line for line in INDEXED if line.level is level) for level in Level
}


def check_uid(value: str, name: str, *, lenient: bool) -> str:
    """Return a UID that is one (PS3.5 9.1); raise BadDataSet naming the element."""
    if not value:
        raise BadDataSet(f"{name} is missing.")
    if not _is_uid(value, lenient):
        raise BadDataSet(f"{name} is not a valid UID.")
    return value


@lru_cache(maxsize=1024)
def _is_uid(value: str, lenient: bool) -> bool:
    return len(value) <= 64 and (_LENIENT_UID if lenient else _UID).fullmatch(value) is not None


class Received:
    """A scanned header, read as attributes level by level and only when asked."""

    __slots__ = ("_charsets", "_header", "_syntax")

    def __init__(self, header: Header, transfer_syntax_uid: str, default_charset: str = "") -> None:
        self._header, self._syntax = header, transfer_syntax_uid
        terms = header.text(0x00080005) or default_charset
        self._charsets = tuple(terms.split("\\")) if terms else ()

    def uid(self, tag: int) -> str:
        """Return a UID as it stands."""
        return self._header.text(tag)

    def attributes(self, tags: frozenset[int]) -> Attributes:
        """Return these top-level attributes as DICOM JSON."""
        found: Attributes = {}
        explicit = self._syntax != IMPLICIT_LE
        big = self._syntax == EXPLICIT_BE
        for tag in sorted(tags & self._header.values.keys()):
            raw = self._header.values[tag]
            vr = _vr(tag, self._header.vrs.get(tag, b""))
            if vr == "SQ":
                found[f"{tag:08X}"] = sequence_to_json(raw, explicit=explicit, big_endian=big, charsets=self._charsets)
            else:
                found[f"{tag:08X}"] = value_to_json(vr, raw, self._charsets, big_endian=big)
        return found

    def instance_columns(self) -> dict[str, Any]:
        """Return the matching columns of the instance's row.

        Every instance needs them, so what is written plainly is read here, what recurs is remembered, and only the
        rest goes the long way through DICOM JSON, whose result it always equals.
        """
        columns = dict(_NO_VALUES)
        values, header = self._header.values, self._header
        for tag, column, way in _WAYS:
            raw = values.get(tag)
            if not raw:
                continue
            if way == _UID_WAY:
                columns[column] = raw.decode("ascii", "replace").strip(" \0")
            elif way == _SHORT_WAY and len(raw) == 2:
                columns[column] = int.from_bytes(raw, "big" if header.big_endian else "little")
            elif way == _DATE_WAY and raw.isdigit() and len(raw) == 8:
                columns[column] = raw.decode("ascii")
            elif way == _TIME_WAY and raw.isascii() and b"\\" not in raw:
                columns[column] = normal_time(raw.decode("ascii").strip(" \0"))
            elif way == _NUMBER_WAY and len(raw) <= _PLAIN_DIGITS and raw.strip(b" ").isdigit():
                columns[column] = int(raw)
            else:
                columns.update(_columns_of(tag, raw, header.vrs.get(tag, b""), self._charsets, header.big_endian))
        return columns

    def patient_key(self) -> tuple[str, str, str, str]:
        """Return Patient ID, issuer, folded name and birth date: who this is."""
        values = self._header.values
        return _patient_key(tuple(values.get(tag, b"") for tag in _IDENTITY_TAGS), self._charsets)

    def patient_row(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the columns of the patient's row, and the other identifiers of the patient."""
        found = self.attributes(PATIENT_TAGS)
        return level_columns(Level.PATIENT, found), other_identifiers(found)

    def study_row(self) -> dict[str, Any]:
        """Return the columns of the study's row, with the text that free search looks into."""
        found = self.attributes(STUDY_TAGS)
        return level_columns(Level.STUDY, found) | {"search_text": search_text(self.attributes(SEARCHED_TAGS))}

    def series_row(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the columns of the series' row, and those of its requests."""
        found = self.attributes(SERIES_TAGS)
        requests = [
            {
                "requested_procedure_id": _first(item, "00401001"),
                "scheduled_procedure_step_id": _first(item, "00400009"),
                "accession_number": _first(item, "00080050"),
                "study_uid": _first(item, "0020000D"),
            }
            for item in found.get("00400275", {}).get("Value", ())
        ]
        return level_columns(Level.SERIES, found), requests


def level_columns(level: Level, attributes: Attributes) -> dict[str, Any]:
    """Return the columns of a patient's, study's or series' row: the matching ones and `attrs`."""
    columns: dict[str, Any] = {}
    for line in _OF_LEVEL[level]:
        columns |= column_values(line, attributes)
    return columns | {"attrs": dump(attributes)}


def search_text(attributes: Attributes) -> str:
    """Return the text that free search looks into, from the attributes of patient, study and series."""
    names = [f"{tag:08X}" for tag in sorted(SEARCHED_TAGS)]
    return search_words(text for name in names for text in _texts(attributes.get(name, {})))


def _vr(tag: int, written: bytes) -> str:
    """Return the VR that was written, or that of the dictionary where none was."""
    vr = written.decode("ascii", "replace")
    return vr_of(tag) if not vr.isalpha() or vr == "UN" else vr


@lru_cache(maxsize=1024)
def _columns_of(
    tag: int, raw: bytes, vr: bytes, charsets: tuple[str, ...], big_endian: bool
) -> dict[str, str | int | None]:
    """Return the columns of one attribute of an instance; not to be changed."""
    found = value_to_json(_vr(tag, vr), raw, charsets, big_endian=big_endian)
    return column_values(BY_TAG[tag], {f"{tag:08X}": found})


_UID_WAY, _SHORT_WAY, _DATE_WAY, _TIME_WAY, _NUMBER_WAY, _LONG_WAY = range(6)
_PLAIN_DIGITS = 12


def _way(line: Indexed) -> int:
    """Choose how the plain values of an instance's attribute are read."""
    if line.kind is Kind.INTEGER:
        return _SHORT_WAY if line.vr == "US" else _NUMBER_WAY
    return {Kind.UID: _UID_WAY, Kind.DATE: _DATE_WAY, Kind.TIME: _TIME_WAY}.get(line.kind, _LONG_WAY)


_WAYS = tuple((line.tag, line.column, _way(line)) for line in _OF_LEVEL[Level.IMAGE])
_NO_VALUES: dict[str, Any] = {}
for _line in _OF_LEVEL[Level.IMAGE]:
    _NO_VALUES |= column_values(_line, {})
_IDENTITY_TAGS = (0x00100020, 0x00100021, 0x00100010, 0x00100030)


@lru_cache(maxsize=1024)
def _patient_key(raw: tuple[bytes, ...], charsets: tuple[str, ...]) -> tuple[str, str, str, str]:
    """Read ID, issuer, name and birth date; consecutive objects are of one patient, so this is remembered."""
    found = {
        f"{tag:08X}": value_to_json(vr_of(tag), value, charsets) for tag, value in zip(_IDENTITY_TAGS, raw, strict=True)
    }
    return patient_key(found)


def patient_key(attributes: Attributes) -> tuple[str, str, str, str]:
    """Return Patient ID, issuer, folded name and birth date of a patient's attributes."""
    columns: dict[str, Any] = {}
    for line in _OF_LEVEL[Level.PATIENT]:
        columns |= column_values(line, attributes)
    name = "=".join(columns[f"name_{suffix}"] for suffix in ("a", "i", "p")).rstrip("=")
    return columns["patient_id"], columns["issuer"], name, columns["birth_date"]


SEARCHED_TAGS = frozenset(
    (0x00100010, 0x00100020, 0x00100030, 0x00080020, 0x00080050, 0x00081030, 0x00080090, 0x00200010, 0x00080080)
)


@lru_cache(maxsize=1024)
def identity(patient_id: str, issuer: str, name: str, birth_date: str, study_uid: str, *, by_id_only: bool) -> str:
    """Return the digest that makes two objects one patient; nobody without Patient ID is anybody else's patient."""
    parts = [patient_id, issuer] if by_id_only else [patient_id, issuer, name, birth_date]
    if not patient_id:
        parts = ["", study_uid]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def dump(attributes: Attributes) -> str:
    """Write JSON that any database takes: NUL is no character of PostgreSQL's text."""
    return json.dumps(attributes, ensure_ascii=False, separators=(",", ":")).replace("\\u0000", "")


def _first(item: Attributes, tag: str) -> str:
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0] or "").replace("\0", "")


def _texts(entry: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in entry.get("Value", ()):
        if isinstance(value, dict):
            found.extend(str(part) for part in value.values())
        elif value is not None:
            found.append(str(value))
    return found


def other_identifiers(attributes: Attributes) -> list[dict[str, Any]]:
    """Return other Patient IDs: the plain list and the sequence with issuers (PS3.3 C.2.2)."""
    found = {(str(value), "") for value in attributes.get("00101000", {}).get("Value", ()) if value}
    for item in attributes.get("00101002", {}).get("Value", ()):
        if _first(item, "00100020"):
            found.add((_first(item, "00100020"), _first(item, "00100021")))
    return [{"value": value, "issuer": issuer} for value, issuer in sorted(found)]
