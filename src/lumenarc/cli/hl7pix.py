"""`lumenarc hl7pix`: asks an index for a patient's identifiers elsewhere, and feeds it (IHE ITI-9 and ITI-8)."""

from __future__ import annotations

import argparse

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.hl7_asking import add_connection, envelope, exchanged, safe, show_answer
from lumenarc.errors import BadRequest
from lumenarc.protocol.hl7 import mllp
from lumenarc.protocol.hl7.mllp import BadFrame
from lumenarc.protocol.hl7.query import feed, pix_query


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl7pix",
        "Ask a Patient Identifier Cross-reference Manager for the identifiers of a patient in other domains\n"
        "(IHE ITI-9), or with --feed tell it of a patient (IHE ITI-8).",
        (
            "lumenarc hl7pix -c localhost:2576 4711^^^HOSP",
            "lumenarc hl7pix -c localhost:2576 4711^^^HOSP OTHER --json",
            "lumenarc hl7pix -c localhost:2576 4711^^^HOSP --feed A04 -p 5=DOE^JANE -p 7=19710405",
        ),
    )
    found.add_argument("patient", metavar="ID^^^DOMAIN", help="the patient")
    found.add_argument("domains", nargs="*", metavar="NAME[&UID&ISO]", help="where else (default: everywhere)")
    found.add_argument("--feed", choices=("A01", "A04", "A05", "A08", "A40"), help="tell, do not ask")
    found.add_argument("-p", "--pid", action="append", default=[], metavar="N=VALUE", help="field N of PID to tell")
    found.add_argument("--prior", default="", metavar="ID^^^DOMAIN", help="the patient that A40 merges into it")
    add_connection(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Ask or tell once."""
    options = parser().parse_args(arguments)
    options.tool = "hl7pix"
    report = Report(options)
    if (options.feed == "A40") != bool(options.prior):
        raise BadRequest("--feed A40 and --prior belong together.")
    if options.feed:
        return _feed(options, report)
    if options.pid:
        raise BadRequest("-p is for --feed.")
    sent = envelope(options)
    query = pix_query(sent, safe(options.patient), [safe(one) for one in options.domains])
    return show_answer(options, query, sent.control_id, report)


def _feed(options: argparse.Namespace, report: Report) -> int:
    pid = {1: "1", 3: safe(options.patient)}
    for word in options.pid:
        number, sign, value = word.partition("=")
        if not (sign and number.isascii() and number.isdigit() and 1 <= int(number) <= 39):
            raise BadRequest(f"{word!r} is no field of PID; write 5=DOE^JANE.")
        pid[int(number)] = safe(value)
    if not pid.get(5):
        raise BadRequest("PID-5, the name, has to be told: -p 5=DOE^JANE.")
    sent = envelope(options)
    data = exchanged(options, feed(sent, options.feed, pid, safe(options.prior)), report)
    if isinstance(data, int):
        return data
    try:
        code, control_id, text = mllp.acknowledged(data)
    except BadFrame as error:
        report.problem(options.connect, str(error))
        return 1
    if control_id != sent.control_id or code not in ("AA", "CA"):
        report.problem(options.connect, f"{code} {text}".strip() or "the answer is to another message")
        return 1
    report.result(f"{code} {text}".rstrip(), {"code": code, "control_id": control_id, "text": text})
    return 0
