"""How are images printed on a printer? By a job: film after film, each tried again where that may help (PS3.4 H).

An attempt goes on behind the last film that was printed. A film whose answer was lost is printed again: the printer
says only in the association which job is whose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom.film_image import item_of
from lumenarc.dicom.luts import Window
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.render_request import RenderRequest
from lumenarc.errors import BadRequest, Gone, NotFound, Refused
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.peers import dimse, printer
from lumenarc.peers.printer import Film, Order
from lumenarc.services import jobs, printers, render
from lumenarc.services.printers import FilmPrinter

TASK = "print"
_MOST_IMAGES = 1000
_MAX_COPIES = 20
_PRIORITIES = ("HIGH", "MED", "LOW")


@dataclass(frozen=True, slots=True)
class WantedImage:
    """One frame, numbered from 1, as it is seen: `window` are center and width, None for the image's own."""

    sop_instance_uid: str
    frame: int = 1
    window: tuple[float, float] | None = None
    invert: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be printed, and how; "" takes what the printer has first."""

    printer: str
    images: tuple[WantedImage, ...]
    layout: str = ""
    film_size: str = ""
    landscape: bool = False
    medium: str = ""
    copies: int = 1
    priority: str = "MED"
    texts: bool = False
    """Whether patient and technique stand in the corners of grey images of 8 bits, and of colours."""


def queue(archive: Archive, wanted: Wanted) -> str:
    """Queue the printing and return its job; raise NotFound, BadRequest."""
    found = printers.get(archive, wanted.printer)
    abilities = found.abilities
    if not 0 < len(wanted.images) <= _MOST_IMAGES:
        raise BadRequest(f"From 1 to {_MOST_IMAGES} images can be printed at once.")
    if not 1 <= wanted.copies <= _MAX_COPIES or wanted.priority not in _PRIORITIES:
        raise BadRequest(f"Up to {_MAX_COPIES} copies are printed, with priority HIGH, MED or LOW.")
    chosen = {
        "layout": wanted.layout or abilities.layouts[0],
        "film_size": wanted.film_size or abilities.film_sizes[0],
        "medium": wanted.medium or abilities.media[0],
    }
    if chosen["film_size"] not in abilities.film_sizes or chosen["medium"] not in abilities.media:
        raise BadRequest("The printer does not have this film size or medium.")
    printers.check_layouts((chosen["layout"],))
    for image in wanted.images:
        if image.window is not None and not image.window[1] > 0:
            raise BadRequest("The window must be wider than 0")
    instances = _instances(archive, {image.sop_instance_uid for image in wanted.images})
    for image in wanted.images:
        inst = instances.get(image.sop_instance_uid)
        if inst is None or not 1 <= image.frame <= (inst.number_of_frames or 1):
            raise NotFound("An image that shall be printed is not here.")
    n_images = len(wanted.images)
    title = f"Print {n_images} {'image' if n_images == 1 else 'images'} on {found.title}"
    return jobs.enqueue(archive, TASK, asdict(wanted) | chosen, title=title, lane=f"{TASK} {found.title}")


def _instances(archive: Archive, uids: set[str]) -> dict[str, StoredInstance]:
    with archive.index.read() as connection:
        rows = lookup.find(connection, Uids(sop_instance_uids=tuple(uids)))
    return {inst.sop_instance_uid: inst for inst in rows}


def run(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Print what is not printed yet; raise PeerFailed when another attempt may help, Refused when it would not."""
    given = dict(job.arguments)
    images = [WantedImage(**one) for one in given.pop("images")]
    wanted = Wanted(**given, images=tuple(images))
    found = printers.get(archive, wanted.printer)
    columns, rows = map(int, wanted.layout.split(","))
    n_boxes = columns * rows
    n_films = -(-len(images) // n_boxes)
    n_done, warnings = int((job.checkpoint or {}).get("n_films", 0)), list[str]()
    job.progress(n_done, n_films)
    films = _films(archive, job, found, wanted, n_done * n_boxes)
    settings = archive.settings
    peer = printers.peer_of(archive, found.title, dimse_s=settings.dimse_timeout_s)
    tone: Attributes | None = {"20500020": _cs("IDENTITY")} if found.abilities.presentation_lut else None
    order = Order(_session(wanted), films, tone, found.abilities.color, wait_s=settings.dimse_timeout_s)
    with dimse.open_association(peer, printer.proposals(color=found.abilities.color)) as assoc:
        try:
            for printed in printer.print_films(assoc, order):
                warnings += [warning for warning in printed.warnings if warning not in warnings]
                if printed.status == "FAILURE":
                    raise Refused(f"The printer could not print: {printed.info[:40] or 'no reason given'}.")
                n_done += 1
                job.progress(n_done, n_films, checkpoint={"n_films": n_done})
        except printer.NotPrinted as error:
            raise Refused(str(error)) from error
    return {"films": n_done, "images": len(images), "warnings": warnings[:10]}


def _cs(word: str) -> dict[str, Any]:
    return {"vr": "CS", "Value": [word]}


def _session(wanted: Wanted) -> Attributes:
    return {
        "20000010": {"vr": "IS", "Value": [wanted.copies]},
        "20000020": _cs(wanted.priority),
        "20000030": _cs(wanted.medium),
    }


def _films(archive: Archive, job: jobs.Running, found: FilmPrinter, wanted: Wanted, n_before: int) -> Iterator[Film]:
    """Give a film for as many images as it holds; no more than one image is drawn ahead."""
    columns, rows = map(int, wanted.layout.split(","))
    attributes: Attributes = {
        "20100010": {"vr": "ST", "Value": [f"STANDARD\\{wanted.layout}"]},
        "20100040": _cs("LANDSCAPE" if wanted.landscape else "PORTRAIT"),
        "20100050": _cs(wanted.film_size),
    }
    images = iter(wanted.images[n_before:])
    while chosen := list(islice(images, columns * rows)):
        yield Film(attributes, (_image(archive, job, found, wanted.texts, image) for image in chosen))


def _image(archive: Archive, job: jobs.Running, found: FilmPrinter, texts: bool, image: WantedImage) -> Attributes:
    job.go_on()
    inst = _instances(archive, {image.sop_instance_uid}).get(image.sop_instance_uid)
    if inst is None:
        raise Gone("An image that shall be printed has been deleted.")
    abilities = found.abilities
    kind = "color" if abilities.color else "wide" if abilities.wide and not texts else "grey"
    window = None if image.window is None else Window(*image.window)
    request = RenderRequest(window=window, invert=image.invert, annotations=("patient", "technique") if texts else ())
    drawn = render.for_film(archive, inst, image.frame, request, kind)
    sequence = "20200111" if abilities.color else "20200110"
    return {sequence: {"vr": "SQ", "Value": [item_of(drawn)]}}
