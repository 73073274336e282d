"""How long do requests take, and how do they end? Counted for /metrics, without a word of what they carry."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lumenarc.doors.dimse.c_store import InstanceSink
from lumenarc.metrics import Meter, Series
from lumenarc.protocol.dimse import status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.transport.requests import Response

_OPERATIONS = ("C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "C-GET", "other")
_OUTCOMES = ("done", "warning", "cancelled", "failed")

SERIES = (
    *(
        Series("dimse", (("operation", operation), ("outcome", outcome)))
        for operation in _OPERATIONS
        for outcome in _OUTCOMES
    ),
    *(Series("associations", (("outcome", outcome),)) for outcome in ("accepted", "rejected")),
    *(Series("suboperations", (("outcome", outcome),)) for outcome in ("done", "warning", "failed")),
    Series("received_bytes", (("door", "dimse"),)),
)


def _outcome(code: int | None) -> str:
    if code is None or status.is_failure(code):
        return "failed"
    if code == status.CANCEL:
        return "cancelled"
    return "warning" if status.is_warning(code) else "done"


class Stopwatch:
    """Measures one request."""

    __slots__ = ("_meter", "_operation", "_started")

    def __init__(self, meter: Meter, rq: Command) -> None:
        name = rq.name.removesuffix("-RQ")
        self._meter, self._operation = meter, name if name in _OPERATIONS else "other"
        self._started = time.monotonic()

    def stop(self, code: int | None) -> None:
        """Count the request; None for one that ended without a status of ours."""
        seconds = time.monotonic() - self._started
        self._meter.count("dimse", seconds, operation=self._operation, outcome=_outcome(code))

    def answers(self, responses: Iterator[Response]) -> Iterator[Response]:
        """Pass answers on and count the request with the last one."""
        last: Response | None = None
        try:
            for last in responses:
                yield last
        finally:
            self.stop(None if last is None or status.is_pending(last.status) else last.status)
            if last is not None and last.counts is not None:
                _remaining, done, failed, warning = last.counts
                for outcome, count in (("done", done), ("warning", warning), ("failed", failed)):
                    self._meter.count("suboperations", 0.0, count, outcome=outcome)


class MeasuredSink:
    """One instance on its way into the archive, with a stopwatch."""

    __slots__ = ("_meter", "_sink", "_watch", "write")

    def __init__(self, sink: InstanceSink, meter: Meter, watch: Stopwatch) -> None:
        self._sink, self._meter, self._watch = sink, meter, watch
        self.write = sink.write

    def finish(self) -> Response:
        """Make the instance durable and indexed."""
        code = None
        try:
            response = self._sink.finish()
            code = response.status
            return response
        finally:
            self._watch.stop(code)
            self._meter.count("received_bytes", self._sink.n_bytes, door="dimse")

    def abort(self) -> None:
        """Forget the instance."""
        self._sink.abort()
        self._watch.stop(None)
