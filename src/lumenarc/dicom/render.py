"""What does a frame look like? The softcopy pipeline from frame bytes to an image file (PS3.4 N.2, PS3.18
8.3.5).

Stored values → modality → VOI → presentation → 8 or 16 bits; palette and colour beside it; then overlays, shutters,
the shown part, scaling, graphics and text. To be called inside a decoding worker: `head` is the data set up to
the value of its pixel data, the tag and VR of that element included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from lumenarc.dicom import luts
from lumenarc.dicom.annotate import draw_corner_text, draw_graphics
from lumenarc.dicom.codecs import Array
from lumenarc.dicom.color import apply_palette, read_palette, to_rgb8
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.luts import GreyScale, Rescale, Window
from lumenarc.dicom.overlays import Plane, embedded_planes, overlay_planes
from lumenarc.dicom.picture import lay_out, shape_picture, write_animation, write_picture
from lumenarc.dicom.pixels import Frame, PixelShape, decode_frame, shape_of
from lumenarc.dicom.presentation import (
    Geometry,
    overlay_groups,
    pixel_ratio,
    read_geometry,
    read_graphics,
    read_grey,
    shutter_mask,
    without_voi,
)
from lumenarc.dicom.render_request import RenderedImage, RenderRequest, check_request
from lumenarc.errors import BadDataSet, NotAcceptable, Unrenderable

_MAX_ANIMATED = 2000


@dataclass(frozen=True, slots=True)
class State:
    """A softcopy presentation state to apply: its data set and transfer syntax."""

    data: bytes
    transfer_syntax_uid: str


def render_frame(
    head: bytes,
    transfer_syntax_uid: str,
    frame: bytes,
    frame_index: int,
    request: RenderRequest,
    state: State | None = None,
) -> RenderedImage:
    """Draw one frame; `frame_index` counts from 0.

    Raises:
        Unrenderable: the pixel data cannot be decoded or drawn.
        BadRequest: the request's numbers make no sense.
        NotAcceptable: the media type is not written.
    """
    check_request(request)
    image = _Image(head, transfer_syntax_uid, state)
    picture = image.draw(frame, frame_index, request)
    return write_picture(picture, request, image.icc_profile())


def render_animation(
    head: bytes,
    transfer_syntax_uid: str,
    frames: list[tuple[int, bytes]],
    request: RenderRequest,
    state: State | None = None,
) -> RenderedImage:
    """Draw several frames (index from 0, bytes) as an animated GIF or WebP at the image's own speed.

    Raises:
        Unrenderable, BadRequest, NotAcceptable: as render_frame.
    """
    check_request(request)
    if request.media_type not in ("image/gif", "image/webp"):
        raise NotAcceptable("Animations are GIF or WebP")
    if not 0 < len(frames) <= _MAX_ANIMATED:
        raise Unrenderable(f"An animation has from 1 to {_MAX_ANIMATED} frames")
    image = _Image(head, transfer_syntax_uid, state)
    pictures = [image.draw(data, index, request) for index, data in frames]
    return write_animation(pictures, image.frame_ms(), request.media_type)


class _Image:
    """One instance being drawn."""

    def __init__(self, head: bytes, transfer_syntax_uid: str, state: State | None) -> None:
        self.transfer_syntax_uid = transfer_syntax_uid
        try:
            self.head = LazySet.of(head, transfer_syntax_uid)
            self.state = None if state is None else LazySet.of(state.data, state.transfer_syntax_uid)
        except BadDataSet as error:
            raise Unrenderable(f"The header cannot be read: {error}") from error
        self.shape: PixelShape = shape_of(self.head)
        self.uid = self.head.uid(0x00080018)

    def draw(self, data: bytes, frame_index: int, request: RenderRequest) -> Image.Image:
        shape = self.shape
        frame = decode_frame(data, self.transfer_syntax_uid, shape, frame_index)
        grey = None
        if shape.samples == 1 and frame.photometric != "PALETTE COLOR":
            grey = self._grey_scale(frame, frame_index, request)
            levels = self._grey_levels(frame, grey, request)
        else:
            levels = self._color_levels(frame)
        if request.invert:
            levels = np.iinfo(levels.dtype).max - levels
        if request.overlays:
            levels = _paint(levels, self._planes(frame, frame_index))
        levels = self._shutter(levels)
        return self._compose(levels, frame_index, request, grey)

    def _compose(self, levels: Array, frame_index: int, request: RenderRequest, grey: GreyScale | None) -> Image.Image:
        rows, columns = levels.shape[:2]
        geometry = Geometry(0.0, 0.0, float(columns), float(rows))
        if self.state is not None:
            geometry = read_geometry(self.state, self.uid, frame_index, (rows, columns))
        ratio = geometry.pixel_ratio or self._pixel_ratio(frame_index)
        layout = lay_out(geometry, ratio, request, (rows, columns))
        picture = shape_picture(levels, layout)
        if picture.mode == "F":
            return picture  # 16 bits are for measuring, not for text
        if self.state is not None:
            graphics = read_graphics(self.state, self.uid, frame_index)
            picture = draw_graphics(picture, graphics, layout.place)
        if request.annotations:
            draw_corner_text(picture, self.head, request.annotations, _describe(grey))
        return picture

    def _grey_scale(self, frame: Frame, frame_index: int, request: RenderRequest) -> GreyScale:
        signed = self.shape.signed
        if self.state is not None:
            grey = read_grey(self.state, self.uid, frame_index, signed)
            return without_voi(grey, request.window) if request.window else self._with_voi(frame, grey)
        modality = luts.read_modality(self.head, frame_index, signed)
        signed_after = signed or (isinstance(modality, Rescale) and modality.intercept < 0)
        voi = request.window or luts.read_voi(self.head, frame_index, signed_after, request.voi_index)
        form = self.head.ascii(0x20500020)
        inverse = form == "INVERSE" if form else frame.photometric == "MONOCHROME1"
        return self._with_voi(frame, GreyScale(modality, voi, None, inverse))

    def _with_voi(self, frame: Frame, grey: GreyScale) -> GreyScale:
        """Choose a window when nobody gave one: all of a single bit or plain byte image, else what occurs."""
        if grey.voi is not None:
            return grey
        bits = self.shape.bits_stored
        if bits <= 8 and not self.shape.signed and grey.modality == Rescale():
            top = float((1 << bits) - 1)
            return without_voi(grey, Window(top / 2, top, "LINEAR_EXACT"))
        ignored = luts.padding_mask(self.head, frame.values, self.shape.signed)
        if isinstance(grey.modality, Rescale):
            found = luts.stretch_window(frame.values, ignored)
            slope = abs(grey.modality.slope)
            center = found.center * grey.modality.slope + grey.modality.intercept
            return without_voi(grey, Window(center, max(found.width * slope, 1e-12), "LINEAR_EXACT"))
        return without_voi(grey, luts.stretch_window(grey.modality_values(frame.values), ignored))

    def _grey_levels(self, frame: Frame, grey: GreyScale, request: RenderRequest) -> Array:
        dtype, top = (np.uint16, 65535.0) if request.bits == 16 else (np.uint8, 255.0)
        values = frame.values
        if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
            domain, places = _domain(values)
            table = np.rint(grey.apply(domain) * top).astype(dtype)
            levels = np.take(table, places)
        else:
            levels = np.rint(grey.apply(values) * top).astype(dtype)
        ignored = luts.padding_mask(self.head, values, self.shape.signed)
        if ignored is not None:
            levels[ignored] = 0
        palette = self._supplemental(frame)
        return levels if palette is None else palette(levels)

    def _supplemental(self, frame: Frame) -> _Supplement | None:
        if self.head.ascii(0x00089205) not in ("COLOR", "MIXED") or not self.head.has_value(0x00281101):
            return None
        return _Supplement(frame.values, read_palette(self.head, self.shape.signed))

    def _color_levels(self, frame: Frame) -> Array:
        if frame.photometric == "PALETTE COLOR":
            return apply_palette(frame.values, read_palette(self.head, self.shape.signed))
        return to_rgb8(frame.values, frame.photometric, self.shape.bits_stored)

    def _planes(self, frame: Frame, frame_index: int) -> list[Plane]:
        shape = self.shape
        planes = overlay_planes(self.head, frame_index, shape.rows, shape.columns)
        planes += embedded_planes(self.head, frame.container, shape.bits_stored, shape.high_bit)
        if self.state is not None:
            active = overlay_groups(self.state)
            own = overlay_planes(self.state, frame_index, shape.rows, shape.columns)
            planes = [plane for plane in planes + own if plane.group in active]
        return planes

    def _shutter(self, levels: Array) -> Array:
        source = self.head if self.state is None else self.state
        if not source.has_value(0x00181600):
            return levels
        found = shutter_mask(source, *levels.shape[:2])
        if found is not None:
            hidden, level = found
            levels = levels.copy()
            levels[hidden] = round(level * np.iinfo(levels.dtype).max)
        return levels

    def _pixel_ratio(self, frame_index: int) -> float:
        group = luts.functional_group(self.head, frame_index, 0x00289110) or self.head
        spacing = group.numbers(0x00280030) or self.head.numbers(0x00181164)
        return pixel_ratio(spacing, self.head.numbers(0x00280034)) or 1.0

    def icc_profile(self) -> bytes:
        if self.head.has_value(0x00282000):
            return bytes(self.head.raw(0x00282000))
        path = self.head.item(0x00480105)
        return bytes(path.raw(0x00282000)) if path is not None else b""

    def frame_ms(self) -> float:
        vector = self.head.numbers(0x00181065)
        if self.head.has_value(0x00181063):
            time = self.head.number(0x00181063, 100.0)
        elif len(vector) > 1:
            time = sum(vector) / (len(vector) - 1)
        else:
            rate = self.head.number(0x00082144, 0) or self.head.number(0x00180040, 0)
            time = 1000 / rate if rate > 0 else 100.0
        return min(max(time, 20.0), 10_000.0)


@dataclass(frozen=True, slots=True)
class _Supplement:
    """A supplemental palette: values from `first` on have a colour of their own (PS3.3 C.7.6.23)."""

    values: Array
    palette: list[luts.Lut]

    def __call__(self, levels: Array) -> Array:
        grey = (levels >> 8).astype(np.uint8) if levels.dtype == np.uint16 else levels
        rgb = np.repeat(grey[:, :, None], 3, axis=2)
        colored = self.values >= self.palette[0].first
        rgb[colored] = apply_palette(self.values, self.palette)[colored]
        return rgb


def _domain(values: Array) -> tuple[Array, Array]:
    """Give every value from the lowest to the highest that occurs, and for each pixel its place among them."""
    low, high = int(values.min()), int(values.max())
    places = values if low == 0 else values.astype(np.int32) - low
    return np.arange(low, high + 1, dtype=np.int32), places


def _paint(levels: Array, planes: list[Plane]) -> Array:
    if planes:
        levels = levels.copy()
        for plane in planes:
            levels[plane.mask] = np.iinfo(levels.dtype).max
    return levels


def _describe(grey: GreyScale | None) -> str:
    if grey is None or not isinstance(grey.voi, Window):
        return ""
    return f"C {grey.voi.center:g} W {grey.voi.width:g}"
