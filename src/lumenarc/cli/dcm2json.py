"""`lumenarc dcm2json`: writes DICOM files in the DICOM JSON Model (PS3.18 F)."""

from __future__ import annotations

import argparse
import json
import re
import secrets

from lumenarc.cli import files
from lumenarc.cli.bulk_files import bulk_of
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened, written
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.whole import SYNTAX_NAME, read_whole

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2json",
        "Write DICOM files in the DICOM JSON Model (PS3.18 F), one object a line. Values longer than the threshold\n"
        "are referred to by BulkDataURI; `json2dcm` reads them back.",
        (
            "lumenarc dcm2json image.dcm",
            "lumenarc dcm2json -b -I -o image.json image.dcm",
            "lumenarc dcm2json -o json/ study/",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-o", "--output", metavar="OUT", help="write to a file, or into a folder one file each")
    found.add_argument("-I", "--indent", action="store_true", help="lay the text out for people")
    add_bulk(found)
    found.add_speech(json_lines=False)
    return found


def add_bulk(found: ToolParser) -> None:
    """Add the options about big values and the File Meta, dcm4che's letters."""
    found.add_argument("-b", "--with-bulkdata", action="store_true", help="carry big values inline")
    found.add_argument("-B", "--no-bulkdata", action="store_true", help="leave big values out")
    found.add_argument(
        "--threshold", type=int, default=1024, metavar="BYTES", help="values longer than this are big (default 1024)"
    )
    found.add_argument("--no-meta", action="store_true", help="leave the transfer syntax out")


def run(arguments: list[str]) -> int:
    """Convert the files."""
    options = parser().parse_args(arguments)
    options.tool = "dcm2json"
    return files.each(files.targets(options, ".json"), convert, options, Report(options), "converting")


def convert(job: Job, options: argparse.Namespace, emit: Emit) -> Done:
    """Convert one file."""
    text = document(read(job, options), indent=2 if options.indent else None)
    if job.target is None:
        emit(text + "\n")
        return Done()
    with written(job.target) as stream:
        stream.write(text.encode("utf-8", "replace") + b"\n")
    return Done(text=f"{job.source} -> {job.target}" if options.verbose else "")


def read(job: Job, options: argparse.Namespace) -> Attributes:
    """Return the attributes of a file, and its transfer syntax unless that is not wanted."""
    with opened(job.source) as file:
        bulk = bulk_of(
            job.source,
            file,
            inline=options.with_bulkdata,
            drop=options.no_bulkdata,
            threshold=options.threshold,
        )
        found = read_whole(file.source, bulk)
    # Of the File Meta a reader needs the transfer syntax only; whoever writes a file writes the rest anew.
    uid = {SYNTAX_NAME: {"vr": "UI", "Value": [file.meta.transfer_syntax_uid]}}
    return found if options.no_meta else uid | found


def document(attributes: Attributes, indent: int | None = None) -> str:
    """Write attributes whose IS and DS are strings: those that JSON can spell become numbers, spelled the same."""
    mark = secrets.token_hex(8)
    _mark_numbers(attributes, mark)
    text = json.dumps(attributes, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    return re.sub(rf'"{mark}([^"]*)"', r"\1", text)


def _mark_numbers(attributes: Attributes, mark: str) -> None:
    for entry in attributes.values():
        values = entry.get("Value", ())
        if entry.get("vr") == "SQ":
            for item in values:
                _mark_numbers(item, mark)
        elif entry.get("vr") in ("IS", "DS"):
            entry["Value"] = [mark + value if value and _NUMBER.fullmatch(value) else value for value in values]
            if not entry["Value"]:
                del entry["Value"]
