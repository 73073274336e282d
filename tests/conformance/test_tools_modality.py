"""Does `modality` go through its steps in order, with what the worklist says? Judged by pynetdicom and our servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pynetdicom import evt

from dicom_peers import free_port
from tools import run, serving, worklist_item

pytestmark = pytest.mark.conformance
CT, DEFLATED = (PYDICOM_FILES / "test_files" / name for name in ("CT_small.dcm", "image_dfl.dcm"))
MPPS, COMMITMENT = "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.1.20.1"


def at(port: int) -> str:
    return f"ANY@127.0.0.1:{port}"


def test_everything_in_one_go_and_in_this_order() -> None:
    steps: list[tuple[str, Dataset]] = []

    def stored(event: Any) -> int:
        steps.append(("store", event.dataset))
        return 0

    def create(event: Any) -> tuple[int, Dataset]:
        steps.append(("create", event.attribute_list))
        return 0, event.attribute_list

    def change(event: Any) -> tuple[int, Dataset]:
        steps.append(("set", event.modification_list))
        return 0, event.modification_list

    def commit(event: Any) -> tuple[int, None]:
        steps.append(("commit", event.action_information))
        return 0, None

    def find(event: Any) -> Any:
        steps.append(("find", event.identifier))
        yield 0xFF00, Dataset.from_json(worklist_item(7, "CT"))

    ae = pynetdicom.AE("PEER")
    for uid in ("1.2.840.10008.5.1.4.31", MPPS, COMMITMENT, "1.2.840.10008.5.1.4.1.1.2"):
        ae.add_supported_context(uid, pynetdicom.ALL_TRANSFER_SYNTAXES)
    handlers: list[Any] = [(evt.EVT_C_STORE, stored), (evt.EVT_N_CREATE, create), (evt.EVT_N_SET, change),
                           (evt.EVT_N_ACTION, commit), (evt.EVT_C_FIND, find)]  # fmt: skip
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    port = int(server.socket.getsockname()[1])
    try:
        ran = run("modality", "-c", at(port), "--mwl", at(port), "-m", "PatientID=P7", "--keep-alive", "0.2", CT)
    finally:
        server.shutdown()
    assert (ran.code, "no answer in time" in ran.err) == (1, True)  # this peer never says that it has committed
    assert [step for step, _ in steps] == ["find", "create", "store", "commit", "set"]
    asked, begun, sent, committed, ended = (ds for _, ds in steps)
    assert asked.PatientID == "P7"
    scheduled = begun.ScheduledStepAttributesSequence[0]
    assert (begun.PatientID, scheduled.AccessionNumber, scheduled.ScheduledProcedureStepID) == ("P7", "A7", "S7")
    assert (sent.PatientID, str(sent.PatientName), sent.StudyInstanceUID) == ("P7", "Doe^7", "1.2.7")
    assert sent.RequestAttributesSequence[0].RequestedProcedureID == "R7"
    assert sent.SOPInstanceUID != pydicom.dcmread(CT).SOPInstanceUID
    assert committed.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == sent.SOPInstanceUID
    series = ended.PerformedSeriesSequence[0]
    assert series.SeriesInstanceUID == sent.SeriesInstanceUID
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == sent.SOPInstanceUID
    assert ended.PerformedProcedureStepStatus == "COMPLETED"


def test_with_our_servers_as_a_department(tmp_path: Path) -> None:
    (tmp_path / "worklist").mkdir()
    (tmp_path / "worklist" / "one.json").write_text(json.dumps(worklist_item(1, "CT")))
    with (
        serving("wlmscp", "-b", "0", "--directory", tmp_path / "worklist") as mwl,
        serving("mppsscp", "-b", "0", "--directory", tmp_path / "steps") as mpps,
        serving("stgcmtscp", "-b", "0", "--directory", tmp_path / "held") as archive,
    ):
        words = ("-c", at(archive.port), "--mpps", at(mpps.port), "--mwl", at(mwl.port), "-o", tmp_path / "made")
        ran = run("modality", *words, "--dc", "--dc-reason", "110501", "--json", CT, DEFLATED)
        assert ran.code == 0, ran.err
        told = ran.objects()[-1]
        assert (told["sent"], told["committed"], told["state"]) == (2, 2, "DISCONTINUED")
        none = run("modality", *words, "-m", "PatientID=NOBODY", CT)
        assert (none.code, "no item" in none.err) == (1, True)
        kept = run(
            "modality", "-c", at(archive.port), "--mpps", "none", "--stgcmt", "none", "--keep-uids", "--json", CT
        )
        assert (kept.code, kept.objects()[-1]["sent"]) == (0, 1)
    held = {path.name: pydicom.dcmread(path) for path in (tmp_path / "held").iterdir()}
    made = {path.name: pydicom.dcmread(path) for path in (tmp_path / "made").iterdir()}
    assert held.keys() == {*made, pydicom.dcmread(CT).SOPInstanceUID}
    assert {ds.StudyInstanceUID for ds in made.values()} == {"1.2.1"}
    deflated = [ds for ds in made.values() if ds.file_meta.TransferSyntaxUID.is_deflated]
    assert [ds.PixelData for ds in deflated] == [pydicom.dcmread(DEFLATED).PixelData]
    (step,) = (tmp_path / "steps").iterdir()
    assert pydicom.dcmread(step).PerformedProcedureStepStatus == "DISCONTINUED"


def test_who_is_not_there(tmp_path: Path) -> None:
    nobody = at(free_port())
    assert run("modality", "-c", nobody, CT).code == 3
    assert run("modality", "-c", nobody, "--mpps", "none", "--stgcmt", "none", CT).code == 1
    assert run("modality", "-c", nobody).code == 2
    assert run("modality", "-c", nobody, tmp_path / "missing.dcm").code == 1
