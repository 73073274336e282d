"""`lumenarc stowrsd`: takes objects over the web into a folder, as the archive's STOW-RS does (PS3.18 10.5)."""

from __future__ import annotations

import argparse
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from lumenarc.config import Settings
    from lumenarc.doors.http.context import Context
    from lumenarc.services.store import Source, Stored


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "stowrsd",
        "Take objects by STOW-RS into a folder: DICOM files, or metadata with pictures, videos and documents, of\n"
        "which objects are made. The root of the service is /dicom-web. There is no sign-in: listen where you trust\n"
        "the callers.",
        (
            "lumenarc stowrsd -b 8082 --directory got",
            "lumenarc stowrsd -b 0.0.0.0:8082 --filepath '{PatientID}/{SOPInstanceUID}.dcm' --directory got --json",
            "lumenarc stowrsd -b 8082 --host-name pacs.example --directory got",
        ),
    )
    found.add_argument("-b", "--bind", metavar="[IP:]PORT", required=True, help="listen here (default: this machine)")
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument(
        "--filepath", default="{00080018}", metavar="PATTERN", help="name of a file (default {00080018})"
    )
    found.add_argument(
        "--host-name", metavar="NAME", action="append", default=[], help="a name under which callers reach us"
    )
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "stowrsd"
    from lumenarc.app.opening import listen
    from lumenarc.archive import open_archive

    report = Report(options)
    host, port = _address(options.bind)
    keeper = _Keeper(options, report)
    with tempfile.TemporaryDirectory(prefix="stowrsd-") as data, closing(listen(host, port)) as bound:
        archive = open_archive(_settings(options, Path(data)))
        try:
            from lumenarc.doors.http import stow
            from lumenarc.doors.http.app import create_app, series
            from lumenarc.doors.http.context import ServerInfo
            from lumenarc.metrics import Table

            routes = stow.endpoints(keeper.keep)
            app = create_app(archive, ServerInfo(meter=Table(series(routes)).meter()), routes)
            _serve(app, archive.settings, bound, report)
        finally:
            archive.close()
    return report.exit_code


def _address(text: str) -> tuple[str, int]:
    """Read `[IP:]PORT`.

    Raises:
        BadRequest: there is no port.
    """
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise BadRequest(f"{text!r} is no address; write IP:PORT.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _settings(options: argparse.Namespace, data: Path) -> Settings:
    """Return the settings of what stands behind the service: nothing is kept there."""
    from lumenarc.config import Settings

    return Settings(data=data, sync="off", min_free_bytes=0, allowed_hosts=options.host_name, job_threads=0)


def _serve(app: ASGIApp, settings: Settings, bound: socket.socket, report: Report) -> None:
    import signal

    import uvicorn

    from lumenarc.doors.http.patience import bounded

    host, port = bound.getsockname()[:2]

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            report.result(f"ready http={host}:{port}", {"ready": True, "port": port})
            sys.stdout.flush()

    # uvicorn raises the signal again once it has drained; that is the end of a good run.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=10,
        http=bounded(settings),
    )  # fmt: skip
    Server(config).run(sockets=[bound])


class _Keeper:
    """Writes what comes into a folder; one object that comes again replaces its file."""

    def __init__(self, options: argparse.Namespace, report: Report) -> None:
        from lumenarc.cli.received_files import Folder

        self._folder = Folder(options.directory, options.filepath, lambda _path, _meta: None)
        self._report = report

    def keep(self, context: Context, chunks: Iterator[bytes], source: Source, study: str | None) -> Stored:
        """Write one file under its name."""
        from lumenarc.errors import OutOfResources
        from lumenarc.services.store import Stored

        part = self._folder.folder / f".{secrets.token_hex(8)}.part"
        try:
            try:
                _write(part, chunks, context.archive.settings.max_instance_bytes)
                target, uids = self._named(part, study)
                target.parent.mkdir(parents=True, exist_ok=True)
                part.replace(target)
            except OSError as error:
                raise OutOfResources(f"The file cannot be written: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                part.unlink()
        fields = {"host": source.host, "file": str(target), "sop_class_uid": uids[0], "sop_instance_uid": uids[1]}
        self._report.result(f"{source.host}: {target}", fields)
        sys.stdout.flush()
        return Stored("stored", *uids)

    def _named(self, part: Path, study: str | None) -> tuple[Path, tuple[str, str, str, str]]:
        """Return the name of a received file, and what it is.

        Raises:
            BadDataSet, MismatchedIdentity: it is no object, or one of another study than the address says.
        """
        from lumenarc.cli.headers import SERIES, SOP_CLASS, SOP_INSTANCE, STUDY, first
        from lumenarc.cli.part10_file import header_attributes
        from lumenarc.dicom.received import check_uid
        from lumenarc.errors import MismatchedIdentity

        found = header_attributes(part)
        names = ((SOP_CLASS, "SOP Class UID"), (SOP_INSTANCE, "SOP Instance UID"), (STUDY, "Study Instance UID"),
                 (SERIES, "Series Instance UID"))  # fmt: skip
        class_uid, uid, study_uid, series_uid = (
            check_uid(str(first(found, name)), said, lenient=True) for name, said in names
        )
        if study is not None and study_uid != study:
            raise MismatchedIdentity("The object belongs to another study than the address says.")
        return self._folder.folder / self._folder.pattern.fill_path(found), (class_uid, uid, study_uid, series_uid)


def _write(target: Path, chunks: Iterator[bytes], max_bytes: int) -> None:
    """Write pieces to a new file; raise TooLarge beyond what is allowed."""
    from lumenarc.errors import TooLarge

    n_bytes = 0
    with target.open("xb") as file:
        for chunk in chunks:
            n_bytes += len(chunk)
            if n_bytes > max_bytes:
                raise TooLarge("The object is larger than allowed.")
            file.write(chunk)
