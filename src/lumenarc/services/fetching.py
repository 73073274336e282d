"""How a study of another archive is brought here: C-GET, C-MOVE to ourselves, or WADO-RS (PS3.4 C.4.2, C.4.3).

A job does it; the instances are stored as any others, so a viewer sees them arrive. Studies that are not to be kept
live in a cache with a limit, and the longest unused go first.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, cast

from lumenarc.archive import Archive
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.transfer_syntaxes import KEPT_UIDS
from lumenarc.errors import LumenarcError, NotFound, PeerFailed
from lumenarc.index import remotes
from lumenarc.index.remotes import RemoteArchive
from lumenarc.peers import dicomweb, dimse
from lumenarc.peers.dimse import Peer, Proposal
from lumenarc.peers.receiving import get as c_get
from lumenarc.peers.receiving import receivable
from lumenarc.protocol.dimse import status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import delete, jobs, store
from lumenarc.services.jobs import Running
from lumenarc.services.remote import FIND, GET, MOVE, get, peer_of, web_peer_of
from lumenarc.transport.association import Association
from lumenarc.transport.requests import BeginStore, Response, StoreSink

# In the order in which they get a place among the 128 contexts of a C-GET, each alone so that nothing is transcoded.
_ASKED_FIRST = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.102",
)  # fmt: skip


def fetch(archive: Archive, name: str, study_uid: str) -> str:
    """Queue the fetching of a study and return the job's id; raise NotFound, Refused when it is under way."""
    remote = get(archive, name)
    return jobs.enqueue(
        archive,
        "fetch",
        {"remote": remote.name, "study_uid": study_uid},
        title=f"Fetch a study from {remote.name}",
        lane=f"remote {remote.name}",
        only_key=f"fetch {study_uid}",
    )


def run_fetch(archive: Archive, job: Running) -> dict[str, Any]:
    """Bring a study here; what is here already counts as well, so that it may run twice."""
    remote = get(archive, job.arguments["remote"])
    study_uid: str = job.arguments["study_uid"]
    with archive.index.read() as connection:
        stays = remote.keep or remotes.is_here(connection, study_uid)
    if not stays:
        archive.index.write(lambda c: remotes.visits(c, study_uid, remote.name, archive.now_ms()))
    fetcher = {"web": _fetch_web, "get": _fetch_get, "move": _fetch_move}[remote.fetch]
    n_done, n_failed = fetcher(archive, remote, study_uid, job)
    if stays:
        archive.index.write(lambda connection: remotes.forget_visit(connection, study_uid))
    if not n_done:
        raise PeerFailed("The archive gave no instance of this study.")
    return {"instances": n_done, "failed": n_failed}


def _fetch_web(archive: Archive, remote: RemoteArchive, study_uid: str, job: Running) -> tuple[int, int]:
    n_done = n_failed = 0
    source = store.Source(remote.name[:16])
    with closing(cast(Any, dicomweb.retrieve(web_peer_of(archive, remote), f"studies/{study_uid}"))) as parts:
        for part in parts:
            try:
                store.store_part10(archive, part.chunks, source, study_uid=study_uid)
                n_done += 1
            except LumenarcError as error:
                if error.http_status >= 500:
                    raise  # the disk is full, or the line broke: another attempt may succeed
                n_failed += 1
            job.progress(n_done, None, n_failed)
    return n_done, n_failed


