"""What shall de-identification keep, and what does it write instead? (PS3.15 E.3, CID 7050)"""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from typing import Any

from lumenarc.errors import BadRequest

OPTIONS: dict[str, tuple[str, str, str]] = {
    "clean_pixel_data": ("", "113101", "Clean Pixel Data Option"),
    "clean_graphics": ("g", "113103", "Clean Graphics Option"),
    "clean_structured_content": ("s", "113104", "Clean Structured Content Option"),
    "clean_descriptors": ("t", "113105", "Clean Descriptors Option"),
    "retain_full_dates": ("F", "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "retain_modified_dates": ("m", "113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain_patient_characteristics": ("Cc", "113108", "Retain Patient Characteristics Option"),
    "retain_device": ("Dd", "113109", "Retain Device Identity Option"),
    "retain_uids": ("U", "113110", "Retain UIDs Option"),
    "retain_safe_private": ("p", "113111", "Retain Safe Private Option"),
    "retain_institution": ("I", "113112", "Retain Institution Identity Option"),
}
"""Option → letters in the table, code and meaning of CID 7050."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What to keep, what to write instead.

    The option clean_pixel_data only declares: give it when the frames are recoded with Recoding.blank.
    """

    options: frozenset[str] = frozenset()
    patient_name: str | None = None
    """None: a pseudonym made from the original Patient ID with the key."""
    patient_id: str | None = None
    burned_in: str = "refuse"
    """refuse: images that say they carry burnt-in text; suspect: also those that may; accept: none."""

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {**asdict(self), "options": sorted(self.options)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Policy:
        """Build from `as_dict`'s answer.

        Raises:
            BadRequest: an option that does not exist.
        """
        options = frozenset(plain.get("options", ()))
        if not options <= OPTIONS.keys() or plain.get("burned_in", "refuse") not in ("refuse", "suspect", "accept"):
            raise BadRequest("The de-identification policy holds an unknown option")
        return cls(**{**plain, "options": options})


def map_uid(uid: str, key: bytes) -> str:
    """Give the replacement of a UID: the same for the same key; registered UIDs of the standard stay."""
    if not uid or uid.startswith("1.2.840.10008."):
        return uid
    digest = bytearray(hmac.digest(key, b"uid " + uid.encode("utf-8", "replace"), "sha256")[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80  # a version 8 UUID, PS3.5 B.2
    return f"2.25.{int.from_bytes(digest, 'big')}"
