"""Does the archive vouch for instances, and how does who asked hear it? (storage commitment as SCP, PS3.4 J.3)

A request is a durable job before it is acknowledged. Who took it judges it at once and reports on the requestor's own
association; when that is over, or the requestor does not take it, a worker reports over an association of ours, again
and again until it is taken. What was found is kept with the job: a later attempt says the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom.commitment import (
    CLASS_CONFLICT,
    INSTANCE,
    MODEL,
    NO_SUCH_INSTANCE,
    PROCESSING_FAILURE,
    Reference,
    Request,
    report,
)
from lumenarc.errors import LumenarcError, PeerFailed, Refused, TooLarge, UnknownDestination
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.peers.dimse import Outcome, Proposal, Serve, Target, n_event_report, open_association
from lumenarc.services import ae, jobs, retrieve
from lumenarc.services.send import peer_of
from lumenarc.transport.association import Association

TASK = "commitment"
_MOST_REFERENCES = 50_000
_GROUP = 200


def accept(archive: Archive, requestor: str, request: Request) -> jobs.Running | None:
    """Keep a request and take it in hand; None when the same one is being worked on already.

    Raises Refused for another request of the same name, TooLarge.
    """
    if len(request.references) > _MOST_REFERENCES:
        raise TooLarge(f"At most {_MOST_REFERENCES} instances can be asked about at once.")
    references = [[one.sop_class_uid, one.sop_instance_uid] for one in request.references]
    arguments = {"aet": requestor, "transaction": request.transaction_uid, "references": references}
    title = f"Tell {requestor} whether {len(references)} objects are safe"
    try:
        return jobs.begin(
            archive, TASK, arguments, title=title, only_key=f"{TASK} {requestor} {request.transaction_uid}"
        )
    except Refused:
        if arguments in (held.arguments for held in jobs.open_ones(archive, TASK)):
            return None
        raise Refused("The Transaction UID is in use for another request.") from None


def judge(archive: Archive, job: jobs.Running, go_on: Callable[[], None]) -> dict[str, int]:
    """Return the failure reasons by SOP Instance UID; every instance that is not named is safe.

    `go_on` is called between instances, and may raise to stop. The judgement is kept with the job.
    """
    if job.checkpoint is not None:
        return {uid: int(reason) for uid, reason in job.checkpoint.items()}
    references = _request(job).references
    failures: dict[str, int] = {}
    for begin in range(0, len(references), _GROUP):
        group = references[begin : begin + _GROUP]
        uids = Uids(sop_instance_uids=tuple({one.sop_instance_uid for one in group}))
        with archive.index.read() as connection:
            found = {inst.sop_instance_uid: inst for inst in lookup.find(connection, uids)}
        for number, one in enumerate(group, begin + 1):
            reason = _failure(archive, one, found.get(one.sop_instance_uid))
            if reason:
                failures[one.sop_instance_uid] = reason
            job.progress(number, len(references), len(failures))
            go_on()
    job.checkpoint = failures
    job.progress(len(references), len(references), len(failures), checkpoint=failures)
    return failures


def _failure(archive: Archive, wanted: Reference, held: StoredInstance | None) -> int:
    """Return why an instance is not vouched for, 0 when it is there with every byte (PS3.3 C.14.1.1)."""
    if held is None:
        return NO_SUCH_INSTANCE
    if held.sop_class_uid != wanted.sop_class_uid:
        return CLASS_CONFLICT
    try:
        if archive.settings.commitment_check == "digest":
            retrieve.verify(archive, held)
        else:
            with retrieve.opened(archive, held):
                pass
    except (LumenarcError, OSError):
        return PROCESSING_FAILURE
    return 0


def tell(
    archive: Archive,
    assoc: Association,
    job: jobs.Running,
    serve: Serve | None = None,
    timeout_s: float | None = None,
) -> Outcome:
    """Report what was judged on an association in which we are the SCP; raise AssociationEnded."""
    event, information = report(_request(job), judge(archive, job, job.go_on), archive.settings.aet)
    return n_event_report(assoc, Target(MODEL, INSTANCE), event, information, serve, timeout_s)


def result_of(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Return what the list of jobs says of a request that has been answered."""
    request, failures = _request(job), judge(archive, job, job.go_on)
    n_failed = sum(one.sop_instance_uid in failures for one in request.references)
    n_safe = len(request.references) - n_failed
    return {"transaction": request.transaction_uid, "committed": n_safe, "n_failed": n_failed}


def run(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Report over an association of ours; raise PeerFailed when another attempt may help."""
    judge(archive, job, job.go_on)
    entity = ae.find(archive, str(job.arguments["aet"]))
    if entity is None:
        raise UnknownDestination("Who asked is not a registered application entity, and cannot be told.")
    with open_association(peer_of(archive.settings, entity), [Proposal(MODEL, roles=(False, True))]) as assoc:
        outcome = tell(archive, assoc, job)
    if not outcome.is_success:
        raise PeerFailed(f"Who asked did not take the answer: {outcome.text}")
    return result_of(archive, job)


def _request(job: jobs.Running) -> Request:
    references = tuple(Reference(*pair) for pair in job.arguments["references"])
    return Request(str(job.arguments["transaction"]), references)
