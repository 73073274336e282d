"""Where do instances go that a test fetches by C-GET? Into memory, by SOP Instance UID."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pydicom

from lumenarc.dicom.part10 import build_meta
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response, StoreSink


@dataclass
class Arrivals:
    """What came: transfer syntax and data set; answered with `status`, or with that of `statuses` for its UID."""

    found: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    status: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    def begin(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Give the sink for one instance; this is what `peers.receiving.get` asks for."""
        return _Kept(self, context, rq)

    @property
    def data(self) -> dict[str, bytes]:
        """The data sets alone."""
        return {uid: data for uid, (_syntax, data) in self.found.items()}


class _Kept(StoreSink):
    def __init__(self, arrivals: Arrivals, context: Context, rq: Command) -> None:
        self.arrivals, self.context, self.rq, self.received = arrivals, context, rq, bytearray()

    def write(self, data: memoryview) -> None:
        self.received += data

    def finish(self) -> Response:
        uid = self.rq.sop_instance_uid
        self.arrivals.found[uid] = (self.context.transfer_syntax, bytes(self.received))
        return Response(self.arrivals.statuses.get(uid, self.arrivals.status))

    def abort(self) -> None:
        self.received.clear()


def as_file(sop_class_uid: str, uid: str, syntax: str, data: bytes) -> pydicom.FileDataset:
    """Return a data set as pydicom reads it from a file."""
    return pydicom.dcmread(io.BytesIO(build_meta(sop_class_uid, uid, syntax, None) + data))
