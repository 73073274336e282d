"""Does a registered application entity answer? C-ECHO, with the reason in words when it does not (PS3.4 A)."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.errors import LumenarcError
from lumenarc.peers import dimse
from lumenarc.services import ae
from lumenarc.transport.connect import NoConnection, Rejected
from lumenarc.transport.wire import Timeouts


@dataclass(frozen=True, slots=True)
class Echo:
    """How it went: `step` is how far we came ("connect", "associate", "service", "answer", "done"), `error` why."""

    ok: bool
    ms: int
    step: str
    error: str = ""


def echo(archive: Archive, title: str) -> Echo:
    """Call the AE and ask; raise NotFound when none of this title is registered."""
    entity = ae.get(archive, title)
    settings = archive.settings
    timeouts = Timeouts(settings.connect_timeout_s, settings.artim_timeout_s, dimse_s=settings.artim_timeout_s)
    started = time.monotonic()

    def ended(step: str, error: str = "") -> Echo:
        return Echo(step == "done", round((time.monotonic() - started) * 1000), step, error)

    try:
        tls = ssl.create_default_context() if entity.tls else None
        peer = dimse.Peer(entity.title, entity.host, entity.port, settings.aet, tls, timeouts)
        with dimse.open_association(peer, [dimse.Proposal(dimse.VERIFICATION)]) as assoc:
            outcome = dimse.echo(assoc)
    except NoConnection as error:
        return ended("connect", str(error))
    except Rejected as error:
        return ended("associate", str(error))
    except dimse.NotOffered as error:
        return ended("service", str(error))
    except LumenarcError as error:
        return ended("answer", str(error))
    return ended("done") if outcome.is_success else ended("answer", outcome.text)
