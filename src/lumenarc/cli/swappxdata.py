"""`lumenarc swappxdata`: swaps the bytes of 16-bit pixel data that lie in the wrong order (PS3.5 8.1.2)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import Part10, opened, write_file

_CHUNK = 1 << 20


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "swappxdata",
        "Swap the bytes of uncompressed pixel data with VR OW, in place unless -o is given; with --ifBigEndian, of\n"
        "those only whose neighbouring pixels are more alike afterwards. Every file is looked at.",
        (
            "lumenarc swappxdata --ifBigEndian image.dcm",
            "lumenarc swappxdata -o swapped.dcm image.dcm",
            "lumenarc swappxdata --ifBigEndian --json -o out/ study/",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-o", "--output", metavar="OUT", help="write to another file or folder")
    found.add_argument("--ifBigEndian", action="store_true", dest="if_big_endian", help="test the order, and leave "
                       "pixel data alone that are in little endian or have 8 bits")  # fmt: skip
    found.add_argument("--uids", action="store_true", help="print the SOP Instance UIDs of swapped files only")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Swap the pixel data of the files."""
    options = parser().parse_args(arguments)
    options.tool = "swappxdata"
    return files.each(files.targets(options, None), swap_file, options, Report(options), "swapping")


def swap_file(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Swap the pixel data of one file, or say why not."""
    target = job.target or job.source
    with opened(job.source) as file:
        reason = _reason_to_keep(file, if_big_endian=options.if_big_endian)
        if not reason:
            write_file(target, file.meta, _swapped(file))
        elif target != job.source:
            from lumenarc.cli.rewriting import copied

            write_file(target, file.meta, copied(file.source))
    fields = {"target": str(target), "swapped": not reason, "sop_instance_uid": file.meta.sop_instance_uid}
    if options.uids:
        return Done(fields, "" if reason else file.meta.sop_instance_uid)
    return Done(fields | {"reason": reason}, f"{job.source}: {reason or 'swapped'}")


def _reason_to_keep(file: Part10, *, if_big_endian: bool) -> str:
    """Return why the pixel data stay as they are; "" when they are to be swapped."""
    from lumenarc.cli.frames_of import Frames
    from lumenarc.dicom.pixel_order import is_big_endian
    from lumenarc.dicom.source import find_pixels

    pixel = find_pixels(file.source)
    if pixel is None or pixel.tag != 0x7FE00010:
        return "no pixel data"
    if pixel.length is None:
        return "compressed pixel data"
    is_implicit = file.source.transfer_syntax_uid == "1.2.840.10008.1.2"
    if not is_implicit and file.source.read(pixel.offset - 8, 2) == b"OB":
        return "pixel data with VR OB"
    if not if_big_endian:
        return ""
    frames = Frames(file.source)
    if frames.shape.bits_allocated != 16:
        return f"pixel data with {frames.shape.bits_allocated} bits allocated"
    # What the transfer syntax says is the other order: then the low byte stands first.
    is_swapped = is_big_endian(frames.data(len(frames) // 2), frames.shape)
    if file.source.transfer_syntax_uid == "1.2.840.10008.1.2.2":
        is_swapped = None if is_swapped is None else not is_swapped
    return "" if is_swapped else "pixel data in the right order" if is_swapped is False else "the order cannot be told"


def _swapped(file: Part10) -> Iterator[bytes]:
    """Give the data set with the bytes of its pixel data swapped, and what stands behind them."""
    from lumenarc.dicom.reencode import swap
    from lumenarc.dicom.source import find_pixels

    source, pixel = file.source, find_pixels(file.source)
    assert pixel is not None and pixel.length is not None
    yield source.read(0, pixel.offset)
    place, end = pixel.offset, pixel.offset + pixel.length
    while place < end and (chunk := source.read(place, min(_CHUNK, end - place))):
        place += len(chunk)
        yield swap(chunk, 2) if len(chunk) % 2 == 0 else chunk
    while chunk := source.read(place, _CHUNK):
        place += len(chunk)
        yield chunk
