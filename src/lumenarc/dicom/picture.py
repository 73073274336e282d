"""How is a finished array of grey levels or colours cut, turned, scaled and written as a file? (PS3.18
8.3.5.1)"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageCms

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.presentation import Geometry
from lumenarc.dicom.render_request import MAX_SIDE, RenderedImage, RenderRequest, Viewport
from lumenarc.errors import BadRequest, Unrenderable

_MAX_PIXELS = 1 << 28
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the shown part of the image comes from, how it is turned and how large it gets."""

    geometry: Geometry
    mirror_x: bool
    mirror_y: bool
    width: int
    height: int

    def place(self, x: float, y: float) -> Point:
        """Map image pixels (0,0 is the top left corner) to the finished picture."""
        shown = self.geometry
        u, v = (x - shown.left) / (shown.right - shown.left), (y - shown.top) / (shown.bottom - shown.top)
        turned = {0: (u, v), 90: (1 - v, u), 180: (1 - u, 1 - v), 270: (v, 1 - u)}[shown.rotation]
        u, v = turned
        if shown.flip != self.mirror_x:
            u = 1 - u
        if self.mirror_y:
            v = 1 - v
        return u * self.width, v * self.height


def lay_out(geometry: Geometry, ratio: float, request: RenderRequest, size: tuple[int, int]) -> Layout:
    """Decide part, mirroring and size; `ratio` is height ÷ width of a pixel, `size` the image's (rows,
    columns).

    Raises:
        BadRequest: the region lies outside the image.
    """
    rows, columns = size
    mirror_x = mirror_y = False
    viewport = request.viewport
    if request.region is not None:
        left, top, right, bottom = request.region
        geometry = replace(geometry, left=left * columns, top=top * rows, right=right * columns, bottom=bottom * rows)
    elif viewport is not None and _has_source(viewport):
        left, top = viewport.source_x or 0.0, viewport.source_y or 0.0
        across = columns - left if viewport.source_width is None else viewport.source_width
        down = rows - top if viewport.source_height is None else viewport.source_height
        mirror_x, mirror_y = across < 0, down < 0
        right, bottom = left + abs(across), top + abs(down)
        geometry = replace(
            geometry, left=max(left, 0), top=max(top, 0), right=min(right, columns), bottom=min(bottom, rows)
        )
    if geometry.right - geometry.left < 1e-3 or geometry.bottom - geometry.top < 1e-3:
        raise BadRequest("The region lies outside the image")
    width, height = _natural_size(geometry, ratio)
    if viewport is not None:
        scale = min(viewport.width / width, viewport.height / height)
        width, height = width * scale, height * scale
    found = Layout(geometry, mirror_x, mirror_y, max(round(width), 1), max(round(height), 1))
    if found.width * found.height > _MAX_PIXELS or max(found.width, found.height) > MAX_SIDE * 4:
        raise Unrenderable("The rendered image would be too large: ask for a viewport")
    return found


def _has_source(viewport: Viewport) -> bool:
    source = (viewport.source_x, viewport.source_y, viewport.source_width, viewport.source_height)
    return any(value is not None for value in source)


def _natural_size(geometry: Geometry, ratio: float) -> tuple[float, float]:
    width, height = geometry.right - geometry.left, geometry.bottom - geometry.top
    if ratio > 1:
        height *= ratio
    elif ratio < 1:
        width /= ratio
    return (height, width) if geometry.rotation in (90, 270) else (width, height)


