"""How is a whole index written to a file and read back, whatever database it lies in?

JSON lines, packed with gzip: a first line with the schema, before each table a line with its columns, then its rows as
arrays (bytes as an array of one Base64 text), and at the end a line that says how many rows each table had. What can be
made anew (the kept metadata of series) is left out. A dump of SQLite can be read into PostgreSQL and the other way.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, MetaData, Table, create_engine, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from lumenarc.dicom import part10
from lumenarc.errors import BadRequest, Refused
from lumenarc.index import migrate
from lumenarc.index.db import Index, refusal
from lumenarc.index.schema import metadata

_LEFT_OUT = frozenset(("series_metadata",))
_AT_ONCE = 1000
_KEY = re.compile(r"[0-9A-Za-z]+(/[0-9A-Za-z]+)*")
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Blob:
    """What a row says of an instance's blob: where it lies, and all that its bytes are checked with.

    The blob of a film has no header and no UIDs.
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    source_aet: str
    key: str
    header_bytes: int
    data_set_bytes: int
    sha256: bytes

    @property
    def header(self) -> bytes:
        """What the blob must begin with."""
        if not self.header_bytes:
            return b""
        uids = self.sop_class_uid, self.sop_instance_uid, self.transfer_syntax_uid
        return part10.build_meta(*uids, self.source_aet or None, self.sha256, self.data_set_bytes)


def write(index: Index, stream: IO[bytes]) -> dict[str, int]:
    """Write every table as it is at this moment; return the number of rows of each."""
    counts: dict[str, int] = {}
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1, mtime=0) as packed, _snapshot(index) as connection:

        def line(value: Any) -> None:
            packed.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n")

        line({"lumenarc": "index", "schema": migrate.newest()})
        for table in metadata.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            line({"table": table.name, "columns": [column.name for column in table.columns]})
            query = select(table).order_by(*table.primary_key.columns)
            n_rows = 0
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                line(list(row))
                n_rows += 1
            counts[table.name] = n_rows
        line({"end": counts})
    return counts


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return [base64.b64encode(value).decode("ascii")]
    raise TypeError(f"no column holds {type(value)}")


@contextmanager
def _snapshot(index: Index) -> Iterator[Connection]:
    """Give a connection that sees one moment of the database, whatever others commit meanwhile."""
    with index.read() as connection:
        if index.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")
        else:
            yield connection.execution_options(isolation_level="REPEATABLE READ")


def read(path: Path) -> Iterator[tuple[dict[str, Any], Row | None]]:
    """Yield the lines of a dump: (what a table is, one of its rows); a head and an end come with None for the row.

    Raises BadRequest for a file that is no dump or was cut off.
    """
    table: dict[str, Any] = {}
    ended = False
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for text_of in lines:
                value = json.loads(text_of)
                if isinstance(value, list):
                    yield table, value
                    continue
                table = value
                ended = "end" in value
                yield table, None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise BadRequest("The file is no dump of an index, or is damaged.") from error
    if not ended:
        raise BadRequest("The dump of the index ends too early.")


def schema_of(path: Path) -> str:
    """Return the schema that a dump was written from; raise BadRequest."""
    head, _ = next(read(path), ({}, None))
    if head.get("lumenarc") != "index":
        raise BadRequest("The file is no dump of an index.")
    return str(head["schema"])


def blobs(path: Path) -> Iterator[Blob]:
    """Yield the blob of every instance and of every film in a dump."""
    for table, row in read(path):
        kind = table.get("table")
        if row is None or kind not in ("instance", "film"):
            continue
        of = dict(zip(table["columns"], row, strict=True))
        if not _KEY.fullmatch(of["blob_key"]):
            raise BadRequest("The dump names a blob outside its folder.")
        sha256 = base64.b64decode(of["sha256"][0])
        if kind == "film":
            yield film_blob(of["blob_key"], of["n_bytes"], sha256)
            continue
        uids = of["sop_instance_uid"], of["sop_class_uid"], of["transfer_syntax_uid"], of["source_aet"]
        yield Blob(*uids, of["blob_key"], of["header_bytes"], of["data_set_bytes"], sha256)


