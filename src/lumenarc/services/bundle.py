"""How is a large download made? As a job: one ZIP beside the blobs, fetched when it is whole, gone a day later.

Names inside are numbers, as in packing.py. What cannot be given in the wished form is left out and counted with its
reason. The file belongs to the data folder that it lies in, as an upload does (uploads.py).
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import dicomdir, part10
from lumenarc.dicom.deidentify_policy import OPTIONS, Policy
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.render_request import RenderRequest
from lumenarc.errors import BadRequest, LumenarcError, NotFound, OutOfResources, Refused
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.services import anonymize, jobs, leaving, render, retrieve, transcoding

TASK = "bundle"
FORMS = ("stored", "explicit", "jpeg")
_FOLDER = "bundles"
_NAME = re.compile(r"[0-9a-f]{32}")
_KEPT_S = 86_400
_MOST_REASONS = 20

# A member of the ZIP: its ending, its bytes, and what the DICOMDIR says of it.
Member = tuple[str, Iterator[bytes], dicomdir.Entry | None]
Opener = Callable[[Archive, StoredInstance, tuple[str, str, str]], Iterator[Member]]


def queue(archive: Archive, study_uids: tuple[str, ...], form: str, wish: Policy | None) -> str:
    """Queue a ZIP of studies and return the job; `wish` makes it anonymous.

    Raises BadRequest for a form that is none, NotFound when nothing is stored under these UIDs.
    """
    if form not in FORMS or (form == "jpeg" and wish is not None):
        raise BadRequest(f"The form of an export is one of: {', '.join(FORMS)}; pictures are not made anonymous.")
    if wish is not None and not wish.options <= OPTIONS.keys() - {"clean_pixel_data"}:
        raise BadRequest(f"The options of PS3.15 E.3 here are: {', '.join(sorted(OPTIONS))}.")
    if not retrieve.select(archive, Uids(study_uids=study_uids)):
        raise NotFound("Nothing is stored under these UIDs.")
    policy = None if wish is None else wish.as_dict()
    arguments = {"study_uids": list(study_uids), "form": form, "policy": policy}
    return jobs.enqueue(archive, TASK, arguments, title=f"Pack {len(study_uids)} studies for download")


def run(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Write the ZIP; another attempt begins anew."""
    folder = archive.settings.data / _FOLDER
    folder.mkdir(exist_ok=True, mode=0o750)
    _sweep(folder)
    path = folder / secrets.token_hex(16)
    try:
        return _write(archive, job, path)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OutOfResources("The download cannot be kept.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(archive: Archive, job: jobs.Running, path: Path) -> dict[str, Any]:
    found = retrieve.select(archive, Uids(study_uids=tuple(job.arguments["study_uids"])))
    opener = _opener(job.arguments)
    reasons: Counter[str] = Counter()
    entries: list[dicomdir.Entry] = []
    folders: dict[str, int] = {}
    n_packed = 0
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as packed:
        for number, inst in enumerate(found, 1):
            name = ("DICOM", f"{folders.setdefault(inst.series_uid, len(folders) + 1):08}", f"{number:08}")
            try:
                for ending, chunks, entry in opener(archive, inst, name):
                    _room(archive, inst)
                    with packed.open("/".join(name) + ending, "w", force_zip64=True) as member:
                        for chunk in chunks:
                            member.write(chunk)
                    entries += [entry] if entry else []
                n_packed += 1
            except LumenarcError as error:
                if error.http_status >= 500:
                    raise
                reasons[str(error) if len(reasons) < _MOST_REASONS else "Other reasons."] += 1
            job.progress(n_packed, len(found), sum(reasons.values()))
        if entries:
            packed.writestr("DICOMDIR", dicomdir.build(entries, f"2.25.{uuid.uuid4().int}"))
    if not n_packed:
        path.unlink()
        raise Refused(next(iter(reasons), "Nothing is stored under these UIDs."))
    return {"file": path.name, "size_bytes": path.stat().st_size, "instances": n_packed, "refused": dict(reasons)}


def _room(archive: Archive, inst: StoredInstance) -> None:
    if archive.storage.free_bytes() < archive.settings.min_free_bytes + inst.data_set_bytes:
        raise OutOfResources("The storage is full.")


def _opener(arguments: dict[str, Any]) -> Opener:
    if arguments["form"] == "jpeg":
        return _pictures
    syntax = part10.EXPLICIT_LE if arguments["form"] == "explicit" else None
    wish = None if arguments["policy"] is None else Policy.from_dict(arguments["policy"])

    def objects(archive: Archive, inst: StoredInstance, name: tuple[str, str, str]) -> Iterator[Member]:
        targets = (inst.transfer_syntax_uid,) if syntax is None else (syntax, inst.transfer_syntax_uid)
        if wish is None:
            chosen, chunks = transcoding.open_in(archive, inst, targets)
            yield "", chunks, dicomdir.Entry(name, chosen, leaving.attributes(archive, inst))
            return
        made = anonymize.file(archive, inst, inst.transfer_syntax_uid, wish)
        meta, head = next(made), next(made)
        chosen = part10.parse_meta(memoryview(meta)).transfer_syntax_uid
        yield "", chain((meta, head), made), dicomdir.Entry(name, chosen, to_attributes(head, chosen))

    return objects


def _pictures(archive: Archive, inst: StoredInstance, _name: tuple[str, str, str]) -> Iterator[Member]:
    """Yield every frame as JPEG, as a viewer would first show it."""
    for number in range(1, (inst.number_of_frames or 1) + 1):
        picture = render.rendered(archive, inst, number, RenderRequest("image/jpeg"))
        yield (f"_{number:05}.jpg" if (inst.number_of_frames or 1) > 1 else ".jpg"), iter((picture.data,)), None


def made(archive: Archive, job_id: str) -> Path:
    """Return the file of a job that is done; raise NotFound when there is none, or none any more."""
    job = jobs.get(archive, job_id)
    name = str(job.result.get("file", ""))
    path = archive.settings.data / _FOLDER / name
    if job.task != TASK or not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("This job has no file to download, or none any more.")
    return path


def _sweep(folder: Path) -> None:
    """Remove what is over its time, or was left by a process that died."""
    for path in folder.glob("*"):
        if path.stat().st_mtime < time.time() - _KEPT_S:
            path.unlink(missing_ok=True)
