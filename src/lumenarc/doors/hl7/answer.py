"""What is answered to an HL7 message? The one place where errors become acknowledgements (HL7 v2.8.1 2.9)."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection

from lumenarc.archive import Archive
from lumenarc.doors.hl7 import adt, orders
from lumenarc.errors import BadDataSet, LumenarcError, NotFound, Unavailable
from lumenarc.metrics import Meter, Series
from lumenarc.protocol.hl7 import mllp
from lumenarc.protocol.hl7.message import Message, parse

log = logging.getLogger(__name__)
Family = Callable[[Archive, Message, str], str]
MESSAGES: tuple[tuple[str, Collection[str], Family], ...] = (
    ("ADT", adt.TRIGGERS, adt.answer),
    ("ORM", orders.ORM, orders.answer),
    ("OMG", orders.OMG, orders.answer),
    ("OMI", orders.OMI, orders.answer),
)
SERIES = tuple(Series("hl7", (("outcome", code),)) for code in ("AA", "AE", "AR"))
# HL7 table 0357.
_NO_SUCH_TYPE, _NO_SUCH_EVENT, _NO_SUCH_VERSION = "200", "201", "203"
_MISSING, _UNKNOWN_KEY, _INTERNAL = "101", "204", "207"
_SENDERS_FAULT = ((NotFound, _UNKNOWN_KEY), (BadDataSet, _MISSING))


def family_of(message: Message) -> tuple[Family | None, str, str]:
    """Return who answers a message; or nobody, the code of table 0357 and why."""
    code, trigger = message.kind
    version = message.segments[0].get(12)
    if version and not version.startswith("2"):
        return None, _NO_SUCH_VERSION, "Only HL7 version 2 is understood."
    families = [(triggers, family) for name, triggers, family in MESSAGES if name == code]
    if not families:
        return None, _NO_SUCH_TYPE, "Messages of this type are not understood here."
    for triggers, family in families:
        if trigger in triggers:
            return family, "", ""
    return None, _NO_SUCH_EVENT, "This event is not understood here."


def answer(archive: Archive, meter: Meter, data: bytes, host: str) -> bytes:
    """Do what a message says and return its acknowledgement; raise BadFrame when it is none at all."""
    began = time.monotonic()
    of = mllp.header(data)
    message = parse(data)
    family, error_code, text = family_of(message)
    ack = "AR"
    if family is not None:
        msh = message.segments[0]
        sender = f"{msh.get(3)}|{msh.get(4)}"[:64]
        try:
            text, ack, error_code = family(archive, message, sender), "AA", ""
        except LumenarcError as error:
            text, ack = str(error), error.hl7_ack
            error_code = next((code for kind, code in _SENDERS_FAULT if isinstance(error, kind)), _INTERNAL)
            if isinstance(error, Unavailable):
                log.warning("HL7 message could not be taken: %s", error)
        except Exception:
            log.exception("HL7 message broke")
            text, ack, error_code = "The archive made a mistake.", "AE", _INTERNAL
    meter.count("hl7", time.monotonic() - began, outcome=ack)
    log.info("HL7 %s from %s: %s %s", "^".join(filter(None, message.kind))[:20], host, ack, text)
    moment = time.strftime("%Y%m%d%H%M%S", time.localtime(archive.now_ms() / 1000))
    shown = "" if ack == "AA" else text
    return mllp.acknowledgement(of, ack, shown, uuid.uuid4().hex[:20], moment, error_code=error_code)
