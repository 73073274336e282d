"""How modality worklist queries are answered (C-FIND, PS3.4 K.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

from lumenarc.archive import Archive
from lumenarc.dicom import charset
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode, texts
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import worklist
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

PENDING, SUCCESS, CANCELLED = 0xFF00, 0x0000, 0xFE00
WORKLIST = "1.2.840.10008.5.1.4.31"
MODELS = frozenset((WORKLIST,))


def answer(
    archive: Archive, assoc: Association, context: Context, rq: Command, identifier: bytes
) -> Iterator[Response]:
    """Yield a pending response for each scheduled step that matches, then the final one."""
    keys = to_attributes(identifier, context.transfer_syntax)
    extended = assoc.partners.extended.get(WORKLIST, b"").ljust(4, b"\0")
    wanted = "\\".join(str(value or "") for value in keys.get("00080005", {}).get("Value", ()))
    with closing(cast(Any, worklist.search(archive, keys, fuzzy=extended[2] == 1))) as found:
        for row in found:
            if assoc.is_cancelled(rq.message_id):
                yield Response(CANCELLED)
                return
            yield Response(PENDING, encode(row, context.transfer_syntax, charset.choose(texts(row), wanted)))
    yield Response(SUCCESS)
