"""`lumenarc jpg2dcm`: makes DICOM objects of pictures and videos (PS3.5 A.4, PS3.3 A.8, A.32)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom import assignments
from lumenarc.errors import BadRequest

_PHOTO = "1.2.840.10008.5.1.4.1.1.77.1.4"
# Suffix → media type.
_TYPES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jls": "image/jls", ".jp2": "image/jp2", ".j2k": "image/j2c",
    ".j2c": "image/j2c", ".jpx": "image/jpx", ".jph": "image/jph", ".jhc": "image/jphc", ".jphc": "image/jphc",
    ".png": "image/png", ".gif": "image/gif", ".tif": "image/tiff", ".tiff": "image/tiff", ".bmp": "image/bmp",
    ".webp": "image/webp", ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg", ".m2v": "video/mpeg",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "jpg2dcm",
        "Make DICOM objects of pictures and videos: JPEG, JPEG-LS, JPEG 2000, HTJ2K, MPEG-2, MP4 and MOV are taken\n"
        "over as they are; PNG, GIF, TIFF, BMP and WebP become uncompressed pixels, every page or picture a frame.",
        (
            "lumenarc jpg2dcm photo.jpg photo.dcm",
            "lumenarc jpg2dcm --xc -s PatientName=Doe^Jane -s PatientID=4711 photo.jpg photo.dcm",
            "lumenarc jpg2dcm --like image.dcm photo.jpg capture.dcm",
        ),
    )
    files.add_inputs(found, what="pictures or videos, and at last where to write to")
    add_building(found)
    found.add_argument(
        "--xc", action="store_true", help="a photograph (VL Photographic) instead of a secondary capture"
    )
    found.add_argument("--no-app", action="store_true", help="leave application segments (Exif …) of JPEG out")
    found.add_speech()
    return found


def add_building(found: ToolParser) -> None:
    """Add where the attributes of a new object come from."""
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute; may be repeated"
    )
    found.add_argument("-f", "--file", metavar="FILE", help="take attributes from this XML or JSON document")
    found.add_argument(
        "--like", metavar="DICOM", help="take patient and study from this DICOM file, a new series in it"
    )


def run(arguments: list[str]) -> int:
    """Make the objects."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "jpg2dcm"
    assignments.from_texts(options.set)
    files.destination_last(options, found)
    return files.each(files.targets(options, ".dcm"), convert, options, Report(options), "converting")


def convert(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Make one object."""
    from lumenarc.cli import building

    assert job.target is not None
    kind = _TYPES.get(job.source.suffix.lower())
    if kind is None:
        raise BadRequest(f"files that end in {job.source.suffix or 'nothing'} are no pictures or videos that are known")
    attributes = building.start(options)
    pixels, value = building.pixels_of(job.source, kind, without_applications=options.no_app)
    if options.xc and kind.startswith("image/"):
        attributes["00080016"] = {"vr": "UI", "Value": [_PHOTO]}
        attributes.setdefault("00080060", {"vr": "CS", "Value": ["XC"]})
    uid = building.write_image(job.target, attributes, pixels, value)
    fields = {
        "target": str(job.target),
        "sop_instance_uid": uid,
        "transfer_syntax_uid": pixels.transfer_syntax_uid,
        "n_frames": pixels.n_frames,
    }
    return Done(fields, f"{job.source} -> {job.target}")
