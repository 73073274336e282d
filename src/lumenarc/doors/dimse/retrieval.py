"""What C-MOVE and C-GET have in common: their models, progress reports, and the last word (PS3.4 C.4.2, C.4.3, Y)."""

from __future__ import annotations

import time
from dataclasses import replace

from lumenarc.archive import Archive
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode
from lumenarc.dicom.frame_request import frame_request
from lumenarc.errors import BadQuery
from lumenarc.protocol.dimse import status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import selection
from lumenarc.services.extract import without_bulk
from lumenarc.services.selection import Model, Selection
from lumenarc.services.send import Progress
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

_ROOT = "1.2.840.10008.5.1.4.1.2"
WITHOUT_BULK = f"{_ROOT}.5.3"
_PATIENT_ROOT, _STUDY_ROOT = Model(Level.PATIENT), Model(Level.STUDY)
_PATIENT_STUDY_ONLY, _COMPOSITE = Model(Level.PATIENT, Level.STUDY), Model(Level.IMAGE)
MOVE_MODELS = {
    f"{_ROOT}.1.2": _PATIENT_ROOT,
    f"{_ROOT}.2.2": _STUDY_ROOT,
    f"{_ROOT}.3.2": _PATIENT_STUDY_ONLY,
    f"{_ROOT}.4.2": _COMPOSITE,
}
GET_MODELS = {
    f"{_ROOT}.1.3": _PATIENT_ROOT,
    f"{_ROOT}.2.3": _STUDY_ROOT,
    f"{_ROOT}.3.3": _PATIENT_STUDY_ONLY,
    f"{_ROOT}.4.3": _COMPOSITE,
    WITHOUT_BULK: _COMPOSITE,
}
_FRAME_MODELS = (f"{_ROOT}.4.2", f"{_ROOT}.4.3")
_IMAGE_LEVEL = {"00080052": {"vr": "CS", "Value": ["IMAGE"]}}


def extended(information: bytes) -> bytes:
    """Answer the extended negotiation of a retrieval: relational yes, image conversion no (PS3.4 C.5.2.1)."""
    return bytes((int(information[:1] == b"\1"), *bytes(len(information[1:2]))))


def select(archive: Archive, assoc: Association, context: Context, identifier: bytes, model: Model) -> Selection:
    """Return what an identifier means; raise BadQuery, BadDataSet."""
    keys = to_attributes(identifier, context.transfer_syntax)
    frames = frame_request(keys) if context.abstract_syntax in _FRAME_MODELS else None
    if frames is not None:
        uids = selection.uids_of(keys | _IMAGE_LEVEL, model, relational=False)
        if len(uids.sop_instance_uids) > 1:
            raise BadQuery("Frames are taken out of one instance at a time.")
        return selection.select_frames(archive, uids, frames)
    negotiated = assoc.partners.extended.get(context.abstract_syntax, b"")[:1] == b"\1"
    relational = negotiated or archive.settings.lenient_hierarchy
    chosen = selection.select(archive, selection.uids_of(keys, model, relational=relational))
    return replace(chosen, make=without_bulk) if context.abstract_syntax == WITHOUT_BULK else chosen


class Reporter:
    """Says how far a retrieval is: after the first sub-operation, then every so often, and at the end."""

    def __init__(self, context: Context, rq: Command, progress: Progress, every_s: float) -> None:
        self.progress, self.every_s = progress, every_s
        self._context, self._message_id = context, rq.message_id
        self._next_at = 0.0
        self.is_cancelled = False

    def pending(self) -> Response | None:
        """Return a pending response when it is time for one."""
        now = time.monotonic()
        if now < self._next_at:
            return None
        self._next_at = now + self.every_s
        return Response(status.PENDING, counts=self._counts(self.progress.remaining))

    def look(self, assoc: Association) -> None:
        """Look whether the peer cancels."""
        self.is_cancelled = self.is_cancelled or assoc.is_cancelled(self._message_id)

    def final(self) -> Response:
        """Return the last response; one that is not plain success names what failed (PS3.4 C.4.2.1.4.2)."""
        progress = self.progress
        is_cut_short = self.is_cancelled and progress.remaining > 0
        remaining = progress.remaining if is_cut_short else None
        data_set = None
        if progress.failed_uids:
            failed = {"00080058": {"vr": "UI", "Value": progress.failed_uids}}
            data_set = encode(failed, self._context.transfer_syntax, "")
        code = status.CANCEL if is_cut_short else progress.final_status
        return Response(code, data_set, progress.comment, self._counts(remaining))

    def _counts(self, remaining: int | None) -> tuple[int | None, int, int, int]:
        progress = self.progress
        return remaining, progress.completed, progress.failed, progress.warning
