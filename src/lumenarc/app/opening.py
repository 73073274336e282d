"""What is checked and taken before anything is served: address, ports, data folder, what an unclean stop left."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from lumenarc.archive import Archive, open_archive
from lumenarc.config import BadSetting, Settings
from lumenarc.doors.http.gate import is_local, may_be_open
from lumenarc.errors import Unavailable
from lumenarc.services import check, jobs, uploads, users

_BACKLOG = 1024
_NO_USERS = (
    "There are no users yet, so host must be this machine: make one with "
    "`lumenarc user add NAME --role administrator`, or set insecure_public = true."
)


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; raise Unavailable with one sentence when it cannot be done. Port 0 picks a free one."""
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, proto)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "cannot be listened on"
        raise Unavailable(f"{host} port {port} {reason}.") from error
    return bound


@contextmanager
def listening_for_hl7(settings: Settings) -> Iterator[socket.socket | None]:
    """Listen for HL7; give None when that port is taken and nobody has asked for it.

    A second archive on a machine is started with other DICOM and HTTP ports, by people who may not use HL7 at all; who
    names the HL7 port relies on it, and gets Unavailable. Beyond this machine that port is opened only when it is
    named: HL7 knows no sign-in.
    """
    if not may_be_open(settings) and "hl7_port" not in settings.model_fields_set:
        structlog.get_logger(__name__).warning("HL7 is not listened for", reason="hl7_port is not set")
        yield None
        return
    try:
        bound = listen(settings.host, settings.hl7_port)
    except Unavailable as error:
        if "hl7_port" in settings.model_fields_set:
            raise
        structlog.get_logger(__name__).warning("HL7 is not listened for", reason=str(error))
        yield None
        return
    with bound:
        yield bound


def allow_many_files() -> None:
    """Take as many file descriptors as this user may have: a thousand idle connections must not stop the others."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_public(settings: Settings) -> None:
    """Refuse to listen beyond this machine where nobody could sign in, unless that is said in so many words.

    Before the archive is opened, so that a wrong start leaves nothing behind; `check_users` looks into the index.
    """
    if may_be_open(settings):
        return
    if not settings.database and not (settings.data / "index.sqlite").exists():
        raise BadSetting(_NO_USERS)


def check_users(archive: Archive) -> None:
    """Refuse to serve beyond this machine without users; warn where `insecure_public` allows it."""
    settings = archive.settings
    if is_local(settings.host) or users.is_any(archive):
        return
    if not settings.insecure_public:
        raise BadSetting(_NO_USERS)
    structlog.get_logger(__name__).warning("anyone who reaches this machine can read everything", host=settings.host)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two archives in one folder would take each other's unfinished blobs for lost ones."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
    held = os.open(settings.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise Unavailable("Another archive is running in this data folder.") from error
    try:
        yield
    finally:
        os.close(held)


@contextmanager
def recovered(settings: Settings) -> Iterator[tuple[Archive, check.CheckReport]]:
    """Open the archive and mend what an unclean stop left; the clean end is remembered."""
    archive = open_archive(settings)
    try:
        with check.writing(archive) as report:
            if report.without_row:
                structlog.get_logger(__name__).warning(
                    "recovered after an unclean stop", indexed=len(report.adopted), set_aside=len(report.set_aside)
                )
            if archive.index.dialect == "sqlite":
                # This folder is ours: whoever ran a job is gone, and so is whoever was uploading.
                jobs.free_all(archive)
                uploads.sweep(archive)
            yield archive, report
    finally:
        archive.close()
