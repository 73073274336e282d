"""Do HL7 messages make, change, merge and renumber patients as they say, and is what is unclear refused?"""

from __future__ import annotations

import io
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive
from lumenarc.doors.hl7.answer import MESSAGES, SERIES, answer
from lumenarc.metrics import Table
from lumenarc.protocol.hl7.message import Delimiters, charset_of, parse
from lumenarc.protocol.hl7.mllp import BadFrame, acknowledged
from lumenarc.services import correct, leaving, retrieve
from lumenarc.services.store import Source, store_part10

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"
METER = Table(SERIES).meter()


def adt(trigger: str, *segments: str, charset: str = "UNICODE UTF-8", code: str = "ADT") -> bytes:
    msh = f"MSH|^~\\&|HIS|HOSP|LUMENARC|HOSP|20260101||{code}^{trigger}|C1|P|2.5||||||{charset}"
    return "".join(f"{segment}\r" for segment in (msh, *segments)).encode()


def send(archive: Archive, message: bytes) -> tuple[str, str]:
    code, control_id, text = acknowledged(answer(archive, METER, message, "127.0.0.1"))
    assert control_id == "C1"
    return code, text


def put(archive: Archive, study: str, **values: str) -> str:
    ds = pydicom.dcmread(CT)
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = study, f"{study}.1", f"{study}.1.1"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    out = io.BytesIO()
    ds.save_as(out)
    store_part10(archive, [out.getvalue()], Source())
    return study


def attrs(archive: Archive, study: str) -> dict[str, Any]:
    found = correct.patient_of(archive, study).attrs
    return {name: (entry.get("Value") or [""])[0] for name, entry in found.items()}


def leaves(archive: Archive, study: str) -> pydicom.Dataset:
    (inst,) = retrieve.find(archive, study)
    whole = b"".join(leaving.file(archive, inst).chunks)
    return pydicom.dcmread(io.BytesIO(whole))


def test_a_patient_is_here_before_the_first_object(archive: Archive) -> None:
    pid = "PID|1||4711^^^HOSP&1.2.3&ISO~99^^^NAT||Müller^Anna^B^Jr^Dr~王^小东^^^^^^I||19710405|F|||Ring 1^^Wien^^1010"
    assert send(archive, adt("A04", pid)) == ("AA", "")
    assert send(archive, adt("A04", pid)) == ("AA", "")
    # Objects do not name the issuer; name and birth date are those that were announced.
    name = "Müller^Anna^B^Dr^Jr=王^小东"
    put(archive, "1.2.1", PatientID="4711", PatientName=name, PatientBirthDate="19710405",
        SpecificCharacterSet="ISO_IR 192")  # fmt: skip
    found = attrs(archive, "1.2.1")
    assert found["00100010"] == {"Alphabetic": "Müller^Anna^B^Dr^Jr", "Ideographic": "王^小东"}
    assert (found["00100020"], found["00100021"], found["00100040"]) == ("4711", "HOSP", "F")
    assert found["00101040"] == "Ring 1 Wien 1010"
    assert found["00101002"]["00100020"]["Value"] == ["99"]
    assert leaves(archive, "1.2.1").IssuerOfPatientID == "HOSP"


def test_what_is_known_is_changed_and_leaves_changed(archive: Archive) -> None:
    study = put(archive, "1.2.1", PatientID="4711", PatientName="Meier^Ana", PatientBirthDate="19710405")
    assert send(archive, adt("A08", "PID|1||4711^^^HOSP||Meier^Anna||19710405|F")) == ("AA", "")
    assert leaves(archive, study).PatientName == "Meier^Anna"
    assert leaves(archive, study).PatientID == "4711"
    # A field that is empty says nothing, one with two quotes removes.
    assert send(archive, adt("A31", 'PID|1||4711^^^HOSP||||""')) == ("AA", "")
    assert attrs(archive, study)["00100010"] == {"Alphabetic": "Meier^Anna"}
    assert "00100030" not in attrs(archive, study)
    (last, first) = correct.history(archive, study)
    assert (first.reason, first.corrected_by) == ("HL7 ADT^A08", "HIS|HOSP")
    assert send(archive, adt("A31", 'PID|1||4711^^^HOSP||||""')) == ("AA", "")
    assert len(correct.history(archive, study)) == 2  # nothing new, no line
    assert last.after == {"00100030": {}}


def test_patients_are_merged(archive: Archive) -> None:
    old = put(archive, "1.2.1", PatientID="OLD", PatientName="A", PatientBirthDate="")
    kept = put(archive, "1.2.2", PatientID="NEW", PatientName="B", PatientBirthDate="")
    message = adt("A40", "PID|1||NEW^^^HOSP||B", "MRG|OLD^^^HOSP")
    assert send(archive, message) == ("AA", "")
    assert send(archive, message) == ("AA", "")  # told twice
    assert correct.patient_of(archive, old).pk == correct.patient_of(archive, kept).pk
    assert leaves(archive, old).PatientID == "NEW"
    put(archive, "1.2.3", PatientID="OLD", PatientName="A", PatientBirthDate="")
    assert attrs(archive, "1.2.3")["00100020"] == "NEW"
    assert send(archive, adt("A40", "PID|1||NEW||B", "MRG|NEW")) == ("AR", "A patient cannot be merged with itself.")
    assert send(archive, adt("A40", "PID|1||OTHER||B", "MRG|OLD"))[0] == "AR"
    assert send(archive, adt("A08", "PID|1||OLD||C")) == ("AR", "The patient was merged into another.")


