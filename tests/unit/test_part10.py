"""Is a File Meta header written so that others read it, and read from whatever others write?"""

from __future__ import annotations

import io

import pydicom
import pytest
from corpus import real_files

from lumenarc.dicom import part10
from lumenarc.errors import BadDataSet

CT = "1.2.840.10008.5.1.4.1.1.2"


def test_pydicom_reads_our_header() -> None:
    header = part10.build_meta(CT, "1.2.3.44", part10.EXPLICIT_LE, "SCU", b"\x11" * 32, 7)
    meta = pydicom.dcmread(io.BytesIO(header)).file_meta
    assert header[:132] == bytes(128) + b"DICM"
    assert meta.MediaStorageSOPClassUID == CT
    assert meta.MediaStorageSOPInstanceUID == "1.2.3.44"
    assert meta.TransferSyntaxUID == part10.EXPLICIT_LE
    assert meta.SourceApplicationEntityTitle == "SCU"
    assert meta.FileMetaInformationGroupLength == len(header) - 144
    assert meta.PrivateInformation == b"\x11" * 32 + (7).to_bytes(8, "little")


def test_header_length_depends_on_the_names_only() -> None:
    empty = part10.build_meta(CT, "1.2.3", part10.IMPLICIT_LE, None, bytes(32), 0)
    filled = part10.build_meta(CT, "1.2.3", part10.IMPLICIT_LE, None, b"\xff" * 32, 1 << 40)
    assert len(empty) == len(filled)


def test_our_header_read_back() -> None:
    header = part10.build_meta(CT, "1.2.3", part10.IMPLICIT_LE, "A B", b"\x22" * 32, 99)
    meta = part10.parse_meta(header + b"\x08\0\x05\0")
    assert meta == part10.Meta(CT, "1.2.3", part10.IMPLICIT_LE, "A B", len(header), b"\x22" * 32, 99)


@pytest.mark.filterwarnings("ignore")
def test_every_real_file_is_read_as_pydicom_reads_it() -> None:
    files = real_files()
    assert len(files) > 60
    for path in files:
        theirs = pydicom.dcmread(path, stop_before_pixels=True)
        ours = part10.parse_meta(path.read_bytes()[: 1 << 16])
        expected = theirs.file_meta.get("TransferSyntaxUID", ours.transfer_syntax_uid)
        assert ours.transfer_syntax_uid == expected, path.name
        assert ours.sop_instance_uid == theirs.file_meta.get("MediaStorageSOPInstanceUID", ""), path.name


def test_what_is_no_dicom_is_refused() -> None:
    for junk in (b"", b"hello world, this is no DICOM at all", b"%PDF-1.4 " * 30, bytes(200)):
        with pytest.raises(BadDataSet):
            part10.parse_meta(junk)
