"""`lumenarc hl7snd`: sends HL7 v2 messages over MLLP and shows what is answered."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.dimse_options import Address, address
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.errors import BadRequest
from lumenarc.protocol.hl7 import mllp
from lumenarc.protocol.hl7.mllp import BadFrame


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl7snd",
        "Send HL7 v2 messages over MLLP, each file one message or several that begin with MSH, and report every\n"
        "answer that is no AA or CA.",
        (
            "lumenarc hl7snd -c localhost:2575 order.hl7",
            "lumenarc hl7snd -c localhost:2575 -v messages/",
            "lumenarc hl7snd -c localhost:2575 --json order.hl7",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="files and folders of messages; - is standard input")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("-c", "--connect", metavar="HOST:PORT", required=True, help="where to send to")
    found.add_argument("--response-timeout", type=int, default=30_000, metavar="MS", help="default 30000")
    found.add_argument("--connect-timeout", type=int, default=10_000, metavar="MS", help="default 10000")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Send the messages over one connection."""
    options = parser().parse_args(arguments)
    options.tool = "hl7snd"
    report = Report(options)
    to_send = messages(options, report)
    if not to_send:
        if not report.n_failed:
            report.problem("", "no message was given")
        return report.exit_code or 2
    connected = connection(options, report)
    if connected is None:
        return 3
    with connected:
        for name, message in to_send:
            try:
                _send(connected, name, message, report)
            except (OSError, BadFrame) as error:
                report.problem(name, "no answer in time" if isinstance(error, TimeoutError) else str(error))
                break
    left = len(to_send) - report.n_done - report.n_failed
    if left > 0:
        report.problem(f"{left} messages", "not sent")
    return report.exit_code


def connection(options: argparse.Namespace, report: Report) -> socket.socket | None:
    """Connect to where the options say; None after reporting why that cannot be done."""
    place = place_of(options.connect)
    try:
        connected = socket.create_connection((place.host, place.port), options.connect_timeout / 1000)
    except OSError as error:
        report.problem(options.connect, f"no connection: {error.strerror or 'no answer in time'}")
        return None
    connected.settimeout(options.response_timeout / 1000)
    return connected


def place_of(text: str) -> Address:
    """Read `HOST:PORT`, or dcm4che's `APP^FAC@HOST:PORT`."""
    found = address(f"HL7@{text.rpartition('@')[2]}")
    if not found.host or not found.port:
        raise BadRequest(f"{text!r} does not say where to send to; write HOST:PORT.")
    return found


def messages(options: argparse.Namespace, report: Report) -> list[tuple[str, bytes]]:
    """Return the messages of the files that the options name, each with a name; what cannot be read is reported."""
    import sys

    found: list[tuple[str, bytes]] = []
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            data = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
            continue
        parts = split(data)
        if not parts:
            report.problem(str(path), "there is no message that begins with MSH")
        names = [str(path)] if len(parts) == 1 else [f"{path}:{number}" for number in range(1, len(parts) + 1)]
        found.extend(zip(names, parts, strict=True))
    return found


def split(data: bytes) -> list[bytes]:
    """Return the messages of a file, their segments ended by CR, without frames and byte order marks."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")
    found: list[list[bytes]] = []
    for line in lines:
        segment = line.strip(b"\x0b\x1c")
        if segment.startswith(b"MSH"):
            found.append([segment])
        elif segment and found:
            found[-1].append(segment)
    return [b"\r".join(segments) + b"\r" for segments in found]


def exchange(connected: socket.socket, message: bytes) -> bytes:
    """Send a message and return what is answered; raise OSError, BadFrame."""
    connected.sendall(mllp.frame(message))
    unframer = mllp.Unframer()
    answers: list[bytes] = []
    while not answers:
        data = connected.recv(1 << 16)
        if not data:
            raise BadFrame("the peer closed the connection before it answered")
        answers = unframer.feed(data)
    return answers[0]


def _send(connected: socket.socket, name: str, message: bytes, report: Report) -> None:
    answer = exchange(connected, message)
    code, control_id, text = mllp.acknowledged(answer)
    if control_id != mllp.header(message).control_id:
        report.problem(name, "the answer is to another message")
    elif code not in ("AA", "CA"):
        report.problem(name, f"{code} {text}".strip())
    else:
        report.n_done += 1
        fields = {"file": name, "code": code, "control_id": control_id, "text": text}
        report.result(printable(f"{name}: {code} {text}".rstrip()), fields)
    report.note(answer.decode("latin-1").replace("\r", " ⏎ "))
