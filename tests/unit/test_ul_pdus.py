"""Are PDUs and items the bytes of PS3.8 9.3 and PS3.7 D.3.3? pynetdicom's codec is the independent judge."""

from __future__ import annotations

from typing import Any

import pytest
from pynetdicom import pdu as theirs

from lumenarc.protocol.ul import items
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.failures import RemoteError
from lumenarc.protocol.ul.items import (
    CommonExtended,
    ContextResult,
    ProposedContext,
    UserIdentity,
    UserInformation,
)
from lumenarc.protocol.ul.pdu import Abort, AssociateAc, AssociateRj, AssociateRq, Pdu, ReleaseRp, ReleaseRq

CT, MR, ECHO = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"

EVERYTHING = UserInformation(
    max_length=0x01020304,
    implementation_uid="1.2.3.4",
    implementation_version="VERSION_1",
    async_window=(3, 5),
    roles={CT: (True, False), MR: (False, True)},
    extended={FIND: b"\1\0\1\1"},
    common_extended=(CommonExtended(CT, "1.2.840.10008.4.2", ("1.2.840.10008.5.1.4.1.1.88.22",)),),
    identity=UserIdentity(2, b"doe", b"secret", True),
)
FULL_RQ = AssociateRq(
    "CALLED",
    "CALLING",
    (ProposedContext(1, CT, (EXPLICIT, IMPLICIT)), ProposedContext(255, MR, (IMPLICIT,))),
    EVERYTHING,
)
FULL_AC = AssociateAc(
    "CALLED",
    "CALLING",
    (ContextResult(1, 0, EXPLICIT), ContextResult(3, 3, IMPLICIT), ContextResult(5, 4, IMPLICIT)),
    UserInformation(
        16384, "1.2.3.4", "VERSION_1", (1, 1), {CT: (True, False)}, {FIND: b"\1\1"}, identity_response=b"ok"
    ),
)

# The smallest useful request, written out by hand from PS3.8 Table 9-11 to 9-14 and D.1-1.
ECHO_RQ = (
    "01 00 000000A5"
    " 0001 0000 43414C4C45442020202020202020 2020 43414C4C494E4720202020202020 2020" + " 00" * 32 +
    " 10 00 0015 312E322E3834302E31303030382E332E312E312E31"
    " 20 00 002E 01 00 00 00"
    "   30 00 0011 312E322E3834302E31303030382E312E31"
    "   40 00 0011 312E322E3834302E31303030382E312E32"
    " 50 00 0012"
    "   51 00 0004 00004000"
    "   52 00 0006 312E322E3334"
).replace(" ", "")  # fmt: skip


def test_a_request_byte_by_byte() -> None:
    rq = AssociateRq("CALLED", "CALLING", (ProposedContext(1, ECHO, (IMPLICIT,)),), UserInformation(16384, "1.2.34"))
    assert pdus.encode(rq).hex().upper() == ECHO_RQ
    assert pdus.decode(1, bytes.fromhex(ECHO_RQ)[6:]) == rq


@pytest.mark.parametrize(
    ("pdu", "data"),
    [
        (AssociateRj(1, 2, 2), "03 00 00000004 00 01 02 02"),
        (ReleaseRq(), "05 00 00000004 00000000"),
        (ReleaseRp(), "06 00 00000004 00000000"),
        (Abort(2, 6), "07 00 00000004 00 00 02 06"),
    ],
)
def test_the_short_ones_byte_by_byte(pdu: Pdu, data: str) -> None:
    raw = bytes.fromhex(data)
    assert pdus.encode(pdu) == raw
    assert pdus.decode(raw[0], raw[6:]) == pdu
    for n_bytes in range(4):
        with pytest.raises(RemoteError, match="instead of 4"):
            pdus.decode(raw[0], raw[6 : 6 + n_bytes])


@pytest.mark.parametrize(("n_bytes", "control"), [(0, 0), (1, 1), (2, 2), (131066, 3)])
def test_p_data_byte_by_byte(n_bytes: int, control: int) -> None:
    data = bytes(n_bytes)
    raw = pdus.p_data_header(7, control, n_bytes) + data
    expected = (
        b"\4\0" + (n_bytes + 6).to_bytes(4, "big") + (n_bytes + 2).to_bytes(4, "big") + bytes((7, control)) + data
    )
    assert raw == expected
    (pdv,) = pdus.split_p_data(memoryview(raw)[6:])
    assert (pdv.context_id, pdv.is_command, pdv.is_last, bytes(pdv.data)) == (7, control in (1, 3), control > 1, data)


def test_several_fragments_in_one_p_data() -> None:
    body = bytes.fromhex("00000003 01 01 AA  00000002 01 03  00000004 01 02 BBCC".replace(" ", ""))
    found = [(p.is_command, p.is_last, bytes(p.data)) for p in pdus.split_p_data(memoryview(body))]
    assert found == [(True, False, b"\xaa"), (True, True, b""), (False, True, b"\xbb\xcc")]


