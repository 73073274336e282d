"""How is an index of patients asked and told, and what does it answer? (IHE ITI-8, ITI-9, ITI-21; HL7 v2.5 3.3, 5.4)

QBP^Q23  QPD|IHE PIX Query|TAG|4711^^^HOSP|^^^OTHER~^^^THIRD       which identifiers has this patient elsewhere?
QBP^Q22  QPD|IHE PDQ Query|TAG|@PID.5.1^DOE~@PID.8^F|||||^^^HOSP   who is like this?
RSP      MSA, QAK|TAG|OK, QPD, PID, PID …                          OK, NF (nobody), AE, AR
"""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.protocol.hl7.message import Message, Segment, parse
from lumenarc.protocol.hl7.mllp import BadFrame

MAX_ANSWERS = 100_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who speaks to whom, when, and the number of the message; `moment` is YYYYMMDDHHMMSS."""

    sending: tuple[str, str]
    receiving: tuple[str, str]
    moment: str
    control_id: str

    def header(self, kind: str) -> str:
        """Return MSH for a type of message."""
        parties = "|".join((*self.sending, *self.receiving))
        return f"MSH|^~\\&|{parties}|{self.moment}||{kind}|{self.control_id}|P|2.5||||||UNICODE UTF-8"


def pix_query(envelope: Envelope, patient: str, domains: list[str]) -> bytes:
    """Ask for the identifiers of a patient (a CX) in domains (`NAME&UID&ISO`), in all when there are none (ITI-9)."""
    where = "~".join(f"^^^{domain}" for domain in domains)
    qpd = f"QPD|IHE PIX Query|{envelope.control_id}|{patient}|{where}".rstrip("|")
    return _joined(envelope.header("QBP^Q23^QBP_Q21"), qpd, "RCP|I")


def pdq_query(envelope: Envelope, keys: list[str], domains: list[str], limit: int) -> bytes:
    """Ask for the patients that match keys (`@PID.5.1^DOE`); 0 as limit is none (ITI-21)."""
    where = "~".join(f"^^^{domain}" for domain in domains)
    qpd = f"QPD|IHE PDQ Query|{envelope.control_id}|{'~'.join(keys)}|||||{where}".rstrip("|")
    return _joined(envelope.header("QBP^Q22^QBP_Q21"), qpd, f"RCP|I|{limit}^RD" if limit else "RCP|I")


def feed(envelope: Envelope, event: str, pid: dict[int, str], prior: str = "") -> bytes:
    """Tell of a patient: the fields of PID by number; A40 gives up the identifier `prior` (ITI-8)."""
    structure = "ADT_A39" if event == "A40" else "ADT_A01"
    fields = "|".join(pid.get(number, "") for number in range(1, max(pid) + 1))
    visit = f"MRG|{prior}" if event == "A40" else "PV1|1|O"
    header = envelope.header(f"ADT^{event}^{structure}")
    return _joined(header, f"EVN|{event}|{envelope.moment}", f"PID|{fields}", visit)


def _joined(*segments: str) -> bytes:
    return "".join(f"{segment}\r" for segment in segments).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: `acknowledgement` of MSA-1, `status` of QAK-2, why not, and the patients."""

    acknowledgement: str
    status: str
    text: str
    patients: tuple[Segment, ...]
    is_continued: bool

    @property
    def is_good(self) -> bool:
        """Whether the question was answered, be it by nobody."""
        return self.acknowledgement in ("AA", "CA") and self.status in ("OK", "NF")


def answered(data: bytes, control_id: str) -> Answer:
    """Read the answer to a query; raise BadFrame for what answers another one, or nothing."""
    message = parse(data)
    msa, qak, err = message.first("MSA"), message.first("QAK"), message.first("ERR")
    if msa is None or msa.get(2) != control_id:
        raise BadFrame("The answer is to another message.")
    if qak is not None and qak.get(1) != control_id:
        raise BadFrame("The answer is to another query.")
    text = msa.get(3) or (err.get(8) or err.get(3, 2) or err.get(7) if err is not None else "")
    patients = tuple(message.all("PID"))[:MAX_ANSWERS]
    return Answer(msa.get(1), qak.get(2) if qak is not None else "", text, patients, _continued(message))


def _continued(message: Message) -> bool:
    dsc = message.first("DSC")
    return dsc is not None and bool(dsc.get(1))
