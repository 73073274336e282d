"""`lumenarc pdf2dcm`: puts documents into DICOM objects: PDF, CDA, STL, OBJ and MTL (PS3.3 A.45, A.85, A.104)."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.jpg2dcm import add_building
from lumenarc.dicom import assignments
from lumenarc.errors import BadRequest

_TYPES = {
    ".pdf": "application/pdf",
    ".xml": "text/xml",
    ".cda": "text/xml",
    ".stl": "model/stl",
    ".obj": "model/obj",
    ".mtl": "model/mtl",
}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "pdf2dcm",
        "Put documents into DICOM objects: PDF, CDA, and the 3D models STL, OBJ and MTL. The document is kept byte\n"
        "for byte; `dcm2pdf` gets it out again.",
        (
            "lumenarc pdf2dcm report.pdf report.dcm",
            "lumenarc pdf2dcm --like image.dcm --title 'Discharge letter' report.pdf report.dcm",
            "lumenarc pdf2dcm --contentType application/pdf -s PatientID=4711 report.pdf report.dcm",
        ),
    )
    files.add_inputs(found, what="documents, and at last where to write to")
    add_building(found)
    found.add_argument("--contentType", metavar="TYPE", help="the media type (default: by the suffix)")
    found.add_argument("--title", metavar="TEXT", help="the title of the document")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Make the objects."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "pdf2dcm"
    assignments.from_texts(options.set)
    files.destination_last(options, found)
    return files.each(files.targets(options, ".dcm"), convert, options, Report(options), "converting")


def convert(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Make one object."""
    from lumenarc.cli import building
    from lumenarc.dicom.media import DOCUMENTS

    assert job.target is not None
    kind = DOCUMENTS.get(options.contentType or _TYPES.get(job.source.suffix.lower(), ""))
    if kind is None:
        raise BadRequest("documents of this type are not encapsulated")
    _check_start(job.source, kind.starts)
    attributes = building.start(options)
    if options.title:
        attributes["00420010"] = {"vr": "ST", "Value": [options.title]}
    uid = building.write_document(job.target, attributes, kind, job.source)
    return Done({"target": str(job.target), "sop_instance_uid": uid}, f"{job.source} -> {job.target}")


def _check_start(source: Path, starts: tuple[bytes, ...]) -> None:
    with source.open("rb") as stream:
        head = stream.read(1024)
    if starts and not head.lstrip().startswith(starts):
        raise BadRequest("the document is not of the type that its name says")
