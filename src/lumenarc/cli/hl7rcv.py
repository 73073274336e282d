"""`lumenarc hl7rcv`: receives HL7 v2 messages over MLLP, keeps them as files, and acknowledges them."""

from __future__ import annotations

import argparse
import socket
import sys
import time
import uuid
from pathlib import Path

from lumenarc.cli.frame import Report, ToolParser, place_to_listen, printable, stop_by_signal
from lumenarc.errors import BadRequest
from lumenarc.protocol.hl7 import mllp
from lumenarc.transport.framed import MLLP, FramedOptions, FramedServer

_CODES = ("AA", "AE", "AR")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl7rcv",
        "Receive HL7 v2 messages over MLLP, keep each as a file and acknowledge it, until it is told to stop.",
        (
            "lumenarc hl7rcv -b 2575 --directory messages",
            "lumenarc hl7rcv -b 127.0.0.1:2575 --ignore --response AE --text 'not today'",
            "lumenarc hl7rcv -b 2575 --directory messages --json",
        ),
    )
    found.add_argument("-b", "--bind", metavar="[IP:]PORT", required=True, help="listen here")
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument("--ignore", action="store_true", help="keep nothing of what is received")
    found.add_argument("--response", choices=_CODES, default="AA", help="what to answer (default AA)")
    found.add_argument("--text", default="", help="the text of the answer")
    found.add_argument("--response-delay", type=int, default=0, metavar="MS", help="wait before answering")
    found.add_argument("--idle-timeout", type=int, default=600_000, metavar="MS", help="close silent connections")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Receive until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "hl7rcv"
    report = Report(options)
    host, port = place_to_listen(options.bind)
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise BadRequest(f"Port {port} cannot be listened on: {error.strerror}.") from error
    allowed = FramedOptions(idle_s=options.idle_timeout / 1000)
    server = FramedServer(listener, MLLP, lambda message, peer: _take(message, peer, options, report), allowed)
    stop = stop_by_signal()
    server.start()
    where = listener.getsockname()
    report.result(f"ready hl7={where[0]}:{where[1]}", {"ready": True, "port": where[1]})
    sys.stdout.flush()
    stop.wait()
    server.stop()
    listener.close()
    return report.exit_code


def _take(message: bytes, peer: str, options: argparse.Namespace, report: Report) -> bytes:
    """Keep a message and return its acknowledgement.

    Raises:
        BadFrame: it has no MSH: then nobody can be answered.
    """
    found = mllp.header(message)
    code, text = options.response, options.text
    path = options.directory / f"{time.strftime('%Y%m%d%H%M%S')}-{uuid.uuid4().hex[:12]}.hl7"
    try:
        if not options.ignore:
            path.write_bytes(message)
    except OSError as error:
        code, text = "AE", "The message cannot be kept."
        report.problem(str(path), error.strerror or str(error))
    fields = {"peer": peer, "type": found.message_type, "control_id": found.control_id}
    if not options.ignore:
        fields["file"] = str(path)
    report.result(printable(f"{peer}: {found.message_type} {found.control_id} {code}"), fields)
    sys.stdout.flush()
    time.sleep(options.response_delay / 1000)
    moment = time.strftime("%Y%m%d%H%M%S")
    return mllp.acknowledgement(found, code, text, uuid.uuid4().hex[:20], moment)
