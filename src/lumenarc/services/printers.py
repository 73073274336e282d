"""Which registered application entities are printers, what can they do, and do they answer? (PS3.4 H.4.6)"""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.dicom.film import SIZES_MM, BadValue, cells, first
from lumenarc.errors import BadRequest, LumenarcError, NotFound
from lumenarc.index import printers
from lumenarc.index.printers import Abilities, FilmPrinter
from lumenarc.peers import dimse, printer
from lumenarc.services import ae
from lumenarc.transport.wire import Timeouts

__all__ = ["Abilities", "Answer", "FilmPrinter", "all_printers", "get", "peer_of", "put", "remove", "test"]
# What PS3.5 6.2 allows in a CS.
_WORD = re.compile(r"[A-Z0-9_ ]{1,16}")
_LAYOUT = re.compile(r"[1-9][0-9]?,[1-9][0-9]?")
_MOST = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a printer says of itself: status (NORMAL, WARNING, FAILURE), why, its name; else `error` says why not."""

    ok: bool
    ms: int
    status: str = ""
    info: str = ""
    name: str = ""
    error: str = ""


def all_printers(archive: Archive) -> list[FilmPrinter]:
    """Return all printers by title."""
    with archive.index.read() as connection:
        return printers.all_printers(connection)


def get(archive: Archive, title: str) -> FilmPrinter:
    """Return a printer; raise NotFound."""
    for found in all_printers(archive):
        if found.title == title:
            return found
    raise NotFound("There is no such printer.")


def put(archive: Archive, title: str, abilities: Abilities) -> FilmPrinter:
    """Make a registered AE a printer, or change what it can do; raise NotFound, BadRequest."""
    ae.get(archive, title)
    _check(abilities)
    archive.index.write(lambda connection: printers.put(connection, title, abilities, archive.now_ms()))
    return get(archive, title)


def _check(abilities: Abilities) -> None:
    lists = (abilities.film_sizes, abilities.media, abilities.layouts)
    if not all(0 < len(words) <= _MOST for words in lists):
        raise BadRequest("A printer has from 1 to 20 film sizes, media and layouts.")
    if not set(abilities.film_sizes) <= set(SIZES_MM):
        raise BadRequest(f"Film sizes are words of: {', '.join(SIZES_MM)}.")
    if not all(_WORD.fullmatch(word) for word in abilities.media):
        raise BadRequest("Media are words of capital letters, like PAPER, CLEAR FILM, BLUE FILM.")
    check_layouts(abilities.layouts)


def check_layouts(layouts: tuple[str, ...]) -> None:
    """Raise BadRequest for a layout that is not COLUMNS,ROWS of at most 256 images."""
    try:
        for layout in layouts:
            if not _LAYOUT.fullmatch(layout):
                raise BadRequest("Layouts are columns and rows, like 2,3.")
            cells(f"STANDARD\\{layout}")
    except BadValue:
        raise BadRequest("Layouts are columns and rows, like 2,3.") from None


def remove(archive: Archive, title: str) -> None:
    """Let an AE be no printer any more; raise NotFound."""
    if not archive.index.write(lambda connection: printers.remove(connection, title)):
        raise NotFound("There is no such printer.")


def peer_of(archive: Archive, title: str, *, dimse_s: float) -> dimse.Peer:
    """Return whom to call, with how long an answer may take; raise NotFound."""
    entity, settings = ae.get(archive, title), archive.settings
    timeouts = Timeouts(settings.connect_timeout_s, settings.artim_timeout_s, dimse_s=dimse_s)
    tls = ssl.create_default_context() if entity.tls else None
    return dimse.Peer(entity.title, entity.host, entity.port, settings.aet, tls, timeouts)


def test(archive: Archive, title: str) -> Answer:
    """Ask a printer how it is (N-GET of the Printer); raise NotFound when there is no such printer."""
    found, started = get(archive, title), time.monotonic()

    def took_ms() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        peer = peer_of(archive, title, dimse_s=archive.settings.artim_timeout_s)
        with dimse.open_association(peer, printer.proposals(color=found.abilities.color)) as assoc:
            said = printer.printer_status(assoc, color=found.abilities.color)
    except LumenarcError as error:
        return Answer(False, took_ms(), error=str(error))
    status, info, name = (str(first(said, tag))[:64] for tag in ("21100010", "21100020", "21100030"))
    return Answer(status in ("NORMAL", "WARNING"), took_ms(), status, info, name)
