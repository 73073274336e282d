"""How the index talks to its database: connections, transactions, and every difference of SQLite and PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from lumenarc.errors import CommitUnknown, OutOfResources, Unavailable
from lumenarc.index import migrate, search_text
from lumenarc.index.checkpoint import AT_MOST_PAGES, Checkpointer

T = TypeVar("T")
# What another attempt may cure: deadlock, serialization failure (PostgreSQL), a busy database (SQLite).
_TRANSIENT = ("40P01", "40001", "55P03")
_ATTEMPTS = 6
# A request that cannot have the database is refused after this: who asks waits for an answer (PS3.7 times out too).
_PATIENCE_S = 5.0
_BUSY = "The database has too much to do; try again later."
_POSTGRESQL = {
    "connect_timeout": int(_PATIENCE_S),
    # A server that is gone without a word is noticed in about ten seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": f"-c lock_timeout={int(_PATIENCE_S * 1000)}",
}


class Index:
    """The database; safe for many threads.

    `sync` False gives up durability of the last transactions in SQLite, as the setting of the same name says.
    """

    def __init__(self, url: str, *, sync: bool = True, n_readers: int = 32) -> None:
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if url.startswith("sqlite") else "postgresql"
        self._sync = sync
        self._write_lock = threading.Lock()
        self.shapes: dict[Any, Any] = {}
        """Searches whose SQL has been made already (index/prepared.py)."""
        self._raw_writer: sqlite3.Connection | None = None
        self._checkpointer: Checkpointer | None = None
        if self.dialect == "sqlite":
            self._writer = self._sqlite(url, 1)
            self._readers = self._sqlite(url, n_readers)
            event.listen(self._writer, "begin", _begin_immediate)
            event.listen(self._writer, "connect", self._keep_raw)
            self._checkpointer = Checkpointer(self._connect_alone)
        else:
            # A psycopg connection that the server closed is noticed before it is handed out.
            self._writer = create_engine(
                url,
                pool_size=n_readers,
                max_overflow=8,
                pool_pre_ping=True,
                pool_timeout=_PATIENCE_S,
                connect_args=_POSTGRESQL,
            )
            self._readers = self._writer
        try:
            self._prepare_schema()
        except DBAPIError as error:
            raise refusal(error) from error

    def _prepare_schema(self) -> None:
        """Bring the database to the schema of this program; one that has it is only read."""
        with self._readers.connect() as connection:
            done = migrate.is_current(connection) and (self.dialect == "sqlite" or search_text.has_trigrams(connection))
        if not done:
            with self._writer.begin() as connection:
                migrate.upgrade(connection)
                search_text.install(connection)

    def _sqlite(self, url: str, size: int) -> Engine:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=_PATIENCE_S,
            paramstyle="named",
            connect_args={"timeout": _PATIENCE_S, "check_same_thread": False, "cached_statements": 512},
        )
        event.listen(engine, "connect", self._prepare)
        return engine

    def _prepare(self, connection: sqlite3.Connection, _record: object) -> None:
        """Set a new SQLite connection up; transactions are begun by us, never by the driver."""
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'NORMAL' if self._sync else 'OFF'}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-65536",
            f"wal_autocheckpoint={AT_MOST_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _keep_raw(self, connection: sqlite3.Connection, _record: object) -> None:
        self._raw_writer = connection

    def _connect_alone(self) -> sqlite3.Connection:
        """Open a connection that no pool knows."""
        connection = sqlite3.connect(self._writer.url.database or "", timeout=10.0, check_same_thread=False)
        self._prepare(connection, None)
        return connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading; database errors become Unavailable."""
        try:
            with self._readers.connect() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            raise refusal(error) from error
        except PoolTimeout as error:
            raise Unavailable(_BUSY) from error

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in one transaction and return its result; it may run again after a deadlock.

        Raises Unavailable when the database does not answer, OutOfResources when it is full or read-only,
        CommitUnknown when the connection broke between asking for the commit and its answer.
        """
        give_up_at = time.monotonic() + _PATIENCE_S
        for attempt in range(_ATTEMPTS):
            committing = False
            try:
                with self._one_writer(), self._writer.begin() as connection:
                    result = change(connection)
                    committing = True
                return result
            except DBAPIError as error:
                if not isinstance(error, OperationalError | InterfaceError):
                    raise
                if committing and error.connection_invalidated:
                    raise CommitUnknown("The database went away while it committed.") from error
                is_late = attempt == _ATTEMPTS - 1 or time.monotonic() > give_up_at
                if is_late or not _is_transient(error):
                    raise refusal(error) from error
                time.sleep(random.uniform(0.002, 0.01) * 2**attempt)
            except PoolTimeout as error:
                raise Unavailable(_BUSY) from error
        raise AssertionError("unreachable")

    def write_raw(self, change: Callable[[sqlite3.Connection], bool]) -> bool:
        """Run `change` in one transaction on SQLite's own connection; undo it when it answers False or fails.

        For what each received instance needs: beginning and ending a transaction through SQLAlchemy takes seven times
        as long as through the driver. Whatever the reason for False is (PostgreSQL always), `write` can be tried then.
        """
        with self._one_writer():
            raw = self._raw_writer
            if raw is None:
                return False
            try:
                raw.execute("BEGIN IMMEDIATE")
                if not change(raw):
                    return False
                raw.execute("COMMIT")
            except sqlite3.Error:
                return False
            finally:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
            assert self._checkpointer is not None
            self._checkpointer.committed()
            return True

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Let threads wait for SQLite's single writer here, where waiting is fair and costs no retries."""
        if self.dialect == "postgresql":
            yield
            return
        if not self._write_lock.acquire(timeout=2 * _PATIENCE_S):
            raise Unavailable(_BUSY)
        try:
            yield
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close every connection; SQLite folds its write-ahead log in."""
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._raw_writer = None
        self._readers.dispose()
        self._writer.dispose()


def in_own_words(statement: Any, dialect: str) -> str:
    """Return the SQL of a statement for `execute_raw`; its parameters keep their names, constants must be literal."""
    postgres: Any = postgresql.psycopg.dialect
    speaks: Any = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else postgres()
    return str(statement.compile(dialect=speaks))


def execute_raw(connection: Connection, sql: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    """Run SQL in the dialect's own words and return its first row.

    For the few statements that every received instance needs: SQLAlchemy's result machinery costs more there than the
    database. Errors come as SQLAlchemy's all the same.
    """
    raw: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.dbapi
    try:
        row: tuple[Any, ...] | None = raw.execute(sql, parameters).fetchone()
    except errors.Error as error:
        raise DBAPIError.instance(sql, None, error, errors.Error) from error
    return row


def batches_raw(
    connection: Connection, sql: str, parameters: dict[str, Any], at_once: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Run SQL in the dialect's own words and yield its rows, some at a time; errors as execute_raw."""
    raw: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.dbapi
    try:
        with closing(raw.execute(sql, parameters)) as cursor:
            while rows := cursor.fetchmany(at_once):
                yield rows
    except errors.Error as error:
        raise DBAPIError.instance(sql, None, error, errors.Error) from error


def _begin_immediate(connection: Connection) -> None:
    """Take SQLite's write lock at once: a transaction that reads first could not be upgraded later."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_transient(error: DBAPIError) -> bool:
    original: Any = error.orig
    return getattr(original, "sqlstate", None) in _TRANSIENT or "locked" in str(original)


def refusal(error: DBAPIError) -> Unavailable:
    """Say in our terms why the database did not do it; never with its SQL."""
    text = str(error.orig)
    if any(word in text for word in ("full", "readonly", "No space left", "read-only", "disk I/O error")):
        return OutOfResources("The database is full or cannot be written.")
    return Unavailable("The database does not answer.")
