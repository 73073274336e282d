"""`lumenarc maskpxdata`: makes rectangles of every frame black, whatever the transfer syntax (PS3.15 E.3.1)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened
from lumenarc.cli.rewriting import changed
from lumenarc.dicom import transfer_syntaxes
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

Box = tuple[int, int, int, int]
_LOSSLESS = "1.2.840.10008.1.2.4.90"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "maskpxdata",
        "Make rectangles of every frame black: text that is burnt into the image. Compressed frames are decoded and\n"
        "compressed again: losslessly as they were, and in JPEG 2000 Lossless what was compressed lossily.",
        (
            "lumenarc maskpxdata -r 0,0,128,16 image.dcm masked.dcm",
            "lumenarc maskpxdata -r 0,0,128,16 -r 0,100,60,28 study/ out/",
            "lumenarc maskpxdata --outside-regions --json ultrasound.dcm masked.dcm",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_argument(
        "-r", "--region", metavar="X,Y,W,H", action="append", default=[], help="a rectangle in pixels; may be repeated"
    )
    found.add_argument("--pxval", type=int, metavar="N", help="store this value there, which need not be black")
    found.add_argument(
        "--outside-regions", action="store_true", help="all that is outside the ultrasound regions the header names"
    )
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Mask the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "maskpxdata"
    options.boxes = [box(text) for text in options.region]
    if not options.boxes and not options.outside_regions:
        found.error("give a rectangle with -r, or --outside-regions")
    files.destination_last(options, found)
    return files.each(files.targets(options, None), mask, options, Report(options), "masking")


def box(text: str) -> Box:
    """Read `X,Y,W,H` as left, top, right, bottom.

    Raises:
        BadRequest: not four numbers, or nothing inside.
    """
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise BadRequest(f"{text!r} is no rectangle; write X,Y,W,H.") from None
    if min(x, y) < 0 or min(width, height) < 1:
        raise BadRequest(f"The rectangle {text!r} holds no pixel.")
    return x, y, x + width, y + height


def mask(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Mask one file."""
    from lumenarc.dicom.lazy import LazySet
    from lumenarc.dicom.recode import outside_ultrasound_regions
    from lumenarc.dicom.source import find_pixels
    from lumenarc.dicom.transcode import Recoding, transcode

    assert job.target is not None
    with opened(job.source) as file:
        source = file.source
        pixel = find_pixels(source)
        if pixel is None:
            raise BadRequest("the file holds no pixel data")
        boxes = list(options.boxes)
        if options.outside_regions:
            head = LazySet.of(source.read(0, pixel.offset), source.transfer_syntax_uid)
            boxes += outside_ultrasound_regions(head)
        if not boxes:
            raise BadRequest("the header names no ultrasound region")
        target = syntax_after(source.transfer_syntax_uid)
        recoding = Recoding(source.transfer_syntax_uid, target, blank=tuple(boxes), blank_value=options.pxval)
        changes: Attributes = {}
        changed(file, job.target, transcode(source, recoding), changes, target)
    return Done({"target": str(job.target), "n_regions": len(boxes)}, f"{job.source} -> {job.target}")


def syntax_after(syntax: str) -> str:
    """Return the transfer syntax for frames that were decoded and changed: never another lossy generation."""
    from lumenarc.dicom import codecs

    known = codecs.SYNTAXES.get(syntax)
    if known is not None and not known.lossy and known.can_encode:
        return "1.2.840.10008.1.2.1" if transfer_syntaxes.of(syntax).deflated else syntax
    return _LOSSLESS
