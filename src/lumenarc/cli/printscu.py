"""`lumenarc printscu`: has the images of DICOM files printed on film (Print Management as SCU, PS3.4 H)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli import files
from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import entry
from lumenarc.dicom.query import Attributes

if TYPE_CHECKING:
    from lumenarc.peers.printer import Film, Order, Printed

# Option → attribute and VR of the Film Session.
_SESSION = {
    "copies": ("20000010", "IS"), "priority": ("20000020", "CS"), "medium_type": ("20000030", "CS"),
    "destination": ("20000040", "CS"), "label": ("20000050", "LO"), "owner": ("21000160", "SH"),
}  # fmt: skip
_FILM = {
    "orientation": ("20100040", "CS"), "film_size": ("20100050", "CS"), "magnification": ("20100060", "CS"),
    "smoothing": ("20100080", "CS"), "border": ("20100100", "CS"), "empty_image": ("20100110", "CS"),
    "min_density": ("20100120", "US"), "max_density": ("20100130", "US"), "trim": ("20100140", "CS"),
    "configuration": ("20100150", "ST"), "illumination": ("2010015E", "US"), "reflection": ("20100160", "US"),
    "resolution": ("20200050", "CS"), "annotation_format": ("20100030", "CS"),
}  # fmt: skip
_IMAGE = {"polarity": ("20200020", "CS"), "image_width": ("20200030", "DS"), "decimate_crop": ("20200040", "CS")}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "printscu",
        "Have the images of DICOM files printed on film, as a viewer shows them; without files, ask for the printer's\n"
        "status. What is not said is left to the printer.",
        (
            "lumenarc printscu -c PRINTSCP@localhost:11120 image.dcm",
            "lumenarc printscu -c PRINTSCP@localhost:11120 --layout 2,2 --film-size 14INX17IN --trim YES study/",
            "lumenarc printscu -c PRINTSCP@localhost:11120 --color --format 'ROW\\1,2' --annotation Demo study/ --json",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("--frames", metavar="N[-M],…", default="all", help="frames from 1, or all (default)")
    found.add_argument("--color", action="store_true", help="Basic Color instead of Basic Grayscale Print Management")
    found.add_argument("--bits", type=int, choices=(8, 12), default=12, help="bits of grey images (default 12)")
    found.add_argument("--session-print", action="store_true", help="print all films as one job")
    found.add_argument("--wait", type=float, default=60, metavar="S", help="for the end of a job (default 60)")
    found.add_argument("--plut", choices=("IDENTITY", "LIN OD"), help="make a presentation LUT of this shape")
    _add_film(found)
    add_peer(found)
    found.add_speech()
    return found


def _add_film(found: ToolParser) -> None:
    group = found.add_argument_group("film")
    how = group.add_mutually_exclusive_group()
    how.add_argument("--layout", metavar="COLUMNS,ROWS", default="1,1", help="images on a film (default 1,1)")
    how.add_argument("--format", metavar="FORMAT", help=r"image display format: STANDARD\C,R, ROW\R1,…, COL\C1,…")
    group.add_argument("--film-size", metavar="ID", help="like 14INX17IN or A4")
    group.add_argument("--orientation", choices=("PORTRAIT", "LANDSCAPE"))
    group.add_argument("--magnification", choices=("REPLICATE", "BILINEAR", "CUBIC", "NONE"))
    group.add_argument("--smoothing", metavar="TYPE", help="what the printer offers")
    group.add_argument("--border", metavar="DENSITY", help="BLACK, WHITE or a number in 1/100 OD")
    group.add_argument("--empty-image", metavar="DENSITY", help="of boxes without image")
    group.add_argument("--min-density", type=int, metavar="N", help="in 1/100 OD")
    group.add_argument("--max-density", type=int, metavar="N", help="in 1/100 OD")
    group.add_argument("--trim", choices=("YES", "NO"), help="draw a line around each image")
    group.add_argument("--configuration", metavar="TEXT", help="configuration information of the printer")
    group.add_argument("--illumination", type=int, metavar="N", help="of the light box, cd/m²")
    group.add_argument("--reflection", type=int, metavar="N", help="reflected ambient light, cd/m²")
    group.add_argument("--resolution", choices=("STANDARD", "HIGH"))
    group.add_argument("--annotation", metavar="TEXT", action="append", default=[], help="a line; may be repeated")
    group.add_argument("--annotation-format", metavar="ID", help="what the printer calls it (default LABEL)")
    group.add_argument("--polarity", choices=("NORMAL", "REVERSE"), help="REVERSE prints the negative")
    group.add_argument("--image-width", type=float, metavar="MM", help="print images this wide")
    group.add_argument("--decimate-crop", choices=("DECIMATE", "CROP", "FAIL"), help="when an image is too large")
    session = found.add_argument_group("film session")
    session.add_argument("--copies", type=int, metavar="N")
    session.add_argument("--priority", choices=("HIGH", "MED", "LOW"))
    session.add_argument("--medium-type", metavar="TYPE", help="PAPER, CLEAR FILM, BLUE FILM …")
    session.add_argument("--destination", metavar="PLACE", help="MAGAZINE, PROCESSOR, BIN_1 …")
    session.add_argument("--label", metavar="TEXT")
    session.add_argument("--owner", metavar="ID")


def run(arguments: list[str]) -> int:
    """Print the images."""
    options = parser().parse_args(arguments)
    options.tool = "printscu"
    from lumenarc.cli.dcm2jpg import frames_wanted
    from lumenarc.dicom.film import cells
    from lumenarc.peers import dimse, printer

    report = Report(options)
    display_format = options.format or "STANDARD\\" + options.layout
    n_boxes = len(cells(display_format))
    frames_wanted(options.frames, 1)
    if options.annotation and options.annotation_format is None:
        options.annotation_format = "LABEL"
    with dimse.open_association(peer_of(options), printer.proposals(color=options.color)) as assoc:
        try:
            if not options.paths and not options.files_from:
                return _status(printer.printer_status(assoc, color=options.color), report)
            order = _order(options, _films(options, report, display_format, n_boxes))
            for printed in printer.print_films(assoc, order):
                _tell(printed, report)
        except printer.NotPrinted as error:
            report.problem(options.connect, str(error))
    if not report.n_done and not report.n_failed:
        report.problem("", "there was nothing to print")
    return report.exit_code


def _order(options: argparse.Namespace, films: Iterator[Film]) -> Order:
    from lumenarc.peers.printer import Order

    tone = {"20500020": entry("CS", options.plut)} if options.plut else None
    return Order(_given(options, _SESSION), films, tone, options.color, options.session_print, options.wait)


def _given(options: argparse.Namespace, table: dict[str, tuple[str, str]]) -> Attributes:
    """Return the attributes of the options that were given."""
    values = {name: getattr(options, name) for name in table}
    return {table[name][0]: entry(table[name][1], value) for name, value in values.items() if value is not None}


def _films(options: argparse.Namespace, report: Report, display_format: str, n_boxes: int) -> Iterator[Film]:
    """Give a film for as many images as it holds, until there are none left."""
    from lumenarc.peers.printer import Film

    film = {"20100010": entry("ST", display_format)} | _given(options, _FILM)
    images = _images(options, report)
    while (first := next(images, None)) is not None:
        rest = islice(images, n_boxes - 1)
        yield Film(film, _chained(first, rest), tuple(options.annotation))


def _chained(first: Attributes, rest: Iterator[Attributes]) -> Iterator[Attributes]:
    yield first
    yield from rest


def _images(options: argparse.Namespace, report: Report) -> Iterator[Attributes]:
    """Give the attributes of an Image Box for every frame; report files that hold none."""
    from lumenarc.cli.files import Missing
    from lumenarc.errors import LumenarcError

    settings = _given(options, _IMAGE)
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            for item in _frames(path, options):
                yield settings | {"20200111" if options.color else "20200110": entry("SQ", item)}
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))


def _frames(path: Path, options: argparse.Namespace) -> Iterator[Attributes]:
    """Draw the wanted frames of a file as a viewer does, and give each as an item of an image sequence."""
    from lumenarc.cli.dcm2jpg import frames_wanted
    from lumenarc.cli.frames_of import Frames
    from lumenarc.cli.part10_file import opened
    from lumenarc.dicom.film_image import item_of, plain_of
    from lumenarc.dicom.render import render_frame
    from lumenarc.dicom.render_request import RenderRequest
    from lumenarc.errors import BadRequest

    wide = not options.color and options.bits == 12
    request = RenderRequest(media_type="image/png", bits=16 if wide else 8)
    with opened(path) as file:
        found = Frames(file.source)
        if not len(found):
            raise BadRequest("the file holds no image")
        for index in frames_wanted(options.frames, len(found)):
            data, uid = found.data(index), file.source.transfer_syntax_uid
            png = render_frame(found.head, uid, data, index, request).data
            yield item_of(plain_of(png, "color" if options.color else "wide" if wide else "grey"))


def _status(attributes: Attributes, report: Report) -> int:
    from lumenarc.cli.listing import lines
    from lumenarc.dicom.film import first

    report.result("\n".join(lines(attributes)), attributes)
    if first(attributes, "21100010") == "FAILURE":
        report.problem("printer", str(first(attributes, "21100020")) or "FAILURE")
    return report.exit_code


def _tell(printed: Printed, report: Report) -> None:
    for warning in printed.warnings:
        report.note(warning)
    fields = {"job": printed.job_uid, "films": printed.n_films, "images": printed.n_images, "status": printed.status}
    fields |= {"info": printed.info, "warnings": list(printed.warnings)}
    if printed.status == "FAILURE":
        report.problem(printed.job_uid, f"the printer could not print: {printed.info}")
        return
    report.n_done += printed.n_films
    said = printed.status.lower() or "sent"
    report.result(f"{printed.n_films} films with {printed.n_images} images: {said}", fields)
