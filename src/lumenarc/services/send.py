"""How stored instances are sent to another application entity: C-MOVE's sub-operations and the send job (PS3.4 C.4.2).

Several associations share one list of instances. Each instance has its own outcome: what cannot be sent is a failed
sub-operation and the next one is tried; when the destination itself is gone, the rest fails with that reason.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.errors import LumenarcError, PeerFailed
from lumenarc.index.aes import ApplicationEntity
from lumenarc.index.lookup import StoredInstance
from lumenarc.peers.dimse import PLAIN_SYNTAXES, Peer, open_association
from lumenarc.peers.sending import Kind, Options, proposals_for, send
from lumenarc.protocol.dimse import status
from lumenarc.services import outgoing
from lumenarc.services.selection import Row, Selection, Vanished, rows
from lumenarc.transport.association import Association
from lumenarc.transport.wire import Timeouts

log = logging.getLogger(__name__)
# An association that breaks this often in a row, with nothing stored between, is not opened again.
_MAX_BREAKS = 3


@dataclass(frozen=True, slots=True)
class SubOperation:
    """What became of one instance: the status of its C-STORE, or of our failure to send it, and a sentence."""

    sop_instance_uid: str
    status: int
    comment: str = ""


@dataclass(slots=True)
class Progress:
    """How far a run of sub-operations is; `failed_uids` are in the order of failing."""

    remaining: int
    completed: int = 0
    failed: int = 0
    warning: int = 0
    comment: str = ""
    failed_uids: list[str] = field(default_factory=list)

    def count(self, done: SubOperation) -> None:
        """Take the outcome of one more sub-operation."""
        self.remaining -= 1
        if done.status == status.SUCCESS:
            self.completed += 1
        elif status.is_warning(done.status):
            self.warning += 1
        else:
            self.failed += 1
            self.comment = self.comment or done.comment
            if done.sop_instance_uid:
                self.failed_uids.append(done.sop_instance_uid)

    def give_up(self, comment: str) -> None:
        """Count everything that is left as failed."""
        self.failed, self.remaining = self.failed + self.remaining, 0
        self.comment = self.comment or comment

    @property
    def final_status(self) -> int:
        """The status of a run that has come to its end (PS3.4 C.4.2.1.5, C.4.2.3.1)."""
        if not self.failed and not self.warning:
            return status.SUCCESS
        return status.SOME_SUBOPERATIONS_FAILED if self.completed or self.warning else status.UNABLE_TO_PERFORM


def peer_of(settings: Settings, entity: ApplicationEntity) -> Peer:
    """Return how a registered AE is called."""
    tls = ssl.create_default_context() if entity.tls else None
    return Peer(entity.title, entity.host, entity.port, settings.aet, tls, Timeouts.of(settings))


class Sending:
    """One run: iterate over `outcomes`, then `close` it, which ends at once whatever still runs."""

    def __init__(
        self,
        archive: Archive,
        selection: Selection,
        destination: ApplicationEntity,
        originator: tuple[str, int] | None = None,
    ) -> None:
        self.archive, self.selection = archive, selection
        self.peer, self.options = peer_of(archive.settings, destination), Options(originator)
        self._rows = rows(archive, selection)
        self._returned: list[StoredInstance] = []
        self._lock = threading.Lock()
        self._outcomes: queue.SimpleQueue[SubOperation | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._n_active = min(destination.n_associations, len(selection))
        self._lanes = [_Lane(self) for _number in range(self._n_active)]
        self._threads = [
            threading.Thread(target=lane.run, name=f"send-{number}", daemon=True)
            for number, lane in enumerate(self._lanes)
        ]
        self.failure = ""

    def outcomes(self, tick_s: float) -> Iterator[SubOperation | None]:
        """Send, and yield each outcome; None whenever nothing has happened for `tick_s`."""
        for thread in self._threads:
            thread.start()
        n_running = len(self._threads)
        while n_running:
            try:
                done = self._outcomes.get(timeout=tick_s)
            except queue.Empty:
                yield None
                continue
            if done is None:
                n_running -= 1
            else:
                yield done

    def cancel(self) -> None:
        """Begin no more sub-operations; those under way come to their end."""
        self._stopped.set()

    def close(self) -> None:
        """End at once: cut what is being sent."""
        self._stopped.set()
        for lane in self._lanes:
            lane.cut()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def next_row(self) -> Row | None:
        """Return what the next free lane sends, None when there is nothing more to do."""
        with self._lock:
            found = None
            if not self._stopped.is_set():
                found = self._returned.pop() if self._returned else next(self._rows, None)
            if found is None:
                self._n_active -= 1
            return found

    def leave_to_others(self, inst: StoredInstance) -> bool:
        """Take an instance back from a lane that gets no association; False when it is the last lane."""
        with self._lock:
            if self._n_active <= 1:
                return False
            self._n_active -= 1
            self._returned.append(inst)
            return True

    def tell(self, done: SubOperation | None) -> None:
        """Report an outcome, or None at the end of a lane."""
        self._outcomes.put(done)


class _Lane:
    """One association of a run and the thread that owns it."""

    def __init__(self, run: Sending) -> None:
        self._run = run
        self._assoc: Association | None = None
        self._proposed: frozenset[Kind] = frozenset()
        self._n_breaks = 0
        self._is_cut = False

    def run(self) -> None:
        """Send until there is nothing left."""
        try:
            while (row := self._run.next_row()) is not None:
                done = self._one(row)
                if done is None:
                    return
                self._run.tell(done)
            if self._assoc is not None and self._assoc.is_open:
                self._assoc.release()
        except LumenarcError as error:
            self._run.failure = self._run.failure or str(error)
        except Exception:
            log.exception("sending broke")
            self._run.failure = self._run.failure or "The archive made a mistake; its log says more."
        finally:
            if self._assoc is not None:
                self._assoc.abort()
            self._run.tell(None)

    def cut(self) -> None:
        """Break the association off, from another thread."""
        self._is_cut = True
        if self._assoc is not None:
            self._assoc.shut_down()

    def _one(self, row: Row) -> SubOperation | None:
        """Send one instance; None when this lane has no association and the others do the work."""
        if isinstance(row, Vanished):
            return SubOperation(row.sop_instance_uid, status.PROCESSING_FAILURE, "The object has been deleted.")
        if self._run.failure:
            return SubOperation(row.sop_instance_uid, status.UNABLE_TO_PERFORM, self._run.failure)
        try:
            return self._store(row)
        except PeerFailed as error:
            # A destination may take fewer associations than we would like to open.
            if self._assoc is None and self._run.leave_to_others(row):
                return None
            self._n_breaks += 1
            if self._n_breaks >= _MAX_BREAKS or self._assoc is None:
                self._run.failure = str(error)
            self._drop()
            return SubOperation(row.sop_instance_uid, status.UNABLE_TO_PERFORM, str(error))
        except LumenarcError as error:
            return SubOperation(row.sop_instance_uid, error.dimse_status, str(error))

    def _store(self, inst: StoredInstance) -> SubOperation:
        assoc = self._ready(Kind(inst.sop_class_uid, inst.transfer_syntax_uid))
        accepted = {
            context.transfer_syntax
            for context in assoc.contexts.values()
            if context.abstract_syntax == inst.sop_class_uid and context.we_scu
        }
        with outgoing.prepare(self._run.archive, inst, accepted, self._run.selection.make) as ready:
            for sent in send(assoc, (ready.instance,), self._run.options):
                self._n_breaks = 0
                return SubOperation(inst.sop_instance_uid, sent.outcome.status, sent.outcome.comment)
        raise PeerFailed("The instance was not sent.")

    def _ready(self, kind: Kind) -> Association:
        """Return an association in which this kind of instance was proposed."""
        if self._assoc is not None and self._assoc.is_open and kind in self._proposed:
            return self._assoc
        self._drop()
        # More kinds than an association has contexts for: the next one begins with the kind that is needed now.
        kinds = list(dict.fromkeys((kind, *self._run.selection.kinds)))
        proposals = proposals_for(kinds, PLAIN_SYNTAXES)
        self._proposed = frozenset(Kind(each.sop_class_uid, each.transfer_syntaxes[0]) for each in proposals)
        self._assoc = open_association(self._run.peer, proposals)
        if self._is_cut:
            self._assoc.shut_down()
        return self._assoc

    def _drop(self) -> None:
        assoc, self._assoc = self._assoc, None
        if assoc is not None:
            if assoc.is_open:
                assoc.release()
            assoc.abort()
