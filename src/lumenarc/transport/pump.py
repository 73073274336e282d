"""How the requests of one association are served, one after the other (PS3.7 9, 10)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from lumenarc.errors import BadRequest, LumenarcError
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import BeginStore, Handler, Response, StoreSink

log = logging.getLogger(__name__)


class UnexpectedMessage(BadRequest):
    """A message makes no sense here: a response nobody waits for, or no such presentation context."""


def pump(
    assoc: Association, handler: Handler, max_bytes: Callable[[Context], int], is_stopping: Callable[[], bool]
) -> None:
    """Serve until the peer releases the association; `max_bytes` limits data sets by their context.

    Raises AssociationEnded and UnexpectedMessage.
    """
    while not is_stopping() and assoc.state != "closed":
        assoc.state = "idle"
        message = assoc.next_message()
        if message is None:
            return
        rq = message.command
        context = assoc.contexts.get(message.context_id)
        if context is None:
            assoc.abort(2, 6)
            raise UnexpectedMessage(f"{rq.name} in presentation context {message.context_id}, which was not accepted.")
        if rq.is_response:
            assoc.abort(0, 0)
            raise UnexpectedMessage(f"{rq.name} that nobody waits for.")
        assoc.state = rq.name.removesuffix("-RQ")
        if rq.field == commands.C_STORE_RQ:
            _store(assoc, context, rq, handler)
        elif rq.field != commands.C_CANCEL_RQ:
            _answer(assoc, context, rq, handler, max_bytes(context))


def _store(assoc: Association, context: Context, rq: Command, handler: Handler) -> None:
    """Pass a data set to its sink; a failure is answered after the rest has been received."""
    response = receive_instance(assoc, context, rq, handler.begin_store)
    if not status.is_failure(response.status):
        assoc.n_stored += 1
    assoc.send(context.id, response.command(rq))
    if response.then is not None:
        response.then()


def receive_instance(assoc: Association, context: Context, rq: Command, begin: BeginStore) -> Response:
    """Receive the data set of a C-STORE-RQ into the sink that `begin` gives and return what to answer."""
    sink: StoreSink | None = None
    try:
        if not rq.has_data_set:
            return Response(status.UNABLE_TO_PROCESS, comment="There is no data set.")
        sink = begin(assoc, context, rq)
        write = sink.write
        for piece in assoc.data_set():
            write(piece)
        ending, sink = sink, None
        return ending.finish()
    except Exception as error:  # noqa: BLE001 - see _failure
        response = _failure(assoc, rq, error)
        assoc.skip_data_set()
        return response
    finally:
        if sink is not None:
            sink.abort()


def _answer(assoc: Association, context: Context, rq: Command, handler: Handler, max_data_set_bytes: int) -> None:
    try:
        data_set = assoc.read_data_set(max_data_set_bytes)
        match: bytes | None = None
        for response in handler.handle(assoc, context, rq, data_set):
            body = None if response.data_set is None else (response.data_set,)
            if response.is_match:
                # One command set says "here is a match" of all of them, thousands maybe.
                match = match or commands.encode(response.command(rq))
                assoc.send(context.id, match, body, soon=True)
            else:
                assoc.send(context.id, response.command(rq), body, soon=status.is_pending(response.status))
        assoc.flush()
    except Exception as error:  # noqa: BLE001 - see _failure
        assoc.send(context.id, _failure(assoc, rq, error).command(rq))


def _failure(assoc: Association, rq: Command, error: Exception) -> Response:
    """Say what an error means; a mistake of ours costs the peer one request, and the log its details, not a thread."""
    if not assoc.is_open:
        raise error
    if isinstance(error, LumenarcError):
        return Response.of(error)
    log.error("%s broke", rq.name, exc_info=error)
    return Response(status.PROCESSING_FAILURE, comment="The archive made a mistake; its log says more.")
