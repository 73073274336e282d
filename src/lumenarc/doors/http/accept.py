"""What does this request accept? Media types and transfer syntaxes, chosen as PS3.18 8.7 says.

The `accept` query parameter goes before the header (PS3.18 8.3.3.1). A wish for DICOM without a transfer syntax means
Explicit VR Little Endian (8.7.3.5); `*` and a bare `*/*` mean: as it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.media_types import FRAME_TYPES, MediaRange, frame_type_of, parse_accept

EXPLICIT_LE = "1.2.840.10008.1.2.1"
OCTETS = "application/octet-stream"
STORED = "*"
_OBJECT_KINDS = {"application/dicom": "single", "application/zip": "zip"}
_ANYTHING = ("*/*", "application/*", "multipart/*")


def accepted(request: Request) -> tuple[MediaRange, ...]:
    """Return the wishes of a request, the best first."""
    asked = request.query_params.getlist("accept")
    # An unescaped plus sign of "dicom+json" has become a space.
    values = [value.replace("dicom json", "dicom+json").replace("dicom xml", "dicom+xml") for value in asked]
    return parse_accept(values or request.headers.getlist("accept"))


@dataclass(frozen=True, slots=True)
class ObjectWish:
    """How whole objects are wanted: "multipart", "single" or "zip", and in which syntaxes, the best first.

    STORED among them stands for the syntax in which an object lies.
    """

    kind: str
    syntaxes: tuple[str, ...]

    def for_stored(self, stored_uid: str) -> tuple[str, ...]:
        """Return the transfer syntaxes to try for an object that lies in this one: it stays as it is where it can."""
        named = (stored_uid,) if stored_uid in self.syntaxes else ()
        return tuple(dict.fromkeys((*named, *(stored_uid if uid == STORED else uid for uid in self.syntaxes))))


def object_wish(wishes: Sequence[MediaRange], n_objects: int) -> ObjectWish:
    """Choose how to send objects; raise NotAcceptable when no wish fits."""
    chosen, syntaxes = "", list[str]()
    for wish in wishes:
        kind, syntax = _object_kind(wish)
        if not kind or (kind == "single" and n_objects > 1) or kind != (chosen or kind):
            continue
        chosen = kind
        # Where nothing was said, what cannot be decompressed (video) still leaves as it lies.
        syntaxes += [EXPLICIT_LE, STORED] if syntax is None else [syntax]
    if not chosen:
        raise NotAcceptable("Objects are retrieved as application/dicom, alone or in multipart/related, or as a ZIP.")
    return ObjectWish(chosen, tuple(syntaxes))


def _object_kind(wish: MediaRange) -> tuple[str, str | None]:
    """Return the kind of answer a wish means, "" for none, and the transfer syntax it names."""
    syntax = wish.params.get("transfer-syntax")
    if wish.type in _OBJECT_KINDS:
        return _OBJECT_KINDS[wish.type], syntax or (STORED if wish.type == "application/zip" else None)
    if wish.type == "multipart/related":
        inner = wish.params.get("type", "application/dicom").lower()
        return ("multipart", syntax) if inner in ("application/dicom", "*/*") else ("", None)
    return ("multipart", syntax or STORED) if wish.type in _ANYTHING else ("", None)


@dataclass(frozen=True, slots=True)
class FrameWish:
    """How frames are wanted: in multipart or alone, under which media type, in which transfer syntax."""

    multipart: bool
    media_type: str
    syntax: str


def frame_wish(wishes: Sequence[MediaRange], own: str, n_parts: int, can_give: Callable[[str], bool]) -> FrameWish:
    """Choose how to send frames that lie in the syntax `own`; raise NotAcceptable when no wish fits."""
    for wish in wishes:
        multipart = wish.type in ("multipart/related", "multipart/*") or (wish.type == "*/*" and n_parts > 1)
        if not multipart and n_parts > 1:
            continue
        kind = wish.params.get("type", "*/*").lower() if multipart else wish.type
        found = _frame_type(kind, wish.params.get("transfer-syntax"), own)
        if found is not None and can_give(found[1]):
            return FrameWish(multipart, *found)
    raise NotAcceptable(
        f"These frames are retrieved as {frame_type_of(own)} or application/octet-stream; transfer-syntax={own}."
    )


def _frame_type(kind: str, syntax: str | None, own: str) -> tuple[str, str] | None:
    """Return media type and transfer syntax of a wish, None when it makes no sense."""
    if kind in ("*/*", "application/*"):
        return OCTETS, own if syntax in (None, STORED) else syntax or own
    if kind == OCTETS:
        return OCTETS, own if syntax == STORED else syntax or EXPLICIT_LE
    if kind in ("image/*", "video/*"):
        media_type = frame_type_of(own)
        return (media_type, own) if media_type.startswith(kind[:-1]) and syntax in (None, STORED, own) else None
    for media_type, uids in FRAME_TYPES.items():
        if media_type.lower() == kind:
            if syntax in (None, STORED):
                return media_type, own if own in uids else uids[0]
            return (media_type, syntax) if syntax in uids else None
    return None
