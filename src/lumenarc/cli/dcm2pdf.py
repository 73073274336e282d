"""`lumenarc dcm2pdf`: gets documents, videos and compressed pictures out of DICOM objects, byte for byte."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened, written
from lumenarc.dicom import transfer_syntaxes
from lumenarc.dicom.source import DataSetSource
from lumenarc.dicom.walk import Kind, Token, walk
from lumenarc.errors import BadRequest

_DOCUMENT, _LENGTH, _TYPE, _PIXELS = 0x00420011, 0x00420015, 0x00420012, 0x7FE00010
_SUFFIXES = {
    "application/pdf": ".pdf", "text/xml": ".xml", "model/stl": ".stl", "model/obj": ".obj", "model/mtl": ".mtl",
}  # fmt: skip
_BY_FAMILY = {"mpeg2": ".mpg", "mpeg4": ".mp4", "hevc": ".mp4", "jpeg": ".jpg", "jpegls": ".jls", "jpeg2000": ".j2k",
              "htj2k": ".jhc", "jpegxl": ".jxl"}  # fmt: skip
_CHUNK = 1 << 20


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2pdf",
        "Get what a DICOM object carries out of it, byte for byte: encapsulated documents (PDF, CDA …), videos, and\n"
        "the first frame of compressed images. In a folder, files get the suffix of what they are.",
        (
            "lumenarc dcm2pdf encapsulated.dcm report.pdf",
            "lumenarc dcm2pdf encapsulated.dcm documents/",
            "lumenarc dcm2pdf --json encapsulated.dcm report.pdf",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Extract the documents."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "dcm2pdf"
    files.destination_last(options, found)
    return files.each(files.targets(options, None), extract, options, Report(options), "extracting")


def extract(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Extract one document, video or picture."""
    assert job.target is not None
    with opened(job.source) as file:
        source = file.source
        values = (t for t in walk(source) if not t.depth and t.kind in (Kind.ELEMENT, Kind.PIXELS))
        wanted = {t.tag: t for t in values if t.tag in (_DOCUMENT, _LENGTH, _TYPE, _PIXELS)}
        if _DOCUMENT in wanted:
            suffix, chunks = _document(source, wanted)
        elif wanted.get(_PIXELS) is not None and wanted[_PIXELS].kind is Kind.PIXELS:
            suffix, chunks = _stream(source)
        else:
            raise BadRequest("the object holds no document and no compressed picture")
        # A folder was named, or the tool was given several files: the suffix says what each is.
        into_folder = str(job.target) != options.output
        target = job.target.with_suffix(suffix) if into_folder else job.target
        n_bytes = 0
        with written(target) as stream:
            for chunk in chunks:
                n_bytes += stream.write(chunk)
    return Done({"target": str(target), "n_bytes": n_bytes}, f"{job.source} -> {target}")


def _document(source: DataSetSource, wanted: dict[int, Token]) -> tuple[str, Iterator[bytes]]:
    """Return the suffix and the bytes of a document: (0042,0015) says how many are no padding."""
    value = wanted[_DOCUMENT]
    length = value.length or 0
    said = wanted.get(_LENGTH)
    if said is not None and said.length == 4:
        declared = int.from_bytes(source.read(said.value, 4), "big" if said.big_endian else "little")
        if declared in (length, length - 1):
            length = declared
    kind = wanted.get(_TYPE)
    text = "" if kind is None else source.read(kind.value, min(kind.length or 0, 64)).decode("ascii", "replace")
    return _SUFFIXES.get(text.strip(" \0").lower(), ".bin"), _read(source, value.value, length)


def _stream(source: DataSetSource) -> tuple[str, Iterator[bytes]]:
    """Return the suffix and the bytes of a video or of a first frame: fragments joined."""
    known = transfer_syntaxes.of(source.transfer_syntax_uid)
    suffix = _BY_FAMILY.get(known.family)
    if suffix is None:
        raise BadRequest("the pixel data are in no format that has files of its own")
    if not known.is_video:
        from lumenarc.cli.frames_of import Frames

        return suffix, iter((Frames(source).data(0),))
    pieces = [t for t in walk(source) if t.kind is Kind.FRAGMENT and t.depth == 1][1:]
    return suffix, (chunk for piece in pieces for chunk in _read(source, piece.value, piece.length or 0))


def _read(source: DataSetSource, at: int, length: int) -> Iterator[bytes]:
    end = at + length
    while at < end:
        chunk = source.read(at, min(_CHUNK, end - at))
        if not chunk:
            raise BadRequest("the object ends early")
        at += len(chunk)
        yield chunk
