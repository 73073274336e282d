"""What objects does one association of print management hold, and what may be done with them? (PS3.4 H.4)

    Film Session ── Film Box ── Image Box …      one session at a time, its film boxes, their image boxes
                        └────── Annotation Box … lines of text at the bottom
    Presentation LUT                             referred to by film boxes and image boxes
    Printer, Print Job                           belong to the printer, not to the association

`PrintSession.answer` takes one request after the other. Printing an N-ACTION makes a job that waits in `queued`: who
serves the association runs it after the answer has gone out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import finalize

from lumenarc.dicom import film_picture
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode_named
from lumenarc.dicom.film import (
    POSITION,
    BadValue,
    FilmSettings,
    ImageSettings,
    Printable,
    cells,
    first,
    read_film,
    read_image,
)
from lumenarc.dicom.film_picture import Box, Page, PrintImage, Tone
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.sop_classes import UID_OF
from lumenarc.errors import BadRequest, LumenarcError, NotFound, Refused
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.requests import Response

GRAYSCALE, COLOR = UID_OF["BasicGrayscalePrintManagementMeta"], UID_OF["BasicColorPrintManagementMeta"]
SESSION, FILM, PRINTER, JOB = (UID_OF[name] for name in ("BasicFilmSession", "BasicFilmBox", "Printer", "PrintJob"))
GREY_BOX, COLOR_BOX = UID_OF["BasicGrayscaleImageBox"], UID_OF["BasicColorImageBox"]
ANNOTATION, LUT = UID_OF["BasicAnnotationBox"], UID_OF["PresentationLUT"]
CONFIGURATION = UID_OF["PrinterConfigurationRetrieval"]
SERVICES = (GRAYSCALE, COLOR, PRINTER, ANNOTATION, LUT, JOB, CONFIGURATION)
"""The abstract syntaxes of print management; Printer is part of the meta SOP classes, and may be asked for alone."""
PRINTER_INSTANCE = "1.2.840.10008.5.1.1.17"
MAX_FILMS, MAX_LUTS, MAX_LINES, MAX_DPI, MAX_QUEUED = 256, 64, 8, 600, 32
_CLIPPED, _EMPTY_PAGE, _EMPTY_SESSION = 0xB605, 0xB603, 0xB602
_NO_FILMS, _QUEUE_FULL, _NO_MEMORY = 0xC600, 0xC601, 0xC605
_MISSING, _FAILURE, _NO_SUCH, _NO_CLASS, _UNRECOGNIZED = 0x0120, 0x0110, 0x0112, 0x0118, 0x0211


class PrintRefused(Refused):
    """A print request that is not done; the status says why (PS3.4 H.4)."""

    def __init__(self, message: str, dimse_status: int = _FAILURE) -> None:
        super().__init__(message)
        self.dimse_status = dimse_status


class NoSuchObject(NotFound):
    """The request names an object that is not there."""

    dimse_status = _NO_SUCH


@dataclass(slots=True)
class ImageBox:
    """One place for an image."""

    film: FilmBox
    position: int
    attributes: Attributes = field(default_factory=dict)
    settings: ImageSettings = field(default_factory=ImageSettings)
    image: PrintImage | None = None


@dataclass(slots=True)
class FilmBox:
    """One film: its settings, its image boxes and its lines of text by their UIDs."""

    attributes: Attributes
    settings: FilmSettings
    image_class: str
    boxes: dict[str, ImageBox] = field(default_factory=dict)
    lines: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """Films to be printed together; `session` are the attributes of the film session."""

    uid: str
    calling: str
    created: datetime
    session: Attributes
    pages: list[Page]
    status: str = "PENDING"
    info: str = "NORMAL"


@dataclass(slots=True)
class Printer:
    """A printer as print management sees it, with the jobs that are remembered, the newest last."""

    name: str
    can: Printable
    now: Callable[[], datetime]
    new_uid: Callable[[], str]
    dpi: int = 300
    max_bytes: int = 1 << 30
    status: str = "NORMAL"
    info: str = "NORMAL"
    jobs: dict[str, Job] = field(default_factory=dict)
    description: Attributes = field(default_factory=dict)
    earlier: Callable[[str], Job | None] = lambda _uid: None
    """Finds a job that is not among `jobs` any more."""
    held: dict[int, int] = field(default_factory=dict)
    """How many bytes of images each session holds, by the session's number; together at most `max_bytes`."""

    def resolution(self, settings: FilmSettings) -> int:
        """Return the dots an inch that a film is printed with; never so many that a film takes gigabytes."""
        return min(self.dpi * 2, MAX_DPI) if settings.high_resolution else self.dpi


