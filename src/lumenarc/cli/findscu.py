"""`lumenarc findscu`: searches an archive, a worklist or any other C-FIND service (PS3.4 C.4.1, K, CC)."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli.dimse_options import add_peer, add_priority, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.listing import lines
from lumenarc.cli.query_options import add_query, add_return_keys, extended, identifier, model_uid


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "findscu",
        "Search with C-FIND: patients, studies, series, images, worklists, procedure steps, hanging protocols.",
        (
            "lumenarc findscu -c LUMENARC@localhost:11112 -m PatientName='DOE*'",
            "lumenarc findscu -c LUMENARC@localhost:11112 -L SERIES -m StudyInstanceUID=1.2.3 -r SeriesNumber --json",
            "lumenarc findscu -c LUMENARC@localhost:11112 -L IMAGE --relational -m Modality=CT --cancel 10",
        ),
    )
    add_query(found, 0)
    add_return_keys(found)
    found.add_argument("--cancel", type=int, metavar="N", help="ask the peer to stop after N answers")
    found.add_argument("-o", "--out-dir", type=Path, metavar="DIR", help="write every answer into a DICOM file")
    found.add_argument("-x", "--xml", action="store_true", help="print every answer in the Native DICOM Model")
    add_priority(found)
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Search and print the answers as they come."""
    options = parser().parse_args(arguments)
    options.tool = "findscu"
    from lumenarc.peers import dimse

    report, wanted, uid = Report(options), identifier(options), model_uid(options)
    proposal = dimse.Proposal(uid, extended=extended(options))
    n_answers = 0
    with dimse.open_association(peer_of(options), [proposal]) as assoc:
        answers = dimse.find(assoc, uid, wanted, priority=options.priority)
        for answer in answers:
            n_answers += 1
            if options.cancel is None or n_answers <= options.cancel:
                _tell(answer, n_answers, options, report)
            if n_answers == options.cancel:
                answers.cancel()
        outcome = answers.outcome()
    cancelled = options.cancel is not None and n_answers >= options.cancel and outcome.status == 0xFE00
    if not outcome.is_success and not cancelled:
        report.problem(options.connect, outcome.text)
    report.note(f"{n_answers} answers, {outcome.text}")
    return report.exit_code


def _tell(answer: object, number: int, options: argparse.Namespace, report: Report) -> None:
    from lumenarc.dicom.dicom_xml import to_xml
    from lumenarc.peers.dimse import Pending

    assert isinstance(answer, Pending)
    attributes = answer.attributes
    if options.out_dir is not None:
        from lumenarc.cli.part10_file import write_instance

        target = options.out_dir / f"{number:05d}.dcm"
        write_instance(target, attributes, answer.transfer_syntax_uid, (answer.data_set,))
    if options.xml:
        report.result(to_xml(attributes).decode("utf-8"), attributes)
    else:
        report.result("\n".join([f"# {number}", *lines(attributes)]), attributes)
