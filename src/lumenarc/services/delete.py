"""How studies, series and instances are deleted to the trash, restored, and purged when their time is over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.errors import Gone, NotFound
from lumenarc.events import StudyChanged
from lumenarc.index import lookup, trash
from lumenarc.index.lookup import Uids
from lumenarc.index.trash import TrashItem

_MS_PER_DAY = 86_400_000
_SUMMARY_TAGS = ("00100010", "00100020", "00080020", "00081030")


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did: the trash row that `restore` takes, and how many instances lie in it."""

    trash_pk: int
    n_instances: int


def delete(
    archive: Archive,
    study_uid: str,
    series_uid: str | None = None,
    sop_instance_uid: str | None = None,
    *,
    by: str = "",
    reason: str = "",
) -> Deleted:
    """Move a study, series or instance to the trash.

    Raises Gone when it lies in the trash already, NotFound when it was never here.
    """
    return _delete(archive, (study_uid, series_uid or "", sop_instance_uid or ""), (), by, reason)


def delete_some(
    archive: Archive, study_uid: str, series_uid: str, sop_instance_uids: Sequence[str], *, by: str = "", reason: str
) -> Deleted:
    """Move some instances of a series to the trash, from where they are restored together; raises as `delete`."""
    return _delete(archive, (study_uid, series_uid, ""), sop_instance_uids, by, reason)


def _delete(archive: Archive, uids: tuple[str, str, str], only: Sequence[str], by: str, reason: str) -> Deleted:
    now = archive.now_ms()
    study_uid, series_uid, sop_instance_uid = uids
    level = "IMAGE" if sop_instance_uid else "SERIES" if series_uid else "STUDY"

    def change(connection: Connection) -> tuple[int, int]:
        item = TrashItem(
            pk=0,
            level=level,
            study_uid=study_uid,
            series_uid=series_uid,
            sop_instance_uid=sop_instance_uid,
            n_instances=0,
            summary=_summary(connection, study_uid),
            reason=reason,
            deleted_by=by,
            deleted_at=now,
            expires_at=now + archive.settings.trash_retention_days * _MS_PER_DAY,
        )
        return trash.move_to_trash(connection, item, only)

    trash_pk, n_instances = archive.index.write(change)
    if not n_instances:
        raise missing(archive, study_uid, series_uid or None, sop_instance_uid or None)
    archive.changes.publish(StudyChanged(study_uid))
    return Deleted(trash_pk, n_instances)


def missing(archive: Archive, study_uid: str, series_uid: str | None, sop_instance_uid: str | None) -> NotFound:
    """Say why nothing lives under these UIDs: deleted (Gone), or never here (NotFound)."""
    uids = Uids(
        study_uids=(study_uid,) if study_uid else (),
        series_uids=(series_uid,) if series_uid else (),
        sop_instance_uids=(sop_instance_uid,) if sop_instance_uid else (),
    )
    with archive.index.read() as connection:
        if lookup.was_deleted(connection, uids):
            return Gone("It has been deleted; an administrator can restore it from the trash.")
    return NotFound("Nothing is stored under this UID.")


def _summary(connection: Connection, study_uid: str) -> str:
    source = trash.summary_source(connection, study_uid)
    if source is None:
        return "{}"
    merged: dict[str, Any] = json.loads(source[0]) | json.loads(source[1])
    return json.dumps({tag: merged[tag] for tag in _SUMMARY_TAGS if tag in merged}, ensure_ascii=False)


def trash_items(archive: Archive, limit: int, offset: int) -> tuple[int, list[TrashItem]]:
    """Return how many deletions there are, and one page of them, the newest first."""
    with archive.index.read() as connection:
        return trash.n_items(connection), trash.items(connection, limit, offset)


def restore(archive: Archive, trash_pk: int) -> tuple[int, int]:
    """Bring a deletion back; return (restored, left behind because stored again meanwhile)."""
    item = _item(archive, trash_pk)
    counts = archive.index.write(lambda connection: trash.restore(connection, trash_pk, archive.now_ms()))
    archive.changes.publish(StudyChanged(item.study_uid))
    return counts


def purge(archive: Archive, trash_pk: int) -> int:
    """Delete a deletion's rows and blobs for good; return the number of blobs.

    The rows go first: a crash between the two leaves blobs without rows, which `check --repair` sweeps; the other
    order would leave rows whose bytes are gone.
    """
    _item(archive, trash_pk)
    keys = archive.index.write(lambda connection: trash.purge(connection, trash_pk))
    for key in keys:
        archive.storage.delete(key)
    return len(keys)


def expired(archive: Archive) -> list[int]:
    """Return the deletions whose retention is over, to be purged."""
    with archive.index.read() as connection:
        return trash.expired(connection, archive.now_ms())


def _item(archive: Archive, trash_pk: int) -> TrashItem:
    with archive.index.read() as connection:
        item = trash.get(connection, trash_pk)
    if item is None:
        raise NotFound("There is no such deletion in the trash.")
    return item