def test_who_was_never_here_is_merged_before_he_comes(archive: Archive) -> None:
    message = adt("A40", "PID|1||NEW^^^HOSP||Doe^Jane||19800101", "MRG|OLD^^^HOSP")
    assert send(archive, message) == ("AA", "")
    put(archive, "1.2.1", PatientID="OLD", PatientName="Doe^Jane", PatientBirthDate="19800101")
    assert attrs(archive, "1.2.1")["00100020"] == "NEW"


def test_several_merges_in_one_message(archive: Archive) -> None:
    for number in (1, 2, 3, 4):
        put(archive, f"1.2.{number}", PatientID=f"P{number}", PatientName="A", PatientBirthDate="")
    pairs = ("PID|1||P1||A", "MRG|P2", "PID|2||P3||A", "MRG|P4")
    assert send(archive, adt("A40", *pairs)) == ("AA", "")
    assert [attrs(archive, f"1.2.{n}")["00100020"] for n in (1, 2, 3, 4)] == ["P1", "P1", "P3", "P3"]


def test_an_identifier_changes(archive: Archive) -> None:
    study = put(archive, "1.2.1", PatientID="OLD", PatientName="A", PatientBirthDate="")
    put(archive, "1.2.2", PatientID="TAKEN", PatientName="B", PatientBirthDate="")
    message = adt("A47", "PID|1||NEW^^^HOSP||A", "MRG|OLD^^^HOSP")
    assert send(archive, message) == ("AA", "")
    assert leaves(archive, study).PatientID == "NEW"
    put(archive, "1.2.3", PatientID="OLD", PatientName="A", PatientBirthDate="")
    put(archive, "1.2.4", PatientID="NEW", PatientName="A", PatientBirthDate="")
    assert attrs(archive, "1.2.3")["00100020"] == attrs(archive, "1.2.4")["00100020"] == "NEW"
    assert send(archive, message) == ("AA", "")  # told twice
    assert send(archive, adt("A47", "PID|1||TAKEN||A", "MRG|NEW"))[0] == "AR"
    assert send(archive, adt("A47", "PID|1||X||A", "MRG|NOBODY")) == ("AE", "No patient has this identifier.")


def test_what_is_unclear_is_refused(archive: Archive) -> None:
    put(archive, "1.2.1", PatientID="4711", PatientName="One", PatientBirthDate="19700101")
    put(archive, "1.2.2", PatientID="4711", PatientName="Two", PatientBirthDate="19800101")
    assert send(archive, adt("A08", "PID|1||4711||Three"))[0] == "AR"
    assert send(archive, adt("A08", "PID|1||4711||Two||19800101|F")) == ("AA", "")
    assert attrs(archive, "1.2.2")["00100040"] == "F"
    assert send(archive, adt("A08", "PID|1||||Two")) == (
        "AE", "The message does not say which patient is meant: PID-3 is empty.",
    )  # fmt: skip
    assert send(archive, adt("A08"))[0] == "AE"
    assert send(archive, adt("A40", "PID|1||1||A"))[0] == "AE"
    assert send(archive, adt("A99", "PID|1||4711"))[0] == "AR"
    assert send(archive, adt("X01", "PID|1||4711", code="ZZZ"))[0] == "AR"
    assert send(archive, adt("A08", "PID|1||4711").replace(b"|2.5|", b"|3.0|"))[0] == "AR"
    with pytest.raises(BadFrame):
        answer(archive, METER, b"GET / HTTP/1.1", "")


def test_character_sets(archive: Archive) -> None:
    assert charset_of("MSH|^~\\&|||||||||||||||8859/1\rPID|||1||Müller\r".encode("latin-1")) == "iso8859-1"
    assert charset_of("MSH|^~\\&|||||||||||||||8859/1\rPID|||1||Müller\r".encode()) == "utf-8"
    for charset, codec, name in (
        ("8859/1", "latin-1", "Müller"),
        ("8859/5", "iso8859-5", "Люкceмбypг"),
        ("", "utf-8", "Müller"),
        ("", "latin-1", "Müller"),
        ("ISO IR87", "iso2022_jp", "山田"),
        ("KS X 1001", "euc_kr", "김희중"),
        ("GB 18030-2000", "gb18030", "王"),
    ):
        msh = f"MSH|^~\\&|||||||{'ADT^A04'}|1|P|2.5||||||{charset}\r".encode()
        segment = parse(msh + f"PID|||1||{name}^X\r".encode(codec)).first("PID")
        assert segment is not None and segment.get(5) == name, charset


def test_text_is_escaped_and_resolved() -> None:
    usual = Delimiters()
    for text in ("a|b^c&d~e\\f", "\\", "\\\\", "plain", "|", "x\\F\\y"):
        assert usual.unescaped(usual.escaped(text)) == text
    assert usual.escaped("a\r\nb") == "a\\.br\\b"
    assert usual.unescaped("\\X41\\\\T\\\\Zx\\b\\.br\\c") == "A&b\nc"
    assert usual.unescaped("50\\% of it") == "50\\% of it"
    assert Delimiters.of("MSH#$%*@#") == Delimiters("#", "$", "%", "*", "@")


def test_every_family_is_described_by_a_function() -> None:
    for name, triggers, family in MESSAGES:
        assert name and triggers and family.__doc__
