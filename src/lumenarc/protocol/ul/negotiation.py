"""What both sides agree on: proposed contexts times a policy (PS3.8 9.3.3, PS3.7 D.3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lumenarc.protocol.ul.items import APPLICATION_CONTEXT, ContextResult, UserInformation
from lumenarc.protocol.ul.pdu import AssociateAc, AssociateRj, AssociateRq

ACCEPTED, _USER_REJECTION, _NO_REASON, ABSTRACT_SYNTAX_REFUSED, TRANSFER_SYNTAXES_REFUSED = range(5)
MAX_ASYNC_OPERATIONS = 64

CALLED_UNKNOWN = AssociateRj(1, 1, 7)
CALLING_UNKNOWN = AssociateRj(1, 1, 3)
APPLICATION_CONTEXT_UNKNOWN = AssociateRj(1, 1, 2)
NO_REASON_GIVEN = AssociateRj(1, 1, 1)
PROTOCOL_VERSION_UNKNOWN = AssociateRj(1, 2, 2)
LOCAL_LIMIT_EXCEEDED = AssociateRj(2, 3, 2)
TEMPORARY_CONGESTION = AssociateRj(2, 3, 1)

_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}


def describe_rejection(pdu: AssociateRj) -> str:
    """Return result and reason in words (PS3.8 Table 9-21)."""
    lasting = "permanently" if pdu.result == 1 else "for now"
    return f"rejected {lasting}: {_REASONS.get((pdu.source, pdu.reason), f'reason {pdu.reason}')}"


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context; `we_scu` and `we_scp` are the roles that we may take in it."""

    id: int
    abstract_syntax: str
    transfer_syntax: str
    we_scu: bool
    we_scp: bool


class Offer(Protocol):
    """What an acceptor takes; a door decides from its tables and settings."""

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...], scp_only: bool) -> str | None:
        """Return the one to use, "" when none of them is taken, None when the abstract syntax is not.

        `scp_only`: the requestor wants to receive in this context and not to send (C-GET).
        """

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        """Return which of the roles the requestor may take."""

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        """Return the answer to an extended negotiation item, None for no answer."""


def misfit(rq: AssociateRq) -> AssociateRj | None:
    """Return why a request cannot be served whoever it is for: another protocol version or application context."""
    if not rq.version & 1:
        return PROTOCOL_VERSION_UNKNOWN
    return None if rq.application_context == APPLICATION_CONTEXT else APPLICATION_CONTEXT_UNKNOWN


def answer(rq: AssociateRq, offer: Offer, ours: UserInformation) -> tuple[AssociateAc, dict[int, Context]]:
    """Return the A-ASSOCIATE-AC and the accepted contexts by id, seen from the acceptor."""
    results: list[ContextResult] = []
    contexts: dict[int, Context] = {}
    abstracts = {context.abstract_syntax for context in rq.contexts}
    roles = {uid: offer.roles(uid, *asked) for uid, asked in rq.user.roles.items() if uid in abstracts}
    for proposed in rq.contexts:
        scu, scp = roles.get(proposed.abstract_syntax, (True, False))
        chosen = offer.transfer_syntax(proposed.abstract_syntax, proposed.transfer_syntaxes, scp and not scu)
        if chosen is None:
            results.append(ContextResult(proposed.id, ABSTRACT_SYNTAX_REFUSED, _first(proposed.transfer_syntaxes)))
        elif not chosen:
            results.append(ContextResult(proposed.id, TRANSFER_SYNTAXES_REFUSED, _first(proposed.transfer_syntaxes)))
        else:
            contexts[proposed.id] = Context(proposed.id, proposed.abstract_syntax, chosen, scp, scu)
            results.append(ContextResult(proposed.id, ACCEPTED, chosen))
    extended = {}
    for uid, information in rq.user.extended.items():
        reply = offer.extended(uid, information) if uid in abstracts else None
        if reply is not None:
            extended[uid] = reply
    user = UserInformation(
        max_length=ours.max_length,
        implementation_uid=ours.implementation_uid,
        implementation_version=ours.implementation_version,
        async_window=_window(rq.user.async_window),
        roles=roles,
        extended=extended,
        identity_response=ours.identity_response,
    )
    return AssociateAc(rq.called, rq.calling, tuple(results), user), contexts


def _first(offered: tuple[str, ...]) -> str:
    return offered[0] if offered else ""


def _window(asked: tuple[int, int] | None) -> tuple[int, int] | None:
    """Take what is asked up to our limit; we perform in order of arrival (PS3.7 D.3.3.3: 0 means without limit)."""
    if asked is None:
        return None
    invoked, performed = (min(each or MAX_ASYNC_OPERATIONS, MAX_ASYNC_OPERATIONS) for each in asked)
    return invoked, performed


def agreed(rq: AssociateRq, ac: AssociateAc) -> dict[int, Context]:
    """Return the accepted contexts by id, seen from the requestor; answers nobody asked for are dropped."""
    proposed = {context.id: context for context in rq.contexts}
    found: dict[int, Context] = {}
    for result in ac.contexts:
        asked = proposed.get(result.id)
        if asked is None or result.result != ACCEPTED or result.transfer_syntax not in asked.transfer_syntaxes:
            continue
        scu, scp = _role(asked.abstract_syntax, rq.user.roles, ac.user.roles)
        found[result.id] = Context(result.id, asked.abstract_syntax, result.transfer_syntax, scu, scp)
    return found


def _role(
    uid: str, asked: Mapping[str, tuple[bool, bool]], granted: Mapping[str, tuple[bool, bool]]
) -> tuple[bool, bool]:
    if uid not in asked or uid not in granted:
        return True, False
    return asked[uid][0] and granted[uid][0], asked[uid][1] and granted[uid][1]
