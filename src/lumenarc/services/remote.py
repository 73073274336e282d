"""How other archives are registered, tried and searched (PS3.4 C.4.1, PS3.18 10.6); `fetching.py` brings studies here.

A search over DIMSE streams: a row is handed on when it has come.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.dictionary import tag_of, vr_of
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.query_parse import DEFAULT_RETURNS
from lumenarc.errors import BadRequest, LumenarcError, NotFound, PeerFailed
from lumenarc.index import remotes
from lumenarc.index.remotes import RemoteArchive as RemoteArchive
from lumenarc.peers import dicomweb, dimse
from lumenarc.peers.dicomweb import WebPeer
from lumenarc.peers.dimse import Peer, Proposal
from lumenarc.services import ae, send

_ROOT = "1.2.840.10008.5.1.4.1.2.2"
FIND, MOVE, GET = f"{_ROOT}.1", f"{_ROOT}.2", f"{_ROOT}.3"
_NAME = re.compile(r"[^\x00-\x1f/\\?#%]{1,64}")
_MAX_ROWS = 5000
_LEVELS = {"studies": Level.STUDY, "series": Level.SERIES}
_LEVEL_NAMES = {Level.STUDY: "STUDY", Level.SERIES: "SERIES"}


# Administration


def all_remotes(archive: Archive) -> list[RemoteArchive]:
    """Return the other archives by name."""
    with archive.index.read() as connection:
        return remotes.all_remotes(connection)


def get(archive: Archive, name: str) -> RemoteArchive:
    """Return one of them; raise NotFound."""
    with archive.index.read() as connection:
        found = remotes.get(connection, name)
    if found is None:
        raise NotFound("No archive of this name is registered.")
    return found


def put(archive: Archive, remote: RemoteArchive) -> RemoteArchive:
    """Register or change an archive; raise BadRequest naming what does not fit."""
    if not _NAME.fullmatch(remote.name):
        raise BadRequest("A name has 1 to 64 characters, none of / \\ ? # % among them.")
    if not remote.ae_title and not remote.web_url:
        raise BadRequest("Another archive has the AE title of a registered AE, or the address of a DICOMweb service.")
    if remote.web_url and not remote.web_url.startswith(("http://", "https://")):
        raise BadRequest("The address of a DICOMweb service begins with http:// or https://.")
    if remote.fetch not in (("get", "move") if remote.ae_title else ()) + (("web",) if remote.web_url else ()):
        raise BadRequest("Studies are fetched by get or move from an AE, or by web from a DICOMweb service.")
    if remote.ae_title:
        ae.get(archive, remote.ae_title)
    archive.index.write(lambda connection: remotes.put(connection, remote, archive.now_ms()))
    return remote


def remove(archive: Archive, name: str) -> None:
    """Forget an archive; what was fetched from it stays. Raises NotFound."""
    if not archive.index.write(lambda connection: remotes.remove(connection, name)):
        raise NotFound("No archive of this name is registered.")


def peer_of(archive: Archive, remote: RemoteArchive) -> Peer:
    return send.peer_of(archive.settings, ae.get(archive, remote.ae_title))


def web_peer_of(archive: Archive, remote: RemoteArchive) -> WebPeer:
    settings = archive.settings
    return WebPeer(remote.web_url, remote.web_authorization, settings.connect_timeout_s, settings.dimse_timeout_s)


def test(archive: Archive, name: str) -> dict[str, Any]:
    """Call an archive and see what it offers: {ok, ms, error, can: [echo, find, get, move, web]}; raise NotFound."""
    remote = get(archive, name)
    started = time.perf_counter()
    can: list[str] = []
    problems: list[str] = []
    if remote.ae_title:
        _attempt(problems, lambda: can.extend(_offered(peer_of(archive, remote))))
    if remote.web_url:
        _attempt(problems, lambda: can.extend(_searched(web_peer_of(archive, remote))))
    ms = round((time.perf_counter() - started) * 1000, 1)
    return {"ok": not problems, "ms": ms, "error": " ".join(problems) or None, "can": can}


def _attempt(problems: list[str], call: Callable[[], object]) -> None:
    try:
        call()
    except LumenarcError as error:
        problems.append(str(error))


def _offered(peer: Peer) -> list[str]:
    names = {dimse.VERIFICATION: "echo", FIND: "find", GET: "get", MOVE: "move"}
    with dimse.open_association(peer, [Proposal(uid) for uid in names]) as assoc:
        return [name for uid, name in names.items() if any(c.abstract_syntax == uid for c in assoc.contexts.values())]


def _searched(peer: WebPeer) -> list[str]:
    dicomweb.search(peer, "studies", [("limit", "1")])
    return ["web"]


# Searching


def search(
    archive: Archive, name: str, what: str, params: Sequence[tuple[str, str]], study_uid: str = ""
) -> Iterator[Attributes]:
    """Yield what an archive finds, as it comes; `what` is studies, or series of a study.

    `params` are QIDO-RS keys by keyword or tag; `limit` bounds the answer, at most 5000. Raises NotFound, BadRequest,
    PeerFailed.
    """
    remote = get(archive, name)
    limit = _limit(params)
    keys = [(key, value) for key, value in params if key not in ("limit", "offset", "fuzzymatching", "orderby")]
    if remote.fetch == "web":
        path = f"studies/{study_uid}/series" if what == "series" else "studies"
        found = dicomweb.search(web_peer_of(archive, remote), path, [*keys, ("limit", str(limit))])
        yield from found[:limit]
        return
    identifier = _identifier(_LEVELS[what], keys, study_uid)
    with dimse.open_association(peer_of(archive, remote), [Proposal(FIND)]) as assoc:
        answers = dimse.find(assoc, FIND, identifier)
        for answer in islice(answers, limit):
            yield answer.attributes
        answers.cancel()
        outcome = answers.outcome()
    if not outcome.is_success and outcome.status != 0xFE00:
        raise PeerFailed(f"The archive answered with status {outcome.text}.")


def _limit(params: Sequence[tuple[str, str]]) -> int:
    text = dict(params).get("limit", "200")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadRequest("limit is a number.")
    return min(int(text), _MAX_ROWS)


def _identifier(level: Level, keys: Sequence[tuple[str, str]], study_uid: str) -> Attributes:
    """Return the identifier of a C-FIND: what is asked for empty, what is matched with its value."""
    identifier: Attributes = {f"{tag:08X}": {"vr": vr_of(tag)} for tag in sorted(DEFAULT_RETURNS[level])}
    identifier["00080052"] = {"vr": "CS", "Value": [_LEVEL_NAMES[level]]}
    if study_uid:
        keys = [*keys, ("0020000D", study_uid)]
    for name, value in keys:
        tag = int(name, 16) if re.fullmatch(r"[0-9A-Fa-f]{8}", name) else tag_of(name)
        if tag is None:
            raise BadRequest(f"{name[:64]} is no attribute.")
        vr = vr_of(tag)
        values: list[Any] = [{"Alphabetic": value}] if vr == "PN" else value.replace(",", "\\").split("\\")
        identifier[f"{tag:08X}"] = {"vr": vr, "Value": values}
    return identifier
