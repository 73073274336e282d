"""`lumenarc mkkos`: makes a Key Object Selection document of DICOM files (PS3.3 A.35.4, PS3.16 TID 2010)."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import by, entry, first, headers, reference
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

_KOS = "1.2.840.10008.5.1.4.1.1.88.59"
_EXPLICIT_LE = "1.2.840.10008.1.2.1"
# Document titles of PS3.16 CID 7010.
TITLES = {
    "113000": "Of Interest", "113001": "Rejected for Quality Reasons", "113002": "For Referring Provider",
    "113003": "For Surgery", "113004": "For Teaching", "113005": "For Conference", "113006": "For Therapy",
    "113007": "For Patient", "113008": "For Peer Review", "113009": "For Research", "113010": "Quality Issue",
    "113013": "Best In Set", "113018": "For Printing", "113020": "For Report Attachment",
    "113030": "Manifest", "113037": "Rejected for Patient Safety Reasons",
    "113038": "Incorrect Modality Worklist Entry", "113039": "Data Retention Policy Expired",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "mkkos",
        "Make a Key Object Selection document that refers to DICOM files of one patient: of interest, for teaching,\n"
        "rejected, a manifest … Its study is that of the first file.",
        (
            "lumenarc mkkos -o key.dcm image.dcm",
            "lumenarc mkkos --title 113001 --modifier 113026 --desc 'moved' -o rejected.dcm image.dcm",
            "lumenarc mkkos --title 113030 --retrieve-aet LUMENARC -o manifest.dcm image.dcm",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("-o", "--output", type=Path, default=Path("kos.dcm"), metavar="FILE", help="default kos.dcm")
    found.add_argument("--title", choices=tuple(TITLES), default="113000", metavar="CODE", help="document title of "
                       "CID 7010 (default 113000, Of Interest)")  # fmt: skip
    found.add_argument("--modifier", metavar="CODE[:MEANING]", help="title modifier (CID 7011, 7012, 7015), DCM code")
    found.add_argument("--desc", metavar="TEXT", help="a description")
    found.add_argument("--retrieve-aet", metavar="AET", help="where the instances can be had by C-MOVE")
    found.add_argument("--retrieve-url", metavar="URL", help="where the instances can be had by WADO-RS")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute; may be repeated"
    )
    found.add_speech()
    return found


_MODIFIERS = {
    "113026": "Double exposure", "113031": "Signed Manifest", "113032": "Complete Study Content",
    "113033": "Signed Complete Study Content", "113034": "Complete Acquisition Content", "113035": "Complete content",
    "111207": "Image artifact(s)", "111208": "Grid artifact(s)", "111209": "Positioning",
    "111210": "Motion blur", "111211": "Under exposed", "111212": "Over exposed", "111213": "No image",
}  # fmt: skip


def run(arguments: list[str]) -> int:
    """Make the document."""
    options = parser().parse_args(arguments)
    options.tool = "mkkos"
    report = Report(options)
    found = headers(options, report)
    if not found:
        return 2 if not (options.paths or options.files_from) else report.exit_code
    patients = {str(first(attributes, "00100020")) for attributes in found}
    if len(patients) > 1:
        raise BadRequest("The files belong to several patients.")
    attributes = document(found, options)
    from lumenarc.cli.part10_file import write_instance
    from lumenarc.dicom.whole import write_whole

    write_instance(options.output, attributes, _EXPLICIT_LE, write_whole(attributes, _EXPLICIT_LE))
    fields = {"target": str(options.output), "sop_instance_uid": first(attributes, "00080018"), "n": len(found)}
    report.result(f"{options.output} refers to {len(found)} instances", fields)
    return report.exit_code


def _code(value: str, meaning: str) -> Attributes:
    return {"00080100": entry("SH", value), "00080102": entry("SH", "DCM"), "00080104": entry("LO", meaning)}


def document(found: list[Attributes], options: argparse.Namespace) -> Attributes:
    """Return the key object document that refers to the instances."""
    from lumenarc.cli.building import SHARED, new_uid
    from lumenarc.dicom import assignments

    now = time.localtime()
    date, clock = time.strftime("%Y%m%d", now), time.strftime("%H%M%S", now)
    type_2 = {"00080020": "DA", "00080030": "TM", "00080050": "SH", "00080090": "PN", "00100010": "PN",
              "00100020": "LO", "00100030": "DA", "00100040": "CS", "00200010": "SH"}  # fmt: skip
    made: Attributes = {tag: {"vr": vr} for tag, vr in type_2.items()}
    made |= {name: found[0][name] for name in SHARED if name in found[0]}
    made |= {
        "00080016": entry("UI", _KOS), "00080018": entry("UI", new_uid()), "0020000E": entry("UI", new_uid()),
        "00080023": entry("DA", date), "00080033": entry("TM", clock), "00080060": entry("CS", "KO"),
        "00080070": entry("LO", "Lumenarc"), "00081111": {"vr": "SQ"}, "00200011": entry("IS", 1),
        "00200013": entry("IS", 1), "0040A040": entry("CS", "CONTAINER"), "0040A050": entry("CS", "SEPARATE"),
        "0040A043": entry("SQ", _code(options.title, TITLES[options.title])),
        "0040A375": entry("SQ", *_evidence(found, options)),
        "0040A504": entry("SQ", {"00080105": entry("CS", "DCMR"), "0040DB00": entry("CS", "2010")}),
        "0040A730": entry("SQ", *_content(found, options)),
    }  # fmt: skip
    assignments.assign(made, [assignments.parse(text) for text in options.set])
    return made


def _evidence(found: list[Attributes], options: argparse.Namespace) -> list[Attributes]:
    """Return the Current Requested Procedure Evidence Sequence: studies, series, instances."""
    result: list[Attributes] = []
    for study_uid, members in by("0020000D", found).items():
        items: list[Attributes] = []
        for series_uid, instances in by("0020000E", members).items():
            references = entry("SQ", *map(reference, instances))
            item: Attributes = {"0020000E": entry("UI", series_uid), "00081199": references}
            if options.retrieve_aet:
                item["00080054"] = entry("AE", options.retrieve_aet)
            if options.retrieve_url:
                item["00081190"] = entry("UR", options.retrieve_url)
            items.append(item)
        result.append({"0020000D": entry("UI", study_uid), "00081115": entry("SQ", *items)})
    return result


def _content(found: list[Attributes], options: argparse.Namespace) -> list[Attributes]:
    """Return the content items of TID 2010."""
    from lumenarc.dicom.sop_classes import content_of

    items: list[Attributes] = []
    if options.modifier:
        value, _, meaning = options.modifier.partition(":")
        modifier = _code(value, meaning or _MODIFIERS.get(value, value))
        item = _item("HAS CONCEPT MOD", "CODE", ("113011", "Document Title Modifier"))
        items.append(item | {"0040A168": entry("SQ", modifier)})
    if options.desc:
        item = _item("CONTAINS", "TEXT", ("113012", "Key Object Description"))
        items.append(item | {"0040A160": entry("UT", options.desc)})
    for attributes in found:
        content = content_of(first(attributes, "00080016"))
        kind = {"image": "IMAGE", "video": "IMAGE", "waveform": "WAVEFORM"}.get(content, "COMPOSITE")
        items.append(_item("CONTAINS", kind) | {"00081199": entry("SQ", reference(attributes))})
    return items


def _item(relation: str, kind: str, name: tuple[str, str] | None = None) -> Attributes:
    found: Attributes = {"0040A010": entry("CS", relation), "0040A040": entry("CS", kind)}
    if name is not None:
        found["0040A043"] = entry("SQ", _code(*name))
    return found
