"""How do other systems tell us of patients: who they are, that two are one, that an identifier changed?

A patient is found by its Patient ID and issuer; objects seldom name an issuer, so one without it will do when none
fits better. What is ambiguous is refused, never guessed. A patient may be here before its first object; objects that
come later, with or without the issuer, become that patient's. Every change is a correction, with a line in the history.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom.hl7_patient import PatientId, id_attributes
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.received import identity, patient_key
from lumenarc.errors import NotFound, Refused
from lumenarc.index import corrections, patients
from lumenarc.index.corrections import Correction
from lumenarc.services import correct

_SEVERAL = "Several patients have this identifier; correct or merge them first."


@dataclass(frozen=True, slots=True)
class Known:
    """Which patient it is, and what was done: "created", "updated" or "unchanged"."""

    pk: int
    outcome: str


def find(archive: Archive, one: PatientId, attrs: Attributes | None = None) -> int | None:
    """Return the patient of an identifier, None when nobody has it.

    `attrs` decide among several. Raises Refused when it was merged into another, or when several have it.
    """
    with archive.index.read() as connection:
        return _find(connection, one, attrs or {})


def _find(connection: Connection, one: PatientId, attrs: Attributes) -> int | None:
    found = patients.by_main_id(connection, one.value, one.issuer)
    if not found and patients.was_merged(connection, one.value, one.issuer) is not None:
        raise Refused("The patient was merged into another.")
    found = found or patients.by_other_id(connection, one.value, one.issuer)
    if len(found) > 1:
        wanted = patient_key(attrs)[2:]
        held = {pk: corrections.get_patient(connection, pk) for pk in found}
        found = [pk for pk, row in held.items() if row is not None and patient_key(row.attrs)[2:] == wanted]
        if len(found) != 1:
            raise Refused(_SEVERAL)
    return found[0] if found else None


def upsert(archive: Archive, ids: list[PatientId], changes: Attributes, *, by: str, reason: str) -> Known:
    """Make or update the patient of the first identifier; {} among the changes removes an attribute.

    Its Patient ID never changes here. Raises Refused when it is not clear who is meant, or when another known patient
    has the new attributes already.
    """
    pk = find(archive, ids[0], changes)
    if pk is None:
        return Known(_create(archive, ids, changes, by=by, reason=reason), "created")
    held = correct.get_patient(archive, pk)
    wanted = dict(changes)
    others = id_attributes(ids).get("00101002")
    if others is not None:
        wanted["00101002"] = others
    new = {name: entry for name, entry in wanted.items() if held.attrs.get(name, {}) != entry}
    if not new:
        return Known(pk, "unchanged")
    correct.edit_patient(archive, pk, new, by=by, reason=reason)
    return Known(pk, "updated")


def _create(archive: Archive, ids: list[PatientId], changes: Attributes, *, by: str, reason: str) -> int:
    attrs = corrections.merged(id_attributes(ids), changes)
    now = archive.now_ms()

    def make(connection: Connection) -> int:
        known = _find(connection, ids[0], attrs)
        if known is not None:  # somebody was faster
            return known
        named, nameless = _identities(archive, attrs)
        pk = corrections.by_identity(connection, named)
        if pk is None:
            pk = corrections.add_patient(connection, named, attrs, now)
        patients.claim_identity(connection, nameless, pk)
        line = Correction("edit", "PATIENT", pk, "", "", {}, corrections.who(attrs), reason, by, now)
        corrections.record(connection, line)
        return pk

    return archive.index.write(make)


def _identities(archive: Archive, attrs: Attributes) -> tuple[str, str]:
    """Return the identities of objects with these attributes: as they are, and when they do not name the issuer."""
    patient_id, issuer, name, birth_date = patient_key(attrs)
    by_id_only = archive.settings.patient_identity == "id"
    found = [identity(patient_id, given, name, birth_date, "", by_id_only=by_id_only) for given in (issuer, "")]
    return found[0], found[1]


def merge(archive: Archive, survivor: int, prior: PatientId, *, by: str, reason: str) -> str:
    """Let all that belongs to the prior patient belong to the survivor; return "merged", "unchanged" or "noted".

    A prior identifier that nobody has is noted as another one of the survivor. Raises Refused when the prior patient
    was merged into somebody else.
    """
    with archive.index.read() as connection:
        found = patients.by_main_id(connection, prior.value, prior.issuer)
        into = patients.was_merged(connection, prior.value, prior.issuer)
    if not found and into == survivor:
        return "unchanged"
    if not found and into is not None:
        raise Refused("The patient was merged into another one before.")
    if found == [survivor]:
        raise Refused("A patient cannot be merged with itself.")
    if not found:
        _note(archive, survivor, prior)
        return "noted"
    for pk in found:
        if pk != survivor:
            correct.merge_patients(archive, pk, survivor, by=by, reason=reason)
    return "merged"


def _note(archive: Archive, pk: int, prior: PatientId) -> None:
    """Let objects that will come under an identifier, with the name and birth date of a patient, become that one's."""

    def note(connection: Connection) -> None:
        held = corrections.get_patient(connection, pk, hold=True)
        if held is None:
            raise NotFound("There is no such patient.")
        patients.remember_identifier(connection, pk, prior.value, prior.issuer)
        before = corrections.merged(held.attrs, {"00100021": {}, **id_attributes([prior])})
        for one in _identities(archive, before):
            patients.claim_identity(connection, one, pk)

    archive.index.write(note)


def change_id(archive: Archive, prior: PatientId, new: PatientId, *, by: str, reason: str) -> int:
    """Give a patient another Patient ID; objects that come with the old one still become that patient's.

    Raises NotFound when nobody has the old one, Refused when somebody has the new one.
    """
    pk = find(archive, prior)
    if pk is None:
        raise NotFound("No patient has this identifier.")
    if find(archive, new) == pk:
        return pk
    if find(archive, new) is not None:
        raise Refused("Another patient has the new identifier; merge the two instead.")
    held = correct.get_patient(archive, pk)
    changes = id_attributes([new])
    if not new.issuer and "00100021" in held.attrs:
        changes["00100021"] = {}
    correct.edit_patient(archive, pk, changes, by=by, reason=reason)

    def note(connection: Connection) -> None:
        patients.remember_identifier(connection, pk, prior.value, prior.issuer)
        for attrs in (corrections.merged(held.attrs, changes), held.attrs):
            for one in _identities(archive, attrs):
                patients.claim_identity(connection, one, pk)

    archive.index.write(note)
    return pk
