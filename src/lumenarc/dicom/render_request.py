"""What may a caller ask of a rendered image, and what comes back? (PS3.18 8.3.5, 9.5)

Plain values that travel to a decoding worker as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from lumenarc.dicom.luts import Window
from lumenarc.errors import BadRequest, NotAcceptable

MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/jp2")
ICC_PROFILES = ("no", "yes", "srgb", "adobergb", "rommrgb", "displayp3")
MAX_SIDE = 16384
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass(frozen=True, slots=True)
class Viewport:
    """The box the image is fitted into, and the part of the image to show, in image pixels.

    A negative source width or height mirrors the image. None for a source value means: up to the image's
    border.
    """

    width: int
    height: int
    source_x: float | None = None
    source_y: float | None = None
    source_width: float | None = None
    source_height: float | None = None


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One wish for a rendered image; the defaults are those of PS3.18."""

    media_type: str = "image/jpeg"
    viewport: Viewport | None = None
    region: tuple[float, float, float, float] | None = None
    """Part of the image in fractions, left, top, right, bottom (WADO-URI `region`)."""
    window: Window | None = None
    voi_index: int = 0
    quality: int = 90
    annotations: tuple[str, ...] = ()
    icc_profile: str = "no"
    bits: int = 8
    """16: grey PNG of 16 bits."""
    overlays: bool = True
    invert: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> RenderRequest:
        """Build from `as_dict`'s answer."""
        viewport, window, region = plain["viewport"], plain["window"], plain["region"]
        return replace(
            cls(**{**plain, "viewport": None, "window": None, "region": None}),
            viewport=Viewport(**viewport) if viewport else None,
            window=Window(**window) if window else None,
            region=tuple(region) if region else None,
            annotations=tuple(plain["annotations"]),
        )


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """A finished image."""

    data: bytes
    media_type: str
    width: int
    height: int


def check_request(request: RenderRequest) -> None:
    """Refuse what cannot be drawn.

    Raises:
        NotAcceptable: a media type we do not write.
        BadRequest: numbers out of range.
    """
    if request.media_type not in MEDIA_TYPES:
        raise NotAcceptable("Images are rendered as JPEG, PNG, GIF, WebP or JPEG 2000")
    if not 1 <= request.quality <= 100:
        raise BadRequest("The quality must be from 1 to 100")
    if request.icc_profile not in ("no", "yes", "srgb"):
        raise BadRequest("ICC profiles other than no, yes and srgb are not supported")
    if not set(request.annotations) <= {"patient", "technique"}:
        raise BadRequest("Annotations are patient and technique")
    viewport = request.viewport
    if viewport and not (1 <= viewport.width <= MAX_SIDE and 1 <= viewport.height <= MAX_SIDE):
        raise BadRequest(f"The viewport must be from 1 to {MAX_SIDE} pixels wide and high")
    if request.region and not all(0 <= side <= 1 for side in request.region):
        raise BadRequest("The region must lie between 0 and 1")
    if request.window and not request.window.width > 0:
        raise BadRequest("The window must be wider than 0")


def parse_viewport(text: str) -> Viewport:
    """Read `viewport=vw,vh[,sx,sy,sw,sh]` (PS3.18 8.3.5.1.3); empty source values take their defaults.

    Raises:
        BadRequest: not two or six numbers.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        width, height = int(float(parts[0])), int(float(parts[1]))
        source = [float(part) if part else None for part in parts[2:]]
    except (ValueError, IndexError, OverflowError):
        raise BadRequest("The viewport must be two or six numbers") from None
    if len(source) not in (0, 4) or any(value is not None and abs(value) > 1e9 for value in source):
        raise BadRequest("The viewport must be two or six numbers")
    return Viewport(width, height, *source)


def parse_window(text: str) -> Window:
    """Read `window=center,width[,function]` (PS3.18 8.3.5.1.4).

    Raises:
        BadRequest: wrong numbers or an unknown function.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        center, width = float(parts[0]), float(parts[1])
        function = _FUNCTIONS[parts[2].lower()] if len(parts) > 2 else "LINEAR"
    except (ValueError, IndexError, KeyError):
        raise BadRequest("The window must be center, width and linear, linear-exact or sigmoid") from None
    smallest = 1.0 if function == "LINEAR" else 0.0
    if len(parts) > 3 or not (abs(center) < 1e300 and smallest <= width < 1e300 and width > 0):
        raise BadRequest("The window must be center, width and linear, linear-exact or sigmoid")
    return Window(center, width, function)
