"""How are orders answered: scheduled, changed, cancelled? (HL7 v2.8.1 4.4 ORM, OMG, 4.22 OMI; IHE RAD-2, RAD-4)"""

from __future__ import annotations

from lumenarc.archive import Archive
from lumenarc.dicom.hl7_order import orders
from lumenarc.dicom.hl7_patient import demographics, patient_ids
from lumenarc.protocol.hl7.message import Message
from lumenarc.services import patients, worklist

ORM, OMG, OMI = frozenset(("O01",)), frozenset(("O19",)), frozenset(("O23",))


def answer(archive: Archive, message: Message, sender: str) -> str:
    """Bring the patient up to date, then the worklist; return one sentence, without data of the patient."""
    found = list(orders(message))
    code, trigger = message.kind
    why = {"by": sender, "reason": f"HL7 {code}^{trigger}"}
    known = patients.upsert(archive, patient_ids(message), demographics(message), **why)
    return f"{worklist.take(archive, found, known.pk)} steps were taken, the patient is {known.outcome}"
