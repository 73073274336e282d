"""How are metadata and bulk data stored over the web? (PS3.18 10.5.2, 8.6.1.2: JSON or XML, and a part for each value)

All parts are received first, the bulk data into a file without a name; then object after object is put together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom.dicom_xml import from_xml
from lumenarc.dicom.query import Attributes
from lumenarc.doors.http.stow_answer import Failed, Outcome
from lumenarc.errors import BadDataSet, BadRequest, LumenarcError, TooLarge, UnsupportedMedia
from lumenarc.protocol.web.media_types import parse_media_type
from lumenarc.services.assemble import Assembly, BulkPart, Spool, made

_MAX_METADATA_BYTES = 64 << 20
_KINDS = {"application/dicom+json": "json", "application/json": "json", "application/dicom+xml": "xml"}


def store_metadata(
    archive: Archive,
    parts: Iterator[tuple[dict[str, str], Iterator[bytes]]],
    inner: str,
    study: str | None,
    one: Callable[[Iterator[bytes]], Outcome],
) -> list[Outcome]:
    """Make the objects of a body and give each, as a file, to `one`; `inner` is the type of the metadata.

    `study` is that of the address. Raises BadRequest for a body that makes no sense, TooLarge.
    """
    objects: list[Attributes] = []
    located: dict[str, list[BulkPart]] = {}
    with Spool(archive) as spool:
        for number, (headers, data) in enumerate(parts):
            content = parse_media_type(
                headers.get("content-type", inner if number == 0 else "application/octet-stream")
            )
            if content is None:
                raise UnsupportedMedia("A part has a Content-Type that is none.")
            kind = _KINDS.get(content.type)
            if kind is not None and "content-location" not in headers:
                objects += _objects(kind, _limited(data))
                continue
            offset, n_bytes = spool.take(data)
            syntax = content.params.get("transfer-syntax", "")
            part = BulkPart(content.type, syntax, spool, offset, n_bytes)
            located.setdefault(headers.get("content-location", "").strip(), []).append(part)
        if not objects:
            raise BadRequest("The body holds no metadata.")
        shared = Assembly(located, study)
        return [_made(archive, attributes, shared, one) for attributes in objects]


def _limited(data: Iterator[bytes]) -> bytes:
    held = bytearray()
    for chunk in data:
        held += chunk
        if len(held) > _MAX_METADATA_BYTES:
            raise TooLarge("The metadata are larger than allowed.")
    return bytes(held)


def _objects(kind: str, data: bytes) -> list[Attributes]:
    if kind == "xml":
        return [from_xml(data)]
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        raise BadDataSet("The metadata are no JSON.") from None
    objects = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in objects):
        raise BadDataSet("The metadata are no DICOM JSON.")
    return objects


def _made(
    archive: Archive, attributes: Attributes, shared: Assembly, one: Callable[[Iterator[bytes]], Outcome]
) -> Outcome:
    try:
        return one(made(archive, attributes, shared))
    except LumenarcError as error:
        return Failed(error, _uid(attributes, "00080016"), _uid(attributes, "00080018"))


def _uid(attributes: Attributes, name: str) -> str:
    entry = attributes.get(name)
    values = entry.get("Value") if isinstance(entry, dict) else None
    return str(values[0])[:64] if isinstance(values, list) and values else ""
