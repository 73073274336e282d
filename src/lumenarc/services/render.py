"""How is a stored image drawn for a browser? A decoding process gets its bytes, a picture comes back (PS3.18 10.4)."""

from __future__ import annotations

from dataclasses import replace

from lumenarc.archive import Archive
from lumenarc.dicom.render_request import RenderedImage, RenderRequest, Viewport, check_request
from lumenarc.errors import Unrenderable
from lumenarc.imaging.pool import RenderJob
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import retrieve

_MAX_ANIMATED_FRAMES = 200
_THUMBNAIL_SIDE = 128


def rendered(archive: Archive, inst: StoredInstance, frame_number: int, request: RenderRequest) -> RenderedImage:
    """Draw one frame, numbered from 1; a GIF without a chosen frame (number 0) shows all.

    Raises NotFound for a frame that is not there, Unrenderable for an object that cannot be drawn.
    """
    check_request(request)
    n_frames = inst.number_of_frames or 1
    animate = frame_number == 0 and request.media_type == "image/gif" and n_frames > 1
    numbers = list(range(1, min(n_frames, _MAX_ANIMATED_FRAMES) + 1)) if animate else [max(frame_number, 1)]
    if inst.pixel_offset is None:
        raise Unrenderable("The object has no image.")
    data = list(retrieve.frames(archive, inst, numbers))
    frames = tuple((number - 1, frame) for number, frame in zip(numbers, data, strict=True))
    head = retrieve.header(archive, inst)
    return archive.imaging.render(RenderJob(head, retrieve.readable_syntax(inst), frames, request, animate))


def thumbnail(archive: Archive, inst: StoredInstance, request: RenderRequest) -> RenderedImage:
    """Draw the middle frame small."""
    small = request.viewport or Viewport(_THUMBNAIL_SIDE, _THUMBNAIL_SIDE)
    return rendered(archive, inst, ((inst.number_of_frames or 1) + 1) // 2, replace(request, viewport=small))


def representative(found: list[StoredInstance]) -> StoredInstance:
    """Return the instance that stands for many: the middle one of those with an image."""
    images = [inst for inst in found if inst.pixel_offset is not None]
    if not images:
        raise Unrenderable("There is no image in it.")
    first_series = [inst for inst in images if inst.series_uid == images[0].series_uid]
    return first_series[len(first_series) // 2]
