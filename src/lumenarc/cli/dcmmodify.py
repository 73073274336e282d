"""`lumenarc dcmmodify`: changes attributes of DICOM files, and leaves every other byte of the data set as it was."""

from __future__ import annotations

import argparse
import shutil
import uuid
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened
from lumenarc.cli.rewriting import changed, copied, edits
from lumenarc.dicom import assignments
from lumenarc.dicom.query import Attributes

_UIDS = {"study": "0020000D", "series": "0020000E", "instance": "00080018"}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmmodify",
        "Change attributes of DICOM files, in place unless -o is given. Elements that do not change keep their bytes.\n"
        "Attributes are named by keyword or tag, at any depth: RequestAttributesSequence[2].ScheduledProcedureStepID.",
        (
            "lumenarc dcmmodify -s PatientID=4711 -s PatientName=Doe^Jane image.dcm",
            "lumenarc dcmmodify -e PatientBirthDate -e RequestAttributesSequence.RequestedProcedureID -o out/ study/",
            "lumenarc dcmmodify --new-uid instance --backup image.dcm",
        ),
    )
    files.add_inputs(found)
    found.add_argument(
        "-s", "-m", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute; may be repeated"
    )
    found.add_argument(
        "-e", "--erase", metavar="ATTR", action="append", default=[], help="take an attribute out; may be repeated"
    )
    found.add_argument(
        "--new-uid", choices=tuple(_UIDS), action="append", default=[], help="make a new UID; the same in all files"
        " for a study or series of one name"
    )  # fmt: skip
    found.add_argument("--backup", action="store_true", help="keep the file as it was as FILE.bak")
    found.add_argument("-o", "--output", metavar="OUT", help="write to another file or folder")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Change the files."""
    options = parser().parse_args(arguments)
    options.tool = "dcmmodify"
    assignments.from_texts(options.set)
    for path in options.erase:
        assignments.parse_path(path)
    options.namespace = str(uuid.uuid4())
    return files.each(files.targets(options, None), modify, options, Report(options), "changing")


def modify(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Change one file."""
    target = job.target or job.source
    if options.backup and target == job.source:
        shutil.copy2(job.source, f"{job.source}.bak")
    with opened(job.source) as file:
        sets = [assignments.parse(text) for text in options.set]
        erased = [assignments.parse_path(text) for text in options.erase]
        changes = edits(file.source, sets, erased) | _new_uids(job.source, options)
        changed(file, target, copied(file.source), changes, file.meta.transfer_syntax_uid)
    return Done({"target": str(target)}, f"{job.source} -> {target}" if target != job.source else str(target))


def _new_uids(path: Path, options: argparse.Namespace) -> Attributes:
    """Return new UIDs: made from the old ones and a random name space, so that files of one series stay together."""
    if not options.new_uid:
        return {}
    from lumenarc.cli.part10_file import header_attributes

    old = header_attributes(path)
    found: Attributes = {}
    for level in options.new_uid:
        name = _UIDS[level]
        value = str((old.get(name, {}).get("Value") or [""])[0])
        number = uuid.uuid5(uuid.UUID(options.namespace), f"{level} {value}").int
        found[name] = {"vr": "UI", "Value": [f"2.25.{number}"]}
    return found