def shape_picture(levels: Array, layout: Layout) -> Image.Image:
    """Cut, turn, mirror and scale; `levels` is (row, column[, 3]) of uint8, or uint16 grey."""
    shown = layout.geometry
    is_wide = levels.dtype == np.uint16
    picture = Image.fromarray(levels.astype(np.float32)) if is_wide else Image.fromarray(levels)
    rows, columns = levels.shape[:2]
    box = (shown.left, shown.top, shown.right, shown.bottom)
    if box[0] < 0 or box[1] < 0 or box[2] > columns or box[3] > rows:
        picture = _crop_beyond(picture, box)
        box = (0, 0, picture.size[0], picture.size[1])
    turned = shown.rotation in (90, 270)
    target = (layout.height, layout.width) if turned else (layout.width, layout.height)
    if target != picture.size or box != (0, 0, *picture.size):
        is_smaller = target[0] < box[2] - box[0] or target[1] < box[3] - box[1]
        filter_ = Image.Resampling.HAMMING if is_smaller else Image.Resampling.BICUBIC
        picture = picture.resize(target, filter_, box=box)
    for condition, step in _turns(layout):
        if condition:
            picture = picture.transpose(step)
    return picture


def _turns(layout: Layout) -> list[tuple[bool, Image.Transpose]]:
    shown = layout.geometry
    return [
        (shown.rotation == 90, Image.Transpose.ROTATE_270),  # Pillow turns counter-clockwise
        (shown.rotation == 180, Image.Transpose.ROTATE_180),
        (shown.rotation == 270, Image.Transpose.ROTATE_90),
        (shown.flip != layout.mirror_x, Image.Transpose.FLIP_LEFT_RIGHT),
        (layout.mirror_y, Image.Transpose.FLIP_TOP_BOTTOM),
    ]


def _crop_beyond(picture: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    left, top, right, bottom = box
    corners = (int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom)))
    if (corners[2] - corners[0]) * (corners[3] - corners[1]) > _MAX_PIXELS:
        raise Unrenderable("The displayed area is too large")
    return picture.crop(corners)


def write_picture(picture: Image.Image, request: RenderRequest, icc: bytes) -> RenderedImage:
    """Write one picture in the wished format; `icc` is the image's own profile or empty."""
    if picture.mode == "F":
        wide = np.clip(np.rint(np.asarray(picture)), 0, 65535).astype(np.uint16)
        picture = Image.fromarray(wide)
    picture, profile = _with_profile(picture, request.icc_profile, icc)
    options = {"icc_profile": profile} if profile else {}
    width, height = picture.size
    if request.media_type == "image/jp2":
        import imagecodecs

        distortion = 25 + request.quality * 35 // 100
        data = imagecodecs.jpeg2k_encode(np.asarray(picture), distortion, codecformat="jp2")
        return RenderedImage(bytes(data), request.media_type, width, height)
    out = io.BytesIO()
    if request.media_type == "image/jpeg":
        if max(width, height) > 65500:
            raise Unrenderable("The image is too large for JPEG: ask for a viewport")
        picture.save(out, "JPEG", quality=request.quality, **options)
    elif request.media_type == "image/png":
        picture.save(out, "PNG", compress_level=3, **options)
    else:
        picture.save(out, _FORMATS[request.media_type], **options)
    return RenderedImage(out.getvalue(), request.media_type, width, height)


def _with_profile(picture: Image.Image, wish: str, icc: bytes) -> tuple[Image.Image, bytes]:
    if wish == "no" or picture.mode not in ("RGB", "L"):
        return picture, b""
    standard = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    if not icc or picture.mode != "RGB":
        return (picture.convert("RGB"), standard.tobytes()) if wish == "srgb" else (picture, b"")
    if wish == "yes":
        return picture, icc
    try:
        converted = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(icc)), standard)
    except (ImageCms.PyCMSError, OSError) as error:
        raise Unrenderable("The ICC profile of the image is broken") from error
    return converted or picture, standard.tobytes()


def write_animation(pictures: list[Image.Image], frame_ms: float, media_type: str) -> RenderedImage:
    """Write an animated GIF or WebP that loops; `frame_ms` is the time each picture stays."""
    out = io.BytesIO()
    first, *rest = pictures
    write: Callable[..., None] = first.save
    write(out, _FORMATS[media_type], save_all=True, append_images=rest, duration=max(round(frame_ms), 20), loop=0)
    return RenderedImage(out.getvalue(), media_type, *first.size)
