"""How storage commitment is asked for and answered (Push Model as SCP, PS3.4 J.3).

The acknowledgement is sent when the request is durable. A requestor that then keeps still on its association gets the
report there; one that goes on, lets go or does not take it gets it from a worker, over an association of ours.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator

from lumenarc.archive import Archive
from lumenarc.dicom.commitment import INSTANCE, MODEL, REQUEST, request_of
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.errors import BadDataSet, Cancelled, LumenarcError, TooLarge
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.dimse.messages import Message
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import commitment, jobs
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

log = logging.getLogger(__name__)
MODELS = frozenset((MODEL,))
# Who means to let go of the association does so at once; who does not has this long to say that there is more.
_QUIET_S = 1.0
# A requestor that waits for the report on its association answers it at once.
_ANSWER_S = 30.0
_RENEW_EVERY_S = jobs.LEASE_MS / 3000


def answer(archive: Archive, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
    """Take a request, acknowledge it, then report on it."""
    response, job = _take(archive, assoc, context, rq, data_set)
    yield response
    if job is not None:
        assoc.flush()
        _Conversation(archive, assoc, job).hold()


def _take(
    archive: Archive, assoc: Association, context: Context, rq: Command, data_set: bytes
) -> tuple[Response, jobs.Running | None]:
    """Return the acknowledgement, and the request that is now ours to answer."""
    if rq.action_type != REQUEST:
        return Response(status.NO_SUCH_ACTION), None
    if rq.sop_instance_uid != INSTANCE:
        return Response(status.NO_SUCH_INSTANCE), None
    try:
        request = request_of(to_attributes(data_set, context.transfer_syntax))
        return Response(status.SUCCESS), commitment.accept(archive, assoc.partners.calling, request)
    except BadDataSet as error:
        return Response(status.INVALID_ARGUMENT, comment=str(error)), None
    except TooLarge as error:
        return Response(status.RESOURCE_LIMITATION, comment=str(error)), None
    except LumenarcError as error:
        return Response(status.PROCESSING_FAILURE, comment=str(error)), None


class _Conversation:
    """The reports that are due on one association, and the requests that come meanwhile."""

    def __init__(self, archive: Archive, assoc: Association, job: jobs.Running) -> None:
        self._archive, self._assoc = archive, assoc
        self._due: deque[jobs.Running] = deque((job,))
        self._renewed_at = time.monotonic()

    def hold(self) -> None:
        """Report while the requestor listens; give to the workers what it does not."""
        try:
            while self._due and self._is_listening():
                self._report(self._due[0])
                self._due.popleft()
        except (LumenarcError, jobs.Interrupted) as error:
            log.info("commitment is not reported on this association: %s", error)
        finally:
            for job in self._due:
                try:
                    job.give_back()
                except jobs.Interrupted:
                    continue

    def _is_listening(self) -> bool:
        """Judge all that is due, then see whether the requestor keeps still; take in what it asks meanwhile."""
        while True:
            for job in self._due:
                commitment.judge(self._archive, job, self._renew)
            if not self._assoc.wait(_QUIET_S):
                return True
            message = self._assoc.next_message()
            if message is None:
                return False
            if not self._took(message):
                self._assoc.put_back(message)
                return False

    def _took(self, message: Message) -> bool:
        """Take another request for commitment; False when the message is something else."""
        rq, context = message.command, self._assoc.contexts.get(message.context_id)
        if context is None or context.abstract_syntax != MODEL or rq.field != commands.N_ACTION_RQ:
            return False
        job = None
        try:
            data_set = self._assoc.read_data_set(self._archive.settings.max_dimse_data_set_bytes)
            response, job = _take(self._archive, self._assoc, context, rq, data_set)
        except TooLarge as error:
            response = Response.of(error)
        self._assoc.send(context.id, response.command(rq))
        if job is not None:
            self._due.append(job)
        return True

    def _report(self, job: jobs.Running) -> None:
        """Report, and write down whether it was taken."""
        try:
            outcome = commitment.tell(self._archive, self._assoc, job, self._meanwhile, _ANSWER_S)
            if outcome.is_success:
                job.done(commitment.result_of(self._archive, job))
            else:
                job.give_back()
        except Cancelled as error:
            job.failed(error, max_attempts=0)
        except jobs.Interrupted:
            pass  # A worker has it.

    def _meanwhile(self, message: Message) -> None:
        """Answer what comes instead of the answer to a report: the two may cross."""
        rq = message.command
        if not self._took(message):
            self._assoc.skip_data_set()
            self._assoc.send(message.context_id, Response(status.RESOURCE_LIMITATION).command(rq))

    def _renew(self) -> None:
        """Keep the leases of what is due: comparing takes as long as reading."""
        now = time.monotonic()
        if now - self._renewed_at >= _RENEW_EVERY_S:
            jobs.look_after(self._archive, list(self._due), renew=True)
            self._renewed_at = now
