"""`lumenarc xml2dcm`: builds or patches DICOM files from the Native DICOM Model (PS3.19 A.1)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lumenarc.cli.frame import ToolParser
from lumenarc.cli.json2dcm import add_building, build
from lumenarc.dicom.dicom_xml import from_xml


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "xml2dcm",
        "Build a DICOM file from the Native DICOM Model (PS3.19 A.1), or patch one with it.",
        (
            "lumenarc xml2dcm -x image.xml -o new.dcm",
            "lumenarc xml2dcm -x changes.xml -i image.dcm -o patched.dcm",
            "lumenarc dcm2xml -b image.dcm | lumenarc xml2dcm -x - -o same.dcm",
        ),
    )
    found.add_argument("-x", "--xml-file", metavar="FILE", required=True, help="the XML document; - is stdin")
    add_building(found)
    return found


def run(arguments: list[str]) -> int:
    """Build the file."""
    options = parser().parse_args(arguments)
    options.tool = "xml2dcm"
    return build(options, Path(options.xml_file), partial(from_xml, keep_spelling=True))
