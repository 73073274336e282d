"""Are HL7 frames taken apart wherever they are cut, and are acknowledgements what their senders wait for?"""

from __future__ import annotations

import pytest

from lumenarc.cli.hl7snd import split
from lumenarc.protocol.hl7.mllp import BadFrame, Unframer, acknowledged, acknowledgement, frame, header

MESSAGE = b"MSH|^~\\&|APP|FAC|LUMENARC|HOSP|20260101||ADT^A08^ADT_A01|4711|P|2.5||||||UNICODE UTF-8\rPID|||1\r"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_frames_come_out_however_they_are_cut(size: int) -> None:
    data = frame(MESSAGE) + b"\r\n" + frame(b"MSH|second\r")
    unframer, found = Unframer(), []
    for at in range(0, len(data), size):
        found += unframer.feed(data[at : at + size])
    assert found == [MESSAGE, b"MSH|second\r"]


def test_what_is_no_frame_or_too_long_is_refused() -> None:
    with pytest.raises(BadFrame):
        Unframer().feed(b"GET / HTTP/1.1\r\n")
    with pytest.raises(BadFrame):
        Unframer(100).feed(b"\x0b" + bytes(b"x" * 200))
    for wrong in (b"", b"PID|1", b"MSH"):
        with pytest.raises(BadFrame):
            header(wrong)


def test_acknowledgement_answers_the_message() -> None:
    ack = acknowledgement(header(MESSAGE), "AE", "no | such ^ patient", "ACK1", "20260101120000")
    assert acknowledged(ack) == ("AE", "4711", "no   such   patient")
    found = header(ack)
    assert (found.sending, found.receiving) == (("LUMENARC", "HOSP"), ("APP", "FAC"))
    assert (found.message_type, found.version, found.charset) == ("ACK^A08^ACK", "2.5", "UNICODE UTF-8")
    assert acknowledged(b"MSH|^~\\&|\r") == ("", "", "")


def test_files_hold_one_message_or_several() -> None:
    text = "\ufeffMSH|^~\\&|a\nPID|1\n\nMSH|^~\\&|b\r\nPID|2\r\n".encode()
    assert split(text) == [b"MSH|^~\\&|a\rPID|1\r", b"MSH|^~\\&|b\rPID|2\r"]
    assert split(frame(MESSAGE)) == [MESSAGE]
    assert split(b"nothing") == []
