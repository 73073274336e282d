"""The HL7 server of an archive (MLLP)."""

from __future__ import annotations

import socket

from lumenarc.archive import Archive
from lumenarc.doors.hl7.answer import answer
from lumenarc.metrics import Meter
from lumenarc.transport.framed import MLLP, FramedOptions, FramedServer


def open_server(archive: Archive, listener: socket.socket, meter: Meter) -> FramedServer:
    """Prepare to serve a port; the caller starts and stops the server."""
    settings = archive.settings
    options = FramedOptions(
        max_connections=settings.max_hl7_connections,
        idle_s=settings.hl7_idle_timeout_s,
        message_s=settings.dimse_timeout_s,
        send_s=settings.send_timeout_s,
    )
    return FramedServer(listener, MLLP, lambda message, host: answer(archive, meter, message, host), options)
