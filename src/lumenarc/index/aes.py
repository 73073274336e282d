"""Where registered application entities and refused callers are kept (PS3.8 9.3.2, blueprint section 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from lumenarc.index.schema import application_entity, printer, refused_caller


@dataclass(frozen=True, slots=True)
class ApplicationEntity:
    """A peer that we know: where it listens and what it may do here.

    `may` holds words of store, find, move, get, print. `n_associations` is how many store associations a C-MOVE to it
    may open at once.
    """

    title: str
    host: str
    port: int
    description: str = ""
    tls: bool = False
    may: tuple[str, ...] = ("store", "find", "move", "get")
    n_associations: int = 1


@dataclass(frozen=True, slots=True)
class RefusedCaller:
    """An unknown caller that was turned away; `last_seen` in ms since the epoch."""

    title: str
    host: str
    n_refused: int
    last_seen: int


_COLUMNS = tuple(
    application_entity.c[name] for name in ("title", "host", "port", "description", "tls", "may", "n_associations")
)


def _entity(row: tuple[object, ...]) -> ApplicationEntity:
    title, host, port, description, tls, may, n_associations = row
    return ApplicationEntity(
        str(title),
        str(host),
        int(str(port)),
        str(description),
        bool(tls),
        tuple(str(may).split()),
        int(str(n_associations)),
    )


def all_entities(connection: Connection) -> list[ApplicationEntity]:
    """Return every registered AE by title."""
    return [_entity(tuple(row)) for row in connection.execute(select(*_COLUMNS).order_by("title"))]


def get(connection: Connection, title: str) -> ApplicationEntity | None:
    """Return the AE of this title, or None."""
    row = connection.execute(select(*_COLUMNS).where(application_entity.c.title == title)).first()
    return None if row is None else _entity(tuple(row))


def put(connection: Connection, entity: ApplicationEntity, now_ms: int) -> None:
    """Insert or replace an AE; it stops being a refused caller."""
    values = asdict(entity) | {"may": " ".join(entity.may), "updated_at": now_ms}
    changed = connection.execute(
        application_entity.update().where(application_entity.c.title == entity.title).values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(application_entity.insert().values(**values, created_at=now_ms))
    connection.execute(refused_caller.delete().where(refused_caller.c.title == entity.title))


def remove(connection: Connection, title: str) -> bool:
    """Delete an AE, also as a printer; say whether there was one."""
    connection.execute(printer.delete().where(printer.c.title == title))
    return connection.execute(application_entity.delete().where(application_entity.c.title == title)).rowcount > 0


def note_refused(connection: Connection, title: str, host: str, now_ms: int, *, keep: int = 200) -> None:
    """Count a refused caller; only the `keep` newest are remembered, so that a scan cannot fill the table."""
    where = (refused_caller.c.title == title) & (refused_caller.c.host == host)
    changed = connection.execute(
        refused_caller.update().where(where).values(n_refused=refused_caller.c.n_refused + 1, last_seen=now_ms)
    )
    if changed.rowcount:
        return
    connection.execute(refused_caller.insert().values(title=title, host=host, n_refused=1, last_seen=now_ms))
    newest = select(refused_caller.c.last_seen).order_by(refused_caller.c.last_seen.desc()).offset(keep).limit(1)
    connection.execute(refused_caller.delete().where(refused_caller.c.last_seen <= newest.scalar_subquery()))


def refused(connection: Connection) -> list[RefusedCaller]:
    """Return refused callers, the newest first."""
    query = select(
        refused_caller.c.title, refused_caller.c.host, refused_caller.c.n_refused, refused_caller.c.last_seen
    ).order_by(refused_caller.c.last_seen.desc())
    return [RefusedCaller(*row) for row in connection.execute(query)]


def forget_refused(connection: Connection, title: str, host: str | None) -> int:
    """Drop a refused caller (from every host when `host` is None)."""
    where = refused_caller.c.title == title
    if host is not None:
        where = where & (refused_caller.c.host == host)
    return connection.execute(refused_caller.delete().where(where)).rowcount
