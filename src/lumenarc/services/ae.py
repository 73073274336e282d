"""Which application entities are known, and who knocked without being known (PS3.8 9.3.2)."""

from __future__ import annotations

import re

from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, NotFound
from lumenarc.index import aes
from lumenarc.index.aes import ApplicationEntity as ApplicationEntity
from lumenarc.index.aes import RefusedCaller

PERMISSIONS = ("store", "find", "move", "get", "print")
# PS3.5 6.2 AE: up to 16 characters of the default repertoire without backslash and control characters.
_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
_HOST = re.compile(r"[A-Za-z0-9_.:\-\[\]%]{1,253}")


def all_entities(archive: Archive) -> list[ApplicationEntity]:
    """Return every registered AE by title."""
    with archive.index.read() as connection:
        return aes.all_entities(connection)


def find(archive: Archive, title: str) -> ApplicationEntity | None:
    """Return the AE of this title, or None."""
    with archive.index.read() as connection:
        return aes.get(connection, title)


def get(archive: Archive, title: str) -> ApplicationEntity:
    """Return the AE of this title; raise NotFound."""
    entity = find(archive, title)
    if entity is None:
        raise NotFound("No application entity of this title is registered.")
    return entity


def put(archive: Archive, entity: ApplicationEntity) -> ApplicationEntity:
    """Register or change an AE; raise BadRequest naming the field that does not fit."""
    if not _TITLE.fullmatch(entity.title):
        raise BadRequest("An AE title has 1 to 16 printable ASCII characters and no backslash.")
    if not _HOST.fullmatch(entity.host):
        raise BadRequest("The host is not a host name or an IP address.")
    if not 1 <= entity.port <= 65535:
        raise BadRequest("The port is a number from 1 to 65535.")
    if not set(entity.may) <= set(PERMISSIONS):
        raise BadRequest("Permissions are words of: store, find, move, get, print.")
    if not 1 <= entity.n_associations <= 16:
        raise BadRequest("Parallel associations are a number from 1 to 16.")
    archive.index.write(lambda connection: aes.put(connection, entity, archive.now_ms()))
    return entity


def remove(archive: Archive, title: str) -> None:
    """Forget a registered AE; raise NotFound."""
    if not archive.index.write(lambda connection: aes.remove(connection, title)):
        raise NotFound("No application entity of this title is registered.")


def note_refused(archive: Archive, title: str, host: str) -> None:
    """Remember that an unknown caller was turned away."""
    archive.index.write(lambda connection: aes.note_refused(connection, title, host, archive.now_ms()))


def unknown_callers(archive: Archive) -> list[RefusedCaller]:
    """Return callers that were turned away, the newest first."""
    with archive.index.read() as connection:
        return aes.refused(connection)


def forget_unknown(archive: Archive, title: str, host: str | None = None) -> None:
    """Drop a suggestion; raise NotFound."""
    if not archive.index.write(lambda connection: aes.forget_refused(connection, title, host)):
        raise NotFound("No such caller was refused.")
