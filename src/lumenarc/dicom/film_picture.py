"""What does a film look like when it is printed? Boxes, densities and text drawn to scale (PS3.3 C.13.3 to C.13.7).

Levels of the picture are levels of seeing between the printer's darkest and brightest density: what a P-value is to a
film, so that a film whose densities are not restricted shows its P-values as they are (PS3.14 7.1).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.film import FilmSettings, ImageSettings, Printable, cells
from lumenarc.dicom.gsdf import Viewing
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.luts import Lut, read_lut
from lumenarc.dicom.pixels import decode_frame, shape_of
from lumenarc.dicom.presentation import pixel_ratio
from lumenarc.errors import Unrenderable

MAX_IMAGE_PIXELS = 1 << 26
_MARGIN_MM, _GAP_MM, _LINE_MM, _TRIM_MM = 6.0, 2.0, 5.0, 0.4
_DEMAGNIFIED, _CROPPED, _DECIMATED = 0xB604, 0xB609, 0xB60A
TOO_LARGE = 0xC603
_FILTERS = {
    "REPLICATE": Image.Resampling.NEAREST, "NONE": Image.Resampling.NEAREST,
    "BILINEAR": Image.Resampling.BILINEAR, "CUBIC": Image.Resampling.BICUBIC,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrintImage:
    """The image of an Image Box: values with axes (row, column[, sample]), grey ones with black = 0.

    `ratio` is height ÷ width of a pixel.
    """

    values: Array
    bits: int
    ratio: float

    @property
    def is_color(self) -> bool:
        """Whether it has three samples."""
        return self.values.ndim == 3


@dataclass(frozen=True, slots=True)
class Tone:
    """A Presentation LUT: LIN OD, or a table, or neither (IDENTITY) (PS3.3 C.11.4)."""

    linear_density: bool = False
    lut: Lut | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """One image on the film."""

    image: PrintImage
    settings: ImageSettings
    tone: Tone


@dataclass(frozen=True, slots=True)
class Page:
    """A film to be drawn: boxes and lines of text by their positions, from 1."""

    settings: FilmSettings
    boxes: dict[int, Box]
    annotations: dict[int, str]


@dataclass(frozen=True, slots=True)
class Placement:
    """How large an image becomes, in dots; `status` is the warning or failure that this means."""

    width: int
    height: int
    crop: bool
    status: int


def read_print_image(item: LazySet, transfer_syntax_uid: str) -> PrintImage:
    """Read the item of a Basic Grayscale or Color Image Sequence.

    Raises:
        Unrenderable: there are no pixels, or they contradict their description.
    """
    shape = shape_of(item)
    if shape.rows * shape.columns > MAX_IMAGE_PIXELS or shape.is_float or shape.bits_allocated not in (8, 16):
        raise Unrenderable("Images like this are not printed.")
    frame = decode_frame(bytes(item.raw(0x7FE00010)), transfer_syntax_uid, shape)
    values = frame.values
    top = (1 << shape.bits_stored) - 1
    if frame.photometric == "MONOCHROME1":
        values = top - values
    elif frame.photometric not in ("MONOCHROME2", "RGB"):
        raise Unrenderable("Images are printed in MONOCHROME1, MONOCHROME2 or RGB.")
    if values.ndim == 3 and values.dtype != np.uint8:
        raise Unrenderable("Colour is printed with 8 bits a sample.")
    ratio = pixel_ratio((), item.numbers(0x00280034)) or 1.0
    return PrintImage(values, shape.bits_stored, ratio)


def read_tone(data: LazySet) -> Tone:
    """Read a Presentation LUT object.

    Raises:
        Unrenderable: the table is broken.
    """
    item = data.item(0x20500010)
    return Tone(
        data.ascii(0x20500020) == "LIN OD", None if item is None else read_lut(item, 0x00283002, 0x00283006, False)
    )


def cell_dots(settings: FilmSettings, dpi: int, n_lines: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of every box, in dots; `n_lines` of text stand below them."""
    width, height = settings.size_mm
    scale = dpi / 25.4
    area = width - 2 * _MARGIN_MM, height - 2 * _MARGIN_MM - n_lines * _LINE_MM
    found = []
    for cell in cells(settings.display_format):
        left = _MARGIN_MM + cell.left * area[0] + _GAP_MM / 2
        top = _MARGIN_MM + cell.top * area[1] + _GAP_MM / 2
        right, bottom = left + cell.width * area[0] - _GAP_MM, top + cell.height * area[1] - _GAP_MM
        edges = round(left * scale), round(top * scale), round(right * scale), round(bottom * scale)
        found.append((edges[0], edges[1], max(edges[2], edges[0] + 1), max(edges[3], edges[1] + 1)))
    return found


def place(image: PrintImage, settings: ImageSettings, magnification: str, room: tuple[int, int], dpi: int) -> Placement:
    """Decide how large an image is printed in a box of `room` dots (PS3.3 C.13.5, Requested Decimate/Crop Behavior)."""
    rows, columns = image.values.shape[:2]
    width, height = float(columns), rows * image.ratio
    fit = min(room[0] / width, room[1] / height)
    if settings.width_mm:
        scale = settings.width_mm / 25.4 * dpi / width
    elif magnification == "NONE":
        scale = 1.0
    else:
        scale = fit
    status = 0
    if scale > fit * 1.0001:
        status = {"CROP": _CROPPED, "FAIL": TOO_LARGE, "DECIMATE": _DECIMATED}.get(settings.behaviour, _DEMAGNIFIED)
        scale = scale if status == _CROPPED else fit
    return Placement(max(round(width * scale), 1), max(round(height * scale), 1), status == _CROPPED, status)


