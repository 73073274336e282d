"""Do storage commitment, MPPS and IAN tools understand pynetdicom's, and one another?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pynetdicom import evt

from dicom_peers import free_port
from tools import run, serving

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
CT, MR = FILES / "CT_small.dcm", FILES / "MR_small.dcm"
MPPS, IAN, COMMITMENT = "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.5.1.4.33", "1.2.840.10008.1.20.1"
INSTANCE = "1.2.840.10008.1.20.1.1"


def at(port: int, title: str = "PEER") -> tuple[str, str]:
    return "-c", f"{title}@127.0.0.1:{port}"


@contextmanager
def peer(handlers: list[Any], *, roles: bool = False) -> Iterator[int]:
    ae = pynetdicom.AE("PEER")
    ae.add_supported_context(MPPS)
    ae.add_supported_context(IAN)
    ae.add_supported_context(COMMITMENT, scu_role=True, scp_role=roles)
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()


def test_mppsscu_tells_pynetdicom_what_was_done() -> None:
    seen: list[tuple[str, Dataset]] = []

    def create(event: Any) -> tuple[int, Dataset]:
        seen.append(("create", event.attribute_list))
        return 0, event.attribute_list

    def change(event: Any) -> tuple[int, Dataset]:
        seen.append(("set", event.modification_list))
        return 0, event.modification_list

    with peer([(evt.EVT_N_CREATE, create), (evt.EVT_N_SET, change)]) as port:
        words = ("--dc", "--dc-reason", "110501", "-s", "PerformedLocation=Room 1", "--ppsid", "STEP")
        assert run("mppsscu", *at(port), *words, CT).code == 0
    ct = pydicom.dcmread(CT)
    (first, begun), (second, ended) = seen
    assert (first, second) == ("create", "set")
    assert (begun.PerformedProcedureStepStatus, ended.PerformedProcedureStepStatus) == ("IN PROGRESS", "DISCONTINUED")
    assert (begun.PatientID, begun.PerformedLocation, begun.PerformedProcedureStepID) == (
        ct.PatientID,
        "Room 1",
        "STEP",
    )
    assert begun.ScheduledStepAttributesSequence[0].StudyInstanceUID == ct.StudyInstanceUID
    series = ended.PerformedSeriesSequence[0]
    assert series.SeriesInstanceUID == ct.SeriesInstanceUID
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == ct.SOPInstanceUID
    reason = ended.PerformedProcedureStepDiscontinuationReasonCodeSequence[0]
    assert reason.CodeMeaning == "Equipment failure"


def test_a_refused_step_is_told() -> None:
    with peer([(evt.EVT_N_CREATE, lambda event: (0x0110, None))]) as port:
        ran = run("mppsscu", *at(port), CT)
        assert (ran.code, "0110H" in ran.err) == (1, True)
    assert run("mppsscu", *at(free_port()), CT).code == 3


def associate(port: int, uid: str, handlers: list[Any] | None = None, **more: Any) -> Any:
    ae = pynetdicom.AE("MODALITY")
    ae.add_requested_context(uid)
    assoc = ae.associate("127.0.0.1", port, ae_title="ANY", evt_handlers=handlers or [], **more)
    assert assoc.is_established
    return assoc


def step() -> Dataset:
    ds = Dataset()
    for name in (
        "PatientName PatientID PatientBirthDate PatientSex StudyID PerformedStationName PerformedLocation "
        "PerformedProcedureStepDescription PerformedProcedureTypeDescription PerformedProcedureStepEndDate "
        "PerformedProcedureStepEndTime"
    ).split():
        setattr(ds, name, "")
    ds.ReferencedPatientSequence, ds.ProcedureCodeSequence, ds.PerformedProtocolCodeSequence = [], [], []
    ds.Modality, ds.PerformedStationAETitle, ds.PerformedProcedureStepID = "CT", "MODALITY", "1"
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = "20260101", "101500"
    ds.PerformedProcedureStepStatus = "IN PROGRESS"
    item = Dataset()
    item.StudyInstanceUID = "1.2.3"
    item.ReferencedStudySequence, item.ScheduledProtocolCodeSequence = [], []
    item.AccessionNumber = item.RequestedProcedureID = item.RequestedProcedureDescription = ""
    item.ScheduledProcedureStepID = item.ScheduledProcedureStepDescription = ""
    ds.ScheduledStepAttributesSequence, ds.PerformedSeriesSequence = [item], []
    return ds


def test_mppsscp_keeps_the_steps_of_pynetdicom(tmp_path: Path) -> None:
    with serving("mppsscp", "-b", "0", "--directory", tmp_path, "--json") as scp:
        assoc = associate(scp.port, MPPS)
        status, _ = assoc.send_n_create(step(), MPPS, "1.2.3.4")
        assert status.Status == 0
        assert assoc.send_n_create(step(), MPPS, "1.2.3.4")[0].Status == 0x0111
        lacking = step()
        del lacking.PerformedProcedureStepID
        assert assoc.send_n_create(lacking, MPPS, "1.2.3.5")[0].Status == 0x0120
        lacking.PerformedProcedureStepID = ""
        assert assoc.send_n_create(lacking, MPPS, "1.2.3.5")[0].Status == 0x0121
        done = Dataset()
        done.PerformedProcedureStepStatus = "COMPLETED"
        assert assoc.send_n_set(done, MPPS, "1.2.3.4")[0].Status == 0
        refused = assoc.send_n_set(done, MPPS, "1.2.3.4")[0]
        assert (refused.Status, refused.ErrorID) == (0x0110, 0xA710)
        assert assoc.send_n_set(done, MPPS, "1.2.9")[0].Status == 0x0112
        status, found = assoc.send_n_get([0x00400252], MPPS, "1.2.3.4")
        assert (status.Status, found.PerformedProcedureStepStatus, len(found)) == (0, "COMPLETED", 1)
        assert assoc.send_n_create(step(), MPPS, "../evil")[0].Status != 0
        assoc.release()
        states = [json.loads(line).get("state") for line in scp.stop().splitlines()]
        assert states == ["IN PROGRESS", "COMPLETED"]
    assert [path.name for path in tmp_path.iterdir()] == ["1.2.3.4"]
    assert pydicom.dcmread(tmp_path / "1.2.3.4").PerformedStationAETitle == "MODALITY"


def test_our_mppsscu_and_mppsscp_fit(tmp_path: Path) -> None:
    with serving("mppsscp", "-b", "0", "--directory", tmp_path) as scp:
        assert run("mppsscu", *at(scp.port), CT, MR).code == 0
    assert {pydicom.dcmread(path).PerformedProcedureStepStatus for path in tmp_path.iterdir()} == {"COMPLETED"}
    assert len(list(tmp_path.iterdir())) == 2


def test_ian_both_ways(tmp_path: Path) -> None:
    seen: list[Dataset] = []

    def create(event: Any) -> tuple[int, Dataset]:
        seen.append(event.attribute_list)
        return 0, event.attribute_list

    with peer([(evt.EVT_N_CREATE, create)]) as port:
        assert run("ianscu", *at(port), "--availability", "OFFLINE", "--retrieve-aet", "ARC", CT).code == 0
    item = seen[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    ct = pydicom.dcmread(CT)
    assert (item.InstanceAvailability, item.RetrieveAETitle) == ("OFFLINE", "ARC")
    assert item.ReferencedSOPInstanceUID == ct.SOPInstanceUID
    with serving("ianscp", "-b", "0", "--directory", tmp_path) as scp:
        assoc = associate(scp.port, IAN)
        assert assoc.send_n_create(seen[0], IAN, "1.2.3.4")[0].Status == 0
        lacking = Dataset()
        lacking.StudyInstanceUID = "1.2.3"
        assert assoc.send_n_create(lacking, IAN, "1.2.3.5")[0].Status == 0x0120
        assoc.release()
    assert pydicom.dcmread(tmp_path / "1.2.3.4").StudyInstanceUID == ct.StudyInstanceUID


@pytest.mark.parametrize("callback", [False, True])
def test_commitment_between_our_tools(callback: bool, tmp_path: Path) -> None:
    port = free_port()
    peers = ("--peer", f"LUMENARC@127.0.0.1:{port}") if callback else ()
    with serving("stgcmtscp", "-b", "0", "--directory", tmp_path, *peers) as scp:
        assert run("storescu", *at(scp.port), CT).code == 0
        listen = ("--listen", str(port)) if callback else ()
        ran = run("stgcmtscu", *at(scp.port), *listen, "--json", CT)
        assert ran.code == 0, ran.err
        ct = pydicom.dcmread(CT)
        assert ran.objects()[0]["committed"] == [ct.SOPInstanceUID]
        ran = run("stgcmtscu", *at(scp.port), *listen, "--one-per-study", CT, MR)
        assert ran.code == 1
        assert "0112H" in ran.err


def test_pynetdicom_asks_our_stgcmtscp(tmp_path: Path) -> None:
    reports: list[tuple[int, Dataset]] = []
    came = threading.Event()

    def report(event: Any) -> int:
        reports.append((event.event_type, event.event_information))
        came.set()
        return 0

    ct = pydicom.dcmread(CT)
    with serving("stgcmtscp", "-b", "0", "--directory", tmp_path) as scp:
        assert run("storescu", *at(scp.port), CT).code == 0
        assoc = associate(scp.port, COMMITMENT, [(evt.EVT_N_EVENT_REPORT, report)])
        ds, item = Dataset(), Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ct.SOPClassUID, ct.SOPInstanceUID
        ds.TransactionUID, ds.ReferencedSOPSequence = "1.2.3.99", [item]
        assert assoc.send_n_action(ds, 1, COMMITMENT, INSTANCE)[0].Status == 0
        assert came.wait(20)
        assoc.release()
    assert reports[0][0] == 1
    assert reports[0][1].TransactionUID == "1.2.3.99"


def test_our_stgcmtscu_asks_pynetdicom() -> None:
    """The peer answers over an association of its own, as archives do."""
    port = free_port()

    def action(event: Any) -> tuple[int, None]:
        threading.Thread(target=call_back, args=(port, event.action_information)).start()
        return 0, None

    with peer([(evt.EVT_N_ACTION, action)]) as peer_port:
        ran = run("stgcmtscu", *at(peer_port), "--listen", str(port), "--json", CT)
        assert ran.code == 0, ran.err
        assert len(ran.objects()[0]["committed"]) == 1
        assert run("stgcmtscu", *at(peer_port), "--keep-alive", "0.2", CT).code == 1  # nobody can call back


def call_back(port: int, asked: Dataset) -> None:
    ae = pynetdicom.AE("PEER")
    ae.add_requested_context(COMMITMENT)
    role = pynetdicom.build_role(COMMITMENT, scp_role=True)
    assoc = ae.associate("127.0.0.1", port, ae_title="LUMENARC", ext_neg=[role])
    if not assoc.is_established:
        return
    ds = Dataset()
    ds.TransactionUID, ds.ReferencedSOPSequence = asked.TransactionUID, asked.ReferencedSOPSequence
    assoc.send_n_event_report(ds, 1, COMMITMENT, INSTANCE)
    assoc.release()
