"""`lumenarc dcm2xml`: writes DICOM files in the Native DICOM Model (PS3.19 A.1)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.dcm2json import add_bulk, read
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import written
from lumenarc.dicom.dicom_xml import to_xml


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2xml",
        "Write DICOM files in the Native DICOM Model (PS3.19 A.1). Values longer than the threshold are referred to\n"
        "by BulkData; `xml2dcm` reads them back.",
        (
            "lumenarc dcm2xml image.dcm",
            "lumenarc dcm2xml -b -o image.xml image.dcm",
            "lumenarc dcm2xml -B -o xml/ study/",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-o", "--output", metavar="OUT", help="write to a file, or into a folder one file each")
    add_bulk(found)
    found.add_speech(json_lines=False)
    return found


def run(arguments: list[str]) -> int:
    """Convert the files."""
    options = parser().parse_args(arguments)
    options.tool = "dcm2xml"
    return files.each(files.targets(options, ".xml"), convert, options, Report(options), "converting")


def convert(job: Job, options: argparse.Namespace, emit: Emit) -> Done:
    """Convert one file."""
    document = to_xml(read(job, options))
    if job.target is None:
        emit(document.decode("utf-8") + "\n")
        return Done()
    with written(job.target) as stream:
        stream.write(document + b"\n")
    return Done(text=f"{job.source} -> {job.target}" if options.verbose else "")
