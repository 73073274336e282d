"""`lumenarc dcm2jpg`: draws frames of DICOM files as JPEG, PNG, TIFF and other pictures (PS3.4 N.2, PS3.18 8.3.5)."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened, written
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.dicom.render import State
    from lumenarc.dicom.render_request import RenderRequest

_FORMATS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "TIFF": ("image/png", ".tif"),
    "GIF": ("image/gif", ".gif"),
    "WEBP": ("image/webp", ".webp"),
    "JP2": ("image/jp2", ".jp2"),
}
_SUFFIXES = {suffix: name for name, (_, suffix) in _FORMATS.items()} | {".jpeg": "JPEG", ".tiff": "TIFF"}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcm2jpg",
        "Draw frames of DICOM files as pictures, as a viewer shows them: window, presentation state, overlays.",
        (
            "lumenarc dcm2jpg image.dcm image.jpg",
            "lumenarc dcm2jpg -F PNG --bits 16 -c 40 -w 400 study/ pictures/",
            "lumenarc dcm2jpg --frames 1-2 --invert image.dcm pictures/",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_argument(
        "-F", "--format", type=str.upper, choices=tuple(_FORMATS), help="format (default: by the suffix, else JPEG)"
    )
    found.add_argument("-f", "--frames", "--frame", metavar="N[-M],…", default="1", help="frames from 1, or all")
    found.add_argument("-c", "--windowcenter", type=float, metavar="N", help="window center")
    found.add_argument("-w", "--windowwidth", type=float, metavar="N", help="window width")
    found.add_argument("--window", type=int, default=1, metavar="N", help="which window or VOI LUT of the file, from 1")
    found.add_argument("--ps", type=Path, metavar="DICOM", help="draw with this presentation state")
    found.add_argument("--no-overlays", action="store_true", help="leave overlays out")
    found.add_argument("--invert", action="store_true", help="black for white")
    found.add_argument("--iccprofile", choices=("no", "yes", "srgb"), default="no", help="embed a colour profile")
    found.add_argument("--bits", type=int, choices=(8, 16), default=8, help="bits of grey PNG and TIFF")
    found.add_argument("--size", metavar="W,H", help="fit into this box")
    found.add_argument("-q", "--quality", type=int, default=90, metavar="N", help="of lossy formats, 1 to 100")
    found.add_speech(quiet="")
    return found


def run(arguments: list[str]) -> int:
    """Draw the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "dcm2jpg"
    files.destination_last(options, found)
    if options.format is None:
        options.format = _SUFFIXES.get(Path(options.output).suffix.lower(), "JPEG")
    if (options.windowcenter is None) != (options.windowwidth is None):
        raise BadRequest("A window has a center and a width.")
    frames_wanted(options.frames, 1)
    return files.each(files.targets(options, _FORMATS[options.format][1]), draw, options, Report(options), "drawing")


def frames_wanted(text: str, n_frames: int) -> list[int]:
    """Read `1`, `2-5,8` or `all` as indices from 0; what is beyond the last frame is left out.

    Raises:
        BadRequest: it is none of these.
    """
    if text == "all":
        return list(range(n_frames))
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            start, end = int(first), int(last or first)
            if start < 1 or end < start:
                raise ValueError
            found.extend(range(start - 1, min(end, n_frames)))
    except ValueError:
        raise BadRequest(f"{text!r} names no frames; write 1 or 2-5,8 or all.") from None
    return found


def _request(options: argparse.Namespace) -> RenderRequest:
    from lumenarc.dicom.luts import Window
    from lumenarc.dicom.render_request import RenderRequest, parse_viewport

    window = None if options.windowcenter is None else Window(options.windowcenter, options.windowwidth)
    return RenderRequest(
        media_type=_FORMATS[options.format][0],
        viewport=parse_viewport(options.size) if options.size else None,
        window=window,
        voi_index=options.window - 1,
        quality=options.quality,
        icc_profile=options.iccprofile,
        bits=options.bits,
        overlays=not options.no_overlays,
        invert=options.invert,
    )


def draw(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Draw the wanted frames of one file."""
    from lumenarc.cli.frames_of import Frames
    from lumenarc.dicom.render import render_frame

    assert job.target is not None
    state = _state(options.ps)
    with opened(job.source) as file:
        frames = Frames(file.source)
        if not len(frames):
            raise BadRequest("the file holds no image")
        wanted = frames_wanted(options.frames, len(frames))
        if not wanted:
            raise BadRequest(f"the file has {len(frames)} frames")
        targets: list[str] = []
        for index in wanted:
            data, uid = frames.data(index), file.source.transfer_syntax_uid
            picture = render_frame(frames.head, uid, data, index, _request(options), state)
            target = job.target if len(wanted) == 1 else job.target.with_stem(f"{job.target.stem}_{index + 1:04d}")
            with written(target) as stream:
                stream.write(_as_tiff(picture.data) if options.format == "TIFF" else picture.data)
            targets.append(str(target))
    return Done({"targets": targets}, f"{job.source} -> {targets[0]}{f' … ({len(targets)})' if targets[1:] else ''}")


def _state(path: Path | None) -> State | None:
    if path is None:
        return None
    from lumenarc.dicom.render import State

    with opened(path) as file:
        return State(file.source.read(0, 1 << 26), file.source.transfer_syntax_uid)


def _as_tiff(png: bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "TIFF", compression="tiff_deflate")
    return out.getvalue()
