"""`lumenarc movescu`: has instances sent to another application entity (C-MOVE, PS3.4 C.4.2)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_peer, add_priority, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.query_options import add_query, extended, identifier, model_uid

if TYPE_CHECKING:
    from lumenarc.peers.dimse import Exchange


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "movescu",
        "Have instances sent to another application entity (C-MOVE); the peer must know where that one is.",
        (
            "lumenarc movescu -c LUMENARC@localhost:11112 --dest STORESCP -m StudyInstanceUID=1.2.3",
            "lumenarc movescu -c LUMENARC@localhost:11112 --dest STORESCP -m StudyInstanceUID=1.2.3 -v",
            "lumenarc movescu -c LUMENARC@localhost:11112 --dest STORESCP -M PatientRoot -m PatientID=4711 --json",
        ),
    )
    found.add_argument("--dest", metavar="AET", required=True, help="the AE title that shall get them")
    add_query(found, 1)
    add_retrieving(found)
    add_priority(found)
    add_peer(found)
    found.add_speech()
    return found


def add_retrieving(found: ToolParser) -> None:
    """Add what movescu and getscu have in common."""
    found.add_argument("--cancel-after", type=int, metavar="N", help="ask the peer to stop after N instances")


def run(arguments: list[str]) -> int:
    """Ask, and say how many arrived."""
    options = parser().parse_args(arguments)
    options.tool = "movescu"
    from lumenarc.peers import dimse

    report, wanted, uid = Report(options), identifier(options), model_uid(options)
    with dimse.open_association(peer_of(options), [dimse.Proposal(uid, extended=extended(options))]) as assoc:
        answers = dimse.move(assoc, uid, wanted, options.dest, priority=options.priority)
        return follow(answers, options, report)


def follow(answers: Exchange, options: argparse.Namespace, report: Report) -> int:
    """Show how the retrieval gets on, and report how it ended."""
    done = 0
    with report.progress("retrieving", None) as bar:
        for answer in answers:
            _, completed, failed, warned = answer.counts
            bar.advance(completed + failed + warned - done)
            done = completed + failed + warned
            if options.cancel_after is not None and done >= options.cancel_after:
                answers.cancel()
    outcome = answers.outcome()
    _, completed, failed, warned = outcome.counts
    fields = {
        "status": outcome.status,
        "completed": completed,
        "failed": failed,
        "warning": warned,
        "failed_uids": list(outcome.failed_uids),
    }
    report.result(f"{outcome.text}: {completed} completed, {failed} failed, {warned} with a warning", fields)
    for sop_uid in outcome.failed_uids:
        report.note(f"failed: {sop_uid}")
    stopped = options.cancel_after is not None and outcome.status == 0xFE00
    return 0 if (outcome.is_success and not failed and not outcome.status & 0xF000) or stopped else 1
