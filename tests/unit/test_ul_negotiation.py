"""Is what both sides agree on what PS3.8 9.3.3 and PS3.7 D.3.3 say: contexts, roles, extended, async, identity?"""

from __future__ import annotations

import pytest

from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.items import CommonExtended, ContextResult, ProposedContext, UserIdentity, UserInformation
from lumenarc.protocol.ul.negotiation import (
    APPLICATION_CONTEXT_UNKNOWN,
    CALLED_UNKNOWN,
    LOCAL_LIMIT_EXCEEDED,
    PROTOCOL_VERSION_UNKNOWN,
    Context,
    agreed,
    answer,
    describe_rejection,
    misfit,
)
from lumenarc.protocol.ul.pdu import AssociateAc, AssociateRj, AssociateRq

CT, GET, NOBODY = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.3", "1.9.9"
IMPLICIT, EXPLICIT, J2K = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90"
OURS = UserInformation(32768, "1.2.3", "OURS", identity_response=b"yes")


class Offers:
    """Takes CT in explicit VR as SCP or SCU, GET in either uncompressed syntax as SCP only."""

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...], scp_only: bool) -> str | None:
        wanted = {CT: (EXPLICIT,), GET: (IMPLICIT, EXPLICIT)}.get(abstract_syntax)
        return None if wanted is None else next((uid for uid in offered if uid in wanted), "")

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        return scu, scp and abstract_syntax == CT

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        return information[:1] if abstract_syntax == GET else None


def asking(*contexts: ProposedContext, **user: object) -> AssociateRq:
    return AssociateRq("ARC", "SCU", contexts, UserInformation(16384, "1.2.4", **user))  # type: ignore[arg-type]


def negotiated(rq: AssociateRq) -> tuple[AssociateAc, dict[int, Context], dict[int, Context]]:
    """Return the answer as the requestor reads it, and what each side takes to be agreed."""
    ac, of_acceptor = answer(rq, Offers(), OURS)
    raw = pdus.encode(ac)
    read = pdus.decode(2, raw[6:])
    assert isinstance(read, AssociateAc)
    assert read == ac
    return read, of_acceptor, agreed(rq, read)


def test_each_context_gets_its_result() -> None:
    rq = asking(
        ProposedContext(1, CT, (IMPLICIT, EXPLICIT)),
        ProposedContext(3, CT, (J2K, IMPLICIT)),
        ProposedContext(5, NOBODY, (IMPLICIT,)),
        ProposedContext(7, GET, ()),
        ProposedContext(9, GET, (EXPLICIT, IMPLICIT)),
    )
    ac, of_acceptor, of_requestor = negotiated(rq)
    assert ac.contexts == (
        ContextResult(1, 0, EXPLICIT),
        ContextResult(3, 4, J2K),
        ContextResult(5, 3, IMPLICIT),
        ContextResult(7, 4, ""),
        ContextResult(9, 0, EXPLICIT),
    )
    assert of_acceptor == {1: Context(1, CT, EXPLICIT, False, True), 9: Context(9, GET, EXPLICIT, False, True)}
    assert of_requestor == {1: Context(1, CT, EXPLICIT, True, False), 9: Context(9, GET, EXPLICIT, True, False)}


def test_128_contexts_are_answered_in_order() -> None:
    rq = asking(*(ProposedContext(n, CT, (EXPLICIT,)) for n in range(1, 256, 2)))
    ac, of_acceptor, of_requestor = negotiated(rq)
    assert [result.id for result in ac.contexts] == list(range(1, 256, 2))
    assert len(of_acceptor) == len(of_requestor) == 128


@pytest.mark.parametrize(
    ("uid", "asked", "granted", "requestor"),
    [
        (CT, (True, True), (True, True), (True, True)),
        (CT, (False, True), (False, True), (False, True)),
        (CT, (True, False), (True, False), (True, False)),
        (CT, (False, False), (False, False), (False, False)),
        (GET, (True, True), (True, False), (True, False)),
        (GET, (False, True), (False, False), (False, False)),
    ],
)
def test_roles(uid: str, asked: tuple[bool, bool], granted: tuple[bool, bool], requestor: tuple[bool, bool]) -> None:
    ac, of_acceptor, of_requestor = negotiated(asking(ProposedContext(1, uid, (EXPLICIT,)), roles={uid: asked}))
    assert ac.user.roles == {uid: granted}
    assert (of_requestor[1].we_scu, of_requestor[1].we_scp) == requestor
    assert (of_acceptor[1].we_scp, of_acceptor[1].we_scu) == requestor, "the mirror image"


