"""What hl7pix and hl7pdq share: their options, one exchange over MLLP, and how patients are shown."""

from __future__ import annotations

import argparse
import time
import uuid

from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.cli.hl7snd import connection, exchange
from lumenarc.errors import BadRequest
from lumenarc.protocol.hl7.message import Segment
from lumenarc.protocol.hl7.mllp import BadFrame
from lumenarc.protocol.hl7.query import Envelope, answered


def add_connection(found: ToolParser) -> None:
    """Add who is asked, by whom, and how long to wait."""
    found.add_argument("-c", "--connect", metavar="HOST:PORT", required=True, help="whom to ask")
    found.add_argument("--sending", metavar="APP^FAC", default="LUMENARC^LUMENARC", help="who asks")
    found.add_argument("--receiving", metavar="APP^FAC", default="^", help="who is asked")
    found.add_argument("--response-timeout", type=int, default=30_000, metavar="MS", help="default 30000")
    found.add_argument("--connect-timeout", type=int, default=10_000, metavar="MS", help="default 10000")


def envelope(options: argparse.Namespace) -> Envelope:
    """Return who speaks to whom, with a new number."""
    parties = [safe(party).partition("^") for party in (options.sending, options.receiving)]
    (sender, _, here), (receiver, _, there) = parties
    return Envelope((sender, here), (receiver, there), time.strftime("%Y%m%d%H%M%S"), uuid.uuid4().hex[:20])


def safe(text: str) -> str:
    """Return a word of the command line that stands in a field, delimiters below the field and all; refuse others."""
    if "|" in text or not text.isprintable():
        raise BadRequest(f"{text!r} cannot stand in a field of HL7.")
    return text


def exchanged(options: argparse.Namespace, message: bytes, report: Report) -> bytes | int:
    """Send a message and return its answer, or the exit code after saying why there is none."""
    connected = connection(options, report)
    if connected is None:
        return 3
    with connected:
        try:
            answer = exchange(connected, message)
        except (OSError, BadFrame) as error:
            report.problem(options.connect, "no answer in time" if isinstance(error, TimeoutError) else str(error))
            return 1
    report.note(answer.decode("utf-8", "replace").replace("\r", " ⏎ "))
    return answer


def show_answer(options: argparse.Namespace, query: bytes, control_id: str, report: Report) -> int:
    """Ask, show every patient of the answer, and return the exit code."""
    data = exchanged(options, query, report)
    if isinstance(data, int):
        return data
    try:
        answer = answered(data, control_id)
    except BadFrame as error:
        report.problem(options.connect, str(error))
        return 1
    if not answer.is_good:
        report.problem(options.connect, f"{answer.acknowledgement} {answer.status} {answer.text}".strip())
        return 1
    for pid in answer.patients:
        show(pid, report)
    if answer.is_continued:
        report.problem(options.connect, "there are more patients than were answered")
    return report.exit_code


def show(pid: Segment, report: Report) -> None:
    """Print the identifiers, the name, the birth date and the sex of a patient."""
    ids = [
        {"id": pid.get(3, 1, 1, at), "issuer": pid.get(3, 4, 1, at), "universal_id": pid.get(3, 4, 2, at)}
        for at in range(pid.n_repetitions(3))
    ]
    name = "^".join(pid.get(5, part) for part in range(1, 6)).rstrip("^")
    shown = " ".join("^^^".join(filter(None, (one["id"], one["issuer"] or one["universal_id"]))) for one in ids)
    birth_date, sex = pid.get(7), pid.get(8)
    text = "\t".join(printable(part) for part in (shown, name, birth_date, sex)).rstrip()
    report.result(text, {"ids": ids, "name": name, "birth_date": birth_date, "sex": sex})