def _fetch_get(archive: Archive, remote: RemoteArchive, study_uid: str, job: Running) -> tuple[int, int]:
    peer = peer_of(archive, remote)
    classes = _classes_of(peer, study_uid)
    n_each = max(1, (dimse.MAX_CONTEXTS - 1) // len(classes))
    syntaxes = tuple(dict.fromkeys((*_ASKED_FIRST, *KEPT_UIDS)))[:n_each]
    proposals = [Proposal(GET), *receivable(sorted(classes)[: dimse.MAX_CONTEXTS - 1], syntaxes, one_each=True)]
    with dimse.open_association(peer, proposals) as assoc:
        answers = c_get(assoc, GET, _of_study(study_uid), _begin(archive, remote.ae_title, peer.host))
        return _followed(answers, job)


class _Sink:
    """One instance of a C-GET on its way into the archive."""

    def __init__(self, incoming: store.Incoming) -> None:
        self._incoming = incoming
        self.write = incoming.write

    def finish(self) -> Response:
        """Make the instance durable and indexed."""
        self._incoming.finish()
        return Response(status.SUCCESS)

    def abort(self) -> None:
        """Forget the instance."""
        self._incoming.abort()


def _begin(archive: Archive, title: str, host: str) -> BeginStore:
    def begin(_assoc: Association, context: Context, rq: Command) -> StoreSink:
        source = store.Source(title, host)
        return _Sink(store.begin(archive, rq.sop_class_uid, rq.sop_instance_uid, context.transfer_syntax, source))

    return begin


def _fetch_move(archive: Archive, remote: RemoteArchive, study_uid: str, job: Running) -> tuple[int, int]:
    with dimse.open_association(peer_of(archive, remote), [Proposal(MOVE)]) as assoc:
        answers = dimse.move(assoc, MOVE, _of_study(study_uid), archive.settings.aet)
        return _followed(answers, job)


def _of_study(study_uid: str) -> Attributes:
    return {"00080052": {"vr": "CS", "Value": ["STUDY"]}, "0020000D": {"vr": "UI", "Value": [study_uid]}}


def _followed(answers: dimse.Exchange, job: Running) -> tuple[int, int]:
    """Report the sub-operations of a retrieval; cancel it with its job."""
    try:
        for pending in answers:
            remaining, completed, failed, warning = pending.counts
            job.progress(completed + warning, remaining + completed + failed + warning, failed)
    except BaseException:
        answers.cancel()
        raise
    outcome = answers.outcome()
    _remaining, completed, failed, warning = outcome.counts
    if not outcome.is_success and not completed + warning:
        raise PeerFailed(f"The archive answered with status {outcome.text}.")
    return completed + warning, failed


def _classes_of(peer: Peer, study_uid: str) -> set[str]:
    """Ask which SOP classes a study has: a C-GET must name them beforehand."""
    identifier = _of_study(study_uid) | {"00080062": {"vr": "UI"}}
    with dimse.open_association(peer, [Proposal(FIND)]) as assoc:
        for answer in dimse.find(assoc, FIND, identifier):
            found = {str(uid) for uid in answer.attributes.get("00080062", {}).get("Value", ()) if uid}
            if found:
                return found
        # Not every archive knows this optional key: the images do.
        by_image = identifier | {"00080052": {"vr": "CS", "Value": ["IMAGE"]}, "00080016": {"vr": "UI"}}
        del by_image["00080062"]
        found = set()
        for series in list(dimse.find(assoc, FIND, _of_study(study_uid) | _SERIES_KEYS)):
            key = {"0020000E": series.attributes.get("0020000E", {"vr": "UI"})}
            for answer in dimse.find(assoc, FIND, by_image | key):
                found |= {str(uid) for uid in answer.attributes.get("00080016", {}).get("Value", ()) if uid}
    if not found:
        raise NotFound("The archive has no such study.")
    return found


_SERIES_KEYS: Attributes = {"00080052": {"vr": "CS", "Value": ["SERIES"]}, "0020000E": {"vr": "UI"}}


# The cache


def excess(archive: Archive) -> list[str]:
    """Return the studies that have to go so that the cache keeps its limit, the longest unused first."""
    with archive.index.read() as connection:
        visitors = remotes.visitors(connection)
    too_much = sum(size for _uid, size in visitors) - archive.settings.remote_cache_bytes
    gone: list[str] = []
    for study_uid, size in visitors:
        if too_much <= 0:
            break
        gone.append(study_uid)
        too_much -= size
    return gone


def evict(archive: Archive, study_uid: str) -> None:
    """Delete a study of the cache for good: its archive has it."""
    delete.purge(archive, delete.delete(archive, study_uid, reason="the cache is full").trash_pk)
    archive.index.write(lambda connection: remotes.forget_visit(connection, study_uid))
