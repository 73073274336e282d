"""`lumenarc mppsscu`: tells that a procedure step has begun, and that it is done or given up (MPPS, PS3.4 F.7)."""

from __future__ import annotations

import argparse
import time

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import by, entry, first, headers, reference
from lumenarc.dicom import assignments
from lumenarc.dicom.query import Attributes

MPPS = "1.2.840.10008.3.1.2.3.3"
# Reasons of CID 9300 (DCM).
REASONS = {
    "110500": "Doctor cancelled procedure", "110501": "Equipment failure", "110502": "Incorrect procedure ordered",
    "110503": "Patient allergic to media/contrast", "110504": "Patient died",
    "110505": "Patient refused to continue procedure", "110506": "Patient taken for treatment or surgery",
    "110507": "Patient did not arrive", "110508": "Patient pregnant",
    "110509": "Change of procedure for correct charging", "110510": "Duplicate order",
    "110511": "Nursing unit cancel", "110512": "Incorrect side ordered",
    "110513": "Discontinued for unspecified reason", "110514": "Incorrect worklist entry selected",
    "110515": "Patient condition prevented continuing",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "mppsscu",
        "Tell that a procedure step has begun (N-CREATE), and that it is completed or discontinued (N-SET), with the\n"
        "series and instances of DICOM files; one step for each study.",
        (
            "lumenarc mppsscu -c MPPSSCP@localhost:11118 image.dcm",
            "lumenarc mppsscu -c MPPSSCP@localhost:11118 --dc --dc-reason 110501 image.dcm",
            "lumenarc mppsscu -c MPPSSCP@localhost:11118 --ppsid STEP7 -s PerformedLocation=Room1 study/ --json",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("--dc", action="store_true", help="the step was discontinued")
    found.add_argument("--dc-reason", choices=tuple(REASONS), metavar="CODE", help="why, a code of CID 9300")
    found.add_argument("--ppsid", metavar="ID", help="Performed Procedure Step ID (default: made from the time)")
    found.add_argument("--in-progress", action="store_true", help="only tell that it has begun")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute of the N-CREATE"
    )
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Tell about a step for every study."""
    options = parser().parse_args(arguments)
    options.tool = "mppsscu"
    from lumenarc.cli.building import new_uid
    from lumenarc.peers import dimse

    report = Report(options)
    studies = list(by("0020000D", headers(options, report)).values())
    if not studies:
        return 2 if not (options.paths or options.files_from) else report.exit_code
    with dimse.open_association(peer_of(options), [dimse.Proposal(MPPS)]) as assoc:
        for number, instances in enumerate(studies):
            target = dimse.Target(MPPS, new_uid())
            created = dimse.n_create(assoc, target, begun(instances[0], number, options))
            if not created.is_success:
                report.problem(target.sop_instance_uid, created.text)
                continue
            state = "IN PROGRESS"
            if not options.in_progress:
                state = "DISCONTINUED" if options.dc else "COMPLETED"
                changed = dimse.n_set(assoc, target, ended(instances, state, options))
                if not changed.is_success:
                    report.problem(target.sop_instance_uid, changed.text)
                    continue
            fields = {"sop_instance_uid": target.sop_instance_uid, "state": state, "instances": len(instances)}
            report.result(f"{target.sop_instance_uid}: {state}, {len(instances)} instances", fields)
    return report.exit_code


def begun(
    sample: Attributes, number: int, options: argparse.Namespace, ordered: Attributes | None = None
) -> Attributes:
    """Return the attributes of the N-CREATE: all that are required are there (PS3.4 Table F.7.2-1).

    `ordered` is what a worklist says of the scheduled step.
    """
    now = time.localtime()
    scheduled: Attributes = {
        "00080050": sample.get("00080050", {"vr": "SH"}),
        "00081110": {"vr": "SQ"},
        "0020000D": entry("UI", first(sample, "0020000D")),
        "00321060": {"vr": "LO"},
        "00400007": {"vr": "LO"},
        "00400008": {"vr": "SQ"},
        "00400009": {"vr": "SH"},
        "00401001": {"vr": "SH"},
    } | (ordered or {})
    kept = {"00100010": "PN", "00100020": "LO", "00100030": "DA", "00100040": "CS", "00200010": "SH"}
    found: Attributes = {name: sample.get(name, {"vr": vr}) for name, vr in kept.items()}
    if "00080005" in sample:
        found["00080005"] = sample["00080005"]
    found |= {
        "00081032": {"vr": "SQ"}, "00081120": {"vr": "SQ"},
        "00080060": entry("CS", first(sample, "00080060") or "OT"),
        "00400241": entry("AE", options.bind), "00400242": {"vr": "SH"}, "00400243": {"vr": "SH"},
        "00400244": entry("DA", time.strftime("%Y%m%d", now)),
        "00400245": entry("TM", time.strftime("%H%M%S", now)),
        "00400250": {"vr": "DA"}, "00400251": {"vr": "TM"}, "00400252": entry("CS", "IN PROGRESS"),
        "00400253": entry("SH", options.ppsid or f"{time.strftime('%m%d%H%M%S', now)}{number:04d}"),
        "00400254": {"vr": "LO"}, "00400255": {"vr": "LO"}, "00400260": {"vr": "SQ"},
        "00400270": entry("SQ", scheduled), "00400340": {"vr": "SQ"},
    }  # fmt: skip
    assignments.assign(found, [assignments.parse(text) for text in options.set])
    return found


def ended(instances: list[Attributes], state: str, options: argparse.Namespace) -> Attributes:
    """Return the attributes of the N-SET: the end, and what was made (PS3.4 F.7.2.2)."""
    now = time.localtime()
    found: Attributes = {
        "00400250": entry("DA", time.strftime("%Y%m%d", now)),
        "00400251": entry("TM", time.strftime("%H%M%S", now)),
        "00400252": entry("CS", state),
        "00400340": entry("SQ", *(_series(uid, members) for uid, members in by("0020000E", instances).items())),
    }
    if options.dc and options.dc_reason:
        reason: Attributes = {
            "00080100": entry("SH", options.dc_reason),
            "00080102": entry("SH", "DCM"),
            "00080104": entry("LO", REASONS[options.dc_reason]),
        }
        found["00400281"] = entry("SQ", reason)
    return found


def _series(uid: str, members: list[Attributes]) -> Attributes:
    from lumenarc.dicom.sop_classes import content_of

    sample, references = members[0], [reference(each) for each in members]
    are_images = content_of(str(first(sample, "00080016"))) in ("image", "video")
    return {
        "00080054": {"vr": "AE"}, "0008103E": entry("LO", first(sample, "0008103E")),
        "00081050": sample.get("00081050", {"vr": "PN"}), "00081070": sample.get("00081070", {"vr": "PN"}),
        "00081140": entry("SQ", *references) if are_images else {"vr": "SQ"},
        "00181030": entry("LO", first(sample, "00181030") or "UNKNOWN"), "0020000E": entry("UI", uid),
        "00400220": {"vr": "SQ"} if are_images else entry("SQ", *references),
    }  # fmt: skip
