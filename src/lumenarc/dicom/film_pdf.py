"""How do films become the pages of a PDF? Their PNG pictures are put into it as they are, without decoding (ISO 32000).

The compressed rows of a PNG are what PDF calls FlateDecode with a PNG predictor, so a film of any size is copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lumenarc.errors import Corrupt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colour type of a PNG (RFC 2083 4.1.1) → colour space of PDF and number of samples.
_COLORS = {0: ("DeviceGray", 1), 2: ("DeviceRGB", 3)}
_POINTS_PER_M = 72 / 0.0254


@dataclass(frozen=True, slots=True)
class _Png:
    """What a PDF needs of a PNG: its size, its colours, and the compressed rows."""

    width: int
    height: int
    color: str
    n_samples: int
    dots_per_m: int
    rows: bytes


def _read(png: bytes) -> _Png:
    """Read a PNG of 8 bits a sample, grey or RGB, that is not interlaced; raise Corrupt for any other."""
    if not png.startswith(_SIGNATURE):
        raise Corrupt("A film is no PNG.")
    head, dots_per_m, rows, at = b"", 0, list[bytes](), len(_SIGNATURE)
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = data
        elif kind == b"pHYs" and length == 9:
            dots_per_m = struct.unpack(">I", data[:4])[0]
        elif kind == b"IDAT":
            rows.append(data)
        at += 12 + length
    if len(head) != 13 or not rows:
        raise Corrupt("A film has no picture.")
    width, height, bits, color, _compression, _filter, interlaced = struct.unpack(">IIBBBBB", head)
    if bits != 8 or color not in _COLORS or interlaced:
        raise Corrupt("A film is of another kind than those that are made here.")
    return _Png(width, height, *_COLORS[color], dots_per_m or round(300 / 0.0254), b"".join(rows))


def write(pngs: Iterable[bytes], title: str) -> Iterator[bytes]:
    """Yield the PDF of films that are given as PNG; one at a time is in memory. Raises Corrupt."""
    places: dict[int, int] = {}
    at = 0

    def put(number: int, *parts: bytes) -> Iterator[bytes]:
        nonlocal at
        places[number] = at
        for part in (b"%d 0 obj\n" % number, *parts, b"\nendobj\n"):
            at += len(part)
            yield part

    head = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    at = len(head)
    yield head
    yield from put(1, b"<</Type/Catalog/Pages 2 0 R>>")
    yield from put(3, b"<</Title<FEFF%s>/Producer(Lumenarc)>>" % title.encode("utf-16-be").hex().upper().encode())
    pages: list[int] = []
    for png in pngs:
        film = _read(png)
        number = 4 + 3 * len(pages)
        width, height = (side / film.dots_per_m * _POINTS_PER_M for side in (film.width, film.height))
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:.3f} {height:.3f}]/Contents {number + 1} 0 R"
        yield from put(number, f"{page}/Resources<</XObject<</F {number + 2} 0 R>>>>>>".encode())
        drawn = f"{width:.3f} 0 0 {height:.3f} 0 0 cm /F Do".encode()
        yield from put(number + 1, b"<</Length %d>>stream\n" % len(drawn), drawn, b"\nendstream")
        how = f"<</Predictor 15/Colors {film.n_samples}/BitsPerComponent 8/Columns {film.width}>>"
        kind = f"<</Type/XObject/Subtype/Image/Width {film.width}/Height {film.height}/ColorSpace/{film.color}"
        kind += f"/BitsPerComponent 8/Filter/FlateDecode/DecodeParms{how}/Length {len(film.rows)}>>stream\n"
        yield from put(number + 2, kind.encode(), film.rows, b"\nendstream")
        pages.append(number)
    kids = " ".join(f"{number} 0 R" for number in pages)
    yield from put(2, f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode())
    table = [f"{places[number]:010d} 00000 n \n" for number in sorted(places)]
    text = f"xref\n0 {len(table) + 1}\n0000000000 65535 f \n{''.join(table)}"
    yield f"{text}trailer\n<</Size {len(table) + 1}/Root 1 0 R/Info 3 0 R>>\nstartxref\n{at}\n%%EOF\n".encode()
