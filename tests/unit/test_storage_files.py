"""Are blobs written once, whole, and in places that nothing in the data chooses?"""

from __future__ import annotations

from pathlib import Path

import pytest

from lumenarc.errors import NotFound, OutOfResources
from lumenarc.storage.filesystem import FileStore, file_system_of

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /data rw - nfs4 server:/x rw
31 22 0:26 / /data/fast\\040disk rw,noatime shared:5 master:1 - xfs /dev/sdb rw
32 22 0:27 / /database rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/data/blobs", "nfs4"),
        ("/data/fast disk/blobs", "xfs"),
        ("/data/fast", "nfs4"),
        ("/database", "tmpfs"),
    ],
)
def test_the_file_system_of_a_folder(folder: str, kind: str) -> None:
    assert file_system_of(folder, MOUNTS) == kind


def test_a_blob_is_there_after_commit_and_gone_after_abort(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=True)
    kept, dropped = store.create(), store.create()
    kept.write(b"....world")
    kept.write_at(0, b"helo")
    kept.commit()
    dropped.write(b"x")
    dropped.abort()
    with store.open(kept.key) as reader:
        assert (reader.size, reader.read(0, 4), reader.read(4, 100)) == (9, b"helo", b"world")
    with pytest.raises(NotFound):
        store.open(dropped.key)
    assert list(store.keys()) == [kept.key]
    assert list(store.keys("9999/01/01")) == []


def test_set_aside_and_delete(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=False)
    blobs = [store.create(), store.create()]
    for blob in blobs:
        blob.write(b"x")
        blob.commit()
    store.set_aside(blobs[0].key)
    store.delete(blobs[1].key)
    store.delete(blobs[1].key)
    assert list(store.keys()) == []
    assert [path.read_bytes() for path in (tmp_path / "aside").iterdir()] == [b"x"]


def test_no_room_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    store = FileStore(tmp_path, sync=True, min_free_bytes=1 << 60)
    with pytest.raises(OutOfResources):
        store.create()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
