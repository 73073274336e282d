"""`lumenarc dcmqrscp`: a folder or a DICOMDIR as an archive, with the archive's own services (PS3.4 A, B, C)."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_listen, address, listening
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import BadRequest, LumenarcError

if TYPE_CHECKING:
    from lumenarc.archive import Archive
    from lumenarc.cli.received_files import Folder
    from lumenarc.config import Settings
    from lumenarc.dicom.part10 import Meta
    from lumenarc.doors.dimse.server import ArchiveHandler
    from lumenarc.protocol.dimse.commands import Command
    from lumenarc.protocol.ul.negotiation import Context
    from lumenarc.protocol.ul.pdu import AssociateRj
    from lumenarc.transport.association import Association
    from lumenarc.transport.requests import Admitted, Caller, Response, StoreSink

DEFAULT_TITLE = "DCMQRSCP"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmqrscp",
        "Serve a folder of DICOM files, or what a DICOMDIR names, as an archive: C-ECHO, C-FIND, C-MOVE, C-GET; into\n"
        "a folder instances are stored, too (C-STORE). The files are copied for the time of serving, and indexed.",
        (
            "lumenarc dcmqrscp -b 11122 --directory study",
            "lumenarc dcmqrscp -b DCMQRSCP:11122 --dicomdir cd/DICOMDIR --dest STORESCP@localhost:11115",
            "lumenarc dcmqrscp -b 11122 --directory study --filepath '{PatientID}/{SOPInstanceUID}' --relational",
        ),
    )
    what = found.add_mutually_exclusive_group(required=True)
    what.add_argument("--directory", type=Path, metavar="DIR", help="the folder to serve, and to store into")
    what.add_argument("--dicomdir", type=Path, metavar="FILE", help="serve what this DICOMDIR names; nothing is stored")
    found.add_argument(
        "--filepath", default="{00080018}", metavar="PATTERN", help="name of a stored file (default {00080018})"
    )
    found.add_argument(
        "--dest", metavar="AET@HOST:PORT", action="append", default=[], help="where C-MOVE may send to; repeatable"
    )
    found.add_argument("--relational", action="store_true", help="find and retrieve without the keys of upper levels")
    found.add_argument("--tmp", type=Path, metavar="DIR", help="where the copies are kept meanwhile")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Read the files, then serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "dcmqrscp"
    from lumenarc.cli.listening import serve_until_stopped
    from lumenarc.cli.received_files import Folder
    from lumenarc.doors.dimse import measured
    from lumenarc.doors.dimse.server import ArchiveHandler
    from lumenarc.metrics import Table

    report = Report(options)
    title, where = listening(options)
    paths = _named(options.dicomdir, report) if options.dicomdir else [options.directory]
    with _indexed(options, title or DEFAULT_TITLE) as archive:
        _read(archive, paths, report)
        _register(archive, options.dest)
        folder = None
        if options.directory is not None:
            folder = Folder(options.directory, options.filepath, lambda path, meta: _keep(archive, path, meta, report))
        handler = _Handler(ArchiveHandler(archive, Table(measured.SERIES).meter()), title, options.accept, folder)
        handler.own_title = title or DEFAULT_TITLE
        where = replace(where, max_data_set_bytes=archive.settings.max_dimse_data_set_bytes)
        return serve_until_stopped(handler, where, report)


def _settings(options: argparse.Namespace, title: str, data: Path) -> Settings:
    """Return the settings of an archive for a while: whose files are elsewhere, and may be anybody's."""
    from lumenarc.config import Settings

    return Settings(
        data=data, aet=title, accept_unknown_calling_aet=True, sync="off", min_free_bytes=0, invalid_uids="lenient",
        duplicate_policy="replace", patient_conflict="accept", lenient_hierarchy=options.relational, job_threads=0,
    )  # fmt: skip


@contextmanager
def _indexed(options: argparse.Namespace, title: str) -> Iterator[Archive]:
    """Open an archive in a folder that is gone afterwards."""
    from lumenarc.app.opening import recovered

    if options.tmp is not None:
        options.tmp.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="dcmqrscp-", dir=options.tmp) as data,
        recovered(_settings(options, title, Path(data))) as (archive, _),
    ):
        yield archive


def _named(dicomdir: Path, report: Report) -> list[Path]:
    """Return the files that a DICOMDIR names, those that are there and lie below its folder."""
    from lumenarc.dicom import dicomdir as reader

    root = dicomdir.parent.resolve()
    found: list[Path] = []
    for reference in reader.read(dicomdir.read_bytes()):
        path = root.joinpath(*reference.components)
        if path.is_file() and path.resolve().is_relative_to(root):
            found.append(path)
        else:
            report.problem("/".join(reference.components), "the file is not there")
    return found


def _read(archive: Archive, paths: Iterable[Path], report: Report) -> None:
    from lumenarc.services.ingest import ImportResult, import_paths

    def on_result(result: ImportResult) -> None:
        if result.outcome == "failed":
            report.problem(result.name, result.error)

    with report.progress("reading", None):
        summary = import_paths(archive, paths, on_result)
    report.note(f"{summary.n_stored} instances")


def _register(archive: Archive, destinations: list[str]) -> None:
    """Make known where instances may be moved to.

    Raises:
        BadRequest: an address is incomplete.
    """
    from lumenarc.services import ae

    for text in destinations:
        found = address(text)
        if not found.host or not found.port:
            raise BadRequest(f"{text!r} does not say where to send to; write AET@HOST:PORT.")
        ae.put(archive, ae.ApplicationEntity(found.title, found.host, found.port))


def _keep(archive: Archive, path: Path, meta: Meta, report: Report) -> None:
    """Take a stored file into the index; one that cannot be taken does not stay."""
    from lumenarc.services.ingest import CHUNK_BYTES
    from lumenarc.services.store import Source, store_part10

    try:
        with path.open("rb") as stream:
            store_part10(archive, iter(lambda: stream.read(CHUNK_BYTES), b""), Source(meta.source_aet))
    except LumenarcError:
        path.unlink(missing_ok=True)
        raise
    fields = {"calling": meta.source_aet, "file": str(path), "sop_instance_uid": meta.sop_instance_uid}
    report.result(f"{meta.source_aet}: {path}", fields)


class _Handler:
    """The archive's handler, which stores into a folder, or not at all."""

    def __init__(self, archive: ArchiveHandler, title: str, accepted: Iterable[str], folder: Folder | None) -> None:
        self._archive, self._title, self._accepted = archive, title, frozenset(accepted)
        self._folder = folder
        self.own_title = title

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Decide about a caller: any called title will do unless one was given."""
        from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, CALLING_UNKNOWN

        if self._title and caller.request.called != self._title:
            return CALLED_UNKNOWN
        if self._accepted and caller.request.calling not in self._accepted:
            return CALLING_UNKNOWN
        return self._archive.admit(replace(caller, request=replace(caller.request, called=self.own_title)))

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Begin to receive an instance into the folder."""
        from lumenarc.errors import MismatchedIdentity, NotPermitted

        if self._folder is None:
            raise NotPermitted("Nothing is stored beside a DICOMDIR.")
        if rq.sop_class_uid != context.abstract_syntax:
            raise MismatchedIdentity("The SOP class is not that of the presentation context.")
        return self._folder.begin(assoc, context, rq)

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer as the archive does."""
        return self._archive.handle(assoc, context, rq, data_set)
