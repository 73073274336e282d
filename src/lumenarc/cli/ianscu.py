"""`lumenarc ianscu`: notifies that instances of a study can be had, or not any more (IAN, PS3.4 R)."""

from __future__ import annotations

import argparse

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import by, entry, headers, reference
from lumenarc.dicom import assignments, availability
from lumenarc.dicom.availability import IAN
from lumenarc.dicom.query import Attributes


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "ianscu",
        "Notify that the instances of DICOM files can be had (N-CREATE of an Instance Availability Notification), one\n"
        "for each study.",
        (
            "lumenarc ianscu -c IANSCP@localhost:11119 image.dcm",
            "lumenarc ianscu -c IANSCP@localhost:11119 --availability NEARLINE --retrieve-aet LUMENARC study/",
            "lumenarc ianscu -c IANSCP@localhost:11119 --availability UNAVAILABLE --json image.dcm",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument(
        "--availability", choices=("ONLINE", "NEARLINE", "OFFLINE", "UNAVAILABLE"), default="ONLINE",
        help="what is said of them (default ONLINE)",
    )  # fmt: skip
    found.add_argument("--retrieve-aet", metavar="AET", help="where they can be had (default: our own AE title)")
    found.add_argument("--retrieve-url", metavar="URL", help="where they can be had by the web")
    found.add_argument("-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute")
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Notify about every study."""
    options = parser().parse_args(arguments)
    options.tool = "ianscu"
    from lumenarc.cli.building import new_uid
    from lumenarc.peers import dimse

    report = Report(options)
    studies = by("0020000D", headers(options, report))
    if not studies:
        return 2 if not (options.paths or options.files_from) else report.exit_code
    with dimse.open_association(peer_of(options), [dimse.Proposal(IAN)]) as assoc:
        for study_uid, instances in studies.items():
            target = dimse.Target(IAN, new_uid())
            outcome = dimse.n_create(assoc, target, notification(study_uid, instances, options))
            if not outcome.is_success:
                report.problem(study_uid, outcome.text)
                continue
            fields = {"sop_instance_uid": target.sop_instance_uid, "study_uid": study_uid, "instances": len(instances)}
            report.result(f"{study_uid}: {len(instances)} instances {options.availability}", fields)
    return report.exit_code


def notification(study_uid: str, instances: list[Attributes], options: argparse.Namespace) -> Attributes:
    """Return the notification about a study (PS3.4 Table R.3.2-1)."""
    where = {"00080054": entry("AE", options.retrieve_aet or options.bind)}
    where["00080056"] = entry("CS", options.availability)
    if options.retrieve_url:
        where["00081190"] = entry("UR", options.retrieve_url)
    series = {uid: list(map(reference, members)) for uid, members in by("0020000E", instances).items()}
    found = availability.notification(study_uid, series, where)
    assignments.assign(found, [assignments.parse(text) for text in options.set])
    return found
