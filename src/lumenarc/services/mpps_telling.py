"""How do others hear of performed procedure steps: of the steps, and of their objects? (PS3.4 F.7 and R, as SCU)"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import availability
from lumenarc.dicom import mpps as rules
from lumenarc.dicom.availability import IAN
from lumenarc.dicom.mpps import FINAL, MPPS
from lumenarc.dicom.query import Attributes
from lumenarc.errors import PeerFailed, Unavailable, UnknownDestination
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.peers.dimse import Outcome, Peer, Proposal, Target, n_create, n_set, open_association
from lumenarc.protocol.dimse import status
from lumenarc.services import ae, jobs, mpps
from lumenarc.services.mpps import Step
from lumenarc.services.send import peer_of

_AT_ONCE = 500


def forward(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Bring another AE's knowledge of a step up to ours; it may know some of it already."""
    step, peer = mpps.get(archive, str(job.arguments["step"])), _peer(archive, job)
    target = Target(MPPS, step.sop_instance_uid)
    with open_association(peer, [Proposal(MPPS)]) as assoc:
        created = n_create(assoc, target, rules.created_part(step.attrs))
        if created.status != status.DUPLICATE_INSTANCE:
            _check(created)
        if step.state in FINAL:
            ended = n_set(assoc, target, rules.changed_part(step.attrs))
            # Whom another job told of the end takes no more changes (PS3.4 F.7.2.2.2).
            if not (created.status == status.DUPLICATE_INSTANCE and ended.status == rules.IS_OVER.status):
                _check(ended)
        elif created.status == status.DUPLICATE_INSTANCE:
            _check(n_set(assoc, target, rules.changed_part(step.attrs)))
    return {"state": step.state}


def notify(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Tell another AE that the objects of a step can be had here; raise Unavailable while some are missing."""
    step, peer = mpps.get(archive, str(job.arguments["step"])), _peer(archive, job)
    n_named, absent = len(list(rules.made(step.attrs))), mpps.missing(archive, step)
    if absent:
        raise Unavailable(f"{len(absent)} of {n_named} objects have not arrived.")
    studies = _by_study(archive, step)
    if studies:
        where: Attributes = {
            "00080054": {"vr": "AE", "Value": [archive.settings.aet]},
            "00080056": {"vr": "CS", "Value": [availability.ONLINE]},
        }
        with open_association(peer, [Proposal(IAN)]) as assoc:
            for study_uid, series in studies.items():
                said = availability.notification(study_uid, series, where, step.sop_instance_uid)
                _check(n_create(assoc, Target(IAN, f"2.25.{uuid.uuid4().int}"), said))
    return {"studies": len(studies), "objects": n_named}


def _by_study(archive: Archive, step: Step) -> dict[str, dict[str, list[Attributes]]]:
    """Return references to the objects of a step by study and series, as they are stored."""
    uids = [one.sop_instance_uid for one in rules.made(step.attrs)]
    found: list[StoredInstance] = []
    with archive.index.read() as connection:
        for begin in range(0, len(uids), _AT_ONCE):
            group = tuple(uids[begin : begin + _AT_ONCE])
            found += lookup.find(connection, Uids(sop_instance_uids=group))
    studies: dict[str, dict[str, list[Attributes]]] = defaultdict(lambda: defaultdict(list))
    for inst in found:
        studies[inst.study_uid][inst.series_uid].append(
            {
                "00081150": {"vr": "UI", "Value": [inst.sop_class_uid]},
                "00081155": {"vr": "UI", "Value": [inst.sop_instance_uid]},
            }
        )
    return studies


def _peer(archive: Archive, job: jobs.Running) -> Peer:
    entity = ae.find(archive, str(job.arguments["destination"]))
    if entity is None:
        raise UnknownDestination("The destination is not a registered application entity.")
    return peer_of(archive.settings, entity)


def _check(outcome: Outcome) -> None:
    if not outcome.is_success:
        raise PeerFailed(f"It was not taken: {outcome.text}")
