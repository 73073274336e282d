"""How do tests play whole associations without a socket? Two Connections, joined by two byte strings."""

from __future__ import annotations

from lumenarc.protocol.ul.connection import Connection, Received
from lumenarc.protocol.ul.items import ContextResult, ProposedContext, UserInformation
from lumenarc.protocol.ul.pdu import AssociateAc, AssociateRq, Pdv

IMPLICIT = "1.2.840.10008.1.2"
ECHO = "1.2.840.10008.1.1"
Heard = Received | tuple[int, bool, bool, bytes]


def request(max_length: int = 16384) -> AssociateRq:
    """Return the request of an echo."""
    return AssociateRq("ARC", "SCU", (ProposedContext(1, ECHO, (IMPLICIT,)),), UserInformation(max_length, "1.2.3"))


def acceptance(max_length: int = 16384) -> AssociateAc:
    """Return the answer to it."""
    return AssociateAc("ARC", "SCU", (ContextResult(1, 0, IMPLICIT),), UserInformation(max_length, "1.2.3"))


class Pair:
    """A requestor and an acceptor; `cut` is how many bytes arrive at once."""

    def __init__(self, cut: int = 1 << 20, max_pdu_bytes: int = 16384) -> None:
        self.scu = Connection(is_requestor=True, max_pdu_bytes=max_pdu_bytes)
        self.scp = Connection(is_requestor=False, max_pdu_bytes=max_pdu_bytes)
        self.cut = cut

    def carry(self, sender: Connection, data: bytes = b"") -> list[Heard]:
        """Bring what a side has to say, then `data`, to the other; return what that one hears."""
        receiver = self.scp if sender is self.scu else self.scu
        sent = sender.take_outgoing() + data
        heard: list[Heard] = []
        for at in range(0, len(sent), self.cut):
            receiver.receive_data(sent[at : at + self.cut])
            heard += drain(receiver)
        return heard

    def establish(self, max_length: int = 16384) -> None:
        """Bring both sides to Sta6."""
        self.scu.connecting(request(max_length))
        self.scp.connected()
        self.scu.connected()
        assert self.carry(self.scu) == [request(max_length)]
        self.scp.accept(acceptance(max_length))
        assert self.carry(self.scp) == [acceptance(max_length)]


def drain(connection: Connection) -> list[Heard]:
    """Return what a side has to tell; fragments with a copy of their bytes."""
    heard: list[Heard] = []
    while (event := connection.next_event()) is not None:
        if isinstance(event, Pdv):
            heard.append((event.context_id, event.is_command, event.is_last, bytes(event.data)))
        else:
            heard.append(event)
    return heard