@pytest.mark.parametrize("pdu", [FULL_RQ, FULL_AC, AssociateRj(2, 3, 2), ReleaseRq(), ReleaseRp(), Abort(0, 0)])
def test_pynetdicom_reads_ours_and_writes_the_same(pdu: Pdu) -> None:
    raw = pdus.encode(pdu)
    judge: Any = {
        1: theirs.A_ASSOCIATE_RQ, 2: theirs.A_ASSOCIATE_AC, 3: theirs.A_ASSOCIATE_RJ,
        5: theirs.A_RELEASE_RQ, 6: theirs.A_RELEASE_RP, 7: theirs.A_ABORT_RQ,
    }[raw[0]]()  # fmt: skip
    judge.decode(raw)
    assert judge.encode() == raw
    assert pdus.decode(raw[0], raw[6:]) == pdu


def test_pynetdicom_understands_what_we_mean() -> None:
    judge: Any = theirs.A_ASSOCIATE_RQ()
    judge.decode(pdus.encode(FULL_RQ))
    assert (judge.called_ae_title, judge.calling_ae_title) == ("CALLED", "CALLING")
    assert [(c.context_id, c.abstract_syntax, tuple(c.transfer_syntax)) for c in judge.presentation_context] == [
        (1, CT, (EXPLICIT, IMPLICIT)),
        (255, MR, (IMPLICIT,)),
    ]
    user = judge.user_information
    assert user.maximum_length == 0x01020304
    assert user.async_ops_window.maximum_number_operations_invoked == 3
    assert user.async_ops_window.maximum_number_operations_performed == 5
    assert {uid: (role.scu, role.scp) for uid, role in user.role_selection.items()} == {CT: (1, 0), MR: (0, 1)}
    assert user.ext_neg[0].service_class_application_information == b"\1\0\1\1"
    assert user.common_ext_neg[0].related_general_sop_class_identification == ["1.2.840.10008.5.1.4.1.1.88.22"]
    assert (user.user_identity.primary_field, user.user_identity.secondary_field) == (b"doe", b"secret")


def test_128_contexts_travel() -> None:
    contexts = tuple(ProposedContext(n, f"1.2.{n}", (IMPLICIT, EXPLICIT)) for n in range(1, 256, 2))
    rq = AssociateRq("A", "B", contexts, UserInformation())
    assert len(contexts) == 128
    assert pdus.decode(1, pdus.encode(rq)[6:]) == rq


def test_an_id_used_twice_is_refused() -> None:
    context = ProposedContext(1, CT, (IMPLICIT,))
    with pytest.raises(RemoteError, match="twice"):
        pdus.decode(1, pdus.encode(AssociateRq("A", "B", (context, context), UserInformation()))[6:])


def test_titles_are_cut_padded_and_never_grow_the_pdu() -> None:
    for title in ("", "X" * 16, "X" * 40, "Ä", "猫"):
        raw = pdus.encode(AssociateRq(title, title, (), UserInformation()))
        assert len(raw) == 6 + 68 + 25 + 4 + 8
    found = pdus.decode(1, pdus.encode(AssociateRq("  PADDED ", "\0NUL\0", (), UserInformation()))[6:])
    assert isinstance(found, AssociateRq)
    assert (found.called, found.calling) == ("PADDED", "NUL")


@pytest.mark.parametrize("user", [UserInformation(), EVERYTHING, FULL_AC.user])
def test_user_information_at_every_cut(user: UserInformation) -> None:
    """Whatever is cut off is either noticed or leaves a whole prefix of sub-items."""
    body = items.encode_user(user)[4:]
    starts, at = {0}, 0
    while at < len(body):
        at += 4 + int.from_bytes(body[at + 2 : at + 4], "big")
        starts.add(at)
    for n_bytes in range(len(body)):
        if n_bytes in starts:
            items.decode_user(body[:n_bytes])
        else:
            with pytest.raises(RemoteError):
                items.decode_user(body[:n_bytes])


def test_unknown_sub_items_are_passed_over() -> None:
    body = items.item(0x7A, b"whatever") + items.encode_user(EVERYTHING)[4:] + items.item(0xFF, b"")
    assert items.decode_user(body) == EVERYTHING


@pytest.mark.parametrize(
    ("sub_item", "where"),
    [
        (items.item(0x51, b"\0\0\0"), "Maximum length"),
        (items.item(0x53, b"\0\1\0"), "Asynchronous operations"),
        (items.item(0x54, b"\0\x091.2\1\1"), "Role selection"),
        (items.item(0x54, b"\0\0031.2\1"), "Role selection"),
        (items.item(0x56, b"\0"), "Extended negotiation"),
        (items.item(0x57, b"\0\0011\0\0011\0\4\0\0092"), "Common extended negotiation"),
        (items.item(0x58, b"\1"), "User identity"),
        (items.item(0x58, b"\1\0\0\4abc\0\0"), "User identity"),
        (items.item(0x59, b"\0\2a"), "User identity response"),
    ],
)
def test_values_that_lie_are_named(sub_item: bytes, where: str) -> None:
    with pytest.raises(RemoteError, match=where):
        items.decode_user(sub_item)


def test_items_without_end_are_refused() -> None:
    many = items.item(0x7F, b"") * items.MAX_ITEMS
    assert items.decode_user(many) == UserInformation()
    with pytest.raises(RemoteError, match="more than"):
        items.decode_user(many + items.item(0x7F, b""))


def test_contexts_that_lie_are_refused() -> None:
    for broken in (b"", b"\1\0\0", b"\1\0\0\0\x30\0\0\x09abc"):
        with pytest.raises(RemoteError):
            items.decode_proposed(broken)
        with pytest.raises(RemoteError):
            items.decode_result(broken)
