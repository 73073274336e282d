"""How are the metadata of stored objects given? Kept ready by series as packed DICOM JSON (PS3.18 10.4.1.1.2, F.2).

Made on first demand, dropped by the version number of a series that grows with each change, and sent as it is kept:
a viewer that opens 300 images reads no file and packs nothing. The addresses of bulk data hold the root under which
the first caller came; for callers under another root they are written anew.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.header import PIXEL_TAGS
from lumenarc.dicom.part10 import IMPLICIT_LE
from lumenarc.dicom.query import Attributes
from lumenarc.errors import LumenarcError, Unavailable
from lumenarc.index import lookup
from lumenarc.index.lookup import SeriesVersion, StoredInstance, Uids
from lumenarc.services import leaving, retrieve

_PACKING = 6
# Smaller series are made on demand before anybody notices; older ones are not dug up, broken ones not tried for ever.
_LARGE = 20
_QUIET_MS, _LATELY_MS = 30_000, 15 * 60_000
_MOST = 1000


@dataclass(frozen=True, slots=True)
class SeriesMetadata:
    """The metadata of one series: which version of it, and a gzipped JSON array with an object per instance."""

    series: SeriesVersion
    packed: bytes


def of_study(archive: Archive, base: str, study_uid: str, series_uid: str | None = None) -> list[SeriesMetadata]:
    """Return the metadata of each series, with bulk data below the root `base`; raise NotFound or Gone."""
    with archive.index.read() as connection:
        found = lookup.series_of(connection, study_uid, series_uid)
        kept = [lookup.kept_metadata(connection, series.pk, series.version) for series in found]
    if not found:
        retrieve.find(archive, study_uid, series_uid)  # says why
    return [
        SeriesMetadata(
            series, _rooted(archive, series, body, base) if body else _made(archive, base, study_uid, series)
        )
        for series, body in zip(found, kept, strict=True)
    ]


def versions(archive: Archive, study_uid: str, series_uid: str | None = None) -> list[SeriesVersion]:
    """Return the series and their versions; raise NotFound or Gone."""
    with archive.index.read() as connection:
        found = lookup.series_of(connection, study_uid, series_uid)
    if not found:
        retrieve.find(archive, study_uid, series_uid)
    return found


def not_ready(archive: Archive, most: int = _MOST) -> list[tuple[str, str]]:
    """Return study and series UID of larger series that have gone quiet lately and are not ready."""
    now = archive.now_ms()
    with archive.index.read() as connection:
        return lookup.without_metadata(connection, _LARGE, now - _LATELY_MS, now - _QUIET_MS, most)


def make_ready(archive: Archive, study_uid: str, series_uid: str) -> None:
    """Make the metadata of a series and keep them; raise NotFound or Gone.

    The root of their bulk data is not known before somebody asks: the first who does has it written in.
    """
    of_study(archive, "", study_uid, series_uid)


def of_instance(archive: Archive, base: str, inst: StoredInstance) -> Attributes:
    """Return the metadata of one instance; a value longer than allowed, pixel data above all, is a BulkDataURI."""
    url = f"{base}/studies/{inst.study_uid}/series/{inst.series_uid}/instances/{inst.sop_instance_uid}/bulkdata/"
    head, syntax = retrieve.header(archive, inst), retrieve.readable_syntax(inst)
    threshold = archive.settings.bulk_data_threshold_bytes
    found = leaving.corrected(archive, inst, to_attributes(head, syntax, bulk_uri=url.__add__, threshold=threshold))
    if inst.pixel_offset is not None:
        name, vr = _pixel_element(head, syntax)
        found[name] = {"vr": vr, "BulkDataURI": url + name}
    if "00080005" in found:
        found["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    found["00083002"] = {"vr": "UI", "Value": [inst.transfer_syntax_uid]}
    return dict(sorted(found.items()))


def _pixel_element(head: bytes, syntax: str) -> tuple[str, str]:
    """Return tag and VR of the pixel data element that ends the header."""
    if syntax == IMPLICIT_LE:
        lead, vr = head[-8:-4], "OW"
    else:
        lead, vr = head[-12:-8], head[-8:-6].decode("ascii", "replace")
    for tag in PIXEL_TAGS:
        words = (tag >> 16, tag & 0xFFFF)
        if lead in (b"".join(word.to_bytes(2, order) for word in words) for order in ("little", "big")):
            return f"{tag:08X}", vr
    return "7FE00010", "OW"


def _made(archive: Archive, base: str, study_uid: str, series: SeriesVersion) -> bytes:
    """Make the metadata of a series, and keep them unless an object could not be read or the index be written."""
    with archive.index.read() as connection:
        found = lookup.find(connection, Uids(study_uids=(study_uid,), series_uids=(series.series_uid,)))
    whole = True
    texts: list[str] = []
    for inst in found:
        try:
            values = of_instance(archive, base, inst)
        except LumenarcError:
            whole = False
            values = _known(inst)
        texts.append(json.dumps(values, ensure_ascii=False, separators=(",", ":")))
    packed = gzip.compress(f"[{','.join(texts)}]".encode("utf-8", "surrogatepass"), _PACKING, mtime=0)
    if whole:
        _keep(archive, series, base, packed)
    return packed


def _keep(archive: Archive, series: SeriesVersion, base: str, packed: bytes) -> None:
    body = base.encode() + b"\n" + packed
    with suppress(Unavailable):
        archive.index.write(lambda connection: lookup.keep_metadata(connection, series.pk, series.version, body))


def _known(inst: StoredInstance) -> Attributes:
    """Return what the index alone knows of an object whose bytes cannot be read."""
    values = {
        "00080016": inst.sop_class_uid,
        "00080018": inst.sop_instance_uid,
        "00083002": inst.transfer_syntax_uid,
        "0020000D": inst.study_uid,
        "0020000E": inst.series_uid,
    }
    return {tag: {"vr": "UI", "Value": [value]} for tag, value in values.items()}


def _rooted(archive: Archive, series: SeriesVersion, body: bytes, base: str) -> bytes:
    kept_base, _, packed = body.partition(b"\n")
    if kept_base == base.encode():
        return packed
    old = b'"BulkDataURI":"' + kept_base + b"/studies/"
    new = b'"BulkDataURI":"' + base.encode() + b"/studies/"
    moved = gzip.compress(gzip.decompress(packed).replace(old, new), 1 if kept_base else _PACKING, mtime=0)
    if not kept_base:
        _keep(archive, series, base, moved)
    return moved


def texts(found: list[SeriesMetadata]) -> Iterator[bytes]:
    """Yield one JSON array of all instances of several series, in pieces."""
    yield b"["
    for number, one in enumerate(found):
        if number:
            yield b","
        yield gzip.decompress(one.packed)[1:-1]
    yield b"]"


def objects(found: list[SeriesMetadata]) -> Iterator[Attributes]:
    """Yield the metadata of every instance."""
    for one in found:
        yield from json.loads(gzip.decompress(one.packed))
