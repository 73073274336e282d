"""Does the journal bring back what a power cut took, and nothing else?"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lumenarc.storage import journal
from lumenarc.storage.filesystem import SUFFIX, FileStore

# A process that stores blobs and dies: its journal stays, as after a power cut.
_STORE_AND_DIE = """
import hashlib, os, sys
from pathlib import Path
from lumenarc.storage.filesystem import FileStore
store = FileStore(Path(sys.argv[1]), sync=True)
for number in range(int(sys.argv[2])):
    writer = store.create()
    body = b"%d " % number * 3000
    writer.put(b"head", body, hashlib.sha256(body).digest())
    print(writer.key)
if "delete" in sys.argv:
    store.delete(writer.key)
if "settle" in sys.argv:
    store.settle()
sys.stdout.flush()
os._exit(0)
"""


def _die_after_storing(root: Path, n_blobs: int, *words: str) -> list[str]:
    command = (sys.executable, "-c", _STORE_AND_DIE, str(root), str(n_blobs), *words)
    return subprocess.check_output(command, text=True).split()


def _content(number: int) -> bytes:
    return b"head" + b"%d " % number * 3000


def _put(store: FileStore, body: bytes) -> str:
    writer = store.create()
    writer.put(b"head", body, hashlib.sha256(body).digest())
    return writer.key


def _path(root: Path, key: str) -> Path:
    return root / "blobs" / (key + SUFFIX)


def _segments(root: Path) -> list[Path]:
    return list((root / "journal").glob("*"))


def test_files_that_the_disk_never_saw_are_written_again(tmp_path: Path) -> None:
    keys = _die_after_storing(tmp_path, 4)
    _path(tmp_path, keys[0]).unlink()
    _path(tmp_path, keys[1]).write_bytes(b"")
    _path(tmp_path, keys[2]).write_bytes(_content(2)[:4096] + bytes(len(_content(2)) - 4096))
    store = FileStore(tmp_path, sync=True)
    store.recover()
    assert [_path(tmp_path, key).read_bytes() for key in keys] == [_content(number) for number in range(4)]
    assert _segments(tmp_path) == []


def test_a_record_that_was_cut_does_not_hide_the_next(tmp_path: Path) -> None:
    keys = _die_after_storing(tmp_path, 3)
    (segment,) = _segments(tmp_path)
    data = bytearray(segment.read_bytes())
    data[data.index(keys[1].encode()) + 100] ^= 1
    segment.write_bytes(data)
    for key in keys:
        _path(tmp_path, key).unlink()
    FileStore(tmp_path, sync=True).recover()
    assert [_path(tmp_path, key).exists() for key in keys] == [True, False, True]


@pytest.mark.parametrize("word", ["settle", "delete"])
def test_what_was_settled_or_deleted_stays_as_it_is(tmp_path: Path, word: str) -> None:
    keys = _die_after_storing(tmp_path, 2, word)
    _path(tmp_path, keys[1]).unlink(missing_ok=True)
    FileStore(tmp_path, sync=True).recover()
    assert not _path(tmp_path, keys[1]).exists()
    assert _path(tmp_path, keys[0]).read_bytes() == _content(0)


def test_a_process_that_died_alone_is_settled_and_brings_nothing_back(tmp_path: Path) -> None:
    keys = _die_after_storing(tmp_path, 2)
    others = FileStore(tmp_path, sync=True)
    others.delete(keys[1])
    others.settle()
    assert _segments(tmp_path) == []
    others.recover()
    assert [_path(tmp_path, key).exists() for key in keys] == [True, False]


def test_what_another_process_deleted_does_not_come_back(tmp_path: Path) -> None:
    keys = _die_after_storing(tmp_path, 3)
    # Its journal is not replayed yet, as if its process lived; this one deletes one of its blobs, the disk forgets all.
    FileStore(tmp_path, sync=True).delete(keys[1])
    for key in (keys[0], keys[2]):
        _path(tmp_path, key).unlink()
    FileStore(tmp_path, sync=True).recover()
    assert [_path(tmp_path, key).is_file() for key in keys] == [True, False, True]
    assert _segments(tmp_path) == []


def test_the_journal_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    living = FileStore(tmp_path, sync=True)
    key = _put(living, b"x")
    _path(tmp_path, key).unlink()
    FileStore(tmp_path, sync=True).recover()
    assert len(_segments(tmp_path)) == 1
    assert not _path(tmp_path, key).exists()
    living.close()
    assert _segments(tmp_path) == []


def test_many_threads_go_through_many_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 64 << 10)
    store = FileStore(tmp_path, sync=True)
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda number: _put(store, b"%d " % number * 3000), range(60)))
    assert len(_segments(tmp_path)) <= 2
    store.close()
    assert [_path(tmp_path, key).read_bytes() for key in keys] == [_content(number) for number in range(60)]


def test_a_blob_cannot_forge_a_record(tmp_path: Path) -> None:
    forged = _put(FileStore(tmp_path, sync=True), (journal.MAGIC + bytes(16)).ljust(4096, b"\0") * 4)
    assert list(FileStore(tmp_path, sync=True).keys()) == [forged]
    found: list[str] = []
    found += [key for key, _blob in journal._records(_segments(tmp_path)[0].read_bytes())]
    assert found == [forged]


def test_without_sync_there_is_no_journal(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=False)
    _put(store, b"x")
    store.settle()
    store.close()
    assert _segments(tmp_path) == []


def test_blobs_fill_blocks_that_are_made_ahead(tmp_path: Path) -> None:
    """More than the first blocks hold: what finds no room is flushed by itself, and nothing is lost either way."""
    store = FileStore(tmp_path, sync=True)
    bodies = [bytes([number]) * (300 << 10) for number in range(40)]
    keys = [_put(store, body) for body in bodies]
    for key, body in zip(keys, bodies, strict=True):
        assert _path(tmp_path, key).read_bytes() == b"head" + body
    store.close()
    assert _segments(tmp_path) == []


def test_a_journal_of_another_version_is_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=True)
    (tmp_path / "journal").mkdir()
    other = tmp_path / "journal" / f"old{journal.SUFFIX}"
    other.write_bytes(b"LUMJRNL9".ljust(8192, b"\0"))
    store.recover()
    store.settle()
    store.close()
    assert other.is_file()


def test_a_prepared_blob_is_the_next_one_and_leaves_nothing(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=True)
    store.create().abort()  # makes the folder of now
    for _time in range(9):
        store.prepare()
    prepared = set(store.keys())
    assert 0 < len(prepared) < 9
    key = _put(store, b"x")
    assert key in prepared
    store.close()
    assert list(store.keys()) == [key]
