"""How is a stored object shown by a browser? Pictures, videos, documents and reports (PS3.18 10.4, 8.7.4).

A decoding process gets the bytes of frames and reports; videos and documents leave as they were put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lumenarc.archive import Archive
from lumenarc.dicom.film_image import PlainImage
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.render_request import MEDIA_TYPES, RenderedImage, RenderRequest, Viewport, check_request
from lumenarc.dicom.sop_classes import content_of
from lumenarc.dicom.sr_html import encapsulated_document
from lumenarc.dicom.transcode import find_pixels
from lumenarc.dicom.transfer_syntaxes import is_video, of
from lumenarc.errors import NotFound, Unrenderable
from lumenarc.imaging.pool import RenderJob
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import leaving, retrieve

MAX_ANIMATED_FRAMES = 200
THUMBNAIL = Viewport(128, 128)
_VIDEO_TYPES = {"mpeg2": "video/mpeg", "mpeg4": "video/mp4", "hevc": "video/mp4"}
_DOCUMENT_TYPES = ("application/pdf", "text/xml", "model/stl", "model/obj", "model/mtl")
_REPORT_TYPES = ("text/html", "text/plain")
OTHER_TYPES = ("video/mpeg", "video/mp4", *_DOCUMENT_TYPES, *_REPORT_TYPES)


def media_types(inst: StoredInstance) -> tuple[str, ...]:
    """Return as what an object can be shown, the default first; nothing when it cannot."""
    content = content_of(inst.sop_class_uid)
    if inst.pixel_offset is not None:
        return (
            (_VIDEO_TYPES[of(inst.transfer_syntax_uid).family],) if is_video(inst.transfer_syntax_uid) else MEDIA_TYPES
        )
    if content in ("sr", "ko"):
        return _REPORT_TYPES
    if content == "document":
        # Which of them is written inside; the SOP classes of 104.1 to 104.5 say it as well.
        number = inst.sop_class_uid.rpartition(".")[2]
        return (_DOCUMENT_TYPES[int(number) - 1],) if number in ("1", "2", "3", "4", "5") else ()
    return MEDIA_TYPES if content == "pr" else ()


def rendered(
    archive: Archive,
    inst: StoredInstance,
    frame_number: int,
    request: RenderRequest,
    state: StoredInstance | None = None,
) -> RenderedImage:
    """Draw one frame, numbered from 1; a GIF without a chosen frame (number 0) shows all.

    `state` is a presentation state to apply; one that is itself to be drawn shows the first image it refers to.
    Raises NotFound for a frame that is not there, Unrenderable for an object that cannot be drawn.
    """
    return archive.imaging.render(_job(archive, inst, frame_number, request, state))


def for_film(
    archive: Archive, inst: StoredInstance, frame_number: int, request: RenderRequest, kind: str
) -> PlainImage:
    """Draw one frame, numbered from 1, as a film printer takes it (`PlainImage.kind`); raises as `rendered`."""
    bits = 16 if kind == "wide" else 8
    wanted = replace(request, media_type="image/png", bits=bits)
    return archive.imaging.film_image(_job(archive, inst, frame_number, wanted, None), kind)


def _job(
    archive: Archive, inst: StoredInstance, frame_number: int, request: RenderRequest, state: StoredInstance | None
) -> RenderJob:
    check_request(request)
    if state is None and content_of(inst.sop_class_uid) == "pr":
        state, inst = inst, _first_referenced(archive, inst)
    n_frames = inst.number_of_frames or 1
    animate = frame_number == 0 and request.media_type == "image/gif" and n_frames > 1
    numbers = list(range(1, min(n_frames, MAX_ANIMATED_FRAMES) + 1)) if animate else [max(frame_number, 1)]
    if inst.pixel_offset is None:
        raise Unrenderable("The object has no image.")
    if is_video(inst.transfer_syntax_uid):
        raise Unrenderable("The archive does not decode videos; they are shown as they are stored.")
    data = list(retrieve.frames(archive, inst, numbers))
    frames = tuple((number - 1, frame) for number, frame in zip(numbers, data, strict=True))
    job = RenderJob(_head(archive, inst), retrieve.readable_syntax(inst), frames, request, animate)
    if state is not None:
        job = replace(job, state=retrieve.header(archive, state), state_uid=retrieve.readable_syntax(state))
    return job


def _head(archive: Archive, inst: StoredInstance) -> bytes:
    """Return the header with corrections: names may be drawn into the picture."""
    if inst.corrected_at is None:
        return retrieve.header(archive, inst)
    with leaving.source(archive, inst) as source:
        pixel = find_pixels(source)
        return source.read(0, pixel.offset if pixel else source.n_bytes)


def _first_referenced(archive: Archive, state: StoredInstance) -> StoredInstance:
    head = LazySet.of(retrieve.header(archive, state), retrieve.readable_syntax(state))
    for series in head.items(0x00081115):
        for image in series.items(0x00081140):
            return retrieve.find_object(archive, image.uid(0x00081155))
    raise NotFound("The presentation state refers to no image.")


def thumbnail(archive: Archive, inst: StoredInstance, request: RenderRequest) -> RenderedImage:
    """Draw the middle frame small."""
    small = request.viewport or THUMBNAIL
    return rendered(archive, inst, ((inst.number_of_frames or 1) + 1) // 2, replace(request, viewport=small))


def document(archive: Archive, inst: StoredInstance, media_type: str) -> bytes:
    """Return a report as text/html or text/plain, or the document that an object encapsulates.

    Raises Unrenderable when there is none, or it is broken.
    """
    if media_type in _REPORT_TYPES:
        with leaving.source(archive, inst) as source:
            if source.n_bytes > retrieve.MAX_HEADER_BYTES:
                raise Unrenderable("The report is too large.")
            data, syntax = source.read(0, source.n_bytes), source.transfer_syntax_uid
        return archive.imaging.document(data, syntax, media_type).encode()
    head = LazySet.of(retrieve.header(archive, inst), retrieve.readable_syntax(inst))
    found, data = encapsulated_document(head)
    if found != media_type:
        raise Unrenderable("The document is not what its SOP class says.")
    return data


def representative(found: Sequence[StoredInstance]) -> StoredInstance:
    """Return the instance that stands for many: the middle one of those with an image."""
    images = [inst for inst in found if inst.pixel_offset is not None and not is_video(inst.transfer_syntax_uid)]
    if not images:
        raise Unrenderable("There is no image in it.")
    first_series = [inst for inst in images if inst.series_uid == images[0].series_uid]
    return first_series[len(first_series) // 2]
