"""An index of patients made of hl7apy's server and parser and PyPI's hl7: judges hl7pix and hl7pdq."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import hl7
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message

DOE = "PID|1||4711^^^HOSP~99^^^OTHER&1.2.3&ISO||DOE^JANE||19710405|F"


class Index(AbstractHandler):
    """Answers queries about Jane Doe, and takes feeds."""

    seen: list[Any]

    def __init__(self, message: str, seen: list[Any]) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]
        self.seen = seen

    def reply(self) -> str:
        """Read the message with both libraries and answer it."""
        text = self.incoming_message.strip("\x0b\x1c\r") + "\r"
        checked, plain = parse_message(text), hl7.parse(text)
        if str(plain["MSH.F9.R1.C1"]) == "ADT":  # hl7apy knows of QPD only what all queries share
            checked.validate()
        self.seen.append(plain)
        control_id, kind = str(plain["MSH.F10"]), str(plain["MSH.F9.R1.C2"])
        head = f"MSH|^~\\&|PIX|HOSP|||20260101||{'ACK' if kind.startswith('A') else f'RSP^K{kind[1:]}'}|9|P|2.5\r"
        if kind.startswith("A"):
            return f"\x0b{head}MSA|AA|{control_id}\r\x1c\r"
        asked = str(plain.segment("QPD")[3])
        status = "OK" if any(word in asked for word in ("4711", "DOE")) else "NF"
        if "broken" in asked:
            status = "AE"
        code = "AE" if status == "AE" else "AA"
        found = f"{DOE}\r" if status == "OK" else ""
        more = "DSC|7|I\r" if "more" in asked else ""
        tag = "other" if "stray" in asked else plain.segment("QPD")[2]
        return f"\x0b{head}MSA|{code}|{control_id}\rQAK|{tag}|{status}\r{plain.segment('QPD')}\r{found}{more}\x1c\r"


@contextlib.contextmanager
def index() -> Iterator[tuple[int, list[Any]]]:
    """Serve until the end of the block; give the port and the messages as hl7 reads them."""
    seen: list[Any] = []
    kinds = ("QBP^Q22^QBP_Q21", "QBP^Q23^QBP_Q21", "ADT^A04^ADT_A01", "ADT^A40^ADT_A39")
    server = MLLPServer("127.0.0.1", 0, dict.fromkeys(kinds, (Index, seen)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
