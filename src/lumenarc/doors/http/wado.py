"""How are objects retrieved and deleted over the web? WADO-RS (PS3.18 10.4) and DELETE to the trash."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.context import Context, Endpoint, base_url
from lumenarc.doors.http.respond import DICOM_JSON, json_bytes, stream
from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.media_types import MediaRange, frame_type_of
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.protocol.web.uris import frame_numbers, uid
from lumenarc.services import delete as deleting
from lumenarc.services import retrieve

_NATIVE = frozenset(("1.2.840.10008.1.2", "1.2.840.10008.1.2.1"))
_EXPLICIT = "1.2.840.10008.1.2.1"
_OBJECTS = "/studies/{study}", "/studies/{study}/series/{series}", "/studies/{study}/series/{series}/instances/{inst}"


def _uids(request: Request) -> tuple[str, str | None, str | None]:
    given = request.path_params
    study = uid(given["study"], "Study Instance UID")
    series = uid(given["series"], "Series Instance UID") if "series" in given else None
    inst = uid(given["inst"], "SOP Instance UID") if "inst" in given else None
    return study, series, inst


def _etag(found: list[Any]) -> str:
    digest = zlib.crc32(b"".join(inst.sha256 for inst in found))
    return f'"{len(found)}-{digest:08x}-{max(inst.pk for inst in found)}"'


def _unchanged(request: Request, etag: str) -> Response | None:
    given = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers={"ETag": etag}) if etag in given or "*" in given else None


async def _objects(context: Context, request: Request) -> Response:
    found = await context.run(retrieve.find, context.archive, *_uids(request))
    etag = _etag(found)
    kind, same = _object_kind(accepted(request), len(found)), _unchanged(request, etag)
    if same is not None:
        return same
    headers = {"ETag": etag, "Vary": "Accept"}
    if kind == "single":
        content = f"application/dicom; transfer-syntax={found[0].transfer_syntax_uid}"
        chunks = retrieve.whole_file(context.archive, found[0])
        return await stream(context, chunks, content, length=retrieve.file_size(found[0]), headers=headers)
    if kind == "zip":
        headers["Content-Disposition"] = 'attachment; filename="dicom.zip"'
        return await stream(context, _zipped(context, found), "application/zip", headers=headers)
    boundary = secrets.token_hex(12)
    heads = [
        part_head(boundary, {"Content-Type": f"application/dicom; transfer-syntax={inst.transfer_syntax_uid}"})
        for inst in found
    ]
    length = sum(map(len, heads)) + sum(map(retrieve.file_size, found)) + len(closing(boundary))

    def chunks_of_all() -> Iterator[bytes]:
        for head, inst in zip(heads, found, strict=True):
            yield head
            yield from retrieve.whole_file(context.archive, inst)
        yield closing(boundary)

    content = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return await stream(context, chunks_of_all(), content, length=length, headers=headers)


def _object_kind(wishes: tuple[MediaRange, ...], n_found: int) -> str:
    for wish in wishes:
        if wish.type in ("multipart/related", "*/*", "multipart/*") and wish.params.get(
            "type", "application/dicom"
        ).lower() in ("application/dicom", "*/*"):
            return "multipart"
        if wish.type == "application/zip":
            return "zip"
        if wish.type == "application/dicom":
            return "single" if n_found == 1 else "multipart"
    raise NotAcceptable("Objects are retrieved as application/dicom, alone or in multipart/related, or as a ZIP.")


def _zipped(context: Context, found: list[Any]) -> Iterator[bytes]:
    """Yield a ZIP archive without compression; names are numbers, never data."""
    import io
    import zipfile

    out = io.BytesIO()

    class _Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return out.write(data)

    with zipfile.ZipFile(_Sink(), "w", zipfile.ZIP_STORED) as packed:
        series_numbers: dict[str, int] = {}
        for number, inst in enumerate(found, 1):
            folder = series_numbers.setdefault(inst.series_uid, len(series_numbers) + 1)
            with packed.open(f"DICOM/{folder:04}/{number:06}.dcm", "w", force_zip64=True) as member:
                for chunk in retrieve.whole_file(context.archive, inst):
                    member.write(chunk)
                    yield out.getvalue()
                    out.seek(0)
                    out.truncate()
    yield out.getvalue()


async def _metadata(context: Context, request: Request) -> Response:
    kinds = (DICOM_JSON, "application/json")
    if not any(wish.accepts(kind) for wish in accepted(request) for kind in kinds):
        raise NotAcceptable("Metadata are retrieved as application/dicom+json.")
    found = await context.run(retrieve.find, context.archive, *_uids(request))
    etag = _etag(found)
    same = _unchanged(request, etag)
    if same is not None:
        return same
    body = await context.run(_metadata_body, context, found, base_url(request))
    response = json_bytes(request, body, DICOM_JSON)
    response.headers["ETag"] = etag
    return response


def _metadata_body(context: Context, found: list[Any], base: str) -> bytes:
    texts = []
    for inst in found:
        url = f"{base}/studies/{inst.study_uid}/series/{inst.series_uid}/instances/{inst.sop_instance_uid}"
        values = retrieve.attributes(context.archive, inst, (url + "/bulkdata/").__add__)
        if inst.pixel_offset is not None:
            values["7FE00010"] = {"vr": "OW", "BulkDataURI": f"{url}/bulkdata/7FE00010"}
        values["00083002"] = {"vr": "UI", "Value": [inst.transfer_syntax_uid]}
        texts.append(json.dumps(dict(sorted(values.items())), ensure_ascii=False, separators=(",", ":")))
    return ("[" + ",".join(texts) + "]").encode()


async def _frames(context: Context, request: Request) -> Response:
    numbers = frame_numbers(request.path_params["frames"])
    (inst,) = await context.run(retrieve.find, context.archive, *_uids(request))
    stored = _EXPLICIT if inst.transfer_syntax_uid in _NATIVE else inst.transfer_syntax_uid
    multipart, media_type = _frame_kind(accepted(request), stored, len(numbers))
    content = f"{media_type}; transfer-syntax={stored}"
    frames = retrieve.frames(context.archive, inst, numbers)
    headers = {"Vary": "Accept", "Cache-Control": "private, max-age=3600"}
    if not multipart:
        return await stream(context, frames, content, headers=headers)
    boundary = secrets.token_hex(12)

    def parts() -> Iterator[bytes]:
        for frame in frames:
            yield part_head(boundary, {"Content-Type": content})
            yield frame
        yield closing(boundary)

    whole = f'multipart/related; type="{media_type}"; transfer-syntax={stored}; boundary={boundary}'
    return await stream(context, parts(), whole, headers=headers)


def _frame_kind(wishes: tuple[MediaRange, ...], stored: str, n_frames: int) -> tuple[bool, str]:
    """Choose multipart or not, and the media type; frames leave in the stored syntax."""
    own = frame_type_of(stored)
    for wish in wishes:
        multipart = wish.type.startswith("multipart/") or wish.type == "*/*"
        if not multipart and n_frames > 1:
            continue
        kind = wish.params.get("type", "*/*").lower() if multipart else wish.type
        syntax = wish.params.get("transfer-syntax", "*" if kind in ("*/*", own.lower()) else _EXPLICIT)
        if syntax not in ("*", stored):
            continue
        if kind in ("*/*", "application/octet-stream"):
            return multipart, "application/octet-stream"
        if kind == own.lower():
            return multipart, own
    raise NotAcceptable(f"These frames are retrieved as {own} or application/octet-stream; transfer-syntax={stored}.")


async def _pixels(context: Context, request: Request) -> Response:
    """Answer the pixel data's BulkDataURI: every frame, as the frames resource would."""
    (inst,) = await context.run(retrieve.find, context.archive, *_uids(request))
    extents = await context.run(retrieve.frame_extents, context.archive, inst)
    request.path_params["frames"] = ",".join(str(number) for number in range(1, len(extents) + 1))
    return await _frames(context, request)


async def _delete(context: Context, request: Request) -> Response:
    study, series, inst = _uids(request)
    await context.run(deleting.delete, context.archive, study, series, inst, by="http", reason="")
    return Response(status_code=204)


ENDPOINTS = (
    *(Endpoint("GET", path, _objects, "Retrieve objects (PS3.18 10.4).") for path in _OBJECTS),
    *(Endpoint("GET", path + "/metadata", _metadata, "Retrieve metadata (PS3.18 10.4).") for path in _OBJECTS),
    Endpoint("GET", _OBJECTS[2] + "/frames/{frames}", _frames, "Retrieve frames (PS3.18 10.4)."),
    Endpoint("GET", _OBJECTS[2] + "/bulkdata/7FE00010", _pixels, "Retrieve pixel data (PS3.18 10.4)."),
    *(Endpoint("DELETE", path, _delete, "Delete to the trash.") for path in _OBJECTS),
)
