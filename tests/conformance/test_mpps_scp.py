"""Do modalities tell of their steps, do others hear of them, and does the worklist follow? (PS3.4 F.7, F.8, R)"""

from __future__ import annotations

import queue
import subprocess
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
from served import Served
from tools import run

pytestmark = pytest.mark.conformance
CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"
MPPS, RETRIEVE, IAN = "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.3.1.2.3.4", "1.2.840.10008.5.1.4.33"
Start = Callable[..., Served]
Heard = queue.Queue[tuple[str, Dataset]]


def begun(study_uid: str) -> Dataset:
    ds = Dataset()
    item = Dataset()
    item.StudyInstanceUID, item.AccessionNumber, item.ScheduledProcedureStepID = study_uid, "ACC1", "S1"
    ds.ScheduledStepAttributesSequence, ds.PerformedSeriesSequence = [item], []
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName, ds.PatientID = "Müller^Anna", "4711"
    ds.Modality, ds.PerformedStationAETitle, ds.PerformedProcedureStepID = "CT", "MODALITY", "1"
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = "20260101", "101500"
    ds.PerformedProcedureStepStatus = "IN PROGRESS"
    return ds


def ended(state: str, *made: Dataset) -> Dataset:
    ds, series = Dataset(), Dataset()
    ds.PerformedProcedureStepStatus = state
    ds.PerformedProcedureStepEndDate, ds.PerformedProcedureStepEndTime = "20260101", "103000"
    series.SeriesInstanceUID, series.ProtocolName = generate_uid(), "Chest"
    series.ReferencedImageSequence = []
    for one in made:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
        series.ReferencedImageSequence.append(item)
    ds.PerformedSeriesSequence = [series]
    return ds


@contextmanager
def hearing(title: str, heard: Heard) -> Iterator[int]:
    """Take what the archive tells: steps and notifications."""

    def create(event: Any) -> tuple[int, Dataset]:
        heard.put(("create", event.attribute_list))
        return 0, event.attribute_list

    def change(event: Any) -> tuple[int, Dataset]:
        heard.put(("set", event.modification_list))
        return 0, event.modification_list

    ae = pynetdicom.AE(title)
    ae.add_supported_context(MPPS)
    ae.add_supported_context(IAN)
    handlers: list[Any] = [(evt.EVT_N_CREATE, create), (evt.EVT_N_SET, change)]
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()


