"""`lumenarc dcmsort`: copies, moves or links DICOM files into folders that a pattern of their attributes names."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.dcm2str import SURROUNDINGS
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import header_attributes
from lumenarc.dicom.attribute_format import parse
from lumenarc.errors import BadRequest

DEFAULT = "{PatientID}/{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmsort",
        "Copy, move or link DICOM files into folders named by a pattern of their attributes. No value can lead out of\n"
        "the folder; nothing that is there is overwritten unless --overwrite says so.",
        (
            "lumenarc dcmsort study/ sorted",
            "lumenarc dcmsort --move -p '{StudyDate,date,yyyy}/{PatientID}/{Modality}_{SOPInstanceUID,hash}' study/ by",
            "lumenarc dcmsort --link --dry-run study/ sorted",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last the folder to sort into")
    found.add_argument("-o", "--output", metavar="DIR", help="the folder to sort into, instead of the last name")
    found.add_argument("-p", "--filepath", default=DEFAULT, metavar="PATTERN", help=f"default {DEFAULT}")
    how = found.add_mutually_exclusive_group()
    how.add_argument("--move", action="store_true", help="move instead of copying")
    how.add_argument("--link", action="store_true", help="make hard links instead of copies")
    found.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    found.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Sort the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "dcmsort"
    files.destination_last(options, found)
    parse(options.filepath, SURROUNDINGS)
    return files.each(files.plain_jobs(options), sort, options, Report(options), "sorting")


def sort(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Bring one file to its place."""
    target = Path(options.output) / parse(options.filepath, SURROUNDINGS).fill_path(header_attributes(job.source))
    done = Done({"target": str(target)}, f"{job.source} -> {target}")
    if options.dry_run:
        return done
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    if options.link or options.move:
        os.link(job.source, beside)
    else:
        shutil.copy2(job.source, beside)
    try:
        if options.overwrite:
            beside.replace(target)
        else:
            os.link(beside, target)  # fails when the name is taken, whoever took it
    except FileExistsError:
        raise BadRequest(f"{target} is there already") from None
    finally:
        beside.unlink(missing_ok=True)
    if options.move:
        job.source.unlink()
    return done
