"""Which small facts the archive remembers about itself, such as whether it was stopped cleanly."""

from __future__ import annotations

from sqlalchemy import Connection, select

from lumenarc.index.schema import state


def get(connection: Connection, name: str) -> str:
    """Return a remembered value, "" when there is none."""
    return connection.execute(select(state.c.value).where(state.c.name == name)).scalar() or ""


def put(connection: Connection, name: str, value: str) -> None:
    """Remember a value."""
    if connection.execute(state.update().where(state.c.name == name).values(value=value)).rowcount == 0:
        connection.execute(state.insert().values(name=name, value=value))
