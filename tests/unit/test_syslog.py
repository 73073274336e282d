"""Are syslog messages put together, framed and taken apart as RFC 5424, 5425 and 6587 say, whatever bytes come?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumenarc.protocol.framing import BadFrame
from lumenarc.protocol.syslog import BOM, FACILITIES, LEVELS, Entry, Unframer, compose, frame, parse

ENTRY = Entry(
    "authpriv", "notice", "2026-01-02T03:04:05.678+01:00", "pacs.example", "lumenarc", "4711", "DICOM+RFC3881",
    "<AuditMessage>Müller</AuditMessage>".encode(),
)  # fmt: skip
DATA = r'[timeQuality tzKnown="1" note="a \] and \" and \\ b"][x@32473 y=""]'


def test_message_of_the_standard() -> None:
    # PS3.15 A.6: facility 10, severity 5; RFC 5424 6: the header, a byte order mark, the text.
    head = b"<85>1 2026-01-02T03:04:05.678+01:00 pacs.example lumenarc 4711 DICOM+RFC3881 - "
    assert compose(ENTRY) == head + BOM + ENTRY.body
    assert parse(compose(ENTRY)) == ENTRY


@pytest.mark.parametrize(
    "text",
    [
        # RFC 5424 6.5, examples 1 to 4
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8",
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
        '<165>1 2003-10-11T22:14:15.003Z h.example.com evntslog - ID47 [e@32473 iut="3" id="1011"] An event',
        '<165>1 2003-10-11T22:14:15.003Z h.example.com evntslog - ID47 [e@32473 iut="3"][p@32473 class="high"]',
        f"<0>1 - - - - - {DATA} x",
    ],
)
def test_examples_of_the_standard(text: str) -> None:
    found = parse(text.encode())
    assert text.endswith(found.body.decode())
    assert compose(found).rstrip() == text.encode()


def test_structured_data_end_where_they_end() -> None:
    assert parse(f"<0>1 - - - - - {DATA} [not data]".encode()).structured_data == DATA


@pytest.mark.parametrize(
    "message",
    [
        b"", b"<13>Oct 11 22:14:15 host su: old style", b"<192>1 - - - - - -", b"<1>1 - - - - -", b"<1>0 - - - - - -",
        b"<1>1 - - - - - [a", b'<1>1 - - - - - [a b="]',
        b"<1>1 - - - - - -x", b'<1>1 - - - - - [a b="' + b"x" * 999_999,
        b"<1>1 - - - - - " + b'[a b="c"]' * 100_000 + b"[", b"<1>1 - " + b"h" * 256 + b" - - - - x",
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(BadFrame):
        parse(message)


def test_header_holds_only_what_it_may() -> None:
    entry = Entry("user", "info", "-", "a host\n", "", "1", "ü" * 40, b"x\ny")
    found = parse(compose(entry))
    assert (found.host, found.app_name, found.message_id, found.body) == ("a_host_", "-", "_" * 32, b"x\ny")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_messages_come_out_however_they_are_cut(size: int) -> None:
    message = compose(ENTRY)
    data = (
        frame(message) + b"\n" + frame(b"0") + b"<13>1 with LF\r\n<13>1 and another\n" + frame(message) + b"<13>1 rest"
    )
    unframer, found = Unframer(), []
    for at in range(0, len(data), size):
        found += unframer.feed(data[at : at + size])
    assert unframer.is_inside
    assert found == [message, b"0", b"<13>1 with LF", b"<13>1 and another", message]
    assert unframer.end() == [b"<13>1 rest"]
    assert not unframer.is_inside


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1", b"\x16\x03\x01", b"12345678901 x", b"101 ", b"1x", b"9" * 20, b"<" + b"x" * 101]
)
def test_what_is_no_frame_or_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        Unframer(100).feed(data)


def test_stream_that_ends_inside_a_frame_is_told() -> None:
    unframer = Unframer()
    assert unframer.feed(b"10 abc") == []
    with pytest.raises(BadFrame):
        unframer.end()


@given(
    st.sampled_from(FACILITIES), st.sampled_from(LEVELS), st.text(max_size=60), st.binary(max_size=200), st.booleans()
)
def test_whatever_is_sent_is_received(facility: str, level: str, name: str, body: bytes, is_utf8: bool) -> None:
    entry = Entry(facility, level, "-", name, name, name, name, body, is_utf8=is_utf8)
    (message,) = Unframer().feed(frame(compose(entry)))
    found = parse(message)
    assert (found.facility, found.level) == (facility, level)
    assert found.body == (body if is_utf8 else body.removeprefix(BOM))


@given(st.binary(max_size=60))
def test_strange_bytes_are_refused_or_kept_whole(data: bytes) -> None:
    unframer = Unframer(1000)
    try:
        found = [*unframer.feed(data), *unframer.end()]
    except BadFrame:
        return
    assert sum(map(len, found)) <= len(data)
