"""What can go wrong, and what each door answers: the one exception tree (PS3.7 Annex C, PS3.18 8.5).

    LumenarcError                      dimse   http  hl7
    ├── BadRequest                     0xA900  400   AE    the caller's request makes no sense
    │   ├── BadQuery                   0xA900  400   AE    identifier or query parameters do not fit
    │   ├── BadDataSet                 0xC000  400   AE    bytes that are no data set, or lie about their lengths
    │   ├── BadFrameRequest            0xAA04  400   AE    frames asked for that are not there or cannot be taken out
    │   └── MismatchedIdentity         0xA900  409   AE    data set and command (or URL) disagree
    ├── Refused                        0xC000  409   AR    understood, and not done by policy
    │   ├── DuplicateInstance          0x0111  409   AR    same SOP Instance UID, other content
    │   ├── PatientConflict            0xC778  409   AR    another patient already owns this study
    │   ├── UnsupportedSopClass        0x0122  409   AR    SOP class is not accepted
    │   ├── NotPermitted               0x0124  403   AR    the caller may not do this
    │   ├── NotSignedIn                0x0124  401   AR    the caller has not said who it is
    │   └── TooManyAttempts            0x0124  429   AR    too many wrong passwords lately
    ├── NotFound                       0xC001  404   AE    nothing there
    │   ├── Gone                       0xC001  410   AE    was there, has been deleted
    │   └── UnknownDestination         0xA801  404   AE    move destination is not a registered AE
    ├── NotAcceptable                  0xC002  406   AE    none of the accepted media types can be produced
    ├── UnsupportedMedia               0xC002  415   AE    body type is not understood
    ├── TooLarge                       0xC003  413   AE    over a configured limit
    ├── Unrenderable                   0xC004  422   AE    pixel data cannot be decoded or drawn
    ├── Unavailable                    0xA700  503   AE    try again later
    │   ├── OutOfResources             0xA700  507   AE    disk full, read-only, quota
    │   ├── CommitUnknown              0xA700  503   AE    database lost while committing
    │   └── PeerFailed                 0xA702  502   AE    an outbound connection failed
    ├── Corrupt                        0xC005  500   AE    stored bytes do not match their digest
    └── Cancelled                      0xFE00  499   AE    the caller changed its mind
"""

from __future__ import annotations


class LumenarcError(Exception):
    """Carry one sentence for the peer; never patient data, never a path."""

    dimse_status: int = 0xC000
    http_status: int = 500
    hl7_ack: str = "AE"


class BadRequest(LumenarcError):
    """The caller's request makes no sense."""

    dimse_status, http_status = 0xA900, 400


class BadQuery(BadRequest):
    """The identifier or the query parameters do not fit the information model."""


class BadDataSet(BadRequest):
    """The bytes are no data set, or lie about their lengths."""

    dimse_status = 0xC000


class MismatchedIdentity(BadRequest):
    """Data set and command (or URL) name different objects."""

    http_status = 409


class BadFrameRequest(BadRequest):
    """Frames were asked for that are not there, or cannot be taken out (PS3.4 Table Y.4-1).

    AA00 none of them exists, AA01 not for this SOP class, AA02 not from these pixel data, AA03 there are no times.
    """

    dimse_status = 0xAA04

    def __init__(self, message: str, dimse_status: int = 0xAA04) -> None:
        super().__init__(message)
        self.dimse_status = dimse_status


class Refused(LumenarcError):
    """The request was understood and is not done, by policy."""

    http_status, hl7_ack = 409, "AR"


class DuplicateInstance(Refused):
    """The same SOP Instance UID is stored with other content."""

    dimse_status = 0x0111


class PatientConflict(Refused):
    """Another patient already owns this study."""

    dimse_status = 0xC778


class UnsupportedSopClass(Refused):
    """The SOP class is not accepted here."""

    dimse_status = 0x0122


class NotPermitted(Refused):
    """The caller may not do this."""

    dimse_status, http_status = 0x0124, 403


class NotSignedIn(Refused):
    """The caller has not said who it is, or not so that it can be believed."""

    dimse_status, http_status = 0x0124, 401


class TooManyAttempts(Refused):
    """There were too many wrong passwords lately."""

    dimse_status, http_status = 0x0124, 429


class NotFound(LumenarcError):
    """There is nothing there."""

    dimse_status, http_status = 0xC001, 404


class Gone(NotFound):
    """It was there and has been deleted."""

    http_status = 410


class UnknownDestination(NotFound):
    """The move destination is not a registered AE (PS3.4 C.4.2.1.5)."""

    dimse_status = 0xA801


class NotAcceptable(LumenarcError):
    """None of the accepted media types can be produced."""

    dimse_status, http_status = 0xC002, 406


class UnsupportedMedia(LumenarcError):
    """The media type of the body is not understood."""

    dimse_status, http_status = 0xC002, 415


class TooLarge(LumenarcError):
    """The request is over a configured limit."""

    dimse_status, http_status = 0xC003, 413


class Unrenderable(LumenarcError):
    """The pixel data cannot be decoded or drawn."""

    dimse_status, http_status = 0xC004, 422


class Unavailable(LumenarcError):
    """Something the request needs does not answer now; try again later."""

    dimse_status, http_status = 0xA700, 503


class OutOfResources(Unavailable):
    """The disk is full or read-only, or a quota is used up."""

    http_status = 507


class CommitUnknown(Unavailable):
    """The database went away while it committed: the change may have been made or not."""


class PeerFailed(Unavailable):
    """An outbound connection failed or was refused."""

    dimse_status, http_status = 0xA702, 502


class Corrupt(LumenarcError):
    """Stored bytes do not match their digest; they are not served."""

    dimse_status = 0xC005


class Cancelled(LumenarcError):
    """The caller cancelled the operation."""

    dimse_status, http_status = 0xFE00, 499
