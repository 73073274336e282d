"""How does a film come to a decoding worker, to be drawn there? Its settings as JSON, its images and LUTs as bytes."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image

from lumenarc.dicom import film_picture
from lumenarc.dicom.film import FilmSettings, ImageSettings, Printable
from lumenarc.dicom.film_picture import Box, Page, PrintImage, Tone
from lumenarc.dicom.luts import Lut
from lumenarc.imaging.messages import Message

_PREVIEW_PIXELS = 360


def packed(page: Page, dpi: int, can: Printable) -> Message:
    """Return a film as a message."""
    blobs: list[bytes] = []

    def put(values: Any) -> dict[str, Any]:
        blobs.append(np.ascontiguousarray(values).tobytes())
        return {"at": len(blobs) - 1, "dtype": values.dtype.str, "shape": values.shape}

    boxes = []
    for position, box in page.boxes.items():
        image, lut = box.image, box.tone.lut
        told: dict[str, Any] = {"position": position, "settings": asdict(box.settings)}
        told |= {"image": put(image.values), "bits": image.bits, "ratio": image.ratio}
        told["linear_density"] = box.tone.linear_density
        told["lut"] = None if lut is None else {"first": lut.first, "values": put(lut.values), "bits": lut.bits}
        boxes.append(told)
    lines = list(page.annotations.items())
    return {"settings": asdict(page.settings), "boxes": boxes, "lines": lines, "dpi": dpi, "can": asdict(can)}, blobs


def draw(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Draw a film; give its PNG and a small JPEG."""

    def values(told: dict[str, Any]) -> Any:
        return np.frombuffer(blobs[told["at"]], told["dtype"]).reshape(told["shape"])

    boxes = {}
    for told in fields["boxes"]:
        lut = told["lut"] and Lut(told["lut"]["first"], values(told["lut"]["values"]), told["lut"]["bits"])
        image = PrintImage(values(told["image"]), told["bits"], told["ratio"])
        boxes[told["position"]] = Box(image, ImageSettings(**told["settings"]), Tone(told["linear_density"], lut))
    page = Page(FilmSettings(**fields["settings"]), boxes, dict(fields["lines"]))
    film = film_picture.draw(page, fields["dpi"], Printable(**fields["can"]))
    png = film_picture.write_png(film, fields["dpi"])
    small = io.BytesIO()
    shown = film.copy()
    shown.thumbnail((_PREVIEW_PIXELS, _PREVIEW_PIXELS), Image.Resampling.BOX)
    shown.save(small, "JPEG", quality=85)
    return {"width": film.width, "height": film.height}, [png, small.getvalue()]
