"""Does a backup hold all that was acknowledged, does a restored or reindexed archive answer as the old one did?"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from sqlalchemy import create_engine, select

from lumenarc.archive import Archive, open_archive
from lumenarc.cli import main
from lumenarc.config import Settings, load
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query import Query
from lumenarc.errors import BadRequest, LumenarcError, Refused, Unavailable
from lumenarc.index import lookup, migrate
from lumenarc.index.schema import instance, series
from lumenarc.services import ae, backup, check, correct, delete, jobs, query, reindex, retrieve, store
from postgresql import Cluster

FILES = PYDICOM_FILES / "test_files"
CT, MR = FILES / "CT_small.dcm", FILES / "MR_small.dcm"
SOURCE = store.Source("SCU", "10.1.2.3")


def quiet(*_told: Any) -> None:
    """Take what a backup tells."""


def changed(file: Path, **values: str) -> bytes:
    ds = pydicom.dcmread(file)
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    out = io.BytesIO()
    ds.save_as(out)
    return out.getvalue()


def put(archive: Archive, data: bytes) -> store.Stored:
    return store.store_part10(archive, [data], SOURCE)


def lived_in(archive: Archive) -> None:
    """Let an archive hold every real file, and everything that only an index knows."""
    for file in real_files():
        if file.is_relative_to(PYDICOM_FILES):
            try:
                put(archive, file.read_bytes())
            except LumenarcError:
                continue
    why = {"by": "test", "reason": "a test"}
    ct = pydicom.dcmread(CT)
    pk = correct.patient_of(archive, ct.StudyInstanceUID).pk
    name = correct.checked("PATIENT", {"PatientName": {"vr": "PN", "Value": [{"Alphabetic": "Other^Name"}]}})
    correct.edit_patient(archive, pk, name, **why)
    text = {"vr": "LO", "Value": ["Corrected"]}
    correct.edit_study(archive, ct.StudyInstanceUID, correct.checked("STUDY", {"StudyDescription": text}), **why)
    uids = (ct.StudyInstanceUID, ct.SeriesInstanceUID)
    correct.edit_series(archive, *uids, correct.checked("SERIES", {"SeriesDescription": text}), **why)
    mr = pydicom.dcmread(MR)
    correct.merge_patients(archive, correct.patient_of(archive, mr.StudyInstanceUID).pk, pk, **why)
    other = pydicom.dcmread(FILES / "examples_ybr_color.dcm")
    new: dict[str, dict[str, Any]] = {
        "00100020": {"vr": "LO", "Value": ["NEW"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "New"}]},
    }
    correct.move_study(archive, other.StudyInstanceUID, new, **why)
    # After the merge, an object of the merged patient arrives; one is deleted; one deleted and sent again.
    put(archive, changed(MR, SOPInstanceUID="1.2.3.1", StudyInstanceUID="1.2.3.2", SeriesInstanceUID="1.2.3.3"))
    rtplan = pydicom.dcmread(FILES / "rtplan.dcm")
    delete.delete(archive, rtplan.StudyInstanceUID, by="test", reason="wrong")
    delete.delete(archive, mr.StudyInstanceUID, by="test", reason="wrong")
    put(archive, MR.read_bytes())
    assert put(archive, changed(CT, ProtocolName="Else")).outcome == "kept_other"
    ae.put(archive, ae.ApplicationEntity("SOMEBODY", "host", 104))


def answers(archive: Archive) -> dict[str, Any]:
    """Return what an archive says to whoever asks."""
    found: dict[str, Any] = {}
    for level in Level:
        rows = query.search(archive, Query(level, (), frozenset(), True))
        found[level.name] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    words = (("other",), ("corrected",), ("new",), ("compressedsamples",))
    free = (query.search(archive, Query(Level.STUDY, (), None, words=word)) for word in words)
    found["words"] = [sorted({row["0020000D"]["Value"][0] for row in rows}) for rows in free]
    studies = [json.loads(row)["0020000D"]["Value"][0] for row in found["STUDY"]]
    found["history"] = [
        [(line.kind, line.level, line.before, line.after, line.corrected_at) for line in correct.history(archive, uid)]
        for uid in studies
    ]
    found["aes"] = ae.all_entities(archive)
    found["trash"] = [(item.study_uid, item.n_instances) for item in delete.trash_items(archive, 100, 0)[1]]
    with archive.index.read() as connection:
        columns = ("sop_instance_uid", "sha256", "state", "received_at", "source_host", "source_aet", "note")
        rows_of = connection.execute(select(*(instance.c[name] for name in columns)))
        found["instances"] = sorted(tuple(map(str, row)) for row in rows_of)
        found["corrected"] = sorted(map(str, connection.execute(select(series.c.corrected_at)).scalars()))
    return found


def identities(archive: Archive) -> str:
    """Store one more object of the merged patient; return to whom it belongs."""
    again = changed(MR, SOPInstanceUID="1.2.4.1", StudyInstanceUID="1.2.4.2", SeriesInstanceUID="1.2.4.3")
    put(archive, again)
    attrs = correct.patient_of(archive, "1.2.4.2").attrs
    return str(attrs["00100020"]["Value"][0])


def test_the_index_made_anew_answers_as_before(settings: Settings, postgresql: Cluster) -> None:
    archive = open_archive(settings)
    lived_in(archive)
    before = answers(archive)
    archive.close()
    into = postgresql.new_database() if settings.database else ""
    with pytest.raises(BadRequest):
        if settings.database:
            reindex.reindex(settings, "", quiet)
        raise BadRequest
    done = reindex.reindex(settings, into, quiet)
    assert (done.failed, done.n_lost, done.had_index) == ([], 0, True)
    if into:
        with pytest.raises(Refused):
            reindex.reindex(settings, into, quiet)
    again = open_archive(settings.model_copy(update={"database": into}))
    assert answers(again) == before
    assert check.check(again).clean
    merged_into = pydicom.dcmread(CT).PatientID
    assert identities(again) == merged_into
    (item, *_rest) = (one for one in delete.trash_items(again, 10, 0)[1] if one.n_instances == 1)
    delete.restore(again, item.pk)
    again.close()


def test_an_index_lost_altogether_is_made_from_the_blobs(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "data", min_free_bytes=0)
    archive = open_archive(settings)
    for file in real_files():
        if file.is_relative_to(PYDICOM_FILES):
            try:
                put(archive, file.read_bytes())
            except LumenarcError:
                continue
    before = answers(archive)
    with archive.index.read() as connection:  # a second between them, and not the fraction of a tick of the clock
        for number, inst in enumerate(lookup.page(connection, 0, 1000)):
            os.utime(settings.data / "blobs" / f"{inst.blob_key}.dcm", (1e9 + number, 1e9 + number))
    archive.close()
    for path in settings.data.glob("index.sqlite*"):
        path.unlink()
    (settings.data / "index.sqlite").write_bytes(b"not a database, and rather long for nothing " * 100)
    done = reindex.reindex(settings, "", quiet)
    assert (done.failed, done.had_index) == ([], False)
    again = open_archive(settings)
    after = answers(again)
    # The host and the moment of an instance are in the index only; its file tells the moment well enough.
    assert [row[:3] for row in after.pop("instances")] == [row[:3] for row in before.pop("instances")]
    assert after == before
    again.close()


def test_nothing_is_reindexed_while_somebody_stores(archive: Archive, settings: Settings) -> None:
    if settings.database:
        return
    with check.writing(archive), pytest.raises(Unavailable):
        reindex.reindex(settings, "", quiet)


def test_a_damaged_blob_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load(data=tmp_path / "data", min_free_bytes=0)
    archive = open_archive(settings)
    put(archive, CT.read_bytes())
    put(archive, MR.read_bytes())
    archive.close()
    first = min(settings.data.rglob("*.dcm"))
    first.write_bytes(first.read_bytes()[:-100])
    with pytest.raises(SystemExit) as exit_:
        main(["reindex", "--data", str(settings.data), "--json"])
    assert exit_.value.code == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["blobs"], said["instances"], said["failed"], said["lost"]) == (2, 1, 1, 1)


def test_a_restored_backup_answers_as_the_archive_did(
    archive: Archive, settings: Settings, tmp_path: Path, postgresql: Cluster
) -> None:
    lived_in(archive)
    job = jobs.start(archive, "check")
    before = answers(archive)
    done = backup.backup(archive, tmp_path / "copy", quiet)
    assert (done.failed, done.n_copied) == ([], done.n_instances)
    # Into the same kind of database, and into the other.
    for number, database in enumerate(("", postgresql.new_database())):
        there = load(data=tmp_path / f"restored-{number}", database=database, min_free_bytes=0)
        report = backup.restore(tmp_path / "copy", there, quiet)
        assert (report.clean, report.n_instances) == (True, done.n_instances)
        again = open_archive(there)
        assert answers(again) == before
        assert jobs.get(again, job).state == "cancelled"
        assert put(again, changed(CT, SOPInstanceUID="1.2.5")).outcome == "stored"  # keys go on where they were
        assert jobs.start(again, "check") != job
        again.close()
        with pytest.raises(Refused):
            backup.restore(tmp_path / "copy", there, quiet)


def test_what_is_acknowledged_while_the_backup_runs(archive: Archive, tmp_path: Path) -> None:
    put(archive, CT.read_bytes())
    put(archive, MR.read_bytes())
    stored: list[str] = []

    def busy(_key: str, _n_bytes: int) -> None:
        uid = f"1.2.6.{len(stored) + 1}"
        if len(stored) < 5:
            put(archive, changed(CT, SOPInstanceUID=uid))
            stored.append(uid)

    done = backup.backup(archive, tmp_path / "copy", busy)
    report = backup.restore(tmp_path / "copy", load(data=tmp_path / "again", min_free_bytes=0), quiet)
    assert report.clean
    # Two were acknowledged before it began; each row of the index at its moment has its blob.
    assert report.n_instances == done.n_instances >= 2


def test_the_next_backup_copies_what_is_new(archive: Archive, tmp_path: Path) -> None:
    first = put(archive, CT.read_bytes())
    assert backup.backup(archive, tmp_path / "copy", quiet).n_copied == 1
    put(archive, MR.read_bytes())
    assert backup.backup(archive, tmp_path / "copy", quiet).n_copied == 1
    copies = sorted((tmp_path / "copy" / "blobs").rglob("*.dcm"))
    copies[0].write_bytes(bytes(copies[0].stat().st_size))
    assert backup.backup(archive, tmp_path / "copy", quiet).n_copied == 0
    assert backup.backup(archive, tmp_path / "copy", quiet, verify=True).n_copied == 1
    gone = delete.delete(archive, first.study_uid, by="test", reason="wrong")
    delete.purge(archive, gone.trash_pk)
    assert backup.backup(archive, tmp_path / "copy", quiet).n_pruned == 0
    assert backup.backup(archive, tmp_path / "copy", quiet, prune=True).n_pruned == 1
    assert len(list((tmp_path / "copy").glob("index-*.gz"))) == 1
    report = backup.restore(tmp_path / "copy", load(data=tmp_path / "again", min_free_bytes=0), quiet)
    assert (report.clean, report.n_instances) == (True, 1)


def test_a_spoilt_object_is_named_and_not_copied(archive: Archive, settings: Settings, tmp_path: Path) -> None:
    done = put(archive, CT.read_bytes())
    put(archive, MR.read_bytes())
    inst = retrieve.find_object(archive, done.sop_instance_uid)
    path = settings.data / "blobs" / f"{inst.blob_key}.dcm"
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")
    made = backup.backup(archive, tmp_path / "copy", quiet)
    assert [uid for uid, _reason in made.failed] == [done.sop_instance_uid]
    assert backup.manifest_of(tmp_path / "copy")["missing"] == [done.sop_instance_uid]
    report = backup.restore(tmp_path / "copy", load(data=tmp_path / "again", min_free_bytes=0), quiet)
    assert [uid for uid, _reason in report.corrupt] == [done.sop_instance_uid]


def test_what_is_no_backup_is_refused(archive: Archive, tmp_path: Path) -> None:
    put(archive, CT.read_bytes())
    copy = tmp_path / "copy"
    backup.backup(archive, copy, quiet)
    empty = load(data=tmp_path / "again", min_free_bytes=0)
    spoilers: tuple[Callable[[Path], object], ...] = (
        lambda folder: (folder / backup.MANIFEST).unlink(),
        lambda folder: (folder / backup.MANIFEST).write_text("{}"),
        lambda folder: (folder / backup.MANIFEST).write_text("[1"),
        lambda folder: next(folder.glob("index-*")).write_bytes(b"no"),
    )
    for spoil in spoilers:
        spoilt = Path(shutil.copytree(copy, tmp_path / "spoilt"))
        spoil(spoilt)
        with pytest.raises(BadRequest):
            backup.restore(spoilt, empty, quiet)
        shutil.rmtree(spoilt)
        assert not empty.data.exists()
    manifest = json.loads((copy / backup.MANIFEST).read_text())
    manifest["index"] = "../outside"
    (copy / backup.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BadRequest):
        backup.restore(copy, empty, quiet)
    with pytest.raises(BadRequest):
        backup.restore(tmp_path / "nothing", empty, quiet)


def test_a_backup_of_an_older_program_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dump says its schema; it is read into that one, which is then brought up to date."""
    settings = load(data=tmp_path / "data", min_free_bytes=0)
    archive = open_archive(settings)
    put(archive, CT.read_bytes())
    backup.backup(archive, tmp_path / "copy", quiet)
    archive.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'older.sqlite'}")
    with engine.begin() as connection:
        migrate.upgrade(connection, "0002")
        assert not migrate.is_current(connection)
    engine.dispose()
    older = open_archive(load(data=tmp_path / "older", database=f"sqlite:///{tmp_path / 'older.sqlite'}"))
    with older.index.read() as connection:
        assert migrate.is_current(connection)
    older.close()
    manifest = backup.manifest_of(tmp_path / "copy")
    assert manifest["schema"] == migrate.newest()
    monkeypatch.setattr(migrate, "newest", lambda: "0000")
    with pytest.raises(BadRequest, match="newer"):
        backup.restore(tmp_path / "copy", load(data=tmp_path / "again", min_free_bytes=0), quiet)