def draw(page: Page, dpi: int, printer: Printable) -> Image.Image:
    """Draw a film, grey or RGB, `dpi` dots an inch."""
    settings = page.settings
    viewing = Viewing(settings.illumination, settings.reflected, printer.min_density, printer.max_density)
    in_color = any(box.image.is_color for box in page.boxes.values())
    size = tuple(max(round(side / 25.4 * dpi), 1) for side in settings.size_mm)
    border = _byte(viewing, settings.density(settings.border))
    film = Image.new("RGB" if in_color else "L", (size[0], size[1]), (border,) * 3 if in_color else border)
    pen = ImageDraw.Draw(film)
    n_lines = max(page.annotations, default=0)
    for number, edges in enumerate(cell_dots(settings, dpi, n_lines), 1):
        box = page.boxes.get(number)
        if box is None:
            pen.rectangle(edges, fill=_fill(film, _byte(viewing, settings.density(settings.empty))))
            continue
        frame = _paste(film, box, settings, edges, (dpi, viewing))
        if settings.trim:
            line = max(round(_TRIM_MM / 25.4 * dpi), 1)
            pen.rectangle(frame, outline=_fill(film, 255 if border < 128 else 0), width=line)
    _write_lines(pen, film, page.annotations, dpi, 255 if border < 128 else 0)
    return film


def _paste(
    film: Image.Image, box: Box, settings: FilmSettings, edges: tuple[int, int, int, int], how: tuple[int, Viewing]
) -> tuple[int, int, int, int]:
    """Put an image into the middle of its box; return where it is."""
    dpi, viewing = how
    magnification = box.settings.magnification or settings.magnification
    room = edges[2] - edges[0], edges[3] - edges[1]
    placed = place(box.image, box.settings, magnification, room, dpi)
    picture = Image.fromarray(_levels(box, settings, viewing))
    if picture.size != (placed.width, placed.height):
        shrinks = placed.width < picture.size[0] or placed.height < picture.size[1]
        method = Image.Resampling.BOX if shrinks and magnification != "REPLICATE" else _FILTERS[magnification]
        rest = (0.0, 0.0, float(picture.size[0]), float(picture.size[1]))
        if placed.crop:  # scale only what is seen: the whole may be as large as the caller likes
            rest, placed = _visible(picture.size, placed, room)
        picture = picture.resize((placed.width, placed.height), method, box=rest)
    left = edges[0] + (room[0] - placed.width) // 2
    top = edges[1] + (room[1] - placed.height) // 2
    film.paste(picture, (left, top))
    return left, top, left + placed.width - 1, top + placed.height - 1


def _visible(
    size: tuple[int, int], placed: Placement, room: tuple[int, int]
) -> tuple[tuple[float, float, float, float], Placement]:
    """Return the middle part of an image that fits into the room, and how large that is."""
    shares = min(room[0] / placed.width, 1.0), min(room[1] / placed.height, 1.0)
    width, height = size[0] * shares[0], size[1] * shares[1]
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    part = replace(placed, width=min(room[0], placed.width), height=min(room[1], placed.height))
    return (left, top, left + width, top + height), part


def _levels(box: Box, film: FilmSettings, viewing: Viewing) -> Array:
    """Turn pixel values into levels, 0 to 255: Presentation LUT, polarity, densities."""
    image, settings = box.image, box.settings
    if image.is_color:
        values: Array = 255 - image.values if settings.reverse else image.values
        return np.ascontiguousarray(values)
    low = film.min_density if settings.min_density is None else settings.min_density
    high = film.max_density if settings.max_density is None else settings.max_density
    domain = np.arange(1 << image.bits, dtype=np.float64) / ((1 << image.bits) - 1)
    if box.tone.lut is not None:
        table = box.tone.lut
        at = np.rint(domain * (len(table.values) - 1)).astype(np.int64)
        domain = np.clip(table.values[at] / float((1 << table.bits) - 1), 0.0, 1.0)
    if settings.reverse:
        domain = 1.0 - domain
    if box.tone.linear_density:
        levels = np.array([viewing.level(high + share * (low - high)) for share in domain])
    else:
        darkest, brightest = viewing.level(high), viewing.level(low)
        levels = darkest + domain * (brightest - darkest)
    found: Array = np.rint(levels * 255).astype(np.uint8)[image.values]
    return found


def _byte(viewing: Viewing, density: int) -> int:
    return round(viewing.level(density) * 255)


def _fill(film: Image.Image, level: int) -> int | tuple[int, int, int]:
    return level if film.mode == "L" else (level, level, level)


def _write_lines(pen: ImageDraw.ImageDraw, film: Image.Image, lines: dict[int, str], dpi: int, level: int) -> None:
    scale = dpi / 25.4
    font = ImageFont.load_default(max(_LINE_MM * 0.7 * scale, 6))
    n_lines = max(lines, default=0)
    for position, text in lines.items():
        top = film.size[1] - (_MARGIN_MM + (n_lines - position + 1) * _LINE_MM) * scale
        shown = "".join(character if character.isprintable() else " " for character in text)[:200]
        pen.text((_MARGIN_MM * scale, top), shown, fill=_fill(film, level), font=font)


def write_png(film: Image.Image, dpi: int) -> bytes:
    """Write a film as a PNG that knows its size."""
    out = io.BytesIO()
    film.save(out, "PNG", compress_level=3, dpi=(dpi, dpi))
    return out.getvalue()
