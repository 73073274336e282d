"""What does a film look like before anything is on it? Its size, its boxes, its densities (PS3.3 C.13.1 to C.13.5).

The same words serve who prints and who is printed on: `FilmSettings` and `ImageSettings` are read from the attributes
of Film Box and Image Box, with what the printer does when nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

_INCH = 25.4
# Film Size ID → width and height in mm, portrait (PS3.3 C.13.3).
SIZES_MM: dict[str, tuple[float, float]] = {
    "8INX10IN": (8 * _INCH, 10 * _INCH), "8_5INX11IN": (8.5 * _INCH, 11 * _INCH),
    "10INX12IN": (10 * _INCH, 12 * _INCH), "10INX14IN": (10 * _INCH, 14 * _INCH),
    "11INX14IN": (11 * _INCH, 14 * _INCH), "11INX17IN": (11 * _INCH, 17 * _INCH),
    "14INX14IN": (14 * _INCH, 14 * _INCH), "14INX17IN": (14 * _INCH, 17 * _INCH),
    "24CMX24CM": (240, 240), "24CMX30CM": (240, 300), "A4": (210, 297), "A3": (297, 420),
}  # fmt: skip
MAGNIFICATIONS = ("REPLICATE", "BILINEAR", "CUBIC", "NONE")
BEHAVIOURS = ("DECIMATE", "CROP", "FAIL")
MAX_BOXES = 256
FORMAT, ORIENTATION, SIZE, MAGNIFICATION, BORDER, EMPTY = (
    "20100010 20100040 20100050 20100060 20100100 20100110".split()
)
MIN_DENSITY, MAX_DENSITY, TRIM, ILLUMINATION, REFLECTED = "20100120 20100130 20100140 2010015E 20100160".split()
RESOLUTION, POSITION, POLARITY, WIDTH, BEHAVIOUR = "20200050 20200010 20200020 20200030 20200040".split()
STATUSES = {
    0xB600: "memory allocation not supported", 0xB601: "film session printing not supported",
    0xB602: "film session without images", 0xB603: "film without images", 0xB604: "image was demagnified",
    0xB605: "density outside of the printer's range", 0xB609: "image was cropped", 0xB60A: "image was decimated",
    0xC600: "film session without films", 0xC601: "print queue is full", 0xC602: "print queue is full",
    0xC603: "image larger than its box", 0xC605: "no memory for the image",
    0xC613: "combined image larger than its box", 0xC616: "an earlier film is not printed yet",
}  # fmt: skip
"""The statuses of print management (PS3.4 H.4)."""
_DENSITIES = ("BLACK", "WHITE")


class BadValue(BadRequest):
    """An attribute of a print object has a value that cannot be; `names` are their tags (PS3.7 C.5.4: 0106H)."""

    dimse_status = 0x0106

    def __init__(self, *names: str) -> None:
        super().__init__(f"Attribute {', '.join(names)} has a value that is not understood.")
        self.names = names


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of one image, in fractions of the film's printable area."""

    left: float
    top: float
    width: float
    height: float


def cells(display_format: str) -> tuple[Cell, ...]:
    """Return the boxes of an Image Display Format in the order of their positions: rows first, for COL columns first.

    Raises:
        BadValue: not STANDARD\\C,R, ROW\\R1,R2,… or COL\\C1,C2,…, or more than MAX_BOXES boxes.
    """
    kind, _, text = display_format.strip().partition("\\")
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        raise BadValue(FORMAT) from None
    if kind == "STANDARD" and len(counts) == 2:
        kind, counts = "ROW", [counts[0]] * counts[1] if 0 < counts[1] <= MAX_BOXES else []
    if kind not in ("ROW", "COL") or not counts or min(counts) < 1 or sum(counts) > MAX_BOXES:
        raise BadValue(FORMAT)
    thick = 1 / len(counts)
    strips = [(n * thick, at / count, 1 / count) for n, count in enumerate(counts) for at in range(count)]
    if kind == "ROW":
        return tuple(Cell(left, top, width, thick) for top, left, width in strips)
    return tuple(Cell(left, top, thick, height) for left, top, height in strips)


@dataclass(frozen=True, slots=True)
class Printable:
    """What a printer can do: its densities in hundredths of OD, and what it takes when nothing is said."""

    min_density: int = 20
    max_density: int = 300
    size: str = "14INX17IN"
    magnification: str = "CUBIC"


