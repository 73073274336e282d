"""How instances are fetched over our own association: C-GET as SCU (PS3.4 C.4.3, PS3.7 9.1.3).

def begin(assoc, context, rq):          # rq.sop_instance_uid, context.transfer_syntax, …
    return MySink(...)                  # transport/requests.py StoreSink: write, then finish or abort

proposals = [Proposal(STUDY_ROOT_GET), *receivable(sop_class_uids, syntaxes)]
with open_association(peer, proposals) as assoc:
    answers = get(assoc, STUDY_ROOT_GET, identifier, begin)
    for progress in answers:
        print(progress.counts)
    print(answers.outcome().counts, answers.outcome().failed_uids)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest
from lumenarc.peers.dimse import Exchange, Proposal, exchange
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.messages import Message
from lumenarc.transport.association import Association
from lumenarc.transport.pump import receive_instance
from lumenarc.transport.requests import BeginStore


def receivable(
    sop_class_uids: Iterable[str], transfer_syntaxes: tuple[str, ...], *, one_each: bool = False
) -> Iterator[Proposal]:
    """Yield proposals to receive these SOP classes by C-GET: we are their SCP (PS3.4 C.5.3.1).

    With `one_each` every transfer syntax gets a context of its own, so that the peer need not transcode; mind that an
    association has 128 of them.
    """
    for uid in sop_class_uids:
        groups = [(syntax,) for syntax in transfer_syntaxes] if one_each else [transfer_syntaxes]
        for group in groups:
            yield Proposal(uid, group, roles=(False, True))


def get(
    assoc: Association, model_uid: str, identifier: Attributes, begin: BeginStore, *, priority: int = 0
) -> Exchange:
    """Retrieve (C-GET); `begin` is asked for a sink for each instance that comes, and may raise to refuse it."""

    def serve(message: Message) -> None:
        _store(assoc, message, begin)

    return exchange(assoc, commands.C_GET_RQ, model_uid, identifier, serve, priority=priority)


def _store(assoc: Association, message: Message, begin: BeginStore) -> None:
    """Receive one instance of the C-GET and answer it."""
    rq, context = message.command, assoc.contexts.get(message.context_id)
    if context is None or rq.field != commands.C_STORE_RQ or not context.we_scp:
        assoc.abort()
        raise UnexpectedRequest(f"The peer sent {rq.name}, which was not to be expected.")
    response = receive_instance(assoc, context, rq, begin)
    if not status.is_failure(response.status):
        assoc.n_stored += 1
    assoc.send(context.id, response.command(rq))


class UnexpectedRequest(BadRequest):
    """The peer asked us for something that was not negotiated."""
