"""`lumenarc json2dcm`: builds or patches DICOM files from the DICOM JSON Model (PS3.18 F)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from lumenarc.cli.bulk_files import bulk_of, reader
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened, write_instance
from lumenarc.dicom.encode import MAX_DS_CHARACTERS
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.whole import SYNTAX_NAME, default_syntax, read_whole, write_whole
from lumenarc.errors import BadDataSet, BadRequest

Read = Callable[[bytes], Attributes]


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "json2dcm",
        "Build a DICOM file from the DICOM JSON Model (PS3.18 F), or patch one with it.",
        (
            "lumenarc json2dcm -j image.json -o new.dcm",
            "lumenarc json2dcm -j changes.json -i image.dcm -o patched.dcm",
            "lumenarc dcm2json -b image.dcm | lumenarc json2dcm -j - -o same.dcm",
        ),
    )
    found.add_argument("-j", "--json-file", metavar="FILE", required=True, help="the JSON document; - is stdin")
    add_building(found)
    return found


def add_building(found: ToolParser) -> None:
    """Add what building from JSON and from XML have in common, dcm4che's letters."""
    found.add_argument("-i", "--input", metavar="DICOM", help="a file to be patched with the document")
    found.add_argument("-o", "--output", metavar="DICOM", required=True, help="the file to write")
    found.add_argument("-t", "--transfer-syntax", metavar="UID", help="write this uncompressed transfer syntax")
    found.add_argument(
        "--bulk-folder", type=Path, metavar="DIR", help="bulk data may be read from files below DIR that are no DICOM"
    )
    found.add_speech(json_lines=False)


def run(arguments: list[str]) -> int:
    """Build the file."""
    options = parser().parse_args(arguments)
    options.tool = "json2dcm"
    return build(options, Path(options.json_file), read_json)


def read_json(data: bytes) -> Attributes:
    """Read one data set in the JSON model, alone or in a list.

    Raises:
        BadDataSet: it is none.
    """
    try:
        found = json.loads(data, parse_float=_spelled, parse_int=_spelled)
    except ValueError as error:
        raise BadDataSet(f"The document is no JSON: {error}") from error
    except RecursionError as error:
        raise BadDataSet("The document is nested too deeply.") from error
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise BadDataSet("The document is no data set in the DICOM JSON Model.")
    return {name.upper(): entry for name, entry in found.items()}


def _spelled(text: str) -> str | float:
    """Keep a number as it is spelled, unless it is longer than a DS may be."""
    return text if len(text) <= MAX_DS_CHARACTERS else float(text)


def build(options: argparse.Namespace, document: Path, read: Read) -> int:
    """Write the file that a document describes; report what is wrong."""
    report = Report(options)
    try:
        data = _document(document)
        attributes = read(data)
        if options.input:
            patched = _existing(Path(options.input))
            attributes = patched | {name: entry for name, entry in attributes.items() if name != SYNTAX_NAME}
        _write(options, document, attributes)
    except OSError as error:
        report.problem(str(error.filename or document), error.strerror or str(error))
    except (BadDataSet, BadRequest) as error:
        report.problem(str(document), str(error))
    return report.exit_code


def _document(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _existing(path: Path) -> Attributes:
    with opened(path) as file:
        bulk = bulk_of(path, file, inline=False, drop=False, threshold=1 << 16)
        found = read_whole(file.source, bulk)
        return {SYNTAX_NAME: {"vr": "UI", "Value": [file.meta.transfer_syntax_uid]}} | found


def _write(options: argparse.Namespace, document: Path, attributes: Attributes) -> None:
    syntax = options.transfer_syntax or default_syntax(attributes)
    chunks = write_whole(attributes, syntax, reader(document, options.bulk_folder))
    write_instance(Path(options.output), attributes, syntax, chunks)