class PrintSession:
    """The objects of one association."""

    def __init__(self, printer: Printer, calling: str) -> None:
        self._printer, self._calling = printer, calling
        finalize(self, printer.held.pop, id(self), 0)
        self._session = ""
        self._attributes: Attributes = {}
        self._films: dict[str, FilmBox] = {}
        self._tones: dict[str, Tone] = {}
        self.queued: list[Job] = []

    def answer(self, context: Context, rq: Command, data_set: bytes) -> Response:
        """Answer one request."""
        do = {
            (SESSION, commands.N_CREATE_RQ): self._create_session,
            (SESSION, commands.N_SET_RQ): self._set_session,
            (SESSION, commands.N_DELETE_RQ): self._delete_session,
            (SESSION, commands.N_ACTION_RQ): self._print_session,
            (FILM, commands.N_CREATE_RQ): self._create_film,
            (FILM, commands.N_SET_RQ): self._set_film,
            (FILM, commands.N_DELETE_RQ): self._delete_film,
            (FILM, commands.N_ACTION_RQ): self._print_film,
            (GREY_BOX, commands.N_SET_RQ): self._set_image,
            (COLOR_BOX, commands.N_SET_RQ): self._set_image,
            (ANNOTATION, commands.N_SET_RQ): self._set_line,
            (LUT, commands.N_CREATE_RQ): self._create_lut,
            (LUT, commands.N_DELETE_RQ): self._delete_lut,
            (PRINTER, commands.N_GET_RQ): self._get_printer,
            (CONFIGURATION, commands.N_GET_RQ): self._get_configuration,
            (JOB, commands.N_GET_RQ): self._get_job,
        }.get((rq.sop_class_uid, rq.field))
        if do is None:
            return Response(_UNRECOGNIZED if rq.sop_class_uid in _KNOWN else _NO_CLASS)
        try:
            response = do(_Asked(context, rq, data_set))
            self._printer.held[id(self)] = self._bytes_held()
            return response
        except BadValue as error:
            names = tuple(int(name, 16) for name in error.names)
            return Response(error.dimse_status, elements={commands.ATTRIBUTE_LIST: names})
        except LumenarcError as error:
            return Response.of(error)

    # Film session

    def _create_session(self, asked: _Asked) -> Response:
        if self._session:
            raise PrintRefused("There is a film session in this association already.")
        self._session = self._uid(asked)
        self._attributes = asked.attributes
        return asked.made(self._session, self._attributes)

    def _set_session(self, asked: _Asked) -> Response:
        self._check_session(asked)
        self._attributes |= asked.attributes
        return asked.done(0, self._attributes)

    def _delete_session(self, asked: _Asked) -> Response:
        self._check_session(asked)
        self._session, self._attributes, self._films = "", {}, {}
        return asked.done(0)

    def _print_session(self, asked: _Asked) -> Response:
        self._check_session(asked)
        if not self._films:
            raise PrintRefused("The film session has no film box.", _NO_FILMS)
        return self._print(asked, list(self._films.values()), _EMPTY_SESSION)

    def _check_session(self, asked: _Asked) -> None:
        if not self._session or asked.rq.sop_instance_uid != self._session:
            raise NoSuchObject("There is no such film session.")

    # Film box

    def _create_film(self, asked: _Asked) -> Response:
        given = asked.attributes
        of_session = first(given, "20100500")
        if not self._session or (of_session and first(of_session, "00081155") != self._session):
            raise NoSuchObject("There is no such film session.")
        if not first(given, "20100010"):
            return Response(_MISSING, elements={commands.ATTRIBUTE_LIST: (0x20100010,)})
        if len(self._films) >= MAX_FILMS:
            raise PrintRefused("There are too many films in the session.", _NO_MEMORY)
        settings, clipped = read_film(given, self._printer.can)
        self._tone_of(given)
        is_color = asked.context.abstract_syntax == COLOR
        film = FilmBox(given, settings, COLOR_BOX if is_color else GREY_BOX)
        for position in range(1, len(cells(settings.display_format)) + 1):
            film.boxes[self._printer.new_uid()] = ImageBox(film, position)
        if first(given, "20100030"):
            film.lines = {self._printer.new_uid(): (position, "") for position in range(1, MAX_LINES + 1)}
        uid = self._uid(asked)
        self._films[uid] = film
        shown = dict(given)
        shown["20100510"] = _references(film.image_class, film.boxes)
        if film.lines:
            shown["20100520"] = _references(ANNOTATION, film.lines)
        return asked.made(uid, shown, _CLIPPED if clipped else 0)

    def _set_film(self, asked: _Asked) -> Response:
        film = self._film(asked)
        changed = film.attributes | asked.attributes | {"20100010": film.attributes["20100010"]}
        film.settings, clipped = read_film(changed, self._printer.can)
        self._tone_of(changed)
        film.attributes = changed
        return asked.done(_CLIPPED if clipped else 0, changed)

    def _delete_film(self, asked: _Asked) -> Response:
        self._film(asked)
        del self._films[asked.rq.sop_instance_uid]
        return asked.done(0)

    def _print_film(self, asked: _Asked) -> Response:
        return self._print(asked, [self._film(asked)], _EMPTY_PAGE)

    def _film(self, asked: _Asked) -> FilmBox:
        film = self._films.get(asked.rq.sop_instance_uid)
        if film is None:
            raise NoSuchObject("There is no such film box.")
        return film

    # Image box and annotation box

    def _set_image(self, asked: _Asked) -> Response:
        uid = asked.rq.sop_instance_uid
        box = next((film.boxes[uid] for film in self._films.values() if uid in film.boxes), None)
        if box is None or asked.rq.sop_class_uid != box.film.image_class:
            raise NoSuchObject("There is no such image box.")
        given = asked.attributes
        changed = box.attributes | given
        settings, clipped = read_image(changed, self._printer.can)
        self._tone_of(changed)
        position = first(given, POSITION) or box.position
        if not isinstance(position, int) or not 0 < position <= len(box.film.boxes):
            raise BadValue(POSITION)
        image = asked.image(box.image, self._room())
        placed = 0 if image is None else self._placed(box.film, image, settings, position)
        if placed == film_picture.TOO_LARGE:
            raise PrintRefused("The image is larger than its box.", placed)
        box.attributes = {name: entry for name, entry in changed.items() if not name.startswith("202001")}
        box.settings, box.position, box.image = settings, position, image
        return asked.done(placed or (_CLIPPED if clipped else 0))

    def _placed(self, film: FilmBox, image: PrintImage, settings: ImageSettings, position: int) -> int:
        """Return the status that the size of an image means."""
        dpi = self._printer.resolution(film.settings)
        n_lines = max((number for number, text in film.lines.values() if text), default=0)
        left, top, right, bottom = film_picture.cell_dots(film.settings, dpi, n_lines)[position - 1]
        magnification = settings.magnification or film.settings.magnification
        return film_picture.place(image, settings, magnification, (right - left, bottom - top), dpi).status

    def _room(self) -> int:
        """Return how many bytes of images may come: all sessions together have what the printer has."""
        others = sum(n_bytes for number, n_bytes in self._printer.held.copy().items() if number != id(self))
        return self._printer.max_bytes - others - self._bytes_held()

    def _bytes_held(self) -> int:
        """Count the images in boxes, and those of films that were removed and are still to be printed."""
        images = [box.image for film in self._films.values() for box in film.boxes.values()]
        images += [box.image for job in self.queued for page in job.pages for box in page.boxes.values()]
        return sum({id(image): image.values.nbytes for image in images if image is not None}.values())

    def _set_line(self, asked: _Asked) -> Response:
        uid = asked.rq.sop_instance_uid
        film = next((film for film in self._films.values() if uid in film.lines), None)
        if film is None:
            raise NoSuchObject("There is no such annotation box.")
        position = first(asked.attributes, "20300010") or film.lines[uid][0]
        if not isinstance(position, int) or not 0 < position <= MAX_LINES:
            raise BadValue("20300010")
        film.lines[uid] = position, str(first(asked.attributes, "20300020"))
        return asked.done(0)

    # Presentation LUT

    def _create_lut(self, asked: _Asked) -> Response:
        if len(self._tones) >= MAX_LUTS:
            raise PrintRefused("There are too many presentation LUTs.", _NO_MEMORY)
        shape = str(first(asked.attributes, "20500020"))
        if shape not in ("", "IDENTITY", "LIN OD"):
            raise BadValue("20500020")
        tone = film_picture.read_tone(asked.lazy)
        if not shape and tone.lut is None:
            return Response(_MISSING, elements={commands.ATTRIBUTE_LIST: (0x20500010,)})
        uid = self._uid(asked)
        self._tones[uid] = tone
        return asked.made(uid, {"20500020": {"vr": "CS", "Value": [shape]}} if shape else {})

    def _delete_lut(self, asked: _Asked) -> Response:
        if self._tones.pop(asked.rq.sop_instance_uid, None) is None:
            raise NoSuchObject("There is no such presentation LUT.")
        return asked.done(0)

    def _tone_of(self, attributes: Attributes) -> Tone:
        """Return the Presentation LUT that a box refers to; one that was deleted since is the identity."""
        reference = first(attributes, "20500500")
        uid = str(first(reference, "00081155")) if isinstance(reference, dict) else ""
        return self._tones.get(uid, Tone())

    # Printer and print job

    def _get_printer(self, asked: _Asked) -> Response:
        if asked.rq.sop_instance_uid != PRINTER_INSTANCE:
            raise NoSuchObject("There is no such printer.")
        printer = self._printer
        shown: Attributes = printer.description | {
            "21100010": {"vr": "CS", "Value": [printer.status]},
            "21100020": {"vr": "CS", "Value": [printer.info]},
            "21100030": {"vr": "LO", "Value": [printer.name]},
        }
        return asked.done(0, asked.chosen(shown))

    def _get_configuration(self, asked: _Asked) -> Response:
        can = self._printer.can
        shown: Attributes = {
            "00080016": {"vr": "UI", "Value": [CONFIGURATION]},
            "20000061": {"vr": "IS", "Value": [self._printer.max_bytes >> 10]},
            "20100120": {"vr": "US", "Value": [can.min_density]},
            "20100130": {"vr": "US", "Value": [can.max_density]},
            "21100030": {"vr": "LO", "Value": [self._printer.name]},
        }
        whole: Attributes = {"2000001E": {"vr": "SQ", "Value": [shown]}}
        return asked.done(0, asked.chosen(whole))

    def _get_job(self, asked: _Asked) -> Response:
        uid = asked.rq.sop_instance_uid
        job = self._printer.jobs.get(uid) or self._printer.earlier(uid)
        if job is None:
            raise NoSuchObject("There is no such print job.")
        return asked.done(0, asked.chosen(job_attributes(job, self._printer)))

    def _print(self, asked: _Asked, films: list[FilmBox], empty: int) -> Response:
        """Make a job of films; what is on them later does not change it."""
        if asked.rq.action_type != 1:
            return Response(0x0123)
        printer = self._printer
        if len(self.queued) >= MAX_QUEUED:
            raise PrintRefused("The queue of the printer is full.", _QUEUE_FULL)
        pages = [self._page(film) for film in films]
        job = Job(printer.new_uid(), self._calling, printer.now(), dict(self._attributes), pages)
        printer.jobs[job.uid] = job
        while len(printer.jobs) > 1000:
            del printer.jobs[next(iter(printer.jobs))]
        self.queued.append(job)
        shown: Attributes = {"21000500": _references(JOB, [job.uid])}
        return asked.done(0 if any(page.boxes for page in pages) else empty, shown)

    def _page(self, film: FilmBox) -> Page:
        boxes = {
            box.position: Box(box.image, box.settings, self._tone_of(film.attributes | box.attributes))
            for box in film.boxes.values()
            if box.image is not None
        }
        return Page(film.settings, boxes, {position: text for position, text in film.lines.values() if text})

    def _uid(self, asked: _Asked) -> str:
        uid = asked.rq.sop_instance_uid
        if not uid:
            return self._printer.new_uid()
        if len(uid) > 64 or not all(part.isascii() and part.isdigit() for part in uid.split(".")):
            raise PrintRefused("This is no UID.", 0x0117)
        if uid == self._session or uid in self._films or uid in self._tones:
            raise PrintRefused("There is an object with this UID already.", 0x0111)
        return uid


