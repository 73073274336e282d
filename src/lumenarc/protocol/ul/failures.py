"""Whose fault a broken association is: ours (LocalError) or the peer's (RemoteError)."""

from __future__ import annotations

from lumenarc.errors import BadRequest, LumenarcError


class LocalError(LumenarcError):
    """Our own code used the protocol wrongly; nothing was sent."""


class RemoteError(BadRequest):
    """The peer broke the protocol; the message names the field, `reason` is for the A-ABORT (PS3.8 9.3.8)."""

    def __init__(self, message: str, reason: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
