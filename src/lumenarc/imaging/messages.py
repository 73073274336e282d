"""How do the server and a decoding worker talk? Length-prefixed JSON and raw bytes on pipes; nothing is unpickled.

0  4  length n of the JSON part, little endian
4  n  JSON object; its member "blobs" lists the lengths of the raw parts that follow
.  .  the raw parts, one after the other
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

MAX_JSON_BYTES = 16 << 20
MAX_BLOB_BYTES = 2 << 30
Message = tuple[dict[str, Any], list[bytes]]


class BrokenMessage(Exception):
    """The other side ended, or does not speak this protocol."""


def pack(fields: dict[str, Any], blobs: list[bytes]) -> list[bytes]:
    """Give the parts to write, in order."""
    text = json.dumps({**fields, "blobs": [len(blob) for blob in blobs]}).encode("utf-8")
    return [struct.pack("<I", len(text)) + text, *blobs]


def unpack(read: Callable[[int], bytes]) -> Message:
    """Read one message; `read(n)` gives exactly n bytes or raises BrokenMessage.

    Raises:
        BrokenMessage: a part is missing or too large, or the JSON is none.
    """
    n_text = struct.unpack("<I", read(4))[0]
    if n_text > MAX_JSON_BYTES:
        raise BrokenMessage("message too large")
    try:
        fields = json.loads(read(n_text))
        lengths = [int(length) for length in fields.pop("blobs")]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BrokenMessage("message is no JSON") from None
    if any(length < 0 for length in lengths) or sum(lengths) > MAX_BLOB_BYTES:
        raise BrokenMessage("message too large")
    return fields, [read(length) for length in lengths]
