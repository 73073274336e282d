"""`lumenarc dcmassoc`: opens an association with any presentation contexts and shows what is agreed (PS3.8 9.3)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom import sop_classes, transfer_syntaxes
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.peers.dimse import Proposal
    from lumenarc.transport.association import Association

_RESULTS = ("accepted", "rejected by the user", "rejected", "abstract syntax not supported", "no transfer syntax fits")
_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmassoc",
        "Open an association and show what the peer accepts: a probe of its negotiation. Without --pc every storage\n"
        "SOP class is asked for, in as many associations as that takes.",
        (
            "lumenarc dcmassoc -c LUMENARC@localhost:11112 --pc 1.2.840.10008.1.1",
            "lumenarc dcmassoc -c LUMENARC@localhost:11112 --pc CTImageStorage:JPEG2000Lossless,ExplicitVRLittleEndian",
            "lumenarc dcmassoc -c LUMENARC@localhost:11112 --json",
        ),
    )
    found.add_argument(
        "--pc", metavar="CLASS[:SYNTAX,…]", action="append", default=[],
        help="ask for this presentation context, by UIDs or keywords; may be repeated",
    )  # fmt: skip
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Negotiate and print the answers."""
    options = parser().parse_args(arguments)
    options.tool = "dcmassoc"
    from lumenarc.peers.dimse import MAX_CONTEXTS, open_association

    report, peer, wanted = Report(options), peer_of(options), _proposals(options)
    n_accepted = 0
    for start in range(0, len(wanted), MAX_CONTEXTS):
        part = wanted[start : start + MAX_CONTEXTS]
        with open_association(peer, part) as assoc:
            if not start:
                _tell_peer(assoc, report)
            for number, proposal in enumerate(part):
                n_accepted += _tell(assoc, 2 * number + 1, proposal, report)
    return 0 if n_accepted else 1


def _proposals(options: argparse.Namespace) -> list[Proposal]:
    from lumenarc.peers.dimse import Proposal

    if not options.pc:
        return [Proposal(found.uid) for found in sop_classes.SOP_CLASSES if found.kind == "storage"]
    return [context(text) for text in options.pc]


def context(text: str) -> Proposal:
    """Read `CLASS[:SYNTAX,…]`, UIDs or keywords.

    Raises:
        BadRequest: one that nobody knows and that is no UID.
    """
    from lumenarc.peers.dimse import Proposal

    name, _, syntaxes = text.partition(":")
    found = tuple(_uid(each, transfer_syntaxes.UID_OF) for each in syntaxes.split(",") if each)
    return Proposal(_uid(name, sop_classes.UID_OF), found or _PLAIN)


def _uid(text: str, known: dict[str, str]) -> str:
    uid = known.get(text, text)
    if not uid.replace(".", "").isdigit() or len(uid) > 64:
        raise BadRequest(f"{text!r} is neither a UID nor a keyword that is known.")
    return uid


def _tell_peer(assoc: Association, report: Report) -> None:
    partners = assoc.partners
    window = f"{partners.async_invoked or 'any number of'} operations at once"
    report.note(f"{partners.called} is {partners.implementation_version or 'of unknown version'}, takes {window}")


def _tell(assoc: Association, number: int, proposal: Proposal, report: Report) -> int:
    """Print one answer; return 1 when the context was accepted."""
    found = next((result for result in assoc.partners.results if result.id == number), None)
    code = 2 if found is None else found.result
    accepted = assoc.contexts.get(number)
    syntax = "" if accepted is None else accepted.transfer_syntax
    fields: dict[str, Any] = {"sop_class_uid": proposal.sop_class_uid, "result": code, "transfer_syntax_uid": syntax}
    words = _RESULTS[code] if code < len(_RESULTS) else f"result {code}"
    name = sop_classes.name_of(proposal.sop_class_uid)
    shown = f": {transfer_syntaxes.name_of(syntax)}" if syntax else ""
    report.result(f"{name} {words}{shown}", fields)
    return int(accepted is not None)
