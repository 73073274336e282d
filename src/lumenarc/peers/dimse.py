"""How another application entity is asked over DIMSE: open an association, echo, find, move, N- services (PS3.7 9, 10).

    peer = Peer("ARCHIVE", "pacs.example", 104, calling="LUMENARC")
    with open_association(peer, [Proposal(STUDY_ROOT_FIND)]) as assoc:
        answers = find(assoc, STUDY_ROOT_FIND, {"00080052": {"vr": "CS", "Value": ["STUDY"]}, ...})
        for answer in answers:
            print(answer.attributes)
        print(answers.outcome().text)

Storing is in `peers/sending.py`, C-GET in `peers/receiving.py`. Whatever goes wrong on the way raises PeerFailed or a
leaf of it (`transport/connect.py`: NoConnection, Rejected); a refusal by status is no exception but an Outcome.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode_named
from lumenarc.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, LumenarcError
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.dimse.messages import Message
from lumenarc.protocol.ul.items import CommonExtended, ProposedContext, UserIdentity, UserInformation
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.protocol.ul.pdu import AssociateRq
from lumenarc.transport.association import Association, AssociationEnded
from lumenarc.transport.connect import connect
from lumenarc.transport.wire import Timeouts

VERIFICATION = "1.2.840.10008.1.1"
PLAIN_SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
MAX_CONTEXTS = 128
MAX_ANSWER_BYTES = 16 << 20
Serve = Callable[[Message], None]
"""Is given what the peer asks of us while we wait for its answer; without it that breaks the association."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom we call, and as whom.

    `async_invoked` is how many operations we would like to have outstanding at once, `async_performed` how many stores
    of a C-GET the peer may send ahead of our answers (0: without limit; both 1: do not negotiate). `max_pdu_bytes` is
    what we receive.
    """

    title: str
    host: str
    port: int
    calling: str = "LUMENARC"
    tls: ssl.SSLContext | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    identity: UserIdentity | None = None
    async_invoked: int = 1
    async_performed: int = 1
    max_pdu_bytes: int = 131072


@dataclass(frozen=True, slots=True)
class Proposal:
    """One presentation context to ask for, of which the peer picks one transfer syntax (PS3.8 7.1.1.13).

    Ask for several with the same SOP class to learn which of its syntaxes are all taken. `roles` are (SCU, SCP) that
    we want to take (PS3.7 D.3.3.4), `extended` is the service class's information (D.3.3.5), `related` the general
    classes that a peer may take this one for, of the service class `service_class_uid` (D.3.3.6).
    """

    sop_class_uid: str
    transfer_syntaxes: tuple[str, ...] = PLAIN_SYNTAXES
    roles: tuple[bool, bool] | None = None
    extended: bytes | None = None
    related: tuple[str, ...] = ()
    service_class_uid: str = "1.2.840.10008.4.2"


@dataclass(frozen=True, slots=True)
class Target:
    """The object of an N- request; `context_uid` names a Meta SOP class when that was negotiated instead."""

    sop_class_uid: str
    sop_instance_uid: str = ""
    context_uid: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended. `counts` are remaining, completed, failed, warning sub-operations; text is untrusted."""

    status: int
    comment: str = ""
    attributes: Attributes = field(default_factory=dict)
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    sop_instance_uid: str = ""
    offending: tuple[int, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether it was done, with or without a warning."""
        return self.status == status.SUCCESS or status.is_warning(self.status)

    @property
    def text(self) -> str:
        """The status in words, with what the peer says."""
        return self.in_words_of({})

    def in_words_of(self, service: Mapping[int, str]) -> str:
        """Return `text` with the statuses that mean something in one service only."""
        return status.describe(self.status, service) + (f": {self.comment}" if self.comment else "")

    @property
    def failed_uids(self) -> tuple[str, ...]:
        """Return the Failed SOP Instance UID List (0008,0058) of a retrieval."""
        return tuple(str(uid) for uid in self.attributes.get("00080058", {}).get("Value", ()) if uid)


@dataclass(frozen=True, slots=True)
class Pending:
    """One pending answer: a match of C-FIND, or how far C-MOVE and C-GET are."""

    status: int
    counts: tuple[int, int, int, int]
    data_set: bytes
    transfer_syntax_uid: str

    @property
    def attributes(self) -> Attributes:
        """The data set as DICOM JSON; raises BadDataSet."""
        return to_attributes(self.data_set, self.transfer_syntax_uid)


def open_association(peer: Peer, proposals: Iterable[Proposal]) -> Association:
    """Open an association; use it in a `with`, which releases it, or aborts it after an exception.

    Raises NoConnection, Rejected, PeerFailed; BadRequest for more than 128 presentation contexts.
    """
    wanted = list(proposals)
    if not 0 < len(wanted) <= MAX_CONTEXTS:
        raise BadRequest("An association has 1 to 128 presentation contexts.")
    contexts = tuple(
        ProposedContext(2 * number + 1, proposal.sop_class_uid, proposal.transfer_syntaxes)
        for number, proposal in enumerate(wanted)
    )
    related = {
        proposal.sop_class_uid: CommonExtended(proposal.sop_class_uid, proposal.service_class_uid, proposal.related)
        for proposal in wanted
        if proposal.related
    }
    window = peer.async_invoked, peer.async_performed
    user = UserInformation(
        max_length=peer.max_pdu_bytes,
        implementation_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version=IMPLEMENTATION_VERSION_NAME,
        async_window=None if window == (1, 1) else window,
        roles={proposal.sop_class_uid: proposal.roles for proposal in wanted if proposal.roles is not None},
        extended={proposal.sop_class_uid: proposal.extended for proposal in wanted if proposal.extended is not None},
        common_extended=tuple(related.values()),
        identity=peer.identity,
    )
    request = AssociateRq(peer.title, peer.calling, contexts, user)
    return connect(peer.host, peer.port, request, peer.timeouts, peer.tls)


def context_of(assoc: Association, sop_class_uid: str) -> Context:
    """Return a context in which we may ask for this SOP class; raise NotOffered when the peer took none."""
    for context in assoc.contexts.values():
        if context.abstract_syntax == sop_class_uid and context.we_scu:
            return context
    raise NotOffered("The peer does not offer this service.")


class NotOffered(BadRequest):
    """The peer accepted no presentation context for this request."""


class Exchange:
    """The answers to a request that may have many: iterate over the pending ones, then ask for the `outcome`.

    `serve` is given what the peer asks of us meanwhile (C-GET); without it that breaks the association.
    """

    def __init__(
        self,
        assoc: Association,
        context: Context,
        message_id: int,
        serve: Serve | None = None,
    ) -> None:
        self._assoc, self._context, self._message_id, self._serve = assoc, context, message_id, serve
        self._outcome: Outcome | None = None

    def __iter__(self) -> Iterator[Pending]:
        while self._outcome is None:
            rsp, data_set = _await(self._assoc, self._message_id, self._serve)
            if not status.is_pending(rsp.status):
                self._outcome = _outcome(rsp, data_set, self._context)
            else:
                yield Pending(rsp.status, rsp.counts, data_set, self._context.transfer_syntax)

    def outcome(self) -> Outcome:
        """Return how the request ended, after skipping the answers that were not looked at."""
        for _pending in self:
            pass
        assert self._outcome is not None
        return self._outcome

    def cancel(self) -> None:
        """Ask the peer to stop (C-CANCEL); it may answer some more before it does."""
        if self._outcome is None:
            self._assoc.send(self._context.id, commands.cancel(self._message_id))


def echo(assoc: Association) -> Outcome:
    """Ask whether the peer is there (C-ECHO, PS3.4 A)."""
    return _once(assoc, context_of(assoc, VERIFICATION), commands.C_ECHO_RQ, Target(VERIFICATION))


def find(assoc: Association, model_uid: str, identifier: Attributes, *, priority: int = 0) -> Exchange:
    """Search (C-FIND, PS3.4 C.4.1); works for every model that has an identifier, worklists and UPS among them."""
    return exchange(assoc, commands.C_FIND_RQ, model_uid, identifier, priority=priority)


def move(
    assoc: Association, model_uid: str, identifier: Attributes, destination: str, *, priority: int = 0
) -> Exchange:
    """Have instances sent to another AE (C-MOVE, PS3.4 C.4.2); pending answers come as often as the peer likes."""
    return exchange(assoc, commands.C_MOVE_RQ, model_uid, identifier, priority=priority, destination=destination)


def exchange(
    assoc: Association,
    command_field: int,
    model_uid: str,
    identifier: Attributes,
    serve: Serve | None = None,
    **more: Any,
) -> Exchange:
    """Send a request with an identifier and return the answers that come; `more` as for `commands.request`."""
    context = context_of(assoc, model_uid)
    message_id = assoc.new_message_id()
    rq = commands.request(command_field, message_id, model_uid, data_set=True, **more)
    assoc.send(context.id, rq, (encode_named(identifier, context.transfer_syntax),))
    return Exchange(assoc, context, message_id, serve)


def n_get(assoc: Association, target: Target, tags: tuple[int, ...] = (), serve: Serve | None = None) -> Outcome:
    """Read an object's attributes, all of them without `tags` (N-GET, PS3.7 10.1.2)."""
    return _n(assoc, commands.N_GET_RQ, target, None, tags=tags or None, serve=serve)


def n_set(assoc: Association, target: Target, attributes: Attributes, serve: Serve | None = None) -> Outcome:
    """Change an object's attributes (N-SET, PS3.7 10.1.3)."""
    return _n(assoc, commands.N_SET_RQ, target, attributes, serve=serve)


def n_create(assoc: Association, target: Target, attributes: Attributes, serve: Serve | None = None) -> Outcome:
    """Make an object; without an instance UID the peer gives one, in the outcome (N-CREATE, PS3.7 10.1.5)."""
    return _n(assoc, commands.N_CREATE_RQ, target, attributes, serve=serve)


def n_delete(assoc: Association, target: Target, serve: Serve | None = None) -> Outcome:
    """Remove an object (N-DELETE, PS3.7 10.1.6)."""
    return _n(assoc, commands.N_DELETE_RQ, target, None, serve=serve)


def n_action(
    assoc: Association,
    target: Target,
    action_type: int,
    attributes: Attributes | None = None,
    serve: Serve | None = None,
) -> Outcome:
    """Have something done with an object (N-ACTION, PS3.7 10.1.4)."""
    return _n(assoc, commands.N_ACTION_RQ, target, attributes, action_type=action_type, serve=serve)


def n_event_report(
    assoc: Association,
    target: Target,
    event_type: int,
    attributes: Attributes | None = None,
    serve: Serve | None = None,
    timeout_s: float | None = None,
) -> Outcome:
    """Report an event; the association needs the SCP role (N-EVENT-REPORT, PS3.7 10.1.1).

    A peer that does not answer in `timeout_s` (the DIMSE time-out without) loses its association.
    """
    more = {"event_type": event_type, "serve": serve, "timeout_s": timeout_s}
    return _n(assoc, commands.N_EVENT_REPORT_RQ, target, attributes, **more)


def _n(assoc: Association, command_field: int, target: Target, attributes: Attributes | None, **more: Any) -> Outcome:
    wanted = target.context_uid or target.sop_class_uid
    as_scp = command_field == commands.N_EVENT_REPORT_RQ
    for context in assoc.contexts.values():
        if context.abstract_syntax == wanted and (context.we_scp if as_scp else context.we_scu):
            return _once(assoc, context, command_field, target, attributes, **more)
    raise NotOffered("The peer does not offer this service.")


def _once(
    assoc: Association,
    context: Context,
    command_field: int,
    target: Target,
    attributes: Attributes | None = None,
    **more: Any,
) -> Outcome:
    """Send a request that has one answer, and wait for it."""
    serve, timeout_s = more.pop("serve", None), more.pop("timeout_s", None)
    message_id = assoc.new_message_id()
    data_set = None if attributes is None else (encode_named(attributes, context.transfer_syntax),)
    if target.sop_instance_uid:
        more["sop_instance_uid"] = target.sop_instance_uid
    rq = commands.request(command_field, message_id, target.sop_class_uid, data_set=data_set is not None, **more)
    assoc.send(context.id, rq, data_set)
    rsp, answer = _await(assoc, message_id, serve, timeout_s)
    return _outcome(rsp, answer, context)


def _await(
    assoc: Association, message_id: int, serve: Serve | None = None, timeout_s: float | None = None
) -> tuple[Command, bytes]:
    """Wait for the next answer to a message; raise AssociationEnded."""
    while True:
        message = assoc.next_message(timeout_s or assoc.timeouts.dimse_s)
        if message is None:
            raise AssociationEnded("The peer closed the association before it answered.")
        rsp = message.command
        if rsp.is_response and rsp.message_id == message_id:
            return rsp, assoc.read_data_set(MAX_ANSWER_BYTES)
        if rsp.is_response or serve is None:
            assoc.abort()
            raise AssociationEnded(f"The peer sent {rsp.name}, which was not to be expected.")
        serve(message)


def _outcome(rsp: Command, data_set: bytes, context: Context) -> Outcome:
    try:
        attributes = to_attributes(data_set, context.transfer_syntax) if data_set else {}
    except LumenarcError:
        attributes = {}
    return Outcome(rsp.status, rsp.error_comment, attributes, rsp.counts, rsp.sop_instance_uid, rsp.offending_elements)
