"""`lumenarc getscu`: fetches instances over its own association (C-GET, PS3.4 C.4.3)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_peer, add_priority, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.movescu import add_retrieving, follow
from lumenarc.cli.query_options import add_query, extended, identifier, model_uid

if TYPE_CHECKING:
    from lumenarc.dicom.part10 import Meta
    from lumenarc.peers.dimse import Proposal

_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
# Not every syntax with every class: some peers do not take a request for an association of more than 128 KiB.
_DEFLATED = ("1.2.840.10008.1.2.1.99",)
_JPEG = "1.2.840.10008.1.2.4."
_VIDEO = tuple(_JPEG + number for number in ("100", "101", "102", "103", "104", "107", "108"))
_STILL = tuple(_JPEG + number for number in ("50", "51", "57", "70", "80", "81", "90", "91", "201", "203"))
_COMPRESSED = {"image": (*_STILL, "1.2.840.10008.1.2.5"), "video": (*_VIDEO, *_STILL)}
_MAX_CLASSES = 126
# Classes of old and of rare objects that give way, because an association has room for 128.
_RARE = ("Private", "Trial", "Retired", "Photoacoustic", "Dermoscopic", "Inventory", "Protocol", "Template", "Corneal")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "getscu",
        "Fetch instances over the association that asks for them (C-GET), as they are stored where the peer can.",
        (
            "lumenarc getscu -c LUMENARC@localhost:11112 -m StudyInstanceUID=1.2.3",
            "lumenarc getscu -c LUMENARC@localhost:11112 -m StudyInstanceUID=1.2.3 --directory got "
            "--filepath '{PatientID}/{SeriesNumber}/{InstanceNumber,number,0000}.dcm'",
            "lumenarc getscu -c LUMENARC@localhost:11112 -M PatientRoot -m PatientID=4711 --store-tc CTImageStorage",
        ),
    )
    add_query(found, 2)
    add_retrieving(found)
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument(
        "--filepath", default="{00080018}", metavar="PATTERN", help="name of a file (default {00080018})"
    )
    found.add_argument(
        "--store-tc", metavar="CLASS[:SYNTAX,…]", action="append", default=[],
        help="take this SOP class only, by UID or keyword, in these transfer syntaxes; may be repeated",
    )  # fmt: skip
    add_priority(found)
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Fetch the instances."""
    options = parser().parse_args(arguments)
    options.tool = "getscu"
    from lumenarc.cli.received_files import Folder
    from lumenarc.peers import dimse
    from lumenarc.peers.receiving import get

    report, wanted, uid = Report(options), identifier(options), model_uid(options)

    def on_file(path: Path, meta: Meta) -> None:
        report.note(f"{meta.sop_instance_uid} -> {path}")

    folder = Folder(options.directory, options.filepath, on_file)
    proposals = [dimse.Proposal(uid, extended=extended(options)), *_storage(options)]
    with dimse.open_association(peer_of(options), proposals) as assoc:
        answers = get(assoc, uid, wanted, folder.begin, priority=options.priority)
        return follow(answers, options, report)


def _storage(options: argparse.Namespace) -> Iterator[Proposal]:
    from lumenarc.dicom import sop_classes, transfer_syntaxes
    from lumenarc.peers.receiving import receivable

    def usual(uid: str) -> tuple[str, ...]:
        return (*_PLAIN, *_COMPRESSED.get(sop_classes.content_of(uid), _DEFLATED))

    if not options.store_tc:
        for common in _common_classes():
            yield from receivable([common], usual(common))
        return
    for text in options.store_tc:
        name, _, syntaxes = text.partition(":")
        found = [transfer_syntaxes.UID_OF.get(each, each) for each in syntaxes.split(",") if each]
        uid = sop_classes.UID_OF.get(name, name)
        yield from receivable([uid], tuple(found) or usual(uid), one_each=bool(found))


def _common_classes() -> list[str]:
    """Return as many storage classes as an association has room for: those in use before those that are history."""
    from lumenarc.dicom.sop_classes import SOP_CLASSES

    storage = [found for found in SOP_CLASSES if found.kind == "storage"]
    rare = [found for found in storage if found.retired or any(word in found.keyword for word in _RARE)]
    common = [found for found in storage if found not in rare]
    common.sort(key=lambda found: found.content not in ("image", "sr", "ko", "pr", "document", "video"))
    return [found.uid for found in [*common, *rare]][:_MAX_CLASSES]
