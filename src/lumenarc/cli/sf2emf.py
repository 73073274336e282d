"""`lumenarc sf2emf`: makes enhanced multi-frame objects of single frames (PS3.3 A.36, A.38, A.56, A.70 … A.72)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lumenarc.cli import files
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import derived_uid, entry, first
from lumenarc.cli.part10_file import opened, write_instance
from lumenarc.dicom import assignments
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, LumenarcError

_EXPLICIT_LE = "1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class _Frame:
    """A single-frame file: its attributes, the length of its pixels, how they are encoded."""

    path: Path
    attributes: Attributes
    n_bytes: int
    syntax: str


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "sf2emf",
        "Make enhanced multi-frame objects of CT, MR and PET images: Legacy Converted Enhanced ones, which take what\n"
        "single frames say, or, with --enhanced, Enhanced ones, which need more; what no frame says can be given by\n"
        "-s. Frames of one series, size and encoding become one object; compressed frames stay as they are. emf2sf\n"
        "is the way back.",
        (
            "lumenarc sf2emf series/ enhanced.dcm",
            "lumenarc sf2emf --not-chseries -s SeriesDescription=volume series/ enhanced.dcm",
            "lumenarc sf2emf --json series/ enhanced/",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last the file or, for several objects, the folder")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_argument("--enhanced", action="store_true", help="Enhanced objects instead of Legacy Converted ones")
    found.add_argument("--not-chseries", action="store_true", help="stay in the series of the single frames")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[],
        help="take this as if every frame said it; may be repeated",
    )  # fmt: skip
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Make the objects."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "sf2emf"
    sets = [assignments.parse(text) for text in options.set]
    files.destination_last(options, found)
    report = Report(options)
    groups: dict[tuple[str, ...], list[_Frame]] = {}
    for frame in _frames(options, sets, report):
        from lumenarc.dicom.enhance import likeness

        groups.setdefault((frame.syntax, *likeness(frame.attributes)), []).append(frame)
    if not (groups or report.n_failed):
        report.problem("", "no file was given")
        return 2
    for frames, target in _with_targets(list(groups.values()), options):
        try:
            uid = _write(frames, target, options)
        except LumenarcError as error:
            report.problem(str(target), str(error))
            continue
        fields = {"target": str(target), "sop_instance_uid": uid, "n_frames": len(frames)}
        report.result(f"{len(frames)} frames -> {target}", fields)
    return report.exit_code


def _frames(options: argparse.Namespace, sets: list[assignments.Assignment], report: Report) -> Iterator[_Frame]:
    """Read the headers of the files; report those that hold no single frame."""
    pool: dict[str, dict[str, Any]] = {}
    with report.progress("reading", None) as bar:
        for path in files.find(files.names(options)):
            if isinstance(path, Missing):
                report.problem(path.name, path.reason)
                continue
            try:
                frame = _read(path, sets)
            except OSError as error:
                report.problem(str(path), error.strerror or str(error))
            except LumenarcError as error:
                report.problem(str(path), str(error))
            else:
                # Thousands of frames say the same: it is held once.
                same = {name: pool.setdefault(f"{name}{given}", given) for name, given in frame.attributes.items()}
                yield _Frame(path, same, frame.n_bytes, frame.syntax)
            bar.advance()


def _read(path: Path, sets: list[assignments.Assignment]) -> _Frame:
    """Read a single-frame image up to its pixels.

    Raises:
        BadRequest, BadDataSet, Unrenderable: it is none that can be taken.
    """
    from lumenarc.cli.frames_of import Frames
    from lumenarc.dicom.dicom_json import to_attributes
    from lumenarc.dicom.enhance_tables import TARGETS
    from lumenarc.dicom.source import find_pixels, pixel_start
    from lumenarc.dicom.transfer_syntaxes import is_encapsulated

    with opened(path) as file:
        source, pixel = file.source, find_pixels(file.source)
        if pixel is None:
            raise BadRequest("the object holds no image")
        syntax = source.transfer_syntax_uid
        head = source.read(0, pixel_start(source, pixel))
        attributes = to_attributes(head, syntax, threshold=1 << 62, keep_spelling=True)
        frames = Frames(source)
        if (first(attributes, "00080016"), True) not in TARGETS or len(frames) != 1:
            raise BadRequest("the object is no single frame of CT, MR or PET")
        if frames.shape.bits_allocated % 8 or syntax == "1.2.840.10008.1.2.2":
            raise BadRequest("frames in this encoding are not joined; transcode the object first")
        assignments.assign(attributes, sets)
        encoded = syntax if is_encapsulated(syntax) else _EXPLICIT_LE
        return _Frame(path, attributes, frames.n_bytes(0), encoded)


def _with_targets(groups: list[list[_Frame]], options: argparse.Namespace) -> Iterator[tuple[list[_Frame], Path]]:
    """Give every group the file that it becomes.

    Raises:
        BadRequest: several objects, and one name.
    """
    output = Path(options.output)
    is_folder = output.is_dir() or options.output.endswith("/")
    if len(groups) > 1 and not is_folder:
        raise BadRequest(f"The files make {len(groups)} objects: name a folder for them, as in {output}/")
    for number, group in enumerate(groups, 1):
        yield group, output / f"enhanced_{number:04}.dcm" if is_folder else output


def _write(frames: list[_Frame], target: Path, options: argparse.Namespace) -> str:
    """Write the object of some frames; return its SOP Instance UID."""
    from lumenarc.dicom.compose import Piece, Streamed, written
    from lumenarc.dicom.enhance import enhanced
    from lumenarc.dicom.enhance_tables import TARGETS
    from lumenarc.dicom.transfer_syntaxes import is_encapsulated

    kind = TARGETS[first(frames[0].attributes, "00080016"), not options.enhanced]
    made, order = enhanced([frame.attributes for frame in frames], kind, partial(derived_uid, "sf2emf"))
    if not options.not_chseries:
        series_uid = first(frames[0].attributes, "0020000E")
        made["0020000E"] = entry("UI", derived_uid(series_uid, f"{kind.iod} {target.stem}"))
    syntax = frames[0].syntax
    pieces = tuple(Piece(frames[number].n_bytes, partial(_pixels, frames[number].path)) for number in order)
    bits = int(first(made, "00280100") or 16)
    value = Streamed("OB" if is_encapsulated(syntax) or bits == 8 else "OW", pieces, is_encapsulated(syntax))
    write_instance(target, made, syntax, written(made, {0x7FE00010: value}))
    return str(first(made, "00080018"))


def _pixels(path: Path) -> Iterator[bytes]:
    """Give the bytes of a file's frame."""
    from lumenarc.cli.frames_of import Frames

    with opened(path) as file:
        yield Frames(file.source).data(0)
