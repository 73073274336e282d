"""`lumenarc dcm2dcm`: writes DICOM files in another transfer syntax, frame by frame (PS3.5 10, A.4)."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import Part10, opened
from lumenarc.cli.rewriting import changed, edits
from lumenarc.dicom import assignments, transfer_syntaxes
from lumenarc.errors import BadRequest

_JPEG = "1.2.840.10008.1.2.4."
# dcm4che's short options → transfer syntax, and what it is.
SHORT = {
    "jpeg": (_JPEG + "50", "JPEG Baseline, or Extended for more than 8 bits"),
    "jpll": (_JPEG + "70", "JPEG Lossless"),
    "jlsl": (_JPEG + "80", "JPEG-LS Lossless"),
    "jlsn": (_JPEG + "81", "JPEG-LS Near-lossless"),
    "j2kr": (_JPEG + "90", "JPEG 2000 Lossless"),
    "j2ki": (_JPEG + "91", "JPEG 2000"),
    "htjr": (_JPEG + "201", "High-Throughput JPEG 2000 Lossless"),
    "htji": (_JPEG + "203", "High-Throughput JPEG 2000"),
    "jxll": (_JPEG + "110", "JPEG XL Lossless"),
    "jxly": (_JPEG + "112", "JPEG XL"),
    "rle": ("1.2.840.10008.1.2.5", "RLE Lossless"),
    "deflated": ("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian"),
    "explicit": ("1.2.840.10008.1.2.1", "Explicit VR Little Endian, uncompressed"),
    "implicit": ("1.2.840.10008.1.2", "Implicit VR Little Endian, uncompressed"),
}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2dcm",
        "Write DICOM files in another transfer syntax, a frame at a time, so that size does not matter. What is\n"
        "compressed losslessly is decoded again and compared while it is written.",
        (
            "lumenarc dcm2dcm --j2kr image.dcm compressed.dcm",
            "lumenarc dcm2dcm -t JPEGLSLossless --verify study/ out/",
            "lumenarc dcm2dcm --j2ki -q 80 image.dcm small.dcm",
        ),
    )
    files.add_inputs(found, metavar="FILE", what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    kind = found.add_mutually_exclusive_group(required=True)
    kind.add_argument("-t", "--transfer-syntax", metavar="UID", help="a transfer syntax, by UID or keyword")
    for name, (uid, what) in SHORT.items():
        kind.add_argument(f"--{name}", action="store_const", const=uid, dest="transfer_syntax", help=what)
    found.add_argument(
        "-q", "--quality", type=float, default=90, metavar="N", help="of lossy compression, 1 to 100 or 0.01 to 1"
    )
    found.add_argument(
        "-Q", "--near", type=int, default=2, metavar="N", help="the largest error of JPEG-LS (default 2)"
    )
    found.add_argument("--verify", action="store_true", help="read the new file back and compare every sample")
    found.add_argument(
        "--tolerance", type=int, default=0, metavar="N", help="with --verify: samples may differ by N (default 0)"
    )
    found.add_argument("--lossy-again", action="store_true", help="compress lossily what was so before")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute; may be repeated"
    )
    found.add_speech(quiet="")
    return found


def run(arguments: list[str]) -> int:
    """Transcode the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "dcm2dcm"
    uid = transfer_syntaxes.UID_OF.get(options.transfer_syntax, options.transfer_syntax)
    if uid not in transfer_syntaxes.BY_UID:
        raise BadRequest(f"{uid!r} is no transfer syntax that is known.")
    options.transfer_syntax = uid
    if not 0 < options.quality <= 100:
        raise BadRequest("The quality is from 1 to 100, or from 0.01 to 1.")
    assignments.from_texts(options.set)
    files.destination_last(options, found)
    return files.each(files.targets(options, None), convert, options, Report(options), "transcoding")


def convert(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Transcode one file."""
    from lumenarc.dicom.transcode import Recoding, transcode

    assert job.target is not None
    with opened(job.source) as file:
        target = _target(file, options.transfer_syntax)
        quality = round(options.quality * 100 if options.quality <= 1 else options.quality)
        source_uid = file.source.transfer_syntax_uid
        recoding = Recoding(
            source_uid, target, quality=quality, near=options.near, allow_lossy_again=options.lossy_again
        )
        changes = edits(file.source, [assignments.parse(text) for text in options.set], [])
        # Deflation is the last step, and `changed` does it.
        plain = "1.2.840.10008.1.2.1" if target == SHORT["deflated"][0] else target
        chunks = transcode(file.source, Recoding(**{**recoding.as_dict(), "target_uid": plain}))
        changed(file, job.target, chunks, changes, target)
    fields = {"target": str(job.target), "transfer_syntax_uid": target, "n_bytes": job.target.stat().st_size}
    text = f"{job.source} -> {job.target}"
    if options.verify:
        largest = compare(job.source, job.target)
        if largest > options.tolerance:
            job.target.unlink()
            raise BadRequest(f"a sample differs by {largest:g}, more than {options.tolerance}; nothing was written")
        fields["largest_difference"] = largest
        text += f", largest difference {largest:g}"
    return Done(fields, text)


def _target(file: Part10, wanted: str) -> str:
    """Take JPEG Extended where Baseline has too few bits."""
    if wanted != SHORT["jpeg"][0]:
        return wanted
    from lumenarc.dicom.whole import read_header

    stored = read_header(file.source).get("00280101", {}).get("Value", [8])[0]
    return wanted if int(stored) <= 8 else _JPEG + "51"


def compare(one: Path, other: Path) -> float:
    """Return the largest difference between samples of two files' frames; 0 when neither has pixels.

    Raises:
        BadRequest: they have not the same frames.
    """
    import numpy as np

    from lumenarc.cli.frames_of import Frames

    largest = 0.0
    with opened(one) as first, opened(other) as second:
        left, right = Frames(first.source), Frames(second.source)
        if len(left) != len(right):
            raise BadRequest("the new file has another number of frames")
        for index in range(len(left)):
            a, b = left.rgb_or_grey(index), right.rgb_or_grey(index)
            if a.shape != b.shape:
                raise BadRequest("a frame has other dimensions than before")
            difference = np.abs(a.astype(np.float64) - b.astype(np.float64))
            largest = max(largest, float(difference.max(initial=0)))
    return largest
