"""What a DIMSE status means (PS3.7 Annex C; PS3.4 B.2.3, C.4.1.1.4, C.4.2.1.5, C.4.3.1.4)."""

from __future__ import annotations

from collections.abc import Mapping

SUCCESS = 0x0000
PENDING = 0xFF00
PENDING_WARNING = 0xFF01
CANCEL = 0xFE00
SOME_SUBOPERATIONS_FAILED = 0xB000
UNABLE_TO_PERFORM = 0xA702
UNABLE_TO_PROCESS = 0xC000
OUT_OF_RESOURCES = 0xA700
DESTINATION_UNKNOWN = 0xA801
IDENTIFIER_MISMATCH = 0xA900
UNRECOGNIZED_OPERATION = 0x0211
MISTYPED_ARGUMENT = 0x0212
RESOURCE_LIMITATION = 0x0213
PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
INVALID_ARGUMENT = 0x0115
INVALID_INSTANCE = 0x0117
NO_SUCH_ACTION = 0x0123
SOP_CLASS_NOT_SUPPORTED = 0x0122

_TEXTS = {
    0x0000: "success", 0x0001: "requested optional attributes not supported", 0x0105: "no such attribute",
    0x0106: "invalid attribute value", 0x0107: "attribute list error", 0x0110: "processing failure",
    0x0111: "duplicate SOP instance", 0x0112: "no such SOP instance", 0x0113: "no such event type",
    0x0114: "no such argument", 0x0115: "invalid argument value", 0x0116: "attribute value out of range",
    0x0117: "invalid SOP instance", 0x0118: "no such SOP class", 0x0119: "class-instance conflict",
    0x0120: "missing attribute", 0x0121: "missing attribute value", 0x0122: "SOP class not supported",
    0x0123: "no such action type", 0x0124: "not authorized", 0x0210: "duplicate invocation",
    0x0211: "unrecognized operation", 0x0212: "mistyped argument", 0x0213: "resource limitation",
    0xA700: "out of resources", 0xA701: "out of resources: cannot count matches",
    0xA702: "out of resources: cannot perform sub-operations", 0xA801: "move destination unknown",
    0xA900: "data set does not match SOP class", 0xB000: "some sub-operations failed or data were coerced",
    0xB006: "elements were discarded", 0xB007: "data set does not match SOP class, stored",
    0xFE00: "cancelled", 0xFF00: "pending", 0xFF01: "pending, optional keys not supported",
}  # fmt: skip


def is_pending(status: int) -> bool:
    """Return whether more responses follow."""
    return status in (PENDING, PENDING_WARNING)


def is_warning(status: int) -> bool:
    """Return whether the operation was done with a reservation (PS3.7 C.3)."""
    return status == 1 or status in (0x0107, 0x0116) or status & 0xF000 == 0xB000


def is_failure(status: int) -> bool:
    """Return whether the operation was not done; a cancelled one counts as not failed."""
    return not (status in (SUCCESS, CANCEL) or is_pending(status) or is_warning(status))


def describe(status: int, of_service: Mapping[int, str] | None = None) -> str:
    """Return the status as number and words; `of_service` are those that mean something in one service only."""
    known = (of_service or {}).get(status) or _TEXTS.get(status)
    if known is None and status & 0xF000 == 0xC000:
        known = "cannot be processed"
    if known is None and status & 0xFF00 in (0xA700, 0xA900):
        known = _TEXTS[status & 0xFF00]
    return f"{status:04X}H ({known})" if known else f"{status:04X}H"