def associate(served: Served) -> Any:
    ae = pynetdicom.AE("MODALITY")
    for uid in (MPPS, RETRIEVE, pydicom.uid.CTImageStorage):
        ae.add_requested_context(uid)
    assoc = ae.associate("127.0.0.1", served.dicom_port, ae_title="LUMENARC")
    assert assoc.is_established
    return assoc


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_modality_tells_and_others_hear(archive_server: Start, database: str, request: pytest.FixtureRequest) -> None:
    options = () if database == "sqlite" else ("--database", request.getfixturevalue("postgresql_url"))
    lists = {"LUMENARC_MPPS_FORWARD": '["RIS"]', "LUMENARC_AVAILABILITY_NOTIFY": '["READER"]'}
    served = archive_server(*options, environment=lists)
    ris, reader = queue.Queue[tuple[str, Dataset]](), queue.Queue[tuple[str, Dataset]]()
    ct = pydicom.dcmread(CT)
    with hearing("RIS", ris) as ris_port, hearing("READER", reader) as reader_port:
        register(served, "RIS", ris_port)
        register(served, "READER", reader_port)
        assoc = associate(served)
        uid = generate_uid()
        assert assoc.send_n_create(begun(ct.StudyInstanceUID), MPPS, uid)[0].Status == 0
        assert assoc.send_n_create(begun(ct.StudyInstanceUID), MPPS, uid)[0].Status == 0x0111
        verb, told = ris.get(timeout=60)
        assert (verb, told.PatientName, told.PerformedProcedureStepStatus) == ("create", "Müller^Anna", "IN PROGRESS")
        assert assoc.send_n_set(ended("COMPLETED", ct), MPPS, uid)[0].Status == 0
        refused = assoc.send_n_set(ended("DISCONTINUED"), MPPS, uid)[0]
        assert (refused.Status, refused.ErrorID) == (0x0110, 0xA710)
        assert refused.ErrorComment == "Performed Procedure Step Object may no longer be updated"
        while verb != "set":  # it is told of the beginning again, should it have missed that
            verb, told = ris.get(timeout=60)
        assert told.PerformedProcedureStepStatus == "COMPLETED"
        assert told.PerformedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == ct.SOPInstanceUID
        # What is kept can be read, whole or in part.
        status, found = assoc.send_n_get([0x00400252, 0x00100010], RETRIEVE, uid)
        assert (status.Status, len(found)) == (0, 2 + ("SpecificCharacterSet" in found))
        assert (found.PatientName, found.PerformedProcedureStepStatus) == ("Müller^Anna", "COMPLETED")
        assert assoc.send_n_get([], MPPS, uid)[1].PerformedProcedureStepEndTime == "103000"
        assert assoc.send_n_get([], RETRIEVE, "1.2.3")[0].Status == 0x0112
        assert assoc.send_n_set(ended("COMPLETED"), MPPS, "1.2.3")[0].Status == 0x0112
        lacking = begun(ct.StudyInstanceUID)
        del lacking.PerformedProcedureStepID
        assert assoc.send_n_create(lacking, MPPS, generate_uid())[0].Status == 0x0120
        # The objects arrive after the step: then, and not before, the reader is notified.
        assert reader.empty()
        assert assoc.send_c_store(ct).Status == 0
        assoc.release()
        verb, told = reader.get(timeout=120)
        assert (verb, told.StudyInstanceUID) == ("create", ct.StudyInstanceUID)
        assert told.ReferencedPerformedProcedureStepSequence[0].ReferencedSOPInstanceUID == uid
        item = told.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
        assert (item.ReferencedSOPInstanceUID, item.InstanceAvailability) == (ct.SOPInstanceUID, "ONLINE")
        assert item.RetrieveAETitle == "LUMENARC"


def test_our_modality_works_through_the_worklist(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    order = (
        "MSH|^~\\&|RIS|HOSP|LUMENARC|HOSP|20260101||ORM^O01|C1|P|2.5\rPID|1||4711^^^HOSP||Doe^Jane||19710405|F\r"
        "ORC|NW|PL1|FI1||SC||^^^20260301091500^^S\rOBR|1|PL1|FI1|CT1^CT Chest^LOCAL|||||||||||||||ACC1|RP1|S1||||CT\r"
    )
    (tmp_path / "order.hl7").write_text(order)
    assert run("hl7snd", "-c", f"127.0.0.1:{served.hl7_port}", tmp_path / "order.hl7").code == 0
    at = f"LUMENARC@127.0.0.1:{served.dicom_port}"
    ran = run("modality", "-c", at, "--mwl", at, "-b", "CT1", "--json", CT)
    assert ran.code == 0, ran.err
    told = ran.objects()[-1]
    assert (told["sent"], told["committed"], told["state"]) == (1, 1, "COMPLETED")
    # DCMTK no longer finds the step, but does when it asks for those that are over.
    find = ("findscu", "-W", "-aec", "LUMENARC", "127.0.0.1", str(served.dicom_port), "-k", "PatientID")
    step = "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus"
    for key, is_found in ((step, False), (f"{step}=COMPLETED", True), (f"{step}=SCHEDULED", False)):
        for _attempt in range(200):
            done = subprocess.run((*find, "-k", key), capture_output=True, timeout=60, text=True)
            if ("[4711" in done.stdout + done.stderr) == is_found:
                break
            time.sleep(0.05)
        else:
            raise AssertionError((key, done.stdout + done.stderr))
