"""Where it is kept which registered application entities are printers, and what they can do (PS3.4 H)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from lumenarc.index.schema import application_entity, printer


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a printer can do, and what the page offers of it; the first of each list is what is taken unasked."""

    color: bool = False
    presentation_lut: bool = False
    wide: bool = True
    """Whether it takes grey images of 12 bits."""
    film_sizes: tuple[str, ...] = ("14INX17IN",)
    media: tuple[str, ...] = ("BLUE FILM",)
    layouts: tuple[str, ...] = ("1,1", "1,2", "2,2", "2,3", "3,4", "4,5")
    """Columns and rows."""


@dataclass(frozen=True, slots=True)
class FilmPrinter:
    """One printer; its address is that of the application entity."""

    title: str
    description: str
    abilities: Abilities


def _read(title: str, description: str, text: str) -> FilmPrinter:
    values = json.loads(text)
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return FilmPrinter(title, description, Abilities(**values | lists))


def all_printers(connection: Connection) -> list[FilmPrinter]:
    """Return all printers that are still registered, by title."""
    joined = printer.join(application_entity, printer.c.title == application_entity.c.title)
    query = select(printer.c.title, application_entity.c.description, printer.c.abilities).select_from(joined)
    return [_read(*row) for row in connection.execute(query.order_by(printer.c.title))]


def put(connection: Connection, title: str, abilities: Abilities, now_ms: int) -> None:
    """Insert or replace a printer."""
    values = {"abilities": json.dumps(asdict(abilities)), "updated_at": now_ms}
    if connection.execute(printer.update().where(printer.c.title == title).values(**values)).rowcount == 0:
        connection.execute(printer.insert().values(title=title, **values))


def remove(connection: Connection, title: str) -> bool:
    """Delete a printer; say whether there was one."""
    return connection.execute(printer.delete().where(printer.c.title == title)).rowcount > 0
