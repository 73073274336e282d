"""`lumenarc syslog`: sends audit messages to an audit record repository (RFC 5424; PS3.15 A.6)."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli import files
from lumenarc.cli.dimse_options import add_tls, client_tls
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.hl7snd import place_of
from lumenarc.errors import PeerFailed
from lumenarc.protocol.syslog import (
    AUDIT_FACILITY,
    AUDIT_LEVEL,
    AUDIT_MESSAGE_ID,
    BOM,
    FACILITIES,
    LEVELS,
    Entry,
    compose,
)

if TYPE_CHECKING:
    from lumenarc.transport.syslog import Sender

_SPOOLED = ".syslog"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "syslog",
        "Send the content of files as syslog messages, as DICOM's audit trail profile wants them, over TCP, TLS or\n"
        "UDP. Syslog acknowledges nothing: what has left and was not refused counts as sent.",
        (
            "lumenarc syslog -c localhost:6514 audit.xml",
            "lumenarc syslog -c localhost:6514 --app-name ris --level warning audit.xml",
            "cat audit.xml | lumenarc syslog -c localhost:6514 --spool-dir unsent --json -",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="files and folders of messages; - is standard input")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("-c", "--connect", metavar="HOST:PORT", required=True, help="where to send to")
    found.add_argument("-b", "--bind", metavar="IP", default="", help="the local address to send from")
    found.add_argument("--udp", action="store_true", help="send datagrams (default: TCP)")
    header = found.add_argument_group("header of the messages")
    header.add_argument("--app-name", default="lumenarc", metavar="NAME", help="APP-NAME (default lumenarc)")
    header.add_argument("--msg-id", default=AUDIT_MESSAGE_ID, metavar="ID", help=f"MSGID (default {AUDIT_MESSAGE_ID})")
    header.add_argument(
        "--facility", choices=FACILITIES, default=AUDIT_FACILITY, metavar="NAME", help="default authpriv"
    )
    header.add_argument("--level", choices=LEVELS, default=AUDIT_LEVEL, metavar="NAME", help="default notice")
    header.add_argument("--utc", action="store_true", help="write the time in UTC (default: in the local zone)")
    header.add_argument("--no-bom", action="store_true", help="no byte order mark before the content")
    more = found.add_argument_group("delivery")
    more.add_argument("--delay", type=int, default=0, metavar="MS", help="wait between messages")
    more.add_argument("--idle-timeout", type=int, default=0, metavar="MS", help="close the connection in longer delays")
    more.add_argument("--spool-dir", type=Path, metavar="DIR", help="keep the unsent here for the next run")
    more.add_argument("--retry", type=float, default=0, metavar="S", help="try again every S seconds until all is sent")
    more.add_argument("--connect-timeout", type=int, default=10_000, metavar="MS", help="default 10000")
    more.add_argument("--send-timeout", type=int, default=60_000, metavar="MS", help="default 60000")
    add_tls(found)
    found.add_speech()
    return found


@dataclass(frozen=True, slots=True)
class _Message:
    """A message, and the file that it came from or, unsent before, was kept in."""

    name: str
    data: bytes
    kept_in: Path | None = None


def run(arguments: list[str]) -> int:
    """Send what was kept before, then the messages of the files."""
    from lumenarc.transport.syslog import Repository, Sender

    options = parser().parse_args(arguments)
    options.tool = "syslog"
    report = Report(options)
    place = place_of(options.connect)
    to_send = [*_kept(options.spool_dir), *_read(options, report)]
    if not to_send:
        if not report.n_failed and not options.spool_dir:
            report.problem("", "no message was given")
            return 2
        return report.exit_code
    sender = Sender(
        Repository(
            place.host, place.port, options.udp, client_tls(options), options.bind,
            options.connect_timeout / 1000, options.send_timeout / 1000,
        )
    )  # fmt: skip
    unsent, reason = _send(sender, to_send, options, report)
    while unsent and options.retry > 0:
        report.note(f"{reason} {len(unsent)} left, again in {options.retry:g} s")
        time.sleep(options.retry)
        unsent, reason = _send(sender, unsent, options, report)
    if not unsent:
        return report.exit_code
    _keep(unsent, options.spool_dir)
    report.problem(f"{len(unsent)} of {len(to_send)} messages", f"not sent: {reason}")
    return 3 if not report.n_done else 1


def _send(
    sender: Sender, messages: list[_Message], options: argparse.Namespace, report: Report
) -> tuple[list[_Message], str]:
    """Send messages; return those that are left, and why."""
    last, left = len(messages) - 1, 0
    sent: list[_Message] = []
    try:
        for left, message in enumerate(messages):
            try:
                sender.send(message.data)
            except ValueError as error:
                report.problem(message.name, str(error))
                continue
            sent.append(message)
            if left < last and options.delay:
                if 0 < options.idle_timeout < options.delay:
                    sender.close()
                time.sleep(options.delay / 1000)
        sender.close()
    except PeerFailed as error:
        if sent and sent[-1] is messages[left]:  # the connection was reset at its end: who knows whether it was read
            sent.pop()
        return messages[left:], str(error)
    finally:
        for message in sent:
            if message.kept_in:
                message.kept_in.unlink(missing_ok=True)
            report.n_done += 1
            report.result(f"{message.name}: sent", {"file": message.name, "bytes": len(message.data)})
    return [], ""


def _read(options: argparse.Namespace, report: Report) -> Iterator[_Message]:
    host = socket.gethostname()  # its full name would be a question to a name server that may be away
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            body = sys.stdin.buffer.read() if path == files.STDIN else path.read_bytes()
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
            continue
        now = datetime.now(UTC) if options.utc else datetime.now().astimezone()
        entry = Entry(
            options.facility, options.level, now.isoformat(timespec="milliseconds"), host, options.app_name,
            str(os.getpid()), options.msg_id, body.removeprefix(BOM), is_utf8=not options.no_bom and _is_utf8(body),
        )  # fmt: skip
        yield _Message(str(path), compose(entry))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _kept(folder: Path | None) -> Iterator[_Message]:
    for path in sorted(folder.glob(f"*{_SPOOLED}")) if folder else ():
        yield _Message(str(path), path.read_bytes(), path)


def _keep(messages: list[_Message], folder: Path | None) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for message in messages:
        if message.kept_in is None:
            name = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
            (folder / name).write_bytes(message.data)
            (folder / name).rename(folder / (name + _SPOOLED))
