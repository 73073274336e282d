"""Is a de-identified data set free of every original identity, and still a data set?"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from pydicom import Dataset, Sequence

from lumenarc.dicom.deidentify import deidentify, deidentify_bytes, table_entry
from lumenarc.dicom.deidentify_policy import OPTIONS, Policy, map_uid
from lumenarc.dicom.part10 import parse_meta
from lumenarc.errors import BadRequest, LumenarcError, Refused

KEY = b"a key of the tests, not a secret"
EXPLICIT = "1.2.840.10008.1.2.1"


def patient() -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.1.77.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.77.2", "1.2.826.0.1.77.3"
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = "Müller^Erika=山田^太郎", "PID-4711", "HOSP"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge, ds.PatientWeight = "19610203", "F", "063Y", "61.5"
    ds.AccessionNumber, ds.StudyDate, ds.StudyTime = "ACC-99", "20240510", "101112"
    ds.StudyDescription = "Thorax of Erika Müller, ACC-99"
    ds.SeriesDescription, ds.Modality = "axial 2 mm", "CT"
    ds.ReferringPhysicianName, ds.OperatorsName = "Schmidt^Hans", "Weber^Uta"
    ds.InstitutionName, ds.StationName, ds.DeviceSerialNumber = "Klinik Nord", "CT7", "SN-12345"
    ds.KVP, ds.ConvolutionKernel = "120", "Müller kernel"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.1.77.9"
    item.PatientName = "Müller^Erika"
    ds.ReferencedImageSequence = Sequence([item])
    request = Dataset()
    request.AccessionNumber, request.RequestedProcedureID = "ACC-99", "RP1"
    request.ScheduledProcedureStepDescription = "for PID-4711"
    ds.RequestAttributesSequence = Sequence([request])
    private = ds.private_block(0x0011, "ACME 1.0", create=True)
    private.add_new(0x01, "LO", "Müller")
    gems = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
    gems.add_new(0x6F, "DS", "7")
    gems.add_new(0x70, "LO", "Erika")
    ds.add_new(0x60003000, "OW", b"\1\2")
    return ds


def done(*options: str, **more: str) -> Dataset:
    ds = patient()
    deidentify(ds, Policy(frozenset(options), **more), KEY)
    return ds


def as_bytes(ds: Dataset) -> bytes:
    out = io.BytesIO()
    pydicom.dcmwrite(out, ds, implicit_vr=False, little_endian=True)
    return out.getvalue()


SECRETS = ["Müller", "Erika", "山田", "PID-4711", "ACC-99", "19610203", "Schmidt", "Weber", "Klinik", "1.2.826.0.1.77"]


@pytest.mark.parametrize("options", [(), ("clean_descriptors",), ("clean_structured_content", "retain_safe_private")])
def test_no_identity_is_left_in_the_bytes(options: tuple[str, ...]) -> None:
    data = as_bytes(done(*options))
    for secret in SECRETS:
        assert secret.encode() not in data, secret


def test_what_was_done_is_declared() -> None:
    ds = done("clean_descriptors")
    assert ds.PatientIdentityRemoved == "YES"
    assert [item.CodeValue for item in ds.DeidentificationMethodCodeSequence] == ["113100", "113105"]
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"


def test_uids_are_mapped_consistently_and_standard_ones_stay() -> None:
    ds = done()
    assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert ds.StudyInstanceUID == map_uid("1.2.826.0.1.77.2", KEY)
    assert ds.ReferencedImageSequence[0].ReferencedSOPInstanceUID == map_uid("1.2.826.0.1.77.9", KEY)
    assert map_uid("1.2.3", KEY) != map_uid("1.2.3", KEY[::-1])
    assert len(map_uid("1.2.3", KEY)) <= 64


def test_report_holds_the_mapping() -> None:
    report = deidentify(patient(), Policy(), KEY)
    assert report.uids["1.2.826.0.1.77.1"] == map_uid("1.2.826.0.1.77.1", KEY)
    assert report.patient_id.startswith("ANON-")
    assert report.n_removed > 5


def test_same_patient_gets_the_same_pseudonym() -> None:
    one, other = patient(), patient()
    other.PatientName = "Mueller^E"
    deidentify(one, Policy(), KEY)
    deidentify(other, Policy(), KEY)
    assert one.PatientID == other.PatientID != "PID-4711"
    assert done(patient_name="Test^A", patient_id="T1").PatientName == "Test^A"


def test_dates_are_removed_shifted_or_kept() -> None:
    assert done().StudyDate == ""
    kept = done("retain_full_dates")
    assert (kept.StudyDate, kept.LongitudinalTemporalInformationModified) == ("20240510", "UNMODIFIED")
    shifted = done("retain_modified_dates")
    assert shifted.StudyDate not in ("", "20240510")
    assert shifted.StudyDate < "20240510"
    assert shifted.LongitudinalTemporalInformationModified == "MODIFIED"
    assert shifted.StudyDate == done("retain_modified_dates").StudyDate


def test_options_keep_what_they_say() -> None:
    assert "PatientWeight" not in done()
    assert float(done("retain_patient_characteristics").PatientWeight) == 61.5
    assert "InstitutionName" not in done() or done().InstitutionName == "ANONYMIZED"
    assert done("retain_device").DeviceSerialNumber == "SN-12345"
    assert done("retain_uids").StudyInstanceUID == "1.2.826.0.1.77.2"
    described = done("clean_descriptors")
    assert described.SeriesDescription == "axial 2 mm"
    assert described.StudyDescription.startswith("Thorax of")


def test_private_attributes_go_but_for_the_safe_ones() -> None:
    assert not [element for element in done() if element.tag.is_private]
    safe = done("retain_safe_private")
    kept = {int(element.tag) for element in safe if element.tag.is_private}
    assert kept == {0x00430010, 0x0043106F}


def test_overlays_and_unknown_elements_go() -> None:
    assert 0x60003000 not in done()
    assert 0x60003000 not in done("clean_graphics")


def test_words_left_in_kept_text_are_cleaned() -> None:
    assert "ller" not in str(done().ConvolutionKernel)


@pytest.mark.parametrize(
    ("said", "policy", "refused"),
    [
        ("YES", "refuse", True),
        ("NO", "suspect", False),
        ("", "refuse", False),
        ("", "suspect", True),
        ("YES", "accept", False),
    ],
)
def test_burnt_in_text(said: str, policy: str, refused: bool) -> None:
    ds = patient()
    ds.Modality, ds.Rows, ds.BurnedInAnnotation = "US", 4, said
    if refused:
        with pytest.raises(Refused):
            deidentify(ds, Policy(burned_in=policy), KEY)
    else:
        deidentify(ds, Policy(burned_in=policy), KEY)


def test_policy_travels_as_plain_values() -> None:
    policy = Policy(frozenset({"retain_uids"}), patient_id="X")
    assert Policy.from_dict(policy.as_dict()) == policy
    with pytest.raises(BadRequest):
        Policy.from_dict({"options": ["keep_everything"]})
    with pytest.raises(BadRequest):
        deidentify(patient(), policy, b"short")


def test_table_is_that_of_the_standard() -> None:
    assert table_entry(0x00100010) == ("Z", "")
    assert table_entry(0x0020000D) == ("U", "U")
    assert table_entry(0x00080020) == ("Z", "Fm")
    assert table_entry(0x60123000)[0] == "X"
    assert table_entry(0x50040010)[0] == "X"
    assert table_entry(0x00280010) == ("K", "")
    assert len(OPTIONS) == 11


def test_real_files_lose_their_identities() -> None:
    n_checked = 0
    for path in real_files():
        if PYDICOM_FILES not in path.parents or path.stat().st_size > 2_000_000:
            continue
        n_checked += _check_file(path)
    assert n_checked > 40


def _check_file(path: Path) -> bool:
    data = path.read_bytes()
    meta = parse_meta(data)
    if meta.transfer_syntax_uid not in ("1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.2"):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        original = pydicom.dcmread(path, stop_before_pixels=True)
        head = data[meta.header_bytes :]
        try:
            found, report = deidentify_bytes(head, meta.transfer_syntax_uid, Policy(burned_in="accept"), KEY)
        except LumenarcError:
            return False
        big = meta.transfer_syntax_uid == "1.2.840.10008.1.2.2"
        implicit = meta.transfer_syntax_uid == "1.2.840.10008.1.2"
        again = pydicom.filereader.read_dataset(io.BytesIO(found), implicit, not big)
    assert again.PatientID == report.patient_id
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        secret = str(original.get(keyword, "")).encode("utf-8")
        if len(secret) > 6 and not secret.startswith(b"1.2.840.10008"):
            assert secret not in found, f"{path.name} {keyword}"
    return True