def film_blob(key: str, n_bytes: int, sha256: bytes) -> Blob:
    """Return what is known of the blob of a film."""
    return Blob("", "", "", "", key, 0, n_bytes, sha256)


def is_empty(url: str) -> bool:
    """Tell whether a database holds no index; raise Unavailable when it does not answer."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return not inspect(connection).has_table("alembic_version")
    except DBAPIError as error:
        raise refusal(error) from error
    finally:
        engine.dispose()


def load(url: str, path: Path, after: Callable[[Connection], None]) -> dict[str, int]:
    """Bring a dump into an empty database, in the schema it was written from; return the number of rows of each table.

    All of it or, on PostgreSQL, nothing. `after` changes what was loaded in the same transaction. Raises Refused for
    a database that holds something, BadRequest for a dump that is damaged or from a newer program.
    """
    schema = schema_of(path)
    if schema > migrate.newest():
        raise BadRequest(f"The dump has schema {schema} of a newer Lumenarc; this program knows {migrate.newest()}.")
    if not is_empty(url):
        raise Refused("The database is not empty.")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            migrate.upgrade(connection, schema)
            counts = _fill(connection, path)
            after(connection)
        return counts
    except DBAPIError as error:
        raise refusal(error) from error
    finally:
        engine.dispose()


def _fill(connection: Connection, path: Path) -> dict[str, int]:
    known = MetaData()
    known.reflect(connection)
    loading: _Loading | None = None
    counts: dict[str, int] = {}
    for table, row in read(path):
        if row is not None and loading is not None:
            loading.add(row)
            continue
        if loading is not None:
            counts[loading.table.name] = loading.end()
            loading = None
        if "table" in table:
            if table["table"] not in known.tables:
                raise BadRequest("The dump holds a table that its schema does not have.")
            loading = _Loading(connection, known.tables[table["table"]], table["columns"])
        elif "end" in table and table["end"] != counts:
            raise BadRequest("The dump does not hold as many rows as it says.")
    return counts


class _Loading:
    """One table being filled. What refers to rows of the same table is set when all of them are there."""

    def __init__(self, connection: Connection, table: Table, columns: list[str]) -> None:
        self.table = table
        self._connection, self._columns = connection, columns
        self._binary = {column.name for column in table.columns if "BLOB" in str(column.type).upper()}
        self._binary |= {column.name for column in table.columns if "BYTEA" in str(column.type).upper()}
        self._flags = {column.name for column in table.columns if "BOOL" in str(column.type).upper()}
        self._own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
        self._later: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []
        self._n_rows = 0

    def add(self, row: Row) -> None:
        values = dict(zip(self._columns, row, strict=True))
        for name in self._binary & values.keys():
            values[name] = None if values[name] is None else base64.b64decode(values[name][0])
        for name in self._flags & values.keys():
            values[name] = None if values[name] is None else bool(values[name])
        own = {name: values[name] for name in self._own if values.get(name) is not None}
        if own:
            self._later.append({"pk": values["pk"], **own})
            values |= dict.fromkeys(own)
        self._waiting.append(values)
        self._n_rows += 1
        if len(self._waiting) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._connection.execute(self.table.insert(), self._waiting)
            self._waiting = []

    def end(self) -> int:
        self._flush()
        for values in self._later:
            change = update(self.table).where(self.table.c.pk == values.pop("pk")).values(**values)
            self._connection.execute(change)
        if self._connection.dialect.name == "postgresql" and "pk" in self.table.c:
            newest = self._connection.execute(select(func.max(self.table.c.pk))).scalar()
            sequence = text("SELECT pg_get_serial_sequence(:name, 'pk')")
            name = self._connection.execute(sequence, {"name": self.table.name}).scalar()
            if newest and name:
                self._connection.execute(text("SELECT setval(:name, :value)"), {"name": name, "value": newest})
        return self._n_rows
