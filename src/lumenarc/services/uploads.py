"""How is a large upload taken in? The ZIP archive is kept beside the blobs and imported by a job.

Its members' names are never shown in the job: they may be names of people. The job belongs to the data folder that the
file lies in; where several nodes have folders of their own, uploads are imported at once instead.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lumenarc.archive import Archive
from lumenarc.errors import BadDataSet, BadRequest, NotFound, OutOfResources, Refused, Unavailable
from lumenarc.services import jobs
from lumenarc.services.ingest import ImportResult, import_zip
from lumenarc.services.store import Source

TASK = "import"
_FOLDER = "uploads"
_NAME = re.compile(r"[0-9a-f]{32}")
_ZIP = b"PK\3\4"
_MOST_REASONS = 20


def queue(archive: Archive, chunks: Iterable[bytes], source: Source) -> str:
    """Keep a ZIP archive that comes in pieces and queue its import; return the job.

    Raises BadRequest for anything but a ZIP archive, OutOfResources when there is no room for it.
    """
    path = archive.settings.data / _FOLDER / secrets.token_hex(16)
    try:
        path.parent.mkdir(exist_ok=True, mode=0o750)
        with path.open("xb") as file:
            for chunk in chunks:
                if archive.storage.free_bytes() < archive.settings.min_free_bytes + len(chunk):
                    raise OutOfResources("The storage is full.")
                file.write(chunk)
        with path.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                raise BadRequest("A job imports ZIP archives only.")
        arguments = {"file": path.name, "aet": source.aet, "host": source.host}
        return jobs.enqueue(archive, TASK, arguments, title="Import an uploaded ZIP archive")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OutOfResources("The upload cannot be kept.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def run(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Import what is left of the archive; the checkpoint holds the number of members that are over and the outcomes."""
    path = _path(archive, str(job.arguments["file"]))
    source = Source(str(job.arguments["aet"]), str(job.arguments["host"]))
    try:
        result = _import(archive, job, path, source)
    except (Unavailable, jobs.Interrupted):
        raise  # it goes on later, with the file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return result


def _import(archive: Archive, job: jobs.Running, path: Path, source: Source) -> dict[str, Any]:
    n_done, outcomes, reasons = job.checkpoint or [0, {}, {}]
    outcomes, reasons = Counter(outcomes), Counter(reasons)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound("The uploaded file is no longer here; upload it again.") from None
    with file:
        for n_members, result in import_zip(archive, "", file, source, n_done):
            _check(result)
            n_done += 1
            outcomes[result.outcome] += 1
            if result.error and (result.error in reasons or len(reasons) < _MOST_REASONS):
                reasons[result.error] += 1
            job.progress(n_done, n_members, outcomes["failed"], checkpoint=[n_done, outcomes, reasons])
    if outcomes["failed"] and not (outcomes["stored"] or outcomes["duplicate"] or outcomes["kept_other"]):
        raise Refused(f"Nothing could be imported: {next(iter(reasons), '')}")
    return {**outcomes, "reasons": reasons}


def _check(result: ImportResult) -> None:
    if result.may_pass:
        raise Unavailable(result.error)


def _path(archive: Archive, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise BadDataSet("The job names no uploaded file.")
    return archive.settings.data / _FOLDER / name


def sweep(archive: Archive) -> None:
    """Remove uploads that no open job needs; for a start that knows that nobody else uses the data folder."""
    needed = {job.arguments.get("file") for job in jobs.open_ones(archive, TASK)}
    for path in (archive.settings.data / _FOLDER).glob("*"):
        if path.name not in needed:
            path.unlink(missing_ok=True)