_KNOWN = frozenset((SESSION, FILM, GREY_BOX, COLOR_BOX, ANNOTATION, LUT, PRINTER, JOB, CONFIGURATION))


class _Asked:
    """One request: what it carries, and how it is answered."""

    def __init__(self, context: Context, rq: Command, data_set: bytes) -> None:
        self.context, self.rq, self._data_set = context, rq, data_set
        self.attributes = to_attributes(data_set, context.transfer_syntax) if data_set else {}

    @property
    def lazy(self) -> LazySet:
        """The data set, with its large values."""
        return LazySet.of(self._data_set, self.context.transfer_syntax)

    def image(self, before: PrintImage | None, room: int) -> PrintImage | None:
        """Return the image of an Image Box N-SET: the one before when none is sent, None when an empty one is."""
        lazy = self.lazy
        tag = 0x20200111 if self.rq.sop_class_uid == COLOR_BOX else 0x20200110
        if tag not in lazy:
            return before
        item = lazy.item(tag)
        if item is None:
            return None
        found = film_picture.read_print_image(item, self.context.transfer_syntax)
        if found.is_color != (self.rq.sop_class_uid == COLOR_BOX):
            raise BadRequest("The image does not fit the kind of its box.")
        if found.values.nbytes > room:
            raise PrintRefused("There is no memory for more images.", _NO_MEMORY)
        return found

    def chosen(self, shown: Attributes) -> Attributes:
        """Return the attributes that an N-GET asks for."""
        wanted = {f"{tag:08X}" for tag in self.rq.attribute_list}
        return {name: entry for name, entry in shown.items() if not wanted or name in wanted}

    def done(self, status: int, shown: Attributes | None = None) -> Response:
        """Answer with attributes, or without."""
        return Response(status, None if shown is None else encode_named(shown, self.context.transfer_syntax))

    def made(self, uid: str, shown: Attributes, status: int = 0) -> Response:
        """Answer an N-CREATE."""
        data_set = encode_named(shown, self.context.transfer_syntax)
        return Response(status, data_set, elements={commands.AFFECTED_SOP_INSTANCE: uid})


def job_attributes(job: Job, printer: Printer) -> Attributes:
    """Return a Print Job object (PS3.3 C.13.8)."""
    return {
        "20000020": {"vr": "CS", "Value": [str(first(job.session, "20000020") or "MED")]},
        "21000020": {"vr": "CS", "Value": [job.status]},
        "21000030": {"vr": "CS", "Value": [job.info]},
        "21000040": {"vr": "DA", "Value": [job.created.strftime("%Y%m%d")]},
        "21000050": {"vr": "TM", "Value": [job.created.strftime("%H%M%S")]},
        "21000070": {"vr": "AE", "Value": [job.calling]},
        "21100030": {"vr": "LO", "Value": [printer.name]},
    }


def _references(class_uid: str, uids: Iterable[str]) -> dict[str, Any]:
    items = [{"00081150": {"vr": "UI", "Value": [class_uid]}, "00081155": {"vr": "UI", "Value": [uid]}} for uid in uids]
    return {"vr": "SQ", "Value": items}
