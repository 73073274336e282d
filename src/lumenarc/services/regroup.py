"""How are series split and merged? Copies under new UIDs take the place of the originals, which go to the trash.

Which series an object belongs to is part of its identity, so that an overlay (correct.py) cannot change it: every copy
has a SOP Instance UID of its own and says in its Original Attributes Sequence what it was (PS3.3 C.12.1.1.9). The
UIDs of copies are made from the old ones, so that a job may begin again. Whatever refers to the old objects keeps
doing so; they can be restored from the trash.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import part10
from lumenarc.dicom.attributes import SERIES_TAGS, Level
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.query_parse import from_qido
from lumenarc.errors import BadRequest, NotFound, Refused
from lumenarc.index.corrections import Laid
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import delete, jobs, leaving, query, retrieve, store

TASK = "regroup"
MOST_INSTANCES = 20_000
_MODALITY, _SERIES_UID, _SOP_INSTANCE_UID = "00080060", "0020000E", "00080018"


def split(
    archive: Archive, study_uid: str, series_uid: str, sop_instance_uids: list[str], changes: Attributes, reason: str
) -> str:
    """Queue that some objects of a series become a series of their own; return the job.

    `changes` are attributes of the new series. Raises NotFound, BadRequest when none or all objects are chosen.
    """
    chosen = set(sop_instance_uids)
    known = {inst.sop_instance_uid for inst in retrieve.find(archive, study_uid, series_uid)}
    if not chosen or not chosen < known:
        raise BadRequest("Splitting needs some objects of the series, and leaves some in it.")
    target = {_SERIES_UID: {"vr": "UI", "Value": [f"2.25.{uuid.uuid4().int}"]}}
    sources = {series_uid: sorted(chosen)}
    return _queue(
        archive,
        "Split a series",
        study_uid,
        sources,
        _of_series(archive, study_uid, series_uid) | changes | target,
        reason,
    )


def merge(archive: Archive, study_uid: str, into: str, series_uids: list[str], reason: str) -> str:
    """Queue that the objects of some series come into another one of the study; return the job.

    Raises NotFound, BadRequest for a series and itself, Refused for series of different modalities.
    """
    if not series_uids or into in series_uids:
        raise BadRequest("Merging needs other series of the study.")
    target = _of_series(archive, study_uid, into)
    for series_uid in series_uids:
        if _of_series(archive, study_uid, series_uid).get(_MODALITY) != target.get(_MODALITY):
            raise Refused("Series of different modalities cannot be merged.")
    sources: dict[str, list[str]] = {series_uid: [] for series_uid in series_uids}
    return _queue(archive, "Merge series", study_uid, sources, target, reason)


def _of_series(archive: Archive, study_uid: str, series_uid: str) -> Attributes:
    """Return the attributes of a series that all its objects share."""
    uids = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": series_uid}
    found = next(iter(query.search(archive, from_qido(Level.SERIES, uids, [("includefield", "all")]))), None)
    if found is None:
        raise NotFound("There is no such series.")
    shared = {f"{tag:08X}" for tag in SERIES_TAGS} | {_SERIES_UID}
    return {name: entry for name, entry in found.items() if name in shared}


def _queue(
    archive: Archive, title: str, study_uid: str, sources: dict[str, list[str]], target: Attributes, reason: str
) -> str:
    if not reason.strip():
        raise BadRequest("A correction needs a reason of up to 1000 characters.")
    arguments = {"study_uid": study_uid, "sources": sources, "target": target, "reason": reason.strip()[:1000]}
    return jobs.enqueue(archive, TASK, arguments, title=title, only_key=f"regroup {study_uid}")


def run(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Store the copies, then delete the originals; what an earlier attempt did is the same again."""
    study_uid, target = job.arguments["study_uid"], job.arguments["target"]
    sources: dict[str, list[str]] = job.arguments["sources"]
    found = [inst for series_uid, chosen in sources.items() for inst in _chosen(archive, study_uid, series_uid, chosen)]
    if len(found) > MOST_INSTANCES:
        raise Refused("These are more objects than a series is split or merged by.")
    for n_done, inst in enumerate(found):
        job.progress(n_done, len(found))
        store.store_part10(archive, _copy(archive, inst, target), store.Source(inst.source_aet))
    for series_uid, chosen in sources.items():
        if chosen:
            delete.delete_some(archive, study_uid, series_uid, chosen, reason=job.arguments["reason"])
        elif any(inst.series_uid == series_uid for inst in found):
            delete.delete(archive, study_uid, series_uid, by="http", reason=job.arguments["reason"])
    job.progress(len(found), len(found))
    return {"study_uid": study_uid, "series_uid": target[_SERIES_UID]["Value"][0], "instances": len(found)}


def _chosen(archive: Archive, study_uid: str, series_uid: str, chosen: list[str]) -> list[StoredInstance]:
    """Return what is left to do of a series; an earlier attempt may have finished it."""
    try:
        found = retrieve.find(archive, study_uid, series_uid)
    except NotFound:
        return []
    wanted = set(chosen)
    return [inst for inst in found if not wanted or inst.sop_instance_uid in wanted]


def _copy(archive: Archive, inst: StoredInstance, target: Attributes) -> Iterator[bytes]:
    """Yield the Part 10 file of a copy."""
    series_uid = target[_SERIES_UID]["Value"][0]
    uid = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{series_uid} {inst.sop_instance_uid}').int}"
    changes = target | {_SOP_INSTANCE_UID: {"vr": "UI", "Value": [uid]}}
    laid = Laid(leaving.laid_over(archive, inst).changes | changes, archive.now_ms())
    yield part10.build_meta(inst.sop_class_uid, uid, inst.transfer_syntax_uid, None)
    yield from leaving.data_set(archive, inst, laid).chunks
