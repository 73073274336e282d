"""How do corrections of patient and study reach a data set on its way out? (an overlay; the stored bytes never change)

Only the head, up to the last attribute that changes, is written anew; everything behind it, pixel data above all,
leaves as it lies. Inside the head, elements that do not change are copied byte for byte (PS3.5 7.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lumenarc.dicom import charset
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode, texts
from lumenarc.dicom.header import PIXEL_TAGS
from lumenarc.dicom.lazy import EXPLICIT_BE, IMPLICIT_LE, UNDEFINED, read_element, skip_undefined
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

CHARSET_TAG = 0x00080005
_CHARSET = "00080005"


@dataclass(frozen=True, slots=True)
class Overlaid:
    """The new head, and where in the old data set the untouched tail begins."""

    head: bytes
    tail_offset: int


def overlay(data: bytes | memoryview, transfer_syntax_uid: str, changes: Attributes) -> Overlaid:
    """Replace or add top-level attributes; one with neither Value nor vr ({}) is removed.

    `data` is the data set or its beginning up to the pixel data (a deflated one inflated before). New text comes in
    the data set's own character set; where that cannot express it, the head and its sequences are written in UTF-8.

    Raises:
        BadDataSet: a length runs past the end, or a change does not fit its VR.
    """
    wanted = {int(name, 16): entry for name, entry in changes.items() if name != _CHARSET}
    if not wanted:
        return Overlaid(b"", 0)
    spans, end = _spans(memoryview(data), transfer_syntax_uid)
    term = _term(memoryview(data), transfer_syntax_uid, spans)
    chosen = charset.choose(texts(changes), term)
    if chosen not in ("", term):
        return _rewritten(data, transfer_syntax_uid, changes, end)
    last = max(wanted)
    out: list[bytes] = []
    pending = sorted(wanted)
    tail = end
    for tag, start, stop in spans:
        while pending and pending[0] < tag:
            out.append(_one(pending[0], wanted, transfer_syntax_uid, term))
            pending.pop(0)
        if tag > last:
            tail = start
            break
        if tag in wanted:
            if pending and pending[0] == tag:
                out.append(_one(tag, wanted, transfer_syntax_uid, term))
                pending.pop(0)
        elif tag & 0xFFFF:
            out.append(bytes(data[start:stop]))
    out.extend(_one(tag, wanted, transfer_syntax_uid, term) for tag in pending)
    return Overlaid(b"".join(out), tail)


def _spans(buf: memoryview, syntax: str) -> tuple[list[tuple[int, int, int]], int]:
    """Return (tag, start, end) of every top-level element before the pixel data, and where they end."""
    explicit, order = syntax != IMPLICIT_LE, ">" if syntax == EXPLICIT_BE else "<"
    spans: list[tuple[int, int, int]] = []
    pos, total = 0, len(buf)
    while pos + 8 <= total:
        tag, vr, value, length = read_element(buf, pos, explicit, order)
        if tag in PIXEL_TAGS or tag == 0:
            break
        end = skip_undefined(buf, value, vr, explicit, order) if length == UNDEFINED else value + length
        if end > total:
            raise BadDataSet(f"Element ({tag >> 16:04X},{tag & 0xFFFF:04X}) is longer than the data set.")
        spans.append((tag, pos, end))
        pos = end
    return spans, pos


def _term(buf: memoryview, syntax: str, spans: list[tuple[int, int, int]]) -> str:
    for tag, start, end in spans:
        if tag == CHARSET_TAG:
            values = to_attributes(buf[start:end], syntax).get(_CHARSET, {}).get("Value", ())
            return "\\".join(str(value or "") for value in values)
    return ""


def _one(tag: int, wanted: dict[int, dict[str, object]], syntax: str, term: str) -> bytes:
    """Encode one changed attribute alone, in the character set of the data set."""
    entry = wanted[tag]
    if not entry:
        return b""
    name = f"{tag:08X}"
    whole = encode({name: entry}, syntax, term)
    if not term or tag == CHARSET_TAG:
        return whole
    lead = len(encode({}, syntax, term))
    return whole[lead:] if tag > CHARSET_TAG else whole[: len(whole) - lead]


def _rewritten(data: bytes | memoryview, syntax: str, changes: Attributes, end: int) -> Overlaid:
    """Write the whole head in UTF-8: its own character set has no room for the corrections."""
    attributes = to_attributes(data[:end], syntax, bulk_uri=lambda path: path, threshold=1 << 32)
    for name, entry in changes.items():
        if entry:
            attributes[name] = entry
        else:
            attributes.pop(name, None)
    return Overlaid(encode(attributes, syntax, charset.UTF8), end)


def overlay_chunks(chunks: Iterator[bytes], transfer_syntax_uid: str, changes: Attributes) -> Iterator[bytes]:
    """Make the changes in a data set that comes in chunks, of which the first reaches up to the pixel data at least.

    Raises:
        BadDataSet: see overlay.
    """
    first = next(chunks, b"")
    found = overlay(first, transfer_syntax_uid, changes)
    yield found.head + first[found.tail_offset :]
    yield from chunks
