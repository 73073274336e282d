"""How do several stored objects travel as one? A ZIP that is written while it leaves, with a DICOMDIR if wished.

Names inside are numbers, never data, so that no name of a patient and no path of a stranger can stand in them.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import dicomdir
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import leaving, transcoding

Targets = Callable[[StoredInstance], Sequence[str]]


class _Sink(io.RawIOBase):
    """Takes what the ZIP writer writes until it is taken away."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what has been written since the last call."""
        held, self._held = b"".join(self._held), []
        return held


def zipped(
    archive: Archive, found: Sequence[StoredInstance], targets: Targets, *, with_dicomdir: bool = False
) -> Iterator[bytes]:
    """Yield a ZIP of Part 10 files, uncompressed: pixel data hardly shrink, and speed is worth more.

    `targets` gives the transfer syntaxes to try for each object. With a DICOMDIR the names are those of PS3.10 8.5.
    """
    sink = _Sink()
    entries: list[dicomdir.Entry] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:
        folders: dict[str, int] = {}
        for number, inst in enumerate(found, 1):
            folder = folders.setdefault(inst.series_uid, len(folders) + 1)
            name = ("DICOM", f"{folder:08}", f"{number:08}")
            syntax, chunks = transcoding.open_in(archive, inst, targets(inst))
            with packed.open("/".join(name) + ("" if with_dicomdir else ".dcm"), "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)
                    yield sink.taken()
            if with_dicomdir:
                entries.append(dicomdir.Entry(name, syntax, leaving.attributes(archive, inst)))
        if with_dicomdir:
            packed.writestr("DICOMDIR", dicomdir.build(entries, f"2.25.{uuid.uuid4().int}"))
    yield sink.taken()
