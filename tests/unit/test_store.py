"""Is what was acknowledged there, whole and indexed once, and is what does not fit refused by its policy?"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import threading
from typing import Any

import pydicom
import pytest
from corpus import real_files
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.dicom import header, part10
from lumenarc.errors import (
    BadDataSet,
    CommitUnknown,
    DuplicateInstance,
    LumenarcError,
    MismatchedIdentity,
    OutOfResources,
    PatientConflict,
    Refused,
    TooLarge,
)
from lumenarc.index.schema import instance, patient, series, study
from lumenarc.services import check, delete, store
from lumenarc.services.store import Source

CT = "1.2.840.10008.5.1.4.1.1.2"
SOURCE = Source("SCU", "127.0.0.1")


def _element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def made(uid: str | None = "1.2.3.1", **over: str | None) -> bytes:
    """Make an explicit VR data set; `over` replaces values by name, None leaves an element out."""
    values: dict[str, Any] = {
        "class_uid": CT, "uid": uid, "name": "Doe^Jane", "pid": "P1", "issuer": "H", "birth": "19700101",
        "study": "1.2.3", "series": "1.2.3.0", "number": "1", "pixels": "\0" * 32,
    }  # fmt: skip
    values |= over
    layout = [
        (0x0008, 0x0016, b"UI", "class_uid"), (0x0008, 0x0018, b"UI", "uid"), (0x0008, 0x0060, b"CS", "modality"),
        (0x0010, 0x0010, b"PN", "name"), (0x0010, 0x0020, b"LO", "pid"), (0x0010, 0x0021, b"LO", "issuer"),
        (0x0010, 0x0030, b"DA", "birth"), (0x0020, 0x000D, b"UI", "study"), (0x0020, 0x000E, b"UI", "series"),
        (0x0020, 0x0013, b"IS", "number"),
    ]  # fmt: skip
    values.setdefault("modality", "CT")
    body: bytes = b"".join(_element(g, e, vr, values[n].encode()) for g, e, vr, n in layout if values[n] is not None)
    pixels = bytes(values["pixels"], "latin-1")
    return body + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, len(pixels)) + pixels


def put(archive: Archive, data: bytes, uid: str = "1.2.3.1", piece: int = 1000) -> store.Stored:
    incoming = store.begin(archive, CT, uid, part10.EXPLICIT_LE, SOURCE)
    for start in range(0, len(data), piece):
        incoming.write(memoryview(data)[start : start + piece])
    return incoming.finish()


def rows(archive: Archive, table: Any) -> int:
    with archive.index.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def blobs(archive: Archive) -> list[str]:
    return list(archive.storage.keys())


def blob_of(archive: Archive, uid: str) -> bytes:
    with archive.index.read() as connection:
        key = connection.execute(
            select(instance.c.blob_key).where(instance.c.sop_instance_uid == uid, instance.c.state == "live")
        ).scalar_one()
    with archive.storage.open(key) as reader:
        found: bytes = reader.read(0, reader.size)
        return found


@pytest.mark.parametrize("n_pixels", [32, 300_000, 3_000_000])
def test_bytes_and_digest_are_kept(archive: Archive, n_pixels: int) -> None:
    data = made(pixels="\x07" * n_pixels)
    assert put(archive, data, piece=70_001).outcome == "stored"
    kept = blob_of(archive, "1.2.3.1")
    meta = part10.parse_meta(kept)
    assert kept[meta.header_bytes :] == data
    assert meta.digest == hashlib.sha256(data).digest()
    assert (meta.n_bytes, meta.source_aet) == (len(data), "SCU")
    assert pydicom.dcmread(io.BytesIO(kept)).PatientName == "Doe^Jane"


@pytest.mark.filterwarnings("ignore")
def test_every_real_file_is_stored_or_refused_with_a_reason(archive: Archive) -> None:
    expected: dict[str, bytes] = {}
    for path in real_files():
        data = path.read_bytes()
        try:
            stored = store.store_part10(archive, [data[i : i + 50_000] for i in range(0, len(data), 50_000)], SOURCE)
        except LumenarcError as error:
            assert str(error).endswith("."), path.name
            continue
        if stored.outcome == "stored":
            expected[stored.sop_instance_uid] = data[part10.parse_meta(data[: 1 << 16]).header_bytes :]
    assert len(expected) > 50
    for uid, body in expected.items():
        kept = blob_of(archive, uid)
        assert kept[part10.parse_meta(kept).header_bytes :] == body
    assert rows(archive, instance) == len(blobs(archive))


def test_the_same_bytes_again_are_taken_once(archive: Archive) -> None:
    assert put(archive, made()).outcome == "stored"
    assert put(archive, made()).outcome == "duplicate"
    assert rows(archive, instance) == len(blobs(archive)) == 1


def test_sending_again_brings_a_lost_file_back(archive: Archive) -> None:
    put(archive, made())
    for n_kept in (None, 100):
        (key,) = blobs(archive)
        if n_kept is None:
            archive.storage.delete(key)
        else:
            with archive.storage.open(key) as reader:
                assert reader.path is not None
                os.truncate(reader.path, n_kept)
        assert put(archive, made()).outcome == "stored"
        assert blob_of(archive, "1.2.3.1").endswith(made())
        assert rows(archive, instance) == 1
        if n_kept is not None:
            archive.storage.delete(key)
    assert put(archive, made()).outcome == "duplicate"
    assert len(blobs(archive)) == 1


def test_a_commit_without_an_answer_keeps_the_file(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_answer(connection: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("gone"), connection_invalidated=True)

    with monkeypatch.context() as patch:
        patch.setattr(archive.index._writer.dialect, "do_commit", lose_answer)
        with pytest.raises(CommitUnknown):
            put(archive, made())
    assert len(blobs(archive)) == 1
    assert check.check(archive, repair=True).clean
    assert rows(archive, instance) == len(blobs(archive)) == 1


def test_other_content_is_kept_out_of_sight(archive: Archive) -> None:
    put(archive, made())
    assert put(archive, made(pixels="\1" * 32)).outcome == "kept_other"
    assert put(archive, made(pixels="\1" * 32)).outcome == "duplicate"
    assert rows(archive, instance) == len(blobs(archive)) == 2
    assert blob_of(archive, "1.2.3.1").endswith(bytes(32))


def test_other_content_is_refused(settings: Settings) -> None:
    archive = open_archive(settings.model_copy(update={"duplicate_policy": "refuse"}))
    put(archive, made())
    with pytest.raises(DuplicateInstance):
        put(archive, made(pixels="\1" * 32))
    assert rows(archive, instance) == len(blobs(archive)) == 1
    archive.close()


def test_other_content_replaces_and_the_old_can_be_restored(settings: Settings) -> None:
    archive = open_archive(settings.model_copy(update={"duplicate_policy": "replace"}))
    put(archive, made())
    assert put(archive, made(pixels="\1" * 32)).outcome == "stored"
    assert blob_of(archive, "1.2.3.1").endswith(b"\1" * 32)
    total, items = delete.trash_items(archive, 10, 0)
    assert (total, items[0].n_instances) == (1, 1)
    with archive.index.read() as connection:
        assert connection.execute(select(study.c.n_instances, study.c.n_series)).one() == (1, 1)
    archive.close()


def test_another_patient_in_a_known_study_is_refused(archive: Archive) -> None:
    put(archive, made())
    with pytest.raises(PatientConflict):
        put(archive, made("1.2.3.2", pid="P2"), "1.2.3.2")
    assert rows(archive, instance) == len(blobs(archive)) == rows(archive, series) == 1
    assert put(archive, made("1.2.3.3", name="Doe^J"), "1.2.3.3").warnings


def test_equal_ids_of_different_people_stay_apart(archive: Archive) -> None:
    put(archive, made())
    put(archive, made("9.1", study="9", series="9.0", name="Roe^Richard"), "9.1")
    put(archive, made("8.1", study="8", series="8.0", issuer="OTHER"), "8.1")
    put(archive, made("7.1", study="7", series="7.0", birth="19800101"), "7.1")
    put(archive, made("6.1", study="6", series="6.0", name="DOE^JANE^^"), "6.1")
    put(archive, made("5.1", study="5", series="5.0", pid=None), "5.1")
    put(archive, made("4.1", study="4", series="4.0", pid=None), "4.1")
    assert rows(archive, patient) == 6
    assert rows(archive, study) == 7


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"study": None}, BadDataSet),
        ({"series": ""}, BadDataSet),
        ({"study": "1.2.x"}, BadDataSet),
        ({"study": "1." * 40 + "1"}, BadDataSet),
        ({"study": "1.02.3"}, BadDataSet),
        ({"uid": "1.2.3.999"}, MismatchedIdentity),
        ({"class_uid": "1.2.840.10008.5.1.4.1.1.4"}, MismatchedIdentity),
    ],
)
def test_what_does_not_identify_itself_is_refused(
    archive: Archive, over: dict[str, str | None], error: type[LumenarcError]
) -> None:
    with pytest.raises(error):
        put(archive, made(**over))
    assert rows(archive, instance) == len(blobs(archive)) == 0


def test_cut_and_broken_data_sets_leave_nothing(archive: Archive) -> None:
    whole = made(pixels="\1" * 400_000)
    for end in (10, 60, 200, 5_000, 399_999):
        with pytest.raises(LumenarcError):
            put(archive, whole[:end])
    assert rows(archive, instance) == len(blobs(archive)) == 0


def test_missing_patient_id_can_be_refused(settings: Settings) -> None:
    archive = open_archive(settings.model_copy(update={"missing_patient_id": "refuse"}))
    with pytest.raises(Refused):
        put(archive, made(pid=None))
    archive.close()


def test_too_large_and_no_room(settings: Settings) -> None:
    archive = open_archive(settings.model_copy(update={"max_instance_bytes": 2000}))
    with pytest.raises(TooLarge):
        put(archive, made(pixels="\1" * 4000), piece=500)
    archive.close()
    full = open_archive(settings.model_copy(update={"min_free_bytes": 1 << 60}))
    with pytest.raises(OutOfResources):
        put(full, made())
    full.close()


def test_an_aborted_transfer_leaves_nothing(archive: Archive) -> None:
    incoming = store.begin(archive, CT, "1.2.3.1", part10.EXPLICIT_LE, SOURCE)
    incoming.write(bytes(1_000_000))
    assert len(blobs(archive)) == 1
    incoming.abort()
    assert blobs(archive) == []


def test_many_senders_of_one_study_count_right(archive: Archive) -> None:
    n_threads, n_each = 12, 25
    errors: list[BaseException] = []

    def send(thread: int) -> None:
        try:
            for i in range(n_each):
                uid = f"1.2.3.{thread // 2}.{i}"  # every object is sent by two threads
                put(archive, made(uid, series=f"1.2.3.0.{i % 3}", modality="CT" if i % 3 else "MR"), uid)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    n_stored = n_threads // 2 * n_each
    assert rows(archive, instance) == len(blobs(archive)) == n_stored
    with archive.index.read() as connection:
        row = connection.execute(select(study.c.n_series, study.c.n_instances, study.c.modalities)).one()
        counted = connection.execute(select(func.sum(series.c.n_instances))).scalar_one()
    assert tuple(row) == (3, n_stored, "\\CT\\MR\\")
    assert counted == n_stored


def test_delete_restore_and_purge(archive: Archive) -> None:
    put(archive, made())
    put(archive, made("1.2.3.2"), "1.2.3.2")
    assert delete.delete(archive, "1.2.3", "1.2.3.0", "1.2.3.2").n_instances == 1
    with archive.index.read() as connection:
        assert connection.execute(select(study.c.n_instances)).scalar_one() == 1
    _total, items = delete.trash_items(archive, 10, 0)
    assert delete.restore(archive, items[0].pk) == (1, 0)
    assert delete.delete(archive, "1.2.3").n_instances == 2
    with pytest.raises(LumenarcError, match="deleted"):
        delete.delete(archive, "1.2.3")
    _total, items = delete.trash_items(archive, 10, 0)
    assert delete.purge(archive, items[0].pk) == 2
    assert blobs(archive) == []
    assert rows(archive, patient) == rows(archive, study) == rows(archive, series) == 0
    # the inserter remembers rows that are gone now, and has to notice
    assert put(archive, made()).outcome == "stored"
    assert rows(archive, study) == 1


def test_deflated_data_sets(archive: Archive) -> None:
    import zlib

    engine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = engine.compress(made()) + engine.flush()
    incoming = store.begin(archive, CT, "1.2.3.1", next(iter(header.DEFLATED)), SOURCE)
    incoming.write(data)
    assert incoming.finish().outcome == "stored"
    assert blob_of(archive, "1.2.3.1").endswith(data)
