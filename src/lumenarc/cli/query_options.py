"""How do findscu, movescu and getscu say what they ask for? Models, levels and keys, with dcm4che's letters."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli.frame import ToolParser
from lumenarc.dicom import assignments
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

_ROOT = "1.2.840.10008.5.1.4."
# Name of the model → C-FIND, C-MOVE, C-GET.
MODELS: dict[str, tuple[str, str, str]] = {
    "PatientRoot": (_ROOT + "1.2.1.1", _ROOT + "1.2.1.2", _ROOT + "1.2.1.3"),
    "StudyRoot": (_ROOT + "1.2.2.1", _ROOT + "1.2.2.2", _ROOT + "1.2.2.3"),
    "PatientStudyOnly": (_ROOT + "1.2.3.1", _ROOT + "1.2.3.2", _ROOT + "1.2.3.3"),
    "MWL": (_ROOT + "31", "", ""),
    "UPSPull": (_ROOT + "34.6.3", "", ""),
    "UPSWatch": (_ROOT + "34.6.2", "", ""),
    "UPSQuery": (_ROOT + "34.6.5", "", ""),
    "HangingProtocol": (_ROOT + "38.2", _ROOT + "38.3", _ROOT + "38.4"),
    "ColorPalette": (_ROOT + "39.2", _ROOT + "39.3", _ROOT + "39.4"),
    "DefinedProcedureProtocol": (_ROOT + "20.1", _ROOT + "20.2", _ROOT + "20.3"),
    "CompositeInstanceRoot": ("", _ROOT + "1.2.4.2", _ROOT + "1.2.4.3"),
    "WithoutBulkData": ("", "", _ROOT + "1.2.5.3"),
}
LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE", "FRAME")
_WITHOUT_LEVEL = frozenset(("MWL", "UPSPull", "UPSWatch", "UPSQuery"))
_RETURNED = {
    "PATIENT": "PatientName PatientID PatientBirthDate PatientSex",
    "STUDY": "PatientName PatientID StudyDate StudyTime AccessionNumber StudyDescription StudyInstanceUID "
    "ModalitiesInStudy NumberOfStudyRelatedInstances",
    "SERIES": "Modality SeriesNumber SeriesDescription StudyInstanceUID SeriesInstanceUID",
    "IMAGE": "InstanceNumber SOPClassUID StudyInstanceUID SeriesInstanceUID SOPInstanceUID",
    "MWL": "PatientName PatientID AccessionNumber StudyInstanceUID RequestedProcedureID "
    "RequestedProcedureDescription ScheduledProcedureStepSequence.Modality "
    "ScheduledProcedureStepSequence.ScheduledStationAETitle "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepStartDate "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepStartTime "
    "ScheduledProcedureStepSequence.ScheduledPerformingPhysicianName "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepDescription "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepID",
    "UPS": "PatientName PatientID SOPClassUID SOPInstanceUID ProcedureStepState ProcedureStepLabel WorklistLabel "
    "ScheduledProcedureStepPriority ScheduledProcedureStepStartDateTime",
}


def add_query(parser: ToolParser, which: int, default: str = "StudyRoot") -> None:
    """Add model, level and keys; `which` is 0 for C-FIND, 1 for C-MOVE, 2 for C-GET."""
    group = parser.add_argument_group("query")
    names = [name for name, uids in MODELS.items() if uids[which]]
    group.add_argument("-M", "--model", choices=names, default=default, help=f"information model (default {default})")
    group.add_argument("-L", "--level", choices=LEVELS, help="query/retrieve level (default: by the keys)")
    group.add_argument(
        "-m", "--match", metavar="KEY=VALUE", action="append", default=[], help="a matching key; may be repeated"
    )
    group.add_argument("--relational", action="store_true", help="negotiate relational queries")
    parser.set_defaults(which_model=which)


def add_return_keys(parser: ToolParser) -> None:
    """Add what only a search has: keys to be returned, extended negotiation, an identifier from a file."""
    parser.add_argument("-r", "--return-key", metavar="KEY", action="append", default=[], help="a key to be returned")
    parser.add_argument("-f", "--key-file", type=Path, metavar="DICOM", help="take the identifier from a DICOM file")
    parser.add_argument("--fuzzy", action="store_true", help="negotiate fuzzy matching of names")
    parser.add_argument("--datetime", action="store_true", help="negotiate combined matching of date and time")
    parser.add_argument("--timezone", action="store_true", help="negotiate time zone adjustment")


def model_uid(options: argparse.Namespace) -> str:
    """Return the SOP class of the model."""
    return MODELS[options.model][options.which_model]


def extended(options: argparse.Namespace) -> bytes | None:
    """Return the extended negotiation, None when nothing is asked for (PS3.4 C.5.1.1, C.5.2.1)."""
    flags = [options.relational]
    if options.which_model == 0:
        flags += [options.datetime, options.fuzzy, options.timezone]
    return bytes(map(int, flags)) if any(flags) else None


def identifier(options: argparse.Namespace) -> Attributes:
    """Return the identifier that the options describe.

    Raises:
        BadRequest: a key that does not exist, or a retrieval without keys.
    """
    found: Attributes = {}
    if getattr(options, "key_file", None) is not None:
        from lumenarc.cli.part10_file import header_attributes

        attributes = header_attributes(options.key_file)
        found = {name: entry for name, entry in attributes.items() if not name.startswith("0002")}
    level = options.level or _level(found, options)
    if options.model not in _WITHOUT_LEVEL:
        found["00080052"] = {"vr": "CS", "Value": [level]}
    if options.which_model == 0 and not options.return_key and options.key_file is None:
        kind = "UPS" if options.model.startswith("UPS") else options.model
        for key in _RETURNED.get(kind, _RETURNED.get(level, "")).split():
            assignments.assign(found, [assignments.parse(key)])
    elif options.which_model == 0:
        assignments.assign(found, [assignments.parse(key) for key in options.return_key])
    assignments.assign(found, [assignments.parse(key) for key in options.match])
    if options.which_model and not options.match:
        raise BadRequest("Say what to retrieve: -m StudyInstanceUID=… for instance.")
    return found


def _level(found: Attributes, options: argparse.Namespace) -> str:
    """Guess the level from the deepest unique key."""
    if "00080052" in found:
        return str((found["00080052"].get("Value") or ["STUDY"])[0])
    keys = {assignments.parse(key).path[0].tag for key in options.match}
    if 0x00080018 in keys:
        return "IMAGE"
    if 0x0020000E in keys:
        return "SERIES"
    return "PATIENT" if options.model == "PatientRoot" and 0x0020000D not in keys else "STUDY"
