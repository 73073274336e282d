"""How does a drawn image come into an Image Box? As an item of its image sequence, grey or color (PS3.3 C.13.5)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom.query import Attributes


@dataclass(frozen=True, slots=True)
class PlainImage:
    """An image as it is sent to a printer.

    `kind` is grey (8 bits), wide (12 bits in 16, little endian) or color (8 bits, plane by plane).
    """

    kind: str
    width: int
    height: int
    data: bytes


def plain_of(png: bytes, kind: str) -> PlainImage:
    """Take the pixels out of a PNG that was drawn here; only for our own."""
    import io

    import numpy as np
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    if kind == "color":
        values: Any = np.moveaxis(np.asarray(picture.convert("RGB")), 2, 0)
    elif kind == "wide" and picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.uint16) >> 4
    elif kind == "wide":  # colours in grey: what there is has 8 bits
        values = np.asarray(picture.convert("L")).astype(np.uint32) * 4095 // 255
    else:
        values = np.asarray(picture.convert("L"))
    data = values.astype("<u2" if kind == "wide" else "u1").tobytes()
    return PlainImage(kind, picture.size[0], picture.size[1], data)


def item_of(image: PlainImage) -> Attributes:
    """Return the item of the image sequence."""
    is_color, is_wide = image.kind == "color", image.kind == "wide"
    n_bits = 12 if is_wide else 8
    numbers = {
        "00280002": 3 if is_color else 1, "00280010": image.height, "00280011": image.width,
        "00280100": 16 if is_wide else 8, "00280101": n_bits, "00280102": n_bits - 1, "00280103": 0,
    }  # fmt: skip
    found: Attributes = {name: {"vr": "US", "Value": [number]} for name, number in numbers.items()}
    found["00280004"] = {"vr": "CS", "Value": ["RGB" if is_color else "MONOCHROME2"]}
    found["00280034"] = {"vr": "IS", "Value": [1, 1]}
    data = image.data + b"\0" * (len(image.data) % 2)
    found["7FE00010"] = {"vr": "OW", "InlineBinary": base64.b64encode(data).decode("ascii")}
    if is_color:
        found["00280006"] = {"vr": "US", "Value": [1]}
    return found
