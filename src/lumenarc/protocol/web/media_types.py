"""Which representation does a caller want? Accept headers and media types (RFC 9110 12.5.1, PS3.18 8.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_MAX_RANGES = 64

# Media types of compressed frames, with the transfer syntaxes that they can carry, the default first (Table 8.7.3-2).
FRAME_TYPES: dict[str, tuple[str, ...]] = {
    "image/jpeg": tuple(f"1.2.840.10008.1.2.4.{n}" for n in ("70", "50", "51", "57")),
    "image/jls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "image/jp2": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "image/jpx": ("1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"),
    "image/jphc": tuple(f"1.2.840.10008.1.2.4.{n}" for n in ("201", "202", "203")),
    "image/jxl": tuple(f"1.2.840.10008.1.2.4.{n}" for n in ("110", "111", "112")),
    "image/dicom-rle": ("1.2.840.10008.1.2.5",),
    "video/mpeg2": tuple(f"1.2.840.10008.1.2.4.{n}" for n in ("100", "101", "100.1", "101.1")),
    "video/mp4": tuple(f"1.2.840.10008.1.2.4.{n}{part}" for part in ("", ".1") for n in range(102, 107)),
    "video/H265": ("1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"),
}


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One wish of an Accept header; type and parameter names are in lower case."""

    type: str
    params: dict[str, str] = field(default_factory=dict)
    q: float = 1.0

    def accepts(self, media_type: str) -> bool:
        """Say whether a media type without parameters fits."""
        if self.type in ("*/*", media_type.lower()):
            return True
        return self.type.endswith("/*") and media_type.lower().startswith(self.type[:-1])


def split_quoted(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside quotation marks."""
    parts, start, quoted = [], 0, False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def parse_media_type(text: str) -> MediaRange | None:
    """Read a media type with its parameters; None when it is none."""
    first, *rest = split_quoted(text, ";")
    if not _TOKEN.fullmatch(first.strip()):
        return None
    params = {}
    for part in rest:
        name, _, value = part.partition("=")
        params[name.strip().lower()] = value.strip().strip('"')
    try:
        q = float(params.pop("q", "1"))
    except ValueError:
        q = 0.0
    return MediaRange(first.strip().lower(), params, min(max(q, 0.0), 1.0))


def parse_accept(values: Sequence[str]) -> tuple[MediaRange, ...]:
    """Return what is accepted, the best first; nothing given accepts everything."""
    found = []
    for text in split_quoted(",".join(values), ",")[:_MAX_RANGES]:
        wish = parse_media_type(text)
        if wish is not None:
            found.append(wish)
    if not any(values):
        return (MediaRange("*/*"),)
    order = {"*": 2}

    def rank(wish: MediaRange) -> tuple[float, int]:
        return -wish.q, order["*"] if wish.type == "*/*" else int(wish.type.endswith("/*"))

    return tuple(sorted((wish for wish in found if wish.q > 0), key=rank))


def best(accepted: Sequence[MediaRange], offers: Sequence[str]) -> str | None:
    """Return the offer that is wished most, the first among equals; None when none fits."""
    for wish in accepted:
        for offer in offers:
            if wish.accepts(offer):
                return offer
    return None


def best_of_equals(accepted: Sequence[MediaRange], offers: Sequence[str]) -> str | None:
    """Return the first offer among those that are wished equally and most: what a browser's `image/*` leaves open."""
    for q in sorted({wish.q for wish in accepted}, reverse=True):
        wishes = [wish for wish in accepted if wish.q == q]
        if any("*" in wish.type for wish in wishes):
            found = next((offer for offer in offers if any(wish.accepts(offer) for wish in wishes)), None)
        else:
            found = best(wishes, offers)
        if found is not None:
            return found
    return None


def frame_type_of(transfer_syntax_uid: str) -> str:
    """Return the media type of frames in this syntax."""
    for media_type, uids in FRAME_TYPES.items():
        if transfer_syntax_uid in uids:
            return media_type
    return "application/octet-stream"
