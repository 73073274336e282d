"""`lumenarc syslogd`: keeps audit messages in a folder, as an audit record repository does (RFC 5424; PS3.15 A.6)."""

from __future__ import annotations

import argparse
import socket
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenarc.cli.dimse_options import add_tls, server_tls
from lumenarc.cli.frame import Report, ToolParser, place_to_listen, printable, stop_by_signal
from lumenarc.errors import BadRequest
from lumenarc.protocol import syslog
from lumenarc.protocol.framing import BadFrame

if TYPE_CHECKING:
    from lumenarc.transport.framed import FramedServer
    from lumenarc.transport.syslog import DatagramServer


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "syslogd",
        "Receive syslog messages over TCP, TLS or UDP, and keep the content of each as a file, until it is told to\n"
        "stop. What has no header of RFC 5424 is kept as it came.",
        (
            "lumenarc syslogd -b 6514 --directory audit",
            "lumenarc syslogd -b 127.0.0.1:6514 --udp --directory audit --json",
            "lumenarc syslogd -b 6514 --ignore -v",
        ),
    )
    found.add_argument("-b", "--bind", metavar="[IP:]PORT", required=True, help="listen here")
    found.add_argument("--udp", action="store_true", help="receive datagrams (default: TCP)")
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument("--ignore", action="store_true", help="keep nothing of what is received")
    found.add_argument("--idle-timeout", type=int, default=3_600_000, metavar="MS", help="close silent connections")
    add_tls(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Receive until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "syslogd"
    report = Report(options)
    if options.udp and options.tls:
        raise BadRequest("TLS needs TCP.")
    host, port = place_to_listen(options.bind)
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        listener = _listen(host, port, options.udp)
    except OSError as error:
        raise BadRequest(f"Port {port} cannot be listened on: {error.strerror}.") from error
    server = _server(listener, _Keeper(options, report), options)
    stop = stop_by_signal()
    server.start()
    where = listener.getsockname()
    report.result(f"ready syslog={where[0]}:{where[1]}", {"ready": True, "port": where[1]})
    sys.stdout.flush()
    stop.wait()
    server.stop()
    listener.close()
    return report.exit_code


def _listen(host: str, port: int, udp: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not udp:
        return socket.create_server((host, port), family=family)
    listener = socket.socket(family, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)  # a burst that has no room is lost
    listener.bind((host, port))
    return listener


def _server(listener: socket.socket, keeper: _Keeper, options: argparse.Namespace) -> FramedServer | DatagramServer:
    from lumenarc.transport.framed import SYSLOG, FramedOptions, FramedServer
    from lumenarc.transport.syslog import DatagramServer

    if options.udp:
        return DatagramServer(listener, keeper.take)
    allowed = FramedOptions(
        max_connections=256,
        max_message_bytes=syslog.MAX_MESSAGE_BYTES,
        idle_s=options.idle_timeout / 1000,
        tls=server_tls(options),
    )
    return FramedServer(listener, SYSLOG, keeper.take, allowed)


class _Keeper:
    """Writes and reports messages, one at a time."""

    def __init__(self, options: argparse.Namespace, report: Report) -> None:
        self._folder = None if options.ignore else options.directory
        self._report = report
        self._lock = threading.Lock()

    def take(self, message: bytes, sender: str) -> bytes:
        """Keep a message; there is nothing to answer."""
        fields: dict[str, Any] = {"peer": sender}
        try:
            entry = syslog.parse(message)
        except BadFrame as error:
            body, suffix = message, ".log"
            fields["note"] = text = str(error)
        else:
            body, suffix = entry.body, ".xml" if entry.body.lstrip()[:1] == b"<" else ".txt"
            fields |= {
                "facility": entry.facility, "level": entry.level, "time": entry.moment, "host": entry.host,
                "app_name": entry.app_name, "process": entry.process, "message_id": entry.message_id,
                "structured_data": entry.structured_data,
            }  # fmt: skip
            text = f"{entry.facility}.{entry.level} {entry.host} {entry.app_name} {entry.message_id}"
        with self._lock:
            if self._folder is not None:
                self._write(self._folder, body, suffix, fields)
            fields["bytes"] = len(body)
            self._report.result(printable(f"{sender}: {text}, {len(body)} bytes"), fields)
            sys.stdout.flush()
            self._report.note(body.decode("utf-8", "replace"))
        return b""

    def _write(self, folder: Path, body: bytes, suffix: str, fields: dict[str, Any]) -> None:
        path = folder / f"{time.strftime('%Y%m%d%H%M%S')}-{uuid.uuid4().hex[:12]}{suffix}"
        try:
            path.write_bytes(body)
        except OSError as error:
            self._report.problem(str(path), error.strerror or str(error))
        else:
            fields["file"] = str(path)
