"""Does everything that the archive took by C-STORE come back byte-identical, by C-GET and by C-MOVE?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pynetdicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt

from archive_content import Sample, archive_peer, fill, keys, pydicom_files, register
from dicom_peers import free_port
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Proposal, open_association
from served import Served, serve

pytestmark = pytest.mark.conformance
COMPOSITE_MOVE, COMPOSITE_GET = "1.2.840.10008.5.1.4.1.2.4.2", "1.2.840.10008.5.1.4.1.2.4.3"
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, Sample]]]:
    served = serve(tmp_path_factory.mktemp("archive"), environment={"LUMENARC_PENDING_INTERVAL_S": "0.01"})
    yield served, fill(served, pydicom_files())
    served.stop()


def test_nearly_everything_was_taken(archive: tuple[Served, dict[str, Sample]]) -> None:
    samples = archive[1]
    assert len(samples) >= 120
    assert len({sample.kind.transfer_syntax_uid for sample in samples.values()}) >= 10


def test_pynetdicom_gets_everything_back(archive: tuple[Served, dict[str, Sample]]) -> None:
    served, samples = archive
    got: dict[str, tuple[str, bytes]] = {}

    def store(event: Any) -> int:
        got[str(event.request.AffectedSOPInstanceUID)] = (
            str(event.context.transfer_syntax),
            event.request.DataSet.getvalue(),
        )
        return 0x0000

    ae = pynetdicom.AE("GETTER")
    kinds = sorted({sample.kind for sample in samples.values()}, key=str)
    roles: list[Any] = [build_role(uid, scp_role=True) for uid in {kind.sop_class_uid for kind in kinds}]
    contexts = [build_context(COMPOSITE_GET)]
    contexts += [build_context(kind.sop_class_uid, kind.transfer_syntax_uid) for kind in kinds]
    handlers: list[Any] = [(evt.EVT_C_STORE, store)]
    address = (served.dicom_host, served.dicom_port)
    assoc = ae.associate(*address, contexts, "LUMENARC", ext_neg=roles, evt_handlers=handlers)
    assert assoc.is_established
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.SOPInstanceUID = "IMAGE", sorted(samples)
    answers = [status for status, _identifier in assoc.send_c_get(wanted, COMPOSITE_GET)]
    assoc.release()
    assert got == {uid: (sample.kind.transfer_syntax_uid, sample.data) for uid, sample in samples.items()}
    final = answers[-1]
    assert (final.Status, final.NumberOfCompletedSuboperations) == (0, len(samples))
    for pending in answers[:-1]:
        assert pending.Status == 0xFF00
        done = pending.NumberOfCompletedSuboperations + pending.NumberOfFailedSuboperations
        assert pending.NumberOfRemainingSuboperations + done == len(samples)


def test_three_associations_carry_everything_to_pynetdicom(archive: tuple[Served, dict[str, Sample]]) -> None:
    served, samples = archive
    got: dict[str, tuple[str, bytes]] = {}
    originators: set[tuple[str, int]] = set()
    threads: set[int] = set()

    def store(event: Any) -> int:
        threads.add(id(event.assoc))
        rq = event.request
        got[str(rq.AffectedSOPInstanceUID)] = (str(event.context.transfer_syntax), rq.DataSet.getvalue())
        originators.add((str(rq.MoveOriginatorApplicationEntityTitle).strip(), rq.MoveOriginatorMessageID))
        return 0x0000

    ae = pynetdicom.AE("DEST")
    for kind in {sample.kind for sample in samples.values()}:
        ae.add_supported_context(kind.sop_class_uid, kind.transfer_syntax_uid)
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    register(served, "DEST", server.socket.getsockname()[1], n_associations=3)
    try:
        with open_association(archive_peer(served, calling="MOVER"), [Proposal(COMPOSITE_MOVE)]) as assoc:
            answers = dimse.move(assoc, COMPOSITE_MOVE, keys("IMAGE", SOPInstanceUID=list(samples)), "DEST")
            progress = [pending.counts for pending in answers]
            outcome = answers.outcome()
    finally:
        server.shutdown()
    assert got == {uid: (sample.kind.transfer_syntax_uid, sample.data) for uid, sample in samples.items()}
    assert (outcome.status, outcome.counts) == (0, (0, len(samples), 0, 0))
    assert all(sum(counts) == len(samples) for counts in progress)
    assert progress == sorted(progress, key=lambda counts: counts[1])
    assert originators == {("MOVER", 1)}
    assert len(threads) == 3


def test_a_destination_that_nobody_registered_is_not_called(archive: tuple[Served, dict[str, Sample]]) -> None:
    served, samples = archive
    study = keys("STUDY", StudyInstanceUID=next(iter(samples.values())).study_uid)
    with open_association(archive_peer(served), [Proposal(STUDY_MOVE)]) as assoc:
        assert dimse.move(assoc, STUDY_MOVE, study, "NOWHERE").outcome().status == 0xA801
    register(served, "GONE", free_port())
    with open_association(archive_peer(served), [Proposal(STUDY_MOVE)]) as assoc:
        outcome = dimse.move(assoc, STUDY_MOVE, study, "GONE").outcome()
    n_instances = sum(sample.study_uid == study["0020000D"]["Value"][0] for sample in samples.values())
    assert (outcome.status, outcome.counts) == (0xA702, (0, 0, n_instances, 0))
    assert len(outcome.failed_uids) == n_instances
    assert "No connection" in outcome.comment
