"""Is what a file is learnt from its beginning, however long its File Meta and first elements are?"""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.uid import UID

from lumenarc.errors import BadDataSet
from lumenarc.peers.sending import from_file

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"


@pytest.mark.parametrize("n_bytes", [0, 1500, 3500, 4000, 6000, 60_000])
def test_file_with_a_long_beginning(n_bytes: int, tmp_path: Path) -> None:
    ds = pydicom.dcmread(CT)
    ds.file_meta.PrivateInformationCreatorUID = UID("1.2.3")
    ds.file_meta.PrivateInformation = bytes(n_bytes)
    ds.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")  # a mistake: the data set says what it is
    ds.save_as(tmp_path / "long.dcm")
    found = from_file(tmp_path / "long.dcm")
    assert (found.kind.sop_class_uid, found.sop_instance_uid) == (ds.SOPClassUID, ds.SOPInstanceUID)
    plain = pydicom.dcmread(CT)
    sent, kept = b"".join(bytes(chunk) for chunk in found.chunks()), CT.read_bytes()
    assert kept.endswith(sent)
    assert len(sent) == len(kept) - plain.file_meta.FileMetaInformationGroupLength - 144


def test_uids_behind_a_long_element_are_found(tmp_path: Path) -> None:
    ds = pydicom.dcmread(CT)
    ds.ImageType = ["ORIGINAL", "PRIMARY", *["AXIAL"] * 150]
    ds.save_as(tmp_path / "late.dcm")
    assert from_file(tmp_path / "late.dcm").sop_instance_uid == ds.SOPInstanceUID


def test_what_is_no_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.bin").write_bytes(b"\xff" * 10_000)
    with pytest.raises(BadDataSet):
        from_file(tmp_path / "long.bin")
