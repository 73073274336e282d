"""Is a DICOMDIR read as pydicom reads it, written so that pydicom and DCMTK read it, and kept inside its folder?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from pydicom.fileset import FileSet

from lumenarc.dicom import dicomdir, part10
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.dicomdir import Entry
from lumenarc.errors import BadDataSet

BROKEN = ("DICOMDIR-nooffset",)  # its last item is cut off


@pytest.mark.filterwarnings("ignore")
def test_read_equals_pydicom() -> None:
    n_files = 0
    for path in PYDICOM_FILES.rglob("DICOMDIR*"):
        theirs = pydicom.dcmread(path)
        expected = [
            (record.ReferencedFileID,) if isinstance(record.ReferencedFileID, str) else tuple(record.ReferencedFileID)
            for record in theirs.DirectoryRecordSequence
            if record.get("ReferencedFileID")
        ]
        try:
            ours = dicomdir.read(path.read_bytes())
        except BadDataSet:
            assert path.name in BROKEN
            continue
        assert [found.components for found in ours] == expected, path.name
        n_files += 1
    assert n_files > 3


@pytest.mark.filterwarnings("ignore")
def test_build_is_read_by_pydicom_and_dcmtk(tmp_path: Path) -> None:
    entries = []
    names = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "rtdose.dcm", "chrX1.dcm", "chrH31.dcm")
    for number, name in enumerate(names):
        path = next(p for p in real_files() if p.name == name)
        data = path.read_bytes()
        meta = part10.parse_meta(data)
        attributes = to_attributes(data[meta.header_bytes :], meta.transfer_syntax_uid)
        target = tmp_path / "DICOM" / f"I{number:07d}"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
        entries.append(Entry(("DICOM", target.name), meta.transfer_syntax_uid, attributes))
    data = dicomdir.build(entries, "1.2.3.4", "LUMENARC")
    file = tmp_path / "DICOMDIR"
    file.write_bytes(data)
    theirs = FileSet(file)
    assert {instance.SOPInstanceUID for instance in theirs} == {
        str(entry.attributes["00080018"]["Value"][0]) for entry in entries
    }
    assert {Path(instance.path).name for instance in theirs} == {entry.components[1] for entry in entries}
    assert len(theirs.find_values("PatientID")) >= 4
    assert {found.components for found in dicomdir.read(data)} == {entry.components for entry in entries}
    tool = shutil.which("dcmdump")
    assert tool is not None, "dcmtk is needed"
    dump = subprocess.run([tool, str(file)], capture_output=True, check=True)
    assert b"RT PLAN" in dump.stdout
    assert b"E:" not in dump.stderr


@pytest.mark.parametrize("components", [["..", "X"], ["/etc", "passwd"], ["A", ""], [], ["C:"], ["a\\b"], ["x"] * 40])
def test_file_ids_stay_below_their_folder(components: list[str]) -> None:
    with pytest.raises(BadDataSet):
        dicomdir.safe_components(components)


def test_record_types() -> None:
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.2") == "IMAGE"
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.88.11") == "SR DOCUMENT"
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.88.59") == "KEY OBJECT DOC"
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.11.1") == "PRESENTATION"
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.104.1") == "ENCAP DOC"
    assert dicomdir.record_type("1.2.840.10008.5.1.4.1.1.9.1.1") == "WAVEFORM"


def test_what_is_no_dicomdir_is_refused() -> None:
    path = next(p for p in real_files() if p.name == "CT_small.dcm")
    with pytest.raises(BadDataSet):
        dicomdir.read(path.read_bytes())
