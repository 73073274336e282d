"""How the archive is: what it holds, how much room is left, and whether database and storage answer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from lumenarc.archive import Archive
from lumenarc.index import lookup
from lumenarc.index.lookup import Totals


@dataclass(frozen=True, slots=True)
class Status:
    """What the dashboard and /api/server show; bytes of data sets and free bytes of the storage."""

    totals: Totals
    free_bytes: int


def status(archive: Archive) -> Status:
    """Count what is stored and what is free."""
    with archive.index.read() as connection:
        held = lookup.totals(connection)
    return Status(held, archive.storage.free_bytes())


def ready(archive: Archive) -> None:
    """Raise Unavailable unless the database answers a query and the storage says how much is free."""
    with archive.index.read() as connection:
        connection.execute(text("SELECT 1"))
    archive.storage.free_bytes()
