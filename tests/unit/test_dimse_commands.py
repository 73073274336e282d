"""Are command sets the bytes of PS3.7 6.3 and Annex E? pydicom is the independent judge."""

from __future__ import annotations

from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.failures import RemoteError

CT, COMMIT, MPPS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.20.1", "1.2.840.10008.3.1.2.3.3"
REQUESTS = {
    "C-STORE": commands.request(1, 1, CT, data_set=True, sop_instance_uid="1.2.3", originator=("SCU", 9)),
    "C-MOVE": commands.request(0x21, 65535, "1.2.840.10008.5.1.4.1.2.2.2", data_set=True, destination="DEST"),
    "C-FIND": commands.request(0x20, 2, "1.2.840.10008.5.1.4.1.2.2.1", data_set=True),
    "C-GET": commands.request(0x10, 3, "1.2.840.10008.5.1.4.1.2.2.3", data_set=True, priority=2),
    "C-ECHO": commands.request(0x30, 4, "1.2.840.10008.1.1", data_set=False),
    "C-CANCEL": commands.cancel(77),
    "N-EVENT-REPORT": commands.request(0x100, 5, COMMIT, data_set=True, sop_instance_uid="1.5", event_type=1),
    "N-GET": commands.request(0x110, 6, MPPS, data_set=False, sop_instance_uid="1.5", tags=(0x00400252,)),
    "N-SET": commands.request(0x120, 7, MPPS, data_set=True, sop_instance_uid="1.5"),
    "N-ACTION": commands.request(0x130, 8, COMMIT, data_set=True, sop_instance_uid="1.5", action_type=1),
    "N-CREATE": commands.request(0x140, 9, MPPS, data_set=True),
    "N-DELETE": commands.request(0x150, 10, "1.2.840.10008.5.1.1.1", data_set=False, sop_instance_uid="1.5"),
}  # fmt: skip


def judged(raw: bytes) -> Dataset:
    """Return the command set as pydicom reads it."""
    found = read_dataset(BytesIO(raw), is_implicit_VR=True, is_little_endian=True)
    assert found[0x00000000].value == len(raw) - 12, "the group length counts what follows it"
    assert list(found.keys()) == sorted(found.keys())
    return found


@pytest.mark.parametrize("name", REQUESTS)
def test_pydicom_reads_requests(name: str) -> None:
    values = REQUESTS[name]
    raw = commands.encode(values)
    found = judged(raw)
    for element, value in values.items():
        seen = found[element].value
        if isinstance(value, tuple):
            assert seen == value[0]
        else:
            assert seen == value
    read = commands.decode(raw)
    assert read == Command(values)
    assert read.name == f"{name}-RQ"
    assert read.has_data_set is (values[commands.DATA_SET_TYPE] != 0x0101)


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "C-CANCEL"])
def test_responses_name_what_they_answer(name: str) -> None:
    rq = commands.decode(commands.encode(REQUESTS[name]))
    raw = commands.encode(commands.response(rq, 0xB000, data_set=True) | {commands.ERROR_COMMENT: "odd"})
    found, read = judged(raw), commands.decode(raw)
    assert found.MessageIDBeingRespondedTo == rq.message_id == read.message_id
    assert found.CommandField == rq.field | 0x8000
    assert (read.is_response, read.name, read.status) == (True, f"{name}-RSP", 0xB000)
    assert found.AffectedSOPClassUID == rq.sop_class_uid
    assert found.get("AffectedSOPInstanceUID", "") == rq.sop_instance_uid
    assert (found.ErrorComment, read.error_comment) == ("odd", "odd")


def test_a_request_cannot_pass_itself_off_as_an_answer_to_another() -> None:
    """Message ID is that of the request, even when it also names one responded to (PS3.7 9.3.1.1)."""
    raw = commands.encode(REQUESTS["C-ECHO"] | {commands.MESSAGE_ID_RESPONDED: 999})
    assert commands.decode(raw).message_id == 4
    assert commands.decode(commands.encode(commands.cancel(77))).message_id == 77


def test_counts_that_do_not_fit_are_the_largest_that_do() -> None:
    """A C-MOVE of 70,000 instances counts in unsigned shorts (PS3.7 Table E.1-1)."""
    raw = commands.encode(commands.response(Command(REQUESTS["C-MOVE"]), 0xFF00) | {commands.REMAINING: 70_000})
    assert commands.decode(raw).counts == (65535, 0, 0, 0)


def test_padding_is_no_part_of_a_value() -> None:
    raw = bytearray(commands.encode(REQUESTS["C-MOVE"]))
    assert commands.decode(raw.replace(b"DEST", b"D\0 \0")).move_destination == "D"
    assert commands.decode(commands.encode({0x100: 1, 0x110: 1, 0x1000: "1.2"})).sop_instance_uid == "1.2"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\0\0\0\1\2\0\0", "cut off"),
        (b"\0\0\0\1\2\0\0\0\1", r"\(0000,0100\) of 2 bytes"),
        (b"\0\0\0\1\1\0\0\0\1", "too short"),
        (b"\x08\0\x16\0\0\0\0\0", r"\(0008,0016\)"),
        (b"\0\0\0\1\xff\xff\xff\xff", "4294967295 bytes"),
        (b"\0\0\x10\1\2\0\0\0\1\0", "no Command Field"),
        (b"\0\0\0\1\2\0\0\0\1\0", "no Message ID"),
        (b"\0\0\xff\xff\0\0\0\0" * 300, "does not fit"),
    ],
)
def test_command_sets_that_lie(raw: bytes, why: str) -> None:
    with pytest.raises(RemoteError, match=why):
        commands.decode(raw)


@pytest.mark.parametrize("cut", range(1, 90, 7))
def test_cut_command_sets_are_never_misread(cut: int) -> None:
    raw = commands.encode(REQUESTS["C-STORE"])
    try:
        found = commands.decode(raw[:-cut])
    except RemoteError:
        return
    assert found.values.items() <= REQUESTS["C-STORE"].items()


def test_every_status_is_one_of_four_kinds() -> None:
    for code in range(0x10000):
        kinds = (
            code in (status.SUCCESS, status.CANCEL),
            status.is_pending(code),
            status.is_warning(code),
            status.is_failure(code),
        )
        assert sum(kinds) == 1, hex(code)
    assert [status.describe(code) for code in (0, 0xA7FF, 0xC123, 0x1234)] == [
        "0000H (success)",
        "A7FFH (out of resources)",
        "C123H (cannot be processed)",
        "1234H",
    ]
