"""How C-FIND requests are answered, for every query model (PS3.4 C.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import tzinfo
from typing import Any, cast

from lumenarc.archive import Archive
from lumenarc.dicom import charset
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode, texts
from lumenarc.dicom.query import Query
from lumenarc.dicom.query_parse import Negotiated, from_identifier, query_level
from lumenarc.dicom.time_zone import OFFSET_TAG, TIME_OF, in_zone, zone_of
from lumenarc.errors import BadQuery
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import query
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

PENDING, SUCCESS, CANCELLED = 0xFF00, 0x0000, 0xFE00
PATIENT_ROOT, STUDY_ROOT, PATIENT_STUDY_ONLY = (f"1.2.840.10008.5.1.4.1.2.{n}.1" for n in (1, 2, 3))
MODELS = frozenset((PATIENT_ROOT, STUDY_ROOT, PATIENT_STUDY_ONLY))
_PATIENT_ROOTS = frozenset((PATIENT_ROOT, PATIENT_STUDY_ONLY))
_LEVEL_NAMES = ("PATIENT", "STUDY", "SERIES", "IMAGE")


def answer(
    archive: Archive, assoc: Association, context: Context, rq: Command, identifier: bytes
) -> Iterator[Response]:
    """Yield a pending response for each match, then the final one."""
    extended = assoc.partners.extended.get(context.abstract_syntax, b"")
    keys = to_attributes(identifier, context.transfer_syntax)
    level = query_level(keys)
    if context.abstract_syntax == PATIENT_STUDY_ONLY and level > Level.STUDY:
        raise BadQuery("The information model has no such Query/Retrieve Level.")
    root = Level.PATIENT if context.abstract_syntax in _PATIENT_ROOTS else Level.STUDY
    zone = zone_of(archive.settings.timezone)
    negotiated = _negotiated(extended, zone)
    if archive.settings.lenient_hierarchy:
        negotiated = replace(negotiated, relational=True)
    asked = from_identifier(keys, level, negotiated, root)
    offset, unasked = asked.timezone_offset, frozenset[str]()
    if offset is not None:
        asked, unasked = _with_partners(asked)
    wanted = "\\".join(str(value or "") for value in keys.get("00080005", {}).get("Value", ()))
    always = {
        "00080052": {"vr": "CS", "Value": [_LEVEL_NAMES[level]]},
        "00080054": {"vr": "AE", "Value": [archive.settings.aet]},
    }
    message_id, syntax = rq.message_id, context.transfer_syntax
    in_ascii = charset.choose((), wanted)
    # The search holds a database connection until it is closed, also when the peer cancels or is gone.
    with closing(cast(Any, query.search(archive, asked))) as found:
        for attributes in found:
            if assoc.is_cancelled(message_id):
                yield Response(CANCELLED)
                return
            if offset is not None:
                moved = in_zone(attributes, zone, offset)
                attributes = {name: entry for name, entry in moved.items() if name not in unasked}
            row = attributes | always
            written = texts(row)
            term = in_ascii if "".join(written).isascii() else charset.choose(written, wanted)
            yield Response(PENDING, encode(row, syntax, term))
    yield Response(SUCCESS)


def _negotiated(extended: bytes, zone: tzinfo | None) -> Negotiated:
    flags = [byte == 1 for byte in extended[:4].ljust(4, b"\0")]
    return Negotiated(relational=flags[0], combined_datetime=flags[1], fuzzy=flags[2], timezone=flags[3], local=zone)


def _with_partners(asked: Query) -> tuple[Query, frozenset[str]]:
    """Return the query with the time of each date, the date of each time and their zone, and what of it goes again."""
    returns = asked.returns or frozenset()
    partners = {tag for pair in TIME_OF.items() if returns & set(pair) for tag in pair} | {int(OFFSET_TAG, 16)}
    unasked = frozenset(f"{tag:08X}" for tag in partners - returns) - {OFFSET_TAG}
    return replace(asked, returns=returns | partners), unasked
