"""`lumenarc dcm2str`: prints a line of attributes for every file."""

from __future__ import annotations

import argparse
import uuid
from datetime import datetime

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.cli.part10_file import header_attributes
from lumenarc.dicom.attribute_format import Surroundings, parse

SURROUNDINGS = Surroundings(datetime.now, lambda: str(uuid.uuid4()))


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2str",
        "Print a line for every file, made from its attributes by a pattern: {PatientID} or {00100020} is a value,\n"
        "{StudyDate,date,yyyy-MM-dd} a date, {InstanceNumber,number,0000} a number, {PatientID,hash} a hash.",
        (
            "lumenarc dcm2str -p '{PatientID} {StudyDate,date,yyyy-MM-dd} {Modality}' image.dcm",
            "lumenarc dcm2str -p '{00020010}' study/",
            "lumenarc dcm2str -p '{StudyInstanceUID}' study/ | sort | uniq -c",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-p", "--pattern", required=True, help="what to print")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Print the lines."""
    options = parser().parse_args(arguments)
    options.tool = "dcm2str"
    parse(options.pattern, SURROUNDINGS)
    return files.each(files.plain_jobs(options), line, options, Report(options), "reading")


def line(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Fill the pattern for one file."""
    text = printable(parse(options.pattern, SURROUNDINGS).fill(header_attributes(job.source)))
    return Done({"text": text}, text)
