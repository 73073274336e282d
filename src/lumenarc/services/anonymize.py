"""How does a stored object leave without anybody's identity? WADO-URI's anonymize=yes (PS3.18 9.5, PS3.15 E.1).

The Basic Profile is applied in a decoding process. UIDs are replaced by the same ones every time, with a key that the
archive makes for itself once and never gives away. Ultrasound scanners write names around the image: where the object
says which part is image, the rest is made black; whatever else may show a name is refused, as the setting says.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom import part10
from lumenarc.dicom.deidentify_policy import OPTIONS, Policy, map_uid
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.recode import Recoding, outside_ultrasound_regions
from lumenarc.dicom.stream_metadata import cleaned
from lumenarc.dicom.transcode import DataSetSource, find_pixels, locate_frames, pixel_extent, transcode
from lumenarc.dicom.transfer_syntaxes import is_video
from lumenarc.errors import BadRequest, LumenarcError, NotAcceptable, NotPermitted, Refused
from lumenarc.index import marks
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.services import jobs, leaving, retrieve, store, transcoding
from lumenarc.services.jobs import Running

_KEY = "deidentification_key"


def file(archive: Archive, inst: StoredInstance, target_uid: str, wish: Policy | None = None) -> Iterator[bytes]:
    """Yield the de-identified Part 10 file in a transfer syntax, by the Basic Profile or as `wish` says.

    Raises NotPermitted for an image that may show a name, NotAcceptable for a transfer syntax it cannot be given in.
    """
    key = _key(archive)
    for _checked in retrieve.data_set(archive, inst):
        pass
    with leaving.source(archive, inst) as source:
        if source.transfer_syntax_uid != inst.transfer_syntax_uid and target_uid == inst.transfer_syntax_uid:
            target_uid = source.transfer_syntax_uid  # deflated: it leaves inflated
        policy = replace(wish or Policy(), burned_in=archive.settings.anonymize_burned_in)
        blank = _blank(source, inst)
        if blank:
            policy = replace(policy, options=policy.options | {"clean_pixel_data"})
            target_uid = transcoding.EXPLICIT_LE if target_uid == inst.transfer_syntax_uid else target_uid
        if target_uid == source.transfer_syntax_uid and not blank:
            chunks = _as_it_lies(source)
        elif blank or transcoding.can_give(archive, inst, target_uid):
            recoding = Recoding(source.transfer_syntax_uid, target_uid, blank=blank)
            chunks = transcode(source, recoding, archive.imaging.recode_frame)
        else:
            raise NotAcceptable("The object cannot be given in this transfer syntax without loss.")
        try:
            head, _report = archive.imaging.deidentify(next(chunks), target_uid, policy.as_dict(), key)
        except Refused as error:
            raise NotPermitted(str(error)) from error
        kept = "retain_uids" in policy.options
        uid = inst.sop_instance_uid if kept else map_uid(inst.sop_instance_uid, key)
        yield part10.build_meta(inst.sop_class_uid, uid, target_uid, None)
        yield head
        yield from chunks


def _blank(source: DataSetSource, inst: StoredInstance) -> tuple[tuple[int, int, int, int], ...]:
    if inst.pixel_offset is None or is_video(inst.transfer_syntax_uid):
        return ()
    pixel = find_pixels(source)
    head = LazySet.of(source.read(0, pixel.offset if pixel else 0), source.transfer_syntax_uid)
    return outside_ultrasound_regions(head)


def _as_it_lies(source: DataSetSource) -> Iterator[bytes]:
    """Yield the head, then the pixel data as they lie, but for comments in compressed frames; nothing behind them."""
    pixel = find_pixels(source)
    if pixel is None:
        if source.n_bytes > retrieve.MAX_HEADER_BYTES:
            raise NotAcceptable("The object is too large to be de-identified.")
        yield source.read(0, source.n_bytes)
        return
    if pixel.offset > retrieve.MAX_HEADER_BYTES:
        raise NotAcceptable("The header of this object is too large to be de-identified.")
    head = LazySet.of(source.read(0, pixel.offset), source.transfer_syntax_uid)
    frames = [] if pixel.length is not None else locate_frames(source, pixel, head)
    start, end = pixel_extent(source, pixel, frames)
    yield source.read(0, start)
    yield from cleaned(source, pixel, start, end)


def _key(archive: Archive) -> bytes:
    """Return the archive's own key, made when it is first needed."""

    def made(connection: Connection) -> str:
        found = marks.get(connection, _KEY)
        if not found:
            found = secrets.token_hex(32)
            marks.put(connection, _KEY, found)
        return found

    with archive.index.read() as connection:
        found = marks.get(connection, _KEY)
    return bytes.fromhex(found or archive.index.write(made))


def new_uid(archive: Archive, uid: str) -> str:
    """Return what becomes of a UID when objects are de-identified here."""
    return map_uid(uid, _key(archive))


def start(archive: Archive, study_uids: tuple[str, ...], wish: Policy) -> str:
    """Queue anonymised copies of studies, stored as studies of their own; return the job's id.

    Raises NotFound or Gone, Refused while the same is under way, BadRequest for an unknown option.
    """
    if not wish.options <= OPTIONS.keys() - {"clean_pixel_data"}:
        raise BadRequest(f"The options of PS3.15 E.3 here are: {', '.join(sorted(OPTIONS))}.")
    for study_uid in study_uids:
        retrieve.find(archive, study_uid)  # it must be there
    arguments = {"study_uids": list(study_uids), "policy": wish.as_dict()}
    title = f"Make an anonymised copy of {'a study' if len(study_uids) == 1 else f'{len(study_uids)} studies'}"
    only_key = f"anonymize {hashlib.sha256(' '.join(sorted(study_uids)).encode()).hexdigest()}"
    return jobs.enqueue(archive, "anonymize", arguments, title=title, only_key=only_key)


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Store the copies; what was stored by an earlier attempt is the same again. The result names the new studies."""
    wish = Policy.from_dict(job.arguments["policy"])
    n_done, reasons = 0, dict[str, int]()
    found = retrieve.select(archive, Uids(study_uids=tuple(job.arguments["study_uids"])))
    copied: dict[str, None] = {}
    for inst in found:
        try:
            stored = store.store_part10(archive, file(archive, inst, inst.transfer_syntax_uid, wish), store.Source())
            copied[stored.study_uid] = None
            n_done += 1
        except LumenarcError as error:
            if error.http_status >= 500:
                raise  # the disk is full, the database away: another attempt may succeed
            reasons[str(error)] = reasons.get(str(error), 0) + 1
        job.progress(n_done, len(found), sum(reasons.values()))
    if not n_done:
        raise Refused(next(iter(reasons), "The study has no instances."))
    return {"study_uids": list(copied), "instances": n_done, "refused": reasons}
