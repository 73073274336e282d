"""How is a database brought to the schema of this program? By Alembic's steps, under a lock, when it is opened.

A database that is up to date costs one query: Alembic is imported only when there is something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from lumenarc.errors import Unavailable

FOLDER = Path(__file__).parent / "migrations"
_FIRST = "0001"
# Any number that nothing else of ours locks.
_LOCK_KEY = 0x4C554D454E415243


def newest() -> str:
    """Return the number of the last step that this program knows."""
    return max(path.stem[1:5] for path in FOLDER.glob("v[0-9]*.py"))


def is_current(connection: Connection) -> bool:
    """Tell whether the database has exactly the schema of this program."""
    return _version(connection) == newest()


def upgrade(connection: Connection, until: str = "head") -> None:
    """Run the steps that are missing, in the caller's transaction: all of them or none; `until` is the last one.

    A database that was made before there were steps is taken for one after the first. Raises Unavailable when a newer
    program has changed the database.
    """
    if connection.dialect.name == "postgresql":
        # Several nodes may start at once; SQLite's caller holds its write lock already.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    version = _version(connection)
    if version == newest():
        return
    if version > newest():
        raise Unavailable(
            f"The database has schema {version} of a newer Lumenarc; this program knows up to {newest()}. "
            "Use the newer program, or restore the backup that was made before the update."
        )
    made_before_steps = not version and inspect(connection).has_table("patient")
    _run(connection, until, adopted=_FIRST if made_before_steps else "")


def _version(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        # Not to_regclass: a session may remember that the table was missing before it waited for the lock.
        query = text("SELECT count(*) FROM pg_class WHERE relname = 'alembic_version' AND pg_table_is_visible(oid)")
    else:
        query = text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
    if not connection.execute(query).scalar():
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _run(connection: Connection, until: str, adopted: str) -> None:
    """Run Alembic's steps up to `until`; `adopted` is the schema of a database that does not say which it has."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER)])
    if adopted:
        MigrationContext.configure(connection).stamp(script, adopted)

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs(until, revision)  # as Alembic's own documentation of EnvironmentContext does

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
