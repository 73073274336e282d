"""`lumenarc echoscu`: asks whether an application entity is there (C-ECHO, PS3.4 A)."""

from __future__ import annotations

import argparse
import time

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "echoscu",
        "Ask whether an application entity is there (C-ECHO).",
        (
            "lumenarc echoscu -c LUMENARC@localhost:11112",
            "lumenarc echoscu --repeat 5 -v -c LUMENARC@localhost:11112",
            "lumenarc echoscu --json -b TESTER -c LUMENARC@localhost:11112",
        ),
    )
    add_peer(found)
    found.add_argument("--repeat", type=int, default=1, metavar="N", help="ask N times on the same association")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Ask, and say how long it took."""
    options = parser().parse_args(arguments)
    options.tool = "echoscu"
    return ask(options)


def ask(options: argparse.Namespace) -> int:
    """Ask the peer that the options name."""
    from lumenarc.peers import dimse

    report, peer = Report(options), peer_of(options)
    started = time.monotonic()
    with dimse.open_association(peer, [dimse.Proposal(dimse.VERIFICATION)]) as assoc:
        report.note(f"associated in {(time.monotonic() - started) * 1000:.1f} ms")
        for _number in range(max(options.repeat, 1)):
            begun = time.monotonic()
            outcome = dimse.echo(assoc)
            took_ms = (time.monotonic() - begun) * 1000
            if not outcome.is_success:
                report.problem(options.connect, outcome.text)
                continue
            fields = {"peer": options.connect, "status": outcome.status, "milliseconds": round(took_ms, 3)}
            report.result(f"{options.connect}: {outcome.text} in {took_ms:.1f} ms", fields)
    return report.exit_code
