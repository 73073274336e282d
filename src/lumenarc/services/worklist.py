"""How are orders scheduled, changed and cancelled, and what does a modality see of them? (PS3.4 K)

Modalities see what is scheduled. What is started, cancelled, discontinued or completed is kept, and seen by who asks
for that state only.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom.hl7_order import CANCELED, COMPLETED, DISCONTINUED, SCHEDULED, STARTED, Order
from lumenarc.dicom.hl7_patient import entry
from lumenarc.dicom.key_values import item_of
from lumenarc.dicom.matching import key_matches, returned
from lumenarc.dicom.mpps import text
from lumenarc.dicom.query import Attributes, Item
from lumenarc.errors import NotFound
from lumenarc.index import worklist
from lumenarc.index.worklist import Item as Row

_STEPS = "00400100"
STATES = (SCHEDULED, STARTED, COMPLETED, CANCELED, DISCONTINUED)


def take(archive: Archive, orders: list[Order], patient_pk: int) -> int:
    """Schedule, change or cancel the steps of orders; return how many.

    Raises NotFound when something is to be cancelled that was never ordered.
    """
    now = archive.now_ms()

    def change(connection: Connection) -> int:
        return sum(_take(connection, order, patient_pk, now) for order in orders)

    return archive.index.write(change)


def _take(connection: Connection, order: Order, patient_pk: int, now_ms: int) -> int:
    known = worklist.of_order(connection, order.number)
    step = order.step_id or str(order.place)
    held = next((row for row in known if row.step == step), None)
    if order.state != SCHEDULED:
        # An order without step is ended with all its steps.
        ended = [held] if held is not None else [] if order.step_id else known
        if not ended:
            raise NotFound("There is no such order.")
        for row in ended:
            put_state(connection, row, order.state, now_ms)
        return len(ended)
    # What a modality has begun or done is not scheduled again by a message that says more of the order.
    state = held.state if held is not None and held.state in (STARTED, COMPLETED) else SCHEDULED
    study_uid = order.study_uid or next((row.study_uid for row in known), f"2.25.{uuid.uuid4().int}")
    attrs = attributes_of(order, study_uid, step, now_ms)
    put_state(connection, Row(order.number, step, SCHEDULED, study_uid, patient_pk, attrs), state, now_ms)
    return 1


def put_state(connection: Connection, row: Row, state: str, now_ms: int) -> None:
    """Keep a step in a state, which its attributes then say, too."""
    steps = [{**step, "00400020": entry("CS", state)} for step in row.attrs.get(_STEPS, {}).get("Value", [])]
    attrs = {**row.attrs, _STEPS: {"vr": "SQ", "Value": steps}}
    worklist.put(connection, Row(row.order_number, row.step, state, row.study_uid, row.patient_pk, attrs), now_ms)


def performed(connection: Connection, scheduled: list[Attributes], state: str, now_ms: int) -> int:
    """Note what became of steps that a modality says it has begun or ended; return how many were found.

    `scheduled` are items of the Scheduled Step Attributes Sequence. A step is found by its study, else by its accession
    number, and among several by its ID (PS3.4 F.7.2.1.2). What is over stays as it is.
    """
    n_found = 0
    for item in scheduled:
        accession, step_id = text(item, "00080050"), text(item, "00400009")
        rows = worklist.of_study(connection, text(item, "0020000D"))
        if not rows and accession:
            still = worklist.in_states(connection, (SCHEDULED, STARTED))
            rows = [row for row in still if text(row.attrs, "00080050") == accession]
        named = [row for row in rows if step_id and step_id in _step_ids(row)]
        for row in named or (rows if len(rows) == 1 else ()):
            if row.state in (SCHEDULED, STARTED):
                put_state(connection, row, state, now_ms)
                n_found += 1
    return n_found


def _step_ids(row: Row) -> list[str]:
    return [text(step, "00400009") for step in row.attrs.get(_STEPS, {}).get("Value", [])]


def attributes_of(order: Order, study_uid: str, step: str, now_ms: int) -> Attributes:
    """Return the whole item but its patient; what a modality needs and nobody said is made up from the order."""
    local = time.localtime(now_ms / 1000)
    today = {
        "00400002": entry("DA", time.strftime("%Y%m%d", local)),
        "00400003": entry("TM", time.strftime("%H%M%S", local)),
    }
    started = order.step if "00400002" in order.step else {**order.step, **today}
    scheduled = {**started, "00400009": entry("SH", order.step_id or f"{order.accession[:12]}-{step}")}
    return {
        **order.attributes,
        "00080050": entry("SH", order.accession),
        "0020000D": entry("UI", study_uid),
        "00401001": entry("SH", order.procedure_id or order.accession),
        _STEPS: {"vr": "SQ", "Value": [{**scheduled, "00400020": entry("CS", SCHEDULED)}]},
    }


def search(archive: Archive, identifier: Attributes, *, fuzzy: bool) -> Iterator[Attributes]:
    """Yield what answers a worklist query (PS3.4 K.4.1), with what was asked for.

    The iterator keeps a database connection until it is finished or closed.
    """
    asked = {name: entry for name, entry in identifier.items() if name not in ("00080005", "00080052", "00080201")}
    matcher = item_of(asked, fuzzy=fuzzy)
    keys = matcher.keys if isinstance(matcher, Item) else ()
    asks_for_state = any(text(step, "00400020") for step in identifier.get(_STEPS, {}).get("Value", []))
    with archive.index.read() as connection:
        for item in worklist.open_items(connection, STATES if asks_for_state else (SCHEDULED,)):
            if all(key_matches(key, item) for key in keys):
                yield returned(asked, item)
