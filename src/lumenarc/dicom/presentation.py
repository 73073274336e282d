"""What does a softcopy presentation state say about one image? (PS3.3 A.33, C.10, C.11.8, C.7.6.11; PS3.4
N)"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.luts import GreyScale, Voi, Window, read_lut, read_modality, read_voi
from lumenarc.dicom.overlays import overlay_planes

_MAX_POINTS = 200_000


@dataclass(frozen=True, slots=True)
class Geometry:
    """What part of the image is shown and how it is turned: first clockwise by `rotation`, then mirrored."""

    left: float
    top: float
    right: float
    bottom: float
    rotation: int = 0
    flip: bool = False
    pixel_ratio: float | None = None
    """Height of a pixel divided by its width; None: the image's own."""


@dataclass(frozen=True, slots=True)
class Graphic:
    """A shape or a text. `points` (x, y) are image pixels, or fractions of the display when `in_display`."""

    kind: str
    points: tuple[tuple[float, float], ...]
    in_display: bool
    color: tuple[int, int, int]
    filled: bool = False
    text: str = ""


def applies_to(item: LazySet, sop_instance_uid: str, frame_index: int) -> bool:
    """Say whether an item with a Referenced Image Sequence speaks of this frame; without references it
    does."""
    references = item.items(0x00081140)
    for reference in references:
        if reference.uid(0x00081155) != sop_instance_uid:
            continue
        numbers = reference.numbers(0x00081160)
        if not numbers or frame_index + 1 in numbers:
            return True
    return not references


def read_grey(state: LazySet, sop_instance_uid: str, frame_index: int, signed: bool) -> GreyScale:
    """Read the grey pipeline of the state; what it leaves out is the identity, not the image's (PS3.4
    N.2)."""
    voi: Voi | None = None
    for item in state.items(0x00283110):
        if applies_to(item, sop_instance_uid, frame_index):
            voi = read_voi(item, frame_index, signed)
            break
    table = state.item(0x20500010)
    presentation = read_lut(table, 0x00283002, 0x00283006, False) if table is not None else None
    inverse = state.ascii(0x20500020) == "INVERSE"
    return GreyScale(read_modality(state, frame_index, signed), voi, presentation, inverse)


def read_geometry(state: LazySet, sop_instance_uid: str, frame_index: int, size: tuple[int, int]) -> Geometry:
    """Read displayed area, rotation and flip; `size` is (rows, columns) of the image."""
    rows, columns = size
    left, top, right, bottom, ratio = 0.0, 0.0, float(columns), float(rows), None
    for item in state.items(0x0070005A):
        corner, opposite = item.numbers(0x00700052, "SL"), item.numbers(0x00700053, "SL")
        if not applies_to(item, sop_instance_uid, frame_index) or len(corner) < 2 or len(opposite) < 2:
            continue
        left, top = corner[0] - 1, corner[1] - 1
        right, bottom = opposite[0], opposite[1]
        ratio = pixel_ratio(item.numbers(0x00700101), item.numbers(0x00700102))
        break
    if right <= left or bottom <= top or right - left > 16 * columns or bottom - top > 16 * rows:
        left, top, right, bottom = 0.0, 0.0, float(columns), float(rows)
    rotation = state.us(0x00700042) % 360 // 90 * 90
    return Geometry(left, top, right, bottom, rotation, state.ascii(0x00700041) == "Y", ratio)


def pixel_ratio(spacing: tuple[float, ...], aspect: tuple[float, ...]) -> float | None:
    """Give height ÷ width of a pixel from a spacing or an aspect ratio, both vertical first; None:
    neither."""
    for pair in (spacing, aspect):
        if len(pair) >= 2 and pair[0] > 0 and pair[1] > 0:
            return min(max(pair[0] / pair[1], 1 / 64), 64.0)
    return None


def shutter_mask(source: LazySet, rows: int, columns: int) -> tuple[Array, float] | None:
    """Give what the display shutter hides and the level (0..1) to show there; None: no shutter."""
    shapes = source.ascii(0x00181600).split("\\")
    hidden = np.zeros((rows, columns), bool)
    y, x = np.ogrid[1 : rows + 1, 1 : columns + 1]
    for shape in shapes:
        if shape == "RECTANGULAR":
            left, right = source.integer(0x00181602, 1), source.integer(0x00181604, columns)
            upper, lower = source.integer(0x00181606, 1), source.integer(0x00181608, rows)
            hidden |= (x < left) | (x > right) | (y < upper) | (y > lower)
        elif shape == "CIRCULAR":
            center, radius = source.numbers(0x00181610), source.number(0x00181612, 0)
            if len(center) >= 2 and radius > 0:
                hidden |= (y - center[0]) ** 2 + (x - center[1]) ** 2 > radius**2
        elif shape == "POLYGONAL":
            hidden |= ~_polygon(source.numbers(0x00181620), rows, columns)
        elif shape == "BITMAP":
            group = source.us(0x00181623)
            for plane in overlay_planes(source, 0, rows, columns):
                if plane.group == group:
                    hidden |= plane.mask
    if not hidden.any():
        return None
    return hidden, source.us(0x00181622) / 65535.0


