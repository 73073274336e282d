"""Who prints on the archive, and how large may what they send be? Print management as SCP (PS3.4 Annex H).

The archive is a printer whose films are pictures (`services/film_printer.py`), opened when the first client comes: what
draws films takes long to load.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.dicom.sop_classes import UID_OF
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

if TYPE_CHECKING:
    from lumenarc.services.printing import PrintService

_METAS = ("BasicGrayscalePrintManagementMeta", "BasicColorPrintManagementMeta")
_ALONE = ("Printer", "BasicAnnotationBox", "PresentationLUT", "PrintJob", "PrinterConfigurationRetrieval")
MODELS = frozenset(UID_OF[name] for name in (*_METAS, *_ALONE))
"""The abstract syntaxes of print management."""


def limits(settings: Settings) -> dict[str, int]:
    """Return how large a data set may be in the contexts in which images come."""
    return dict.fromkeys((UID_OF[name] for name in _METAS), settings.max_film_image_bytes)


class PrintDoor:
    """Answers print clients."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._lock = archive, threading.Lock()
        self._service: PrintService | None = None

    def answer(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer a request, and print what it asks for."""
        with self._lock:
            if self._service is None:
                from lumenarc.services.film_printer import open_printer

                self._service = open_printer(self._archive)
        return self._service.serve(assoc, context, rq, data_set)