def test_a_role_for_a_class_nobody_proposed_is_not_answered() -> None:
    ac, _, _ = negotiated(asking(ProposedContext(1, CT, (EXPLICIT,)), roles={GET: (True, True)}, extended={GET: b"\1"}))
    assert (ac.user.roles, ac.user.extended) == ({}, {})


def test_an_acceptor_that_grants_too_much_gains_nothing() -> None:
    rq = asking(ProposedContext(1, CT, (EXPLICIT,)), ProposedContext(3, GET, (IMPLICIT,)), roles={CT: (True, False)})
    results = (ContextResult(1, 0, EXPLICIT), ContextResult(3, 0, J2K), ContextResult(9, 0, IMPLICIT))
    found = agreed(rq, AssociateAc("ARC", "SCU", results, UserInformation(roles={CT: (True, True), GET: (True, True)})))
    assert found == {1: Context(1, CT, EXPLICIT, True, False)}


def test_extended_negotiation_is_answered_by_the_offer() -> None:
    ac, _, _ = negotiated(asking(ProposedContext(1, GET, (IMPLICIT,)), extended={GET: b"\1\2\3", CT: b"\1"}))
    assert ac.user.extended == {GET: b"\1"}


@pytest.mark.parametrize(("asked", "given"), [(None, None), ((1, 1), (1, 1)), ((0, 0), (64, 64)), ((500, 9), (64, 9))])
def test_the_window_of_asynchronous_operations(asked: tuple[int, int] | None, given: tuple[int, int] | None) -> None:
    ac, _, _ = negotiated(asking(ProposedContext(1, CT, (EXPLICIT,)), async_window=asked))
    assert ac.user.async_window == given


def test_what_we_say_of_ourselves() -> None:
    rq = asking(
        ProposedContext(1, CT, (EXPLICIT,)),
        identity=UserIdentity(2, b"doe", b"secret", True),
        common_extended=(CommonExtended(CT, "1.2.840.10008.4.2"),),
    )
    ac, _, _ = negotiated(rq)
    assert (ac.called, ac.calling) == ("ARC", "SCU")
    assert (ac.user.max_length, ac.user.implementation_version) == (32768, "OURS")
    assert (ac.user.identity_response, ac.user.identity, ac.user.common_extended) == (b"yes", None, ())


@pytest.mark.parametrize(
    ("version", "application_context", "refusal"),
    [
        (1, "1.2.840.10008.3.1.1.1", None),
        (3, "1.2.840.10008.3.1.1.1", None),  # only bit 0 is looked at (PS3.8 9.3.2)
        (0, "1.2.840.10008.3.1.1.1", PROTOCOL_VERSION_UNKNOWN),
        (2, "1.2.840.10008.3.1.1.1", PROTOCOL_VERSION_UNKNOWN),
        (1, "1.2.840.10008.3.1.1.2", APPLICATION_CONTEXT_UNKNOWN),
        (1, "", APPLICATION_CONTEXT_UNKNOWN),
    ],
)
def test_requests_of_another_protocol(version: int, application_context: str, refusal: AssociateRj | None) -> None:
    rq = AssociateRq("ARC", "SCU", (), UserInformation(), application_context, version)
    read = pdus.decode(1, pdus.encode(rq)[6:])
    assert isinstance(read, AssociateRq)
    assert misfit(read) == refusal


def test_rejections_in_words() -> None:
    assert describe_rejection(CALLED_UNKNOWN) == "rejected permanently: called AE title not recognized"
    assert describe_rejection(LOCAL_LIMIT_EXCEEDED) == "rejected for now: local limit exceeded"
    assert describe_rejection(AssociateRj(1, 3, 99)) == "rejected permanently: reason 99"
