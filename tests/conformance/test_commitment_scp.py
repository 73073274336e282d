"""Does the archive keep its word to modalities: on their association, on its own, and after kill -9? (PS3.4 J)"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt

from archive_content import register
from dicom_peers import free_port
from served import Served
from tools import run

pytestmark = pytest.mark.conformance
CT, MR = (PYDICOM_FILES / "test_files" / name for name in ("CT_small.dcm", "MR_small.dcm"))
COMMITMENT, INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
Start = Callable[..., Served]
Reports = queue.Queue[tuple[int, Dataset]]


def collecting(reports: Reports) -> Any:
    def take(event: Any) -> tuple[int, None]:
        reports.put((event.event_type, event.event_information))
        return 0, None

    return evt.EVT_N_EVENT_REPORT, take


def associate(served: Served, title: str, handlers: list[Any]) -> Any:
    ae = pynetdicom.AE(title)
    ae.add_requested_context(COMMITMENT)
    ae.add_requested_context(CT_CLASS)
    assoc = ae.associate("127.0.0.1", served.dicom_port, ae_title="LUMENARC", evt_handlers=handlers)
    assert assoc.is_established
    return assoc


def request(*references: tuple[str, str]) -> Dataset:
    ds = Dataset()
    ds.TransactionUID = generate_uid()
    ds.ReferencedSOPSequence = []
    for sop_class, uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        ds.ReferencedSOPSequence.append(item)
    return ds


def ask(assoc: Any, ds: Dataset, action: int = 1, instance: str = INSTANCE) -> int:
    status, _ = assoc.send_n_action(ds, action, COMMITMENT, instance)
    return int(status.Status)


def job_of(served: Served, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the newest commitment job, once it is as wanted."""
    jobs: list[dict[str, Any]] = []
    for _attempt in range(1200):
        jobs = [job for job in served.call("api/jobs") if job["task"] == "commitment"]
        if jobs and is_it(jobs[0]):
            return jobs[0]
        time.sleep(0.05)
    raise AssertionError(f"a minute later the jobs are {jobs[:1]}")


@contextmanager
def listening(title: str, port: int, reports: Reports) -> Iterator[None]:
    """Take reports as an SCU does that is called: the caller has the SCP role."""
    ae = pynetdicom.AE(title)
    ae.add_supported_context(COMMITMENT, scu_role=True, scp_role=True)
    server: Any = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[collecting(reports)])
    try:
        yield
    finally:
        server.shutdown()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return () if request.param == "sqlite" else ("--database", request.getfixturevalue("postgresql_url"))


def test_who_stays_is_told_on_its_association(archive_server: Start, database: tuple[str, ...]) -> None:
    served = archive_server(*database)
    reports: Reports = queue.Queue()
    assoc = associate(served, "STRANGER", [collecting(reports)])
    ct = pydicom.dcmread(CT)
    assert assoc.send_c_store(ct).Status == 0
    ds = request((CT_CLASS, ct.SOPInstanceUID), (CT_CLASS, "1.2.3.4"))
    assert ask(assoc, ds) == 0
    event, information = reports.get(timeout=60)
    assert (event, information.TransactionUID, information.RetrieveAETitle) == (2, ds.TransactionUID, "LUMENARC")
    assert [item.ReferencedSOPInstanceUID for item in information.ReferencedSOPSequence] == [ct.SOPInstanceUID]
    (failed,) = information.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == ("1.2.3.4", 0x0112)
    done = job_of(served, lambda job: bool(job["state"] == "done"))
    assert done["result"] == {"transaction": ds.TransactionUID, "committed": 1, "n_failed": 1}
    # Two questions at once, on an association that stays: both are answered there.
    first, second = request((CT_CLASS, ct.SOPInstanceUID)), request(("1.2.3", ct.SOPInstanceUID))
    assert (ask(assoc, first), ask(assoc, second)) == (0, 0)
    (safe, about_first), (unsafe, about_second) = reports.get(timeout=60), reports.get(timeout=60)
    assert (safe, about_first.TransactionUID) == (1, first.TransactionUID)
    assert (unsafe, about_second.TransactionUID) == (2, second.TransactionUID)
    assert about_second.FailedSOPSequence[0].FailureReason == 0x0119
    # What makes no sense is refused.
    assert ask(assoc, first, action=2) == 0x0123
    assert ask(assoc, first, instance="1.2.3") == 0x0112
    assert ask(assoc, request()) == 0x0115
    assert assoc.send_c_store(ct).Status == 0
    assoc.release()


def test_who_lets_go_is_called_and_called_again_after_a_crash(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server(data=tmp_path / "kept")
    port, reports = free_port(), queue.Queue[tuple[int, Dataset]]()
    register(served, "MODALITY", port)
    ct = pydicom.dcmread(CT)
    stuck, let_go = threading.Event(), threading.Event()

    def hang(_event: Any) -> tuple[int, None]:
        stuck.set()
        let_go.wait(120)
        return 0x0110, None

    # The archive dies while it waits for the answer to its report: nobody has taken it.
    assoc = associate(served, "MODALITY", [(evt.EVT_N_EVENT_REPORT, hang)])
    assert assoc.send_c_store(ct).Status == 0
    ds = request((CT_CLASS, ct.SOPInstanceUID))
    assert ask(assoc, ds) == 0
    assert stuck.wait(60)
    served.process.send_signal(signal.SIGKILL)
    served.process.wait(30)
    let_go.set()
    served = archive_server(data=tmp_path / "kept")
    # Nobody listens yet: it is tried again.
    job_of(served, lambda job: bool(job["state"] == "waiting" and job["error"]))
    with listening("MODALITY", port, reports):
        event, information = reports.get(timeout=120)
        assert (event, information.TransactionUID) == (1, ds.TransactionUID)
        job_of(served, lambda job: bool(job["state"] == "done"))
        # Who lets go at once is called.
        assoc = associate(served, "MODALITY", [(evt.EVT_N_EVENT_REPORT, hang)])
        ds = request((CT_CLASS, "1.2.3.4"))
        assert ask(assoc, ds) == 0
        assoc.release()
        event, information = reports.get(timeout=60)
        assert (event, information.TransactionUID) == (2, ds.TransactionUID)
        assert job_of(served, lambda job: bool(job["state"] == "done"))["result"]["n_failed"] == 1


def test_who_is_not_known_can_be_made_known(archive_server: Start) -> None:
    served = archive_server()
    reports: Reports = queue.Queue()
    assoc = associate(served, "STRANGER", [])
    ds = request((CT_CLASS, "1.2.3.4"))
    assert ask(assoc, ds) == 0
    assoc.release()
    failed = job_of(served, lambda job: bool(job["state"] == "failed"))
    assert failed["error"] == "Who asked is not a registered application entity, and cannot be told."
    port = free_port()
    register(served, "STRANGER", port)
    with listening("STRANGER", port, reports):
        served.call(f"api/jobs/{failed['id']}/retry", method="POST")
        assert reports.get(timeout=60)[1].TransactionUID == ds.TransactionUID
    # Our own client takes its answer on its association, and on another.
    at = ("-c", f"LUMENARC@127.0.0.1:{served.dicom_port}")
    assert run("storescu", *at, CT, MR).code == 0
    ran = run("stgcmtscu", *at, CT, MR)
    assert (ran.code, "2 committed, 0 not" in ran.out) == (0, True)
