"""How a DICOM file begins: preamble, prefix and File Meta Information, written and read (PS3.10 7.1).

Our own files prove themselves: Private Information (0002,0102) holds the SHA-256 of the data set and its length, so
an index can be rebuilt, and an unfinished file told from a finished one, from the blobs alone.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from functools import lru_cache

from lumenarc.errors import BadDataSet

IMPLEMENTATION_CLASS_UID = f"2.25.{uuid.uuid5(uuid.NAMESPACE_DNS, 'implementation.lumenarc').int}"
IMPLEMENTATION_VERSION_NAME = "LUMENARC_0_1"
DIGEST_CREATOR_UID = f"2.25.{uuid.uuid5(uuid.NAMESPACE_DNS, 'digest.lumenarc').int}"
DIGEST_BYTES = 32

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
EXPLICIT_BE = "1.2.840.10008.1.2.2"

_PREFIX = bytes(128) + b"DICM"
_MAX_META_BYTES = 1 << 20
_LONG_VRS = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"))


@dataclass(frozen=True, slots=True)
class Meta:
    """What the File Meta Information says; empty strings where it says nothing.

    `header_bytes` is where the data set starts. `digest` and `n_bytes` are only in files written by us.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    source_aet: str
    header_bytes: int
    digest: bytes | None = None
    n_bytes: int | None = None


def _uid(element: int, value: str) -> bytes:
    raw = value.encode("ascii", "replace")
    if len(raw) % 2:
        raw += b"\0"
    return struct.pack("<HH2sH", 2, element, b"UI", len(raw)) + raw


def _text(element: int, vr: bytes, value: str) -> bytes:
    raw = value.encode("ascii", "replace")
    if len(raw) % 2:
        raw += b" "
    return struct.pack("<HH2sH", 2, element, vr, len(raw)) + raw


_recurring_uid = lru_cache(maxsize=512)(_uid)
_BY_US = _uid(0x0012, IMPLEMENTATION_CLASS_UID) + _text(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME)
_PROOF_HEAD = _uid(0x0100, DIGEST_CREATOR_UID) + struct.pack("<HH2sHI", 2, 0x0102, b"OB", 0, DIGEST_BYTES + 8)


def build_meta(
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    source_aet: str | None,
    digest: bytes | None = None,
    n_bytes: int = 0,
) -> bytes:
    """Return preamble, prefix and File Meta; the length depends on the UIDs and the AE title only.

    `digest` is the SHA-256 of the data set, `n_bytes` its length; zeros while both are unknown. Without a digest the
    file does not prove itself, as one that is made on its way out.
    """
    proof = b""
    if digest is not None:
        proof = _PROOF_HEAD + digest + struct.pack("<Q", n_bytes)
    body = (
        b"\2\0\1\0OB\0\0\2\0\0\0\0\1"
        + _recurring_uid(0x0002, sop_class_uid)
        + _uid(0x0003, sop_instance_uid)
        + _recurring_uid(0x0010, transfer_syntax_uid)
        + _BY_US
        + (_text(0x0016, b"AE", source_aet) if source_aet else b"")
        + proof
    )
    return _PREFIX + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


def is_part10(head: bytes | memoryview) -> bool:
    """Say whether these first bytes carry the DICM prefix."""
    return bytes(head[128:132]) == b"DICM"


def parse_meta(head: bytes | memoryview) -> Meta:
    """Read the File Meta from the first bytes of a file (all of it, or at least 64 KiB).

    Files without preamble, with a wrong group length or without any File Meta are read as well as they can be: the
    transfer syntax is then guessed from the first element. Raises BadDataSet when this is no DICOM.
    """
    buf = bytes(head[:_MAX_META_BYTES])
    start = 132 if buf[128:132] == b"DICM" else 0
    values, end = _read_group_2(buf, start)
    if not values and not _plausible(buf, start):
        raise BadDataSet("This is no DICOM file.")
    syntax = _ascii(values.get(0x0010, b"")) or guess_transfer_syntax(buf[end : end + 16])
    digest, n_bytes = None, None
    private = values.get(0x0102, b"")
    if _ascii(values.get(0x0100, b"")) == DIGEST_CREATOR_UID and len(private) == DIGEST_BYTES + 8:
        digest, n_bytes = private[:DIGEST_BYTES], struct.unpack("<Q", private[DIGEST_BYTES:])[0]
    return Meta(
        sop_class_uid=_ascii(values.get(0x0002, b"")),
        sop_instance_uid=_ascii(values.get(0x0003, b"")),
        transfer_syntax_uid=syntax,
        source_aet=_ascii(values.get(0x0016, b"")),
        header_bytes=end,
        digest=digest,
        n_bytes=n_bytes,
    )


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip("\0 ")


def _read_group_2(buf: bytes, pos: int) -> tuple[dict[int, bytes], int]:
    """Walk the elements of group 0002, which end where another group begins, whatever the group length says."""
    values: dict[int, bytes] = {}
    while pos + 8 <= len(buf):
        group, element, vr, length = struct.unpack_from("<HH2sH", buf, pos)
        if group != 2:
            break
        if vr in _LONG_VRS:
            if pos + 12 > len(buf):
                raise BadDataSet("The File Meta Information ends early.")
            length = struct.unpack_from("<I", buf, pos + 8)[0]
            value = pos + 12
        elif vr.isalpha() and vr.isupper():
            value = pos + 8
        else:  # some writers used Implicit VR for the meta group
            length = struct.unpack_from("<I", buf, pos + 4)[0]
            value = pos + 8
        if value + length > len(buf):
            raise BadDataSet("The File Meta Information ends early.")
        values[element] = buf[value : value + length]
        pos = value + length
    return values, pos


def _plausible(buf: bytes, pos: int) -> bool:
    """Say whether a data set could begin here: a low even group and a sensible first element."""
    if pos + 8 > len(buf):
        return False
    for order in ("<", ">"):
        group, _element = struct.unpack_from(order + "HH", buf, pos)
        if group not in (0x0004, 0x0008, 0x0010):
            continue
        vr = buf[pos + 4 : pos + 6]
        if vr.isalpha() and vr.isupper():
            return True
        if order == "<" and struct.unpack_from("<I", buf, pos + 4)[0] <= 0xFFFF:
            return True
    return False


def guess_transfer_syntax(head: bytes) -> str:
    """Tell the transfer syntax of an uncompressed data set from its first element (PS3.5 A)."""
    if len(head) < 6:
        return EXPLICIT_LE
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    if not explicit:
        return IMPLICIT_LE
    return EXPLICIT_BE if head[0] == 0 and head[1] != 0 else EXPLICIT_LE
