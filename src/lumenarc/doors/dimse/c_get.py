"""How C-GET requests are answered: instances go back over the association that asked for them (PS3.4 C.4.3)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from lumenarc.archive import Archive
from lumenarc.doors.dimse import retrieval
from lumenarc.doors.dimse.retrieval import Reporter
from lumenarc.errors import LumenarcError
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import outgoing
from lumenarc.services.extract import Make
from lumenarc.services.outgoing import Outgoing
from lumenarc.services.selection import Row, Selection, StoredInstance, Vanished, rows
from lumenarc.services.send import Progress, SubOperation
from lumenarc.transport.association import Association, AssociationEnded
from lumenarc.transport.requests import Response

_SMALL_BYTES = 64 << 10
Prepared = Future[Outgoing | SubOperation]


def answer(
    archive: Archive, assoc: Association, context: Context, rq: Command, identifier: bytes
) -> Iterator[Response]:
    """Send what was asked for, yield pending responses meanwhile, then the final one."""
    model = retrieval.GET_MODELS[context.abstract_syntax]
    chosen = retrieval.select(archive, assoc, context, identifier, model)
    report = Reporter(context, rq, Progress(len(chosen)), archive.settings.pending_interval_s)
    yield from _Getting(archive, assoc, report, rq).run(chosen)
    yield report.final()


class _Getting:
    """The sub-operations of one C-GET; the next instance is made ready while one is sent."""

    def __init__(self, archive: Archive, assoc: Association, report: Reporter, rq: Command) -> None:
        self._archive, self._assoc, self._report, self._rq = archive, assoc, report, rq
        self._waiting: dict[int, str] = {}
        self._make: Make | None = None
        # The window is agreed, and never without limit (negotiation.answer).
        self._window = assoc.partners.async_performed
        self._contexts: dict[str, dict[str, int]] = {}
        for context in assoc.contexts.values():
            if context.we_scu:
                self._contexts.setdefault(context.abstract_syntax, {}).setdefault(context.transfer_syntax, context.id)

    def run(self, chosen: Selection) -> Iterator[Response]:
        """Send everything, or until the peer cancels; yield the pending responses."""
        self._make = chosen.make
        pool = ThreadPoolExecutor(1, "c-get")
        with closing(self._ahead(pool, rows(self._archive, chosen))) as ready:
            for future in ready:
                self._report.look(self._assoc)
                while not (future.done() or self._report.is_cancelled):
                    yield from self._tick()
                    _settle(future, self._report.every_s)
                    self._report.look(self._assoc)
                if self._report.is_cancelled:
                    break
                self._begin(future.result())
                while len(self._waiting) >= self._window:
                    yield from self._next_answer()
                yield from self._tick()
            while self._waiting:
                yield from self._next_answer()

    def _ahead(self, pool: ThreadPoolExecutor, every: Iterator[Row]) -> Generator[Prepared, None, None]:
        """Yield each preparation after beginning the next one: no more than two instances are held."""
        held: deque[Prepared] = deque()
        try:
            for row in every:
                held.append(self._begun(pool, row))
                if len(held) > 1:
                    yield held[0]
                    held.popleft()
            while held:
                yield held[0]
                held.popleft()
        finally:
            # Nobody waits for what is still being made ready: it is closed when it is done.
            for future in held:
                if not future.cancel():
                    future.add_done_callback(_forget)
            pool.shutdown(wait=False)

    def _begun(self, pool: ThreadPoolExecutor, row: Row) -> Prepared:
        """Have an instance made ready aside; one that is small and leaves as it lies is ready sooner than asked for."""
        if isinstance(row, Vanished) or (row.data_set_bytes <= _SMALL_BYTES and self._leaves_as_it_lies(row)):
            ready: Prepared = Future()
            ready.set_result(self._prepare(row))
            return ready
        return pool.submit(self._prepare, row)

    def _leaves_as_it_lies(self, row: StoredInstance) -> bool:
        return self._make is None and row.transfer_syntax_uid in self._contexts.get(row.sop_class_uid, {})

    def _prepare(self, row: Row) -> Outgoing | SubOperation:
        if isinstance(row, Vanished):
            return SubOperation(row.sop_instance_uid, status.PROCESSING_FAILURE, "The object has been deleted.")
        try:
            return outgoing.prepare(self._archive, row, self._contexts.get(row.sop_class_uid, {}), self._make)
        except LumenarcError as error:
            return SubOperation(row.sop_instance_uid, error.dimse_status, str(error))

    def _begin(self, ready: Outgoing | SubOperation) -> None:
        """Send one instance, or count it as failed."""
        if isinstance(ready, SubOperation):
            self._report.progress.count(ready)
            return
        with ready:
            instance = ready.instance
            message_id = self._assoc.new_message_id()
            rq = commands.request(
                commands.C_STORE_RQ,
                message_id,
                instance.kind.sop_class_uid,
                data_set=True,
                sop_instance_uid=instance.sop_instance_uid,
                priority=self._rq.priority,
            )
            self._waiting[message_id] = instance.sop_instance_uid
            context_id = self._contexts[instance.kind.sop_class_uid][instance.kind.transfer_syntax_uid]
            self._assoc.send(context_id, rq, instance.chunks())

    def _tick(self) -> Iterator[Response]:
        pending = self._report.pending()
        if pending is not None:
            yield pending

    def _next_answer(self) -> Iterator[Response]:
        """Wait for one answer, or for whatever else the peer says."""
        deadline = time.monotonic() + self._assoc.timeouts.dimse_s
        while not self._assoc.wait(self._report.every_s):
            if time.monotonic() > deadline:
                self._assoc.abort(2, 0)
                raise AssociationEnded("The peer did not answer a C-STORE in time.")
            yield from self._tick()
        message = self._assoc.next_message()
        if message is None:
            raise AssociationEnded("The association was released within a C-GET.")
        rsp = message.command
        if rsp.is_response:
            uid = self._waiting.pop(rsp.message_id, None)
            if uid is None:
                self._assoc.abort()
                raise AssociationEnded(f"The peer sent {rsp.name}, which was not to be expected.")
            self._report.progress.count(SubOperation(uid, rsp.status, rsp.error_comment))
        elif rsp.field == commands.C_CANCEL_RQ:
            self._report.is_cancelled = self._report.is_cancelled or rsp.message_id == self._rq.message_id
        else:
            # One operation at a time: what comes meanwhile is not lost, but not done either.
            self._assoc.skip_data_set()
            busy = Response(status.RESOURCE_LIMITATION, comment="A C-GET is under way on this association.")
            self._assoc.send(message.context_id, busy.command(rsp))


def _settle(future: Prepared, timeout_s: float) -> None:
    """Wait until it is done, or for this long."""
    try:
        future.exception(timeout_s)
    except TimeoutError:
        return


def _forget(future: Prepared) -> None:
    """Close what was made ready and not sent."""
    if future.exception() is None and isinstance(ready := future.result(), Outgoing):
        ready.close()
