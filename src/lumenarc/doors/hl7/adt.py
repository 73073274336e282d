"""How are messages about patients answered: new, changed, merged, renumbered? (HL7 v2.8.1 3.3; IHE ITI-8, RAD-12)"""

from __future__ import annotations

from lumenarc.archive import Archive
from lumenarc.dicom.hl7_patient import demographics, patient_ids, prior_ids
from lumenarc.errors import BadDataSet
from lumenarc.protocol.hl7.message import Message
from lumenarc.services import patients

# Whatever happened to the patient, PID says who it is now.
UPDATES = frozenset("A01 A02 A03 A04 A05 A06 A07 A08 A10 A11 A12 A13 A28 A31".split())
MERGES = frozenset(("A40", "A18", "A34", "A39"))
RENUMBERS = frozenset(("A47", "A46"))
TRIGGERS = UPDATES | MERGES | RENUMBERS


def answer(archive: Archive, message: Message, sender: str) -> str:
    """Do what the message says; return one sentence, without data of the patient."""
    code, trigger = message.kind
    why = {"by": sender, "reason": f"HL7 {code}^{trigger}"}
    if trigger in RENUMBERS:
        ids, prior = patient_ids(message), prior_ids(message)
        patients.change_id(archive, prior[0], ids[0], **why)
        done = patients.upsert(archive, ids, demographics(message), **why)
        return f"the identifier was changed, the patient is {done.outcome}"
    if trigger in MERGES:
        return _merge(archive, message, why)
    done = patients.upsert(archive, patient_ids(message), demographics(message), **why)
    return f"the patient is {done.outcome}"


def _merge(archive: Archive, message: Message, why: dict[str, str]) -> str:
    """Merge MRG's patient into PID's; A40 may hold several such pairs, each after its own PID."""
    n_merged = 0
    for part in pairs(message):
        known = patients.upsert(archive, patient_ids(part), demographics(part), **why)
        for prior in prior_ids(part)[:1]:
            n_merged += patients.merge(archive, known.pk, prior, **why) == "merged"
    return f"{n_merged} patients were merged"


def pairs(message: Message) -> list[Message]:
    """Return a message for each PID with what follows it."""
    places = [number for number, segment in enumerate(message.segments) if segment.name == "PID"]
    if not places:
        raise BadDataSet("The message does not say which patient is meant: PID is missing.")
    ends = [*places[1:], len(message.segments)]
    head = message.segments[:1]
    return [
        Message(message.delimiters, head + message.segments[begin:end], message.charset)
        for begin, end in zip(places, ends, strict=True)
    ]
