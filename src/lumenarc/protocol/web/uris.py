"""What may stand in the addresses of PS3.18: UIDs, frame lists, attribute paths (PS3.18 10.1, PS3.5 9.1)."""

from __future__ import annotations

import re

from lumenarc.errors import BadRequest

_UID = re.compile(r"[0-9.]{1,64}")
_BULK = re.compile(r"[0-9A-Fa-f]{8}(?:/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,32}")
MAX_FRAMES_ASKED = 10_000


def uid(text: str, name: str) -> str:
    """Return a UID of an address; raise BadRequest when it can be none."""
    if not _UID.fullmatch(text):
        raise BadRequest(f"The {name} in the address is no UID.")
    return text


def frame_numbers(text: str) -> list[int]:
    """Read a list of frame numbers from 1; raise BadRequest."""
    parts = re.split(r",|%2[Cc]", text)
    if len(parts) > MAX_FRAMES_ASKED or not all(re.fullmatch(r"[0-9]{1,7}", part) for part in parts):
        raise BadRequest("Frames are a list of numbers from 1, with commas between them.")
    numbers = [int(part) for part in parts]
    if 0 in numbers:
        raise BadRequest("Frames are a list of numbers from 1, with commas between them.")
    return numbers


def bulk_path(text: str) -> str:
    """Return the path of a bulk value ("54000100/0/54001010"); raise BadRequest."""
    if not _BULK.fullmatch(text):
        raise BadRequest("The path of the bulk data is none.")
    return text.upper()
