"""Who may open an association, and which contexts are accepted (PS3.8 9.3.2, PS3.4 B)."""

from __future__ import annotations

from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from lumenarc.dicom.sop_classes import is_storage, may_be_storage
from lumenarc.dicom.transfer_syntaxes import KEPT_UIDS
from lumenarc.doors.dimse import c_find
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, CALLING_UNKNOWN
from lumenarc.protocol.ul.pdu import AssociateRj
from lumenarc.services import ae
from lumenarc.transport.requests import Admitted, Caller
from lumenarc.transport.wire import is_loopback

VERIFICATION = "1.2.840.10008.1.1"
_KEPT = frozenset(KEPT_UIDS)
# What a data set without pixels can be written in by us.
_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")


class ArchiveOffer:
    """Storage of everything, kept as sent, and the services of this door."""

    def __init__(self, settings: Settings, *, may_store: bool, may_find: bool) -> None:
        self._unknown_too, self._may_store = settings.accept_unknown_sop_classes, may_store
        self._may_find = may_find

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...]) -> str | None:
        """Return the sender's first choice that is kept, "" for none, None for an unknown service."""
        if abstract_syntax == VERIFICATION:
            return next((uid for uid in offered if uid in _PLAIN), "")
        if abstract_syntax in c_find.MODELS:
            return next((uid for uid in _PLAIN if uid in offered), "") if self._may_find else None
        stored = is_storage(abstract_syntax) or (self._unknown_too and may_be_storage(abstract_syntax))
        if not stored or not self._may_store:
            return None
        return next((uid for uid in offered if uid in _KEPT), "")

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        """Let the requestor be SCU only."""
        del abstract_syntax, scp
        return scu, False

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        """Answer that of C-FIND: relational, date-time, fuzzy names, time zone (PS3.4 C.5.1.1)."""
        if abstract_syntax not in c_find.MODELS:
            return None
        return bytes(int(flag == 1) for flag in information[:4])


def admit(archive: Archive, caller: Caller) -> Admitted | AssociateRj:
    """Decide about a caller; one that is refused is remembered, so that it can be registered with one click."""
    settings = archive.settings
    if caller.request.called != settings.aet:
        return CALLED_UNKNOWN
    known = ae.find(archive, caller.request.calling)
    if known is None and not settings.accept_unknown_calling_aet and not is_loopback(caller.host):
        ae.note_refused(archive, caller.request.calling, caller.host)
        return CALLING_UNKNOWN
    may_store = known is None or "store" in known.may
    ours = UserInformation(settings.max_pdu_bytes, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME)
    may_find = known is None or "find" in known.may
    return Admitted(ArchiveOffer(settings, may_store=may_store, may_find=may_find), ours)
