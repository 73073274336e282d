"""Who may open an association, and which contexts are accepted (PS3.8 9.3.2, PS3.4 B)."""

from __future__ import annotations

from collections.abc import Collection

from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from lumenarc.dicom.sop_classes import is_storage, may_be_storage
from lumenarc.dicom.transfer_syntaxes import KEPT_UIDS
from lumenarc.doors.dimse import c_find, c_find_worklist, n_action_commitment, n_mpps, print_films, retrieval
from lumenarc.doors.dimse.retrieval import GET_MODELS, MOVE_MODELS
from lumenarc.protocol.ul.items import CommonExtended, UserIdentity, UserInformation
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, CALLING_UNKNOWN
from lumenarc.protocol.ul.pdu import AssociateRj
from lumenarc.services import ae
from lumenarc.transport.requests import Admitted, Caller
from lumenarc.transport.wire import is_loopback

VERIFICATION = "1.2.840.10008.1.1"
# User name, user name and passcode.
_NAMES = (1, 2)
_KEPT = frozenset(KEPT_UIDS)
# What a data set without pixels can be written in by us.
_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")


class ArchiveOffer:
    """Storage of everything, kept as sent, and the services of this door."""

    def __init__(self, settings: Settings, may: Collection[str], related: Collection[CommonExtended] = ()) -> None:
        self._unknown_too, self._may = settings.accept_unknown_sop_classes, may
        # A class that nobody knows may be said to be like one that is known (PS3.7 D.3.3.6).
        self._like_storage = {item.sop_class_uid for item in related if any(is_storage(uid) for uid in item.related)}
        self._services: set[str] = set()
        found = c_find.MODELS | c_find_worklist.MODELS
        films = print_films.MODELS if settings.film_service else frozenset[str]()
        finding = (("store", n_action_commitment.MODELS | n_mpps.READ_MODELS), ("find", found))
        for verb, models in (*finding, ("move", MOVE_MODELS), ("get", GET_MODELS), ("print", films)):
            if verb in may:
                self._services.update(models)

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...], scp_only: bool) -> str | None:
        """Return the sender's first choice that is kept, "" for none, None for an unknown service.

        A peer that only receives gets what everything can be decoded to, where it lists that beside others.
        """
        if abstract_syntax == VERIFICATION:
            return next((uid for uid in offered if uid in _PLAIN), "")
        if abstract_syntax in self._services:
            return next((uid for uid in _PLAIN if uid in offered), "")
        unknown_too = self._unknown_too or abstract_syntax in self._like_storage
        stored = is_storage(abstract_syntax) or (unknown_too and may_be_storage(abstract_syntax))
        if not stored or ("get" if scp_only else "store") not in self._may:
            return None
        plain = next((uid for uid in _PLAIN if uid in offered), None) if scp_only else None
        return plain or next((uid for uid in offered if uid in _KEPT), "")

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        """Let the requestor receive objects if it may retrieve, and be SCU of everything (PS3.4 C.5.3.1)."""
        return scu, scp and "get" in self._may and may_be_storage(abstract_syntax)

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        """Answer that of C-FIND (PS3.4 C.5.1.1: relational, date-time, fuzzy names, time zone) and of retrieval."""
        if abstract_syntax in c_find.MODELS | c_find_worklist.MODELS:
            return bytes(int(flag == 1) for flag in information[:4])
        return retrieval.extended(information) if abstract_syntax in self._services else None


def admit(archive: Archive, caller: Caller) -> Admitted | AssociateRj:
    """Decide about a caller; one that is refused is remembered, so that it can be registered with one click."""
    settings = archive.settings
    if caller.request.called != settings.aet:
        return CALLED_UNKNOWN
    known = ae.find(archive, caller.request.calling)
    if known is None and not settings.accept_unknown_calling_aet and not is_loopback(caller.host):
        ae.note_refused(archive, caller.request.calling, caller.host)
        return CALLING_UNKNOWN
    user = caller.request.user
    ours = UserInformation(
        settings.max_pdu_bytes,
        IMPLEMENTATION_CLASS_UID,
        IMPLEMENTATION_VERSION_NAME,
        identity_response=_identity_response(user.identity),
    )
    may = ae.PERMISSIONS if known is None else known.may
    return Admitted(ArchiveOffer(settings, may, user.common_extended), ours)


def _identity_response(identity: UserIdentity | None) -> bytes | None:
    """Answer a user name, with a passcode or without, that wants an answer; what needs a ticket gets none.

    The name is taken as it is given: what a caller may do is decided by its AE title (PS3.7 D.3.3.7).
    """
    if identity is None or not identity.wants_response or identity.kind not in _NAMES:
        return None
    return b""
