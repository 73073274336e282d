"""Does an import take what is DICOM and name what is not, and do check and recovery find and mend what is wrong?"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import pytest
from corpus import PYDICOM_FILES
from sqlalchemy import delete as sql_delete
from sqlalchemy import select

from lumenarc.archive import Archive, open_archive
from lumenarc.cli import main
from lumenarc.config import Settings
from lumenarc.dicom import part10
from lumenarc.errors import Unavailable
from lumenarc.index.schema import instance, study
from lumenarc.services import check, ingest, retrieve, store

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"
CT_UID = "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
MR = PYDICOM_FILES / "test_files" / "MR_small.dcm"


def put(archive: Archive, path: Path) -> store.Stored:
    return store.store_part10(archive, [path.read_bytes()], store.Source("SCU", "127.0.0.1"))


def test_files_folders_and_zips(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.dcm").write_bytes(CT.read_bytes())
    (folder / "note.txt").write_text("no image")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "DICOMDIR").write_bytes(CT.read_bytes())
    with zipfile.ZipFile(tmp_path / "in" / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(MR, "../../../escape.dcm")
        packed.writestr("broken.dcm", MR.read_bytes()[:2000])
    results: list[ingest.ImportResult] = []
    summary = ingest.import_paths(archive, [tmp_path / "in", CT, tmp_path / "missing"], results.append)
    assert (summary.n_stored, summary.n_duplicates, summary.n_skipped) == (2, 1, 1)
    assert {Path(r.name).name for r in summary.failed or ()} == {"note.txt", "b.zip:broken.dcm", "missing"}
    assert not list(tmp_path.rglob("escape.dcm"))
    assert check.check(archive).clean


def test_a_zip_bomb_stops_early(archive: Archive) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        head = CT.read_bytes()[:5000]
        writer.writestr("bomb.dcm", head + bytes(200 << 20))
    packed.seek(0)
    (result,) = ingest.import_stream(archive, "bomb.zip", packed, store.Source())
    assert result.outcome == "failed"
    assert "more than allowed" in result.error
    assert list(archive.storage.keys()) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_member_of_another_method_fails_alone(archive: Archive, method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        file.writestr("a.dcm", random.Random(1).randbytes(5000))
        file.writestr("b.dcm", b"DICM" * 5000)
    broken = bytearray(packed.getvalue())
    broken[45:60] = bytes(15)
    results = ingest.import_stream(archive, "x.zip", io.BytesIO(broken), store.Source())
    assert [result.name for result in results] == ["x.zip:a.dcm", "x.zip:b.dcm"]
    reason = "The member of the ZIP archive is packed by another method than deflate."
    assert {result.error for result in results} == {reason}


def test_members_that_overlap_are_refused(archive: Archive) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.dcm", bytes(5000))
        file.filelist *= 3
    packed.seek(0)
    (result,) = ingest.import_stream(archive, "x.zip", packed, store.Source())
    assert (result.outcome, result.error) == ("failed", "The members of the ZIP archive overlap.")


def test_check_finds_a_flipped_byte_and_a_stray_blob(archive: Archive) -> None:
    done, other = put(archive, CT), put(archive, MR)
    inst = retrieve.find_object(archive, done.sop_instance_uid)
    with archive.storage.open(inst.blob_key) as reader:
        path = reader.path
    assert path is not None
    spoilt = bytearray(path.read_bytes())
    spoilt[-7] ^= 1
    path.write_bytes(spoilt)
    stray = path.with_name("f" * 32 + ".dcm")
    stray.write_bytes(b"half a file")
    report = check.check(archive)
    assert [uid for uid, _reason in report.corrupt] == [done.sop_instance_uid]
    assert len(report.without_row) == 1
    assert not report.clean
    mended = check.check(archive, repair=True)
    assert mended.set_aside == report.without_row
    assert not stray.exists()
    assert retrieve.find_object(archive, other.sop_instance_uid)


def test_rows_lost_in_a_power_cut_come_back_from_the_blobs(archive: Archive, settings: Settings) -> None:
    assert check.recover(archive).n_blobs == 0
    first, second = put(archive, CT), put(archive, MR)
    before = retrieve.find_object(archive, second.sop_instance_uid)
    with archive.index.read() as connection:
        connection.execute(sql_delete(instance).where(instance.c.sop_instance_uid == second.sop_instance_uid))
        connection.commit()
    (settings.data / "blobs" / before.blob_key).with_name("e" * 32 + ".dcm").write_bytes(CT.read_bytes()[:3000])
    again = open_archive(settings)
    report = check.recover(again)
    assert (report.adopted, len(report.set_aside)) == ([before.blob_key], 1)
    found = retrieve.find_object(again, second.sop_instance_uid)
    assert (found.sha256, found.source_aet, found.pixel_offset) == (before.sha256, "SCU", before.pixel_offset)
    assert retrieve.find_object(again, first.sop_instance_uid)
    check.stopped_cleanly(again)
    assert check.recover(again).n_blobs == 0
    check.check(again, repair=True)
    with again.index.read() as connection:
        assert sorted(connection.execute(select(study.c.n_instances)).scalars()) == [1, 1]
    again.close()


def test_nothing_is_mended_while_somebody_stores(archive: Archive, settings: Settings) -> None:
    data = CT.read_bytes()
    body = data[part10.parse_meta(data).header_bytes :]
    with check.writing(archive):
        incoming = store.begin(archive, "1.2.840.10008.5.1.4.1.1.2", CT_UID, part10.EXPLICIT_LE, store.Source())
        incoming.write(body)
        incoming.write(bytes(400_000))  # streamed: its blob is there and has no row
        assert len(list(archive.storage.keys())) == 1
        with pytest.raises(Unavailable, match="storing"):
            check.check(archive, repair=True)
        other = open_archive(settings)
        with check.writing(other) as report:
            assert report.n_blobs == 0
        other.close()
        assert incoming.finish().outcome == "stored"
    assert check.check(archive, repair=True).clean
    assert retrieve.find_object(archive, CT_UID)


def test_what_a_killed_writer_left_is_mended_by_the_next(archive: Archive) -> None:
    with pytest.raises(KeyboardInterrupt), check.writing(archive):
        (archive.settings.data / "blobs" / archive.storage.create().key).with_suffix(".dcm").write_bytes(b"half")
        raise KeyboardInterrupt
    with check.writing(archive) as report:
        assert len(report.set_aside) == 1
    with check.writing(archive) as report:
        assert report.n_blobs == 0


def test_the_tools_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "data")
    with pytest.raises(SystemExit) as stopped:
        main(["import", "--data", data, str(CT)])
    assert stopped.value.code == 0
    assert "1 stored, 0 already there, 0 skipped, 0 failed" in capsys.readouterr().out
    junk = tmp_path / "junk"
    junk.write_bytes(struct.pack("<4I", 1, 2, 3, 4))
    with pytest.raises(SystemExit) as stopped:
        main(["import", "--data", data, str(CT), str(junk)])
    printed = capsys.readouterr()
    assert stopped.value.code == 1
    assert "junk: This is no DICOM file." in printed.err
    assert "0 stored, 1 already there" in printed.out
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--data", data])
    assert stopped.value.code == 0
    assert "1 instances, 1 blobs, 0 corrupt: clean" in capsys.readouterr().out
