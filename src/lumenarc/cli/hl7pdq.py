"""`lumenarc hl7pdq`: asks an index of patients who is like this (IHE ITI-21, QBP^Q22)."""

from __future__ import annotations

import re

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.hl7_asking import add_connection, envelope, safe, show_answer
from lumenarc.errors import BadRequest
from lumenarc.protocol.hl7.query import pdq_query


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl7pdq",
        "Ask a Patient Demographics Supplier which patients match (IHE ITI-21): a line for each, with identifiers,\n"
        "name, birth date and sex.",
        (
            "lumenarc hl7pdq -c localhost:2576 @PID.5.1^DOE",
            "lumenarc hl7pdq -c localhost:2576 @PID.5.1^DOE @PID.8^F --limit 10 --json",
            "lumenarc hl7pdq -c localhost:2576 @PID.3.1^4711 --domain HOSP",
        ),
    )
    found.add_argument("keys", nargs="+", metavar="@PID.F[.C]^VALUE", help="what the patients have, all of it")
    found.add_argument("-d", "--domain", action="append", default=[], metavar="NAME[&UID&ISO]",
                       help="identifiers of this domain; can be given several times")  # fmt: skip
    found.add_argument("--limit", type=int, default=0, metavar="N", help="at most N patients")
    add_connection(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Ask once."""
    options = parser().parse_args(arguments)
    options.tool = "hl7pdq"
    for key in options.keys:
        if not re.match(r"@PID\.\d+(\.\d+){0,2}\^.", safe(key)):
            raise BadRequest(f"{key!r} is no key; write @PID.5.1^DOE.")
    sent = envelope(options)
    query = pdq_query(sent, options.keys, [safe(one) for one in options.domain], options.limit)
    return show_answer(options, query, sent.control_id, Report(options))
