"""How modality performed procedure steps are told and read (N-CREATE, N-SET: PS3.4 F.7; N-GET: F.8)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from lumenarc.archive import Archive
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode_named
from lumenarc.dicom.lacking import Refusal
from lumenarc.dicom.mpps import MPPS, RETRIEVE
from lumenarc.errors import LumenarcError, NotFound
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import mpps
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

MODELS = frozenset((MPPS,))
# Who may tell of steps may read them in the same context, too.
READ_MODELS = frozenset((MPPS, RETRIEVE))
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")


def create(archive: Archive, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
    """Answer N-CREATE: a step has begun."""
    uid = rq.sop_instance_uid or f"2.25.{uuid.uuid4().int}"
    if len(uid) > 64 or not _UID.fullmatch(uid):
        yield Response(status.INVALID_INSTANCE)
        return
    try:
        given = to_attributes(data_set, context.transfer_syntax)
        yield _answer(mpps.create(archive, assoc.partners.calling, uid, given), uid)
    except LumenarcError as error:
        yield Response(status.PROCESSING_FAILURE, comment=str(error))


def change(archive: Archive, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
    """Answer N-SET: a step goes on or is over."""
    del assoc
    try:
        given = to_attributes(data_set, context.transfer_syntax)
        yield _answer(mpps.change(archive, rq.sop_instance_uid, given), rq.sop_instance_uid)
    except LumenarcError as error:
        yield Response(status.PROCESSING_FAILURE, comment=str(error))


def read(archive: Archive, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
    """Answer N-GET: all that is known of a step, or what is asked for."""
    del assoc, data_set
    try:
        known = mpps.get(archive, rq.sop_instance_uid).attrs
    except NotFound:
        yield Response(status.NO_SUCH_INSTANCE)
        return
    wanted = {f"{tag:08X}" for tag in rq.attribute_list}
    chosen = {name: value for name, value in known.items() if not wanted or name in wanted}
    yield Response(status.SUCCESS, encode_named(chosen, context.transfer_syntax))


def _answer(refusal: Refusal | None, uid: str) -> Response:
    if refusal is not None:
        return Response.refusing(refusal)
    return Response(status.SUCCESS, elements={commands.AFFECTED_SOP_INSTANCE: uid})