def _polygon(numbers: tuple[float, ...], rows: int, columns: int) -> Array:
    from PIL import Image, ImageDraw

    points = [(numbers[i + 1] - 1, numbers[i] - 1) for i in range(0, min(len(numbers), _MAX_POINTS) - 1, 2)]
    if len(points) < 3:
        return np.ones((rows, columns), bool)
    drawn = Image.new("1", (columns, rows))
    ImageDraw.Draw(drawn).polygon(points, fill=1, outline=1)
    return np.asarray(drawn)


def overlay_groups(state: LazySet) -> frozenset[int]:
    """Give the overlay groups of the image that the state activates (PS3.3 C.11.7)."""
    return frozenset(group for group in range(0x6000, 0x6020, 2) if state.has_value(group << 16 | 0x1001))


def read_graphics(state: LazySet, sop_instance_uid: str, frame_index: int) -> list[Graphic]:
    """Read graphic annotations of one frame, lowest layer first (PS3.3 C.10.5, C.10.7)."""
    layers = {layer.ascii(0x00700002): layer for layer in state.items(0x00700060)}
    found: list[tuple[int, Graphic]] = []
    n_points = 0
    for item in state.items(0x00700001):
        if not applies_to(item, sop_instance_uid, frame_index):
            continue
        layer = layers.get(item.ascii(0x00700002))
        order, color = _layer_look(layer)
        graphics = [_shape(thing, color) for thing in item.items(0x00700009)]
        graphics += [graphic for thing in item.items(0x00700008) for graphic in _texts(thing, color)]
        for graphic in graphics:
            n_points += len(graphic.points)
            if graphic.points and n_points <= _MAX_POINTS:
                found.append((order, graphic))
    return [graphic for _, graphic in sorted(found, key=lambda pair: pair[0])]


def _layer_look(layer: LazySet | None) -> tuple[int, tuple[int, int, int]]:
    if layer is None:
        return 0, (255, 255, 255)
    order = layer.integer(0x00700062, 0)
    rgb = layer.numbers(0x00700067, "US")
    if len(rgb) >= 3:
        return order, (int(rgb[0]) >> 8, int(rgb[1]) >> 8, int(rgb[2]) >> 8)
    grey = layer.us(0x00700066, 0xFFFF) >> 8
    return order, (grey, grey, grey)


def _pairs(numbers: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    finite = [(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False) if np.isfinite([x, y]).all()]
    return tuple(finite)


def _shape(item: LazySet, color: tuple[int, int, int]) -> Graphic:
    points = _pairs(item.numbers(0x00700022, "FL")[: _MAX_POINTS * 2])
    in_display = item.ascii(0x00700005) == "DISPLAY"
    filled = item.ascii(0x00700024) == "Y"
    return Graphic(item.ascii(0x00700023), points, in_display, color, filled)


def _texts(item: LazySet, color: tuple[int, int, int]) -> list[Graphic]:
    text = item.text(0x00700006, "ST")[:4096]
    corner, opposite = _pairs(item.numbers(0x00700010, "FL")), _pairs(item.numbers(0x00700011, "FL"))
    anchor = _pairs(item.numbers(0x00700014, "FL"))
    found = []
    if corner:
        in_display = item.ascii(0x00700003) == "DISPLAY"
        found.append(Graphic("TEXT", corner[:1] + opposite[:1], in_display, color, text=text))
    elif anchor:
        in_display = item.ascii(0x00700004) == "DISPLAY"
        found.append(Graphic("TEXT", anchor[:1], in_display, color, text=text))
    if anchor and item.ascii(0x00700015) == "Y":
        found.append(Graphic("POINT", anchor[:1], item.ascii(0x00700004) == "DISPLAY", color))
    return found


def without_voi(grey: GreyScale, window: Window) -> GreyScale:
    """Replace the VOI transformation by a window that the caller asked for."""
    return GreyScale(grey.modality, window, grey.presentation, grey.inverse)
