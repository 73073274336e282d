"""What a door gives the server: who may come in, and what is answered to each request (PS3.7 9, 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from lumenarc.dicom.lacking import Refusal
from lumenarc.errors import LumenarcError
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.negotiation import Context, Offer
from lumenarc.protocol.ul.pdu import AssociateRj, AssociateRq
from lumenarc.transport.association import Association

_COMMENT_CHARACTERS = 64
_PENDING = 0xFF00


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an association."""

    request: AssociateRq
    host: str
    is_tls: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    """An accepted caller: what is offered, and what we say of ourselves."""

    offer: Offer
    ours: UserInformation


@dataclass(frozen=True, slots=True)
class Response:
    """An answer to a request; `counts` are remaining, completed, failed and warning sub-operations.

    `then` is done when the answer to a C-STORE is on its way: the sender gets the next instance ready meanwhile.
    """

    status: int
    data_set: bytes | None = None
    comment: str = ""
    counts: tuple[int | None, int, int, int] | None = None
    offending: tuple[int, ...] = ()
    elements: dict[int, Any] = field(default_factory=dict)
    then: Callable[[], None] | None = None

    @classmethod
    def of(cls, error: LumenarcError) -> Response:
        """Return the answer that an error means."""
        return cls(error.dimse_status, comment=str(error))

    @classmethod
    def refusing(cls, refusal: Refusal) -> Response:
        """Return the answer to a request that is not done (PS3.7 C.5: what it names beside the status)."""
        elements: dict[int, Any] = {}
        if refusal.tags:
            elements[commands.ATTRIBUTE_LIST] = refusal.tags
        if refusal.error_id:
            elements[commands.ERROR_ID] = refusal.error_id
        return cls(refusal.status, comment=refusal.comment, elements=elements)

    @property
    def is_match(self) -> bool:
        """Whether this is a pending answer that differs from others only by its data set (PS3.4 C.4.1.1.4)."""
        return (
            self.status == _PENDING
            and self.data_set is not None
            and not (self.comment or self.counts or self.offending or self.elements)
        )

    def command(self, rq: Command) -> dict[int, Any]:
        """Return the command set that carries this answer."""
        values = commands.response(rq, self.status, data_set=self.data_set is not None)
        if self.comment:
            printable = "".join(char if " " <= char <= "~" and char != "\\" else "?" for char in self.comment)
            values[commands.ERROR_COMMENT] = printable[:_COMMENT_CHARACTERS]
        if self.offending:
            values[commands.OFFENDING_ELEMENT] = self.offending
        if self.counts is not None:
            # 16 bits are all that a count has.
            remaining, completed, failed, warning = (n if n is None else min(n, 0xFFFF) for n in self.counts)
            if remaining is not None:
                values[commands.REMAINING] = remaining
            values |= {commands.COMPLETED: completed, commands.FAILED: failed, commands.WARNING: warning}
        values.update(self.elements)
        return values


class StoreSink(Protocol):
    """Where one received instance goes; exactly one of `finish` and `abort` ends it."""

    def write(self, data: memoryview) -> None:
        """Take the next bytes of the data set; they are only valid during the call."""

    def finish(self) -> Response:
        """Make the instance safe and say so."""

    def abort(self) -> None:
        """Forget the instance: it did not arrive whole."""


BeginStore = Callable[[Association, Context, Command], StoreSink]
"""Gives the sink for one instance; raises a leaf of the error tree to refuse it."""


class Handler(Protocol):
    """What a DICOM server answers."""

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Decide about an association."""

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Begin to receive an instance; raise a leaf of the error tree to refuse it."""

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Yield the answers to any other request; raise a leaf of the error tree for a failure."""
