"""`lumenarc planarconfig`: tells how colour pixels really lie, and mends wrong headers (PS3.3 C.7.6.3.1.3)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import Part10, opened
from lumenarc.errors import BadRequest

_NAMES = ("color-by-pixel", "color-by-plane")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "planarconfig",
        "Find out whether the uncompressed pixels of RGB and YBR_FULL images lie pixel by pixel (0) or plane by plane\n"
        "(1): the order in which neighbours are most alike. With --fix, files whose Planar Configuration says\n"
        "otherwise are mended, in place unless -o is given.",
        (
            "lumenarc planarconfig ultrasound.dcm",
            "lumenarc planarconfig --fix -o out/ study/",
            "lumenarc planarconfig --fix1 --json ultrasound.dcm",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-o", "--output", metavar="OUT", help="write to another file or folder")
    fix = found.add_mutually_exclusive_group()
    fix.add_argument("--fix", action="store_const", const=(0, 1), help="mend all files whose header is wrong")
    fix.add_argument("--fix0", action="store_const", const=(0,), dest="fix", help="mend those that are by pixel")
    fix.add_argument("--fix1", action="store_const", const=(1,), dest="fix", help="mend those that are by plane")
    found.add_argument("--uids", action="store_true", help="print the SOP Instance UIDs of files whose header is wrong")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Look at the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "planarconfig"
    if options.output and not options.fix:
        found.error("-o goes with --fix, --fix0 or --fix1")
    return files.each(files.targets(options, None), look, options, Report(options), "looking")


def look(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Look at one file, and mend it."""
    from lumenarc.cli.rewriting import changed, copied

    target = job.target or job.source
    with opened(job.source) as file:
        reason, said, detected = _detect(file)
        is_wrong = detected is not None and detected != said
        is_fixed = is_wrong and detected in (options.fix or ())
        if is_fixed or target != job.source:
            changes = {"00280006": {"vr": "US", "Value": [detected]}} if is_fixed else {}
            changed(file, target, copied(file.source), changes, file.meta.transfer_syntax_uid)
    fields = {"said": said, "detected": detected, "wrong": is_wrong, "fixed": is_fixed}
    if options.uids:
        return Done(fields, file.meta.sop_instance_uid if is_wrong else "")
    if detected is None:
        return Done(fields | {"reason": reason}, f"{job.source}: {reason}")
    verdict = "mended" if is_fixed else f"the header says {said}" if is_wrong else "as the header says"
    return Done(fields, f"{job.source}: {_NAMES[detected]} ({detected}), {verdict}")


def _detect(file: Part10) -> tuple[str, int | None, int | None]:
    """Return why nothing is detected, what the header says, and what is there."""
    from lumenarc.cli.frames_of import Frames
    from lumenarc.dicom.pixel_order import is_by_plane
    from lumenarc.dicom.source import find_pixels

    pixel = find_pixels(file.source)
    if pixel is None:
        return "no pixel data", None, None
    if pixel.length is None:
        return "compressed pixel data", None, None
    frames = Frames(file.source)
    if frames.shape.samples != 3:
        return "monochrome or palette color pixel data", None, None
    if frames.shape.photometric not in ("RGB", "YBR_FULL") or frames.shape.bits_allocated not in (8, 16):
        raise BadRequest(
            f"images of {frames.shape.photometric} with {frames.shape.bits_allocated} bits have no such order"
        )
    said = int(frames.shape.planar)
    found = is_by_plane(frames.data(len(frames) // 2), frames.shape)
    return ("it cannot be told", said, None) if found is None else ("", said, int(found))