@dataclass(frozen=True, slots=True)
class FilmSettings:
    """A Film Box (PS3.3 C.13.3); densities are within what the printer can do."""

    display_format: str
    size: str
    landscape: bool
    magnification: str
    border: str
    empty: str
    min_density: int
    max_density: int
    trim: bool
    high_resolution: bool
    illumination: int
    reflected: int

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the film as it is looked at."""
        width, height = SIZES_MM[self.size]
        return (height, width) if self.landscape else (width, height)

    def density(self, name: str) -> int:
        """Return a density that is given as BLACK, WHITE or a number."""
        known = {"BLACK": self.max_density, "WHITE": self.min_density}
        return known[name] if name in known else int(name)


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """An Image Box (PS3.3 C.13.5); `width_mm` 0 is as large as the box allows, "" as the film box says."""

    reverse: bool = False
    magnification: str = ""
    width_mm: float = 0.0
    behaviour: str = ""
    min_density: int | None = None
    max_density: int | None = None


def read_film(attributes: Attributes, printer: Printable) -> tuple[FilmSettings, bool]:
    """Read a Film Box; say, too, whether its densities had to be brought into the printer's range.

    Raises:
        BadValue: naming every attribute that is not understood.
    """
    reader = _Reader(attributes)
    low, high, clipped = reader.densities(printer)
    found = FilmSettings(
        display_format=str(first(attributes, FORMAT)),
        size=reader.choice(SIZE, tuple(SIZES_MM), printer.size),
        landscape=reader.choice(ORIENTATION, ("PORTRAIT", "LANDSCAPE"), "PORTRAIT") == "LANDSCAPE",
        magnification=reader.choice(MAGNIFICATION, MAGNIFICATIONS, printer.magnification),
        border=reader.density(BORDER, "BLACK"),
        empty=reader.density(EMPTY, "BLACK"),
        min_density=printer.min_density if low is None else low,
        max_density=printer.max_density if high is None else high,
        trim=reader.choice(TRIM, ("YES", "NO"), "NO") == "YES",
        high_resolution=reader.choice(RESOLUTION, ("STANDARD", "HIGH"), "STANDARD") == "HIGH",
        illumination=int(reader.number(ILLUMINATION, 2000)),
        reflected=int(reader.number(REFLECTED, 10)),
    )
    reader.check()
    cells(found.display_format)
    return found, clipped


def read_image(attributes: Attributes, printer: Printable) -> tuple[ImageSettings, bool]:
    """Read an Image Box; say, too, whether its densities had to be brought into the printer's range.

    Raises:
        BadValue: naming every attribute that is not understood.
    """
    reader = _Reader(attributes)
    low, high, clipped = reader.densities(printer)
    found = ImageSettings(
        reverse=reader.choice(POLARITY, ("NORMAL", "REVERSE"), "NORMAL") == "REVERSE",
        magnification=reader.choice(MAGNIFICATION, MAGNIFICATIONS, ""),
        width_mm=reader.number(WIDTH, 0.0),
        behaviour=reader.choice(BEHAVIOUR, BEHAVIOURS, ""),
        min_density=low,
        max_density=high,
    )
    reader.check()
    return found, clipped


def first(attributes: Attributes, name: str) -> Any:
    """Return the first value of an attribute, "" for none."""
    value = (attributes.get(name, {}).get("Value") or [""])[0]
    return "" if value is None else value


class _Reader:
    """Reads values and remembers which make no sense."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes, self._wrong = attributes, list[str]()

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        found = str(first(self._attributes, name))
        if found and found not in known:
            self._wrong.append(name)
        return found or default

    def density(self, name: str, default: str) -> str:
        found = str(first(self._attributes, name))
        if found and found not in _DENSITIES and not (found.isascii() and found.isdigit() and len(found) < 5):
            self._wrong.append(name)
        return found or default

    def number(self, name: str, default: float) -> float:
        found = first(self._attributes, name)
        if found == "":
            return default
        if not isinstance(found, int | float) or not 0 <= found < 1e6:
            self._wrong.append(name)
            return default
        return float(found)

    def densities(self, printer: Printable) -> tuple[int | None, int | None, bool]:
        """Return the lowest and the highest density, None where nothing is said, and whether they were clipped."""
        found: list[int | None] = []
        clipped = False
        for name in (MIN_DENSITY, MAX_DENSITY):
            if first(self._attributes, name) == "":
                found.append(None)
                continue
            asked = int(self.number(name, 0))
            possible = min(max(asked, printer.min_density), printer.max_density)
            clipped |= asked != possible
            found.append(possible)
        low, high = found
        if low is not None and high is not None and low >= high:
            self._wrong.append(MIN_DENSITY)
        return low, high, clipped

    def check(self) -> None:
        if self._wrong:
            raise BadValue(*dict.fromkeys(self._wrong))
