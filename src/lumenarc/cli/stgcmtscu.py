"""`lumenarc stgcmtscu`: asks an archive to commit to the storage of instances, and waits for its word (PS3.4 J)."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import SERIES, STUDY, by, headers, reference
from lumenarc.dicom.commitment import INSTANCE, MODEL
from lumenarc.dicom.query import Attributes

if TYPE_CHECKING:
    from lumenarc.cli.commitment import Answers
    from lumenarc.peers.dimse import Peer
    from lumenarc.transport.association import Association


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "stgcmtscu",
        "Ask an archive whether it is responsible for instances now (storage commitment). The answer comes on the\n"
        "same association, or on one that the archive opens to us at --listen.",
        (
            "lumenarc stgcmtscu -c STGCMTSCP@localhost:11116 image.dcm",
            "lumenarc stgcmtscu -c STGCMTSCP@localhost:11116 --one-per-study study/",
            "lumenarc stgcmtscu -c STGCMTSCP@localhost:11116 --listen 11117 --keep-alive 5 image.dcm --json",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    how = found.add_mutually_exclusive_group()
    how.add_argument("--one-per-study", action="store_true", help="one request for every study")
    how.add_argument("--one-per-series", action="store_true", help="one request for every series")
    found.add_argument("--listen", type=int, metavar="PORT", help="take answers on this port, too")
    found.add_argument(
        "--keep-alive", type=float, default=30, metavar="S", help="wait for the answers this long (default 30)"
    )
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Ask, and wait for the answers."""
    options = parser().parse_args(arguments)
    options.tool = "stgcmtscu"
    report = Report(options)
    found = headers(options, report)
    if not found:
        return 2 if not (options.paths or options.files_from) else report.exit_code
    level = STUDY if options.one_per_study else SERIES if options.one_per_series else ""
    groups = list(by(level, found).values()) if level else [found]
    ask(groups, peer_of(options), options, report)
    return report.exit_code


def ask(groups: list[list[Attributes]], peer: Peer, options: argparse.Namespace, report: Report) -> None:
    """Ask for each group of instances, and report what the archive says of them.

    `options` has `listen`, the port where answers are taken, too, or None, and `keep_alive`, the seconds to wait.
    """
    from lumenarc.cli.building import new_uid
    from lumenarc.cli.commitment import Answers, take
    from lumenarc.peers import dimse

    answers = Answers(report)
    proposal = dimse.Proposal(MODEL, roles=(True, False))
    with answers.listening(options), dimse.open_association(peer, [proposal]) as assoc:
        for group in groups:
            references = [reference(each) for each in group]
            transaction = new_uid()
            answers.expect(transaction, references)
            information: Attributes = {
                "00081195": {"vr": "UI", "Value": [transaction]},
                "00081199": {"vr": "SQ", "Value": references},
            }
            outcome = dimse.n_action(
                assoc, dimse.Target(MODEL, INSTANCE), 1, information, lambda message: take(assoc, message, answers)
            )
            if not outcome.is_success:
                answers.refused(transaction, outcome.text)
        _wait(assoc, answers, options.keep_alive)
    answers.give_up()


def _wait(assoc: Association, answers: Answers, keep_alive_s: float) -> None:
    """Take the answers as they come, on this association or another, until all are there or time is over."""
    from lumenarc.cli.commitment import receive

    end = time.monotonic() + keep_alive_s
    while answers.is_waiting and (left_s := end - time.monotonic()) > 0:
        if assoc.is_open and assoc.wait(min(left_s, 0.2)):
            receive(assoc, answers)
        elif not assoc.is_open:
            answers.wait(min(left_s, 0.2))
