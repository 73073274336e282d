"""Who is examined, when, and what do the objects of a made-up study share? (PS3.3 C.7.1 … C.7.5, C.12.1)

UIDs come from the names of the objects: making the same study again gives the same objects.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

# Family, given, and, for names in other scripts, the ideographic group; sex.
_NAMES = (
    ("Müller", "Jörg", "", "M"), ("Nowak", "Małgorzata", "", "F"), ("García", "Lucía", "", "F"),
    ("O'Neill", "Séamus", "", "M"), ("Lindström", "Åsa", "", "F"), ("Dubois", "Hélène", "", "F"),
    ("Yamada", "Tarou", "山田^太郎", "M"), ("Wang", "Xiaodong", "王^小东", "M"), ("Hong", "Gildong", "洪^吉洞", "M"),
    ("Иванова", "Ольга", "", "F"), ("Παπαδόπουλος", "Νίκος", "", "M"), ("Nguyễn", "Thị Minh", "", "F"),
    ("Silva", "João", "", "M"), ("Çelik", "Ayşe", "", "F"), ("قباني", "لنزار", "", "M"), ("כהן", "דנה", "", "F"),
    ("Smith", "Mary", "", "F"), ("Okafor", "Chidi", "", "M"), ("de Vries", "Pieter", "", "M"),
    ("Horváth", "Zsófia", "", "F"),
)  # fmt: skip
_FIRST_DAY = date(2016, 1, 4)


@dataclass(frozen=True, slots=True)
class Person:
    """The patient: attributes of the Patient module and what the Patient Study module says."""

    name: str
    patient_id: str
    sex: str
    birth: str
    weight_kg: int = 70
    height_m: float = 1.72


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a study; frames of series with the same `frame_of_reference` lie in one space."""

    number: int
    modality: str
    description: str
    body_part: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """How large an object is: pixels a side, slices or frames; 0 leaves it to the kind."""

    n_pixels: int = 0
    n_frames: int = 0

    def pixels(self, default: int) -> int:
        """Return the pixels a side."""
        return self.n_pixels or default

    def frames(self, default: int) -> int:
        """Return the number of slices or frames."""
        return self.n_frames or default


@dataclass(frozen=True, slots=True)
class Study:
    """The head that the objects of one study share; `key` is the name space of its UIDs."""

    key: str
    person: Person
    date: str
    time: str
    description: str
    study_id: str
    accession: str
    institution: str = "Lumenarc samples"
    seed: int = 0

    def uid(self, name: str) -> str:
        """Return the UID of something in the study; the same for the same name."""
        return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:lumenarc:sample:{self.key}{name}').int}"

    def random(self) -> np.random.Generator:
        """Return the numbers that are random in this study, always the same."""
        return np.random.default_rng(self.seed)

    def new(self, sop_class_uid: str, series: Series, number: int) -> Dataset:
        """Return a data set with patient, study, series, equipment and SOP common modules filled in."""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SyntheticData = "YES"
        ds.SOPClassUID, ds.SOPInstanceUID = sop_class_uid, self.uid(f"/{series.number}/{number}")
        ds.StudyInstanceUID, ds.SeriesInstanceUID = self.uid(""), self.uid(f"/{series.number}")
        person = self.person
        ds.PatientName, ds.PatientID = person.name, person.patient_id
        ds.PatientSex, ds.PatientBirthDate = person.sex, person.birth
        ds.PatientWeight, ds.PatientSize = person.weight_kg, person.height_m
        ds.PatientComments = "Synthetic; no person was examined."
        ds.StudyDate = ds.SeriesDate = ds.ContentDate = self.date
        ds.StudyTime = ds.SeriesTime = ds.ContentTime = self.time
        ds.StudyID, ds.AccessionNumber = self.study_id, self.accession
        ds.StudyDescription, ds.SeriesDescription = self.description, series.description
        ds.ReferringPhysicianName = ""
        ds.Modality, ds.SeriesNumber, ds.InstanceNumber = series.modality, series.number, number
        if series.body_part:
            ds.BodyPartExamined = series.body_part
        ds.Manufacturer, ds.InstitutionName = "Lumenarc", self.institution
        ds.ManufacturerModelName, ds.DeviceSerialNumber, ds.SoftwareVersions = "Synthetic", "0", "1"
        return ds


def made_up(seed: int, patient: int, number: int, name: str, descriptions: tuple[str, ...]) -> Study:
    """Return study `number` of a seed, of one of its patients: the same for the same numbers."""
    who = np.random.default_rng((seed, patient))
    family, given, ideographic, sex = _NAMES[(patient + int(who.integers(len(_NAMES)))) % len(_NAMES)]
    born = date(1935, 1, 1) + timedelta(days=int(who.integers(80 * 365)))
    weight = int(who.integers(48, 105))
    person = Person(
        f"{family}^{given}" + (f"={ideographic}" if ideographic else ""), f"GEN{seed}-{patient:05}", sex,
        f"{born:%Y%m%d}", weight, round(1.5 + (weight - 48) / 150, 2),
    )  # fmt: skip
    rng = np.random.default_rng((seed, patient, number))
    day = max(_FIRST_DAY, born) + timedelta(days=int(rng.integers(10 * 365)))
    clock = f"{int(rng.integers(7, 19)):02}{int(rng.integers(60)):02}{int(rng.integers(60)):02}"
    return Study(
        f"generated/{seed}/{number}/{name}", person, f"{day:%Y%m%d}", clock,
        descriptions[int(rng.integers(len(descriptions)))], str(number), f"A{seed}{number:06}"[:16],
        seed=int(rng.integers(1 << 31)),
    )  # fmt: skip


def item(**values: object) -> Dataset:
    """Return a data set of these attributes: an item of a sequence."""
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a coded entry (PS3.3 8.8)."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def codes(value: str, scheme: str, meaning: str) -> Sequence:
    """Return a sequence of one coded entry."""
    return Sequence([code(value, scheme, meaning)])


def refers_to(ds: Dataset) -> Dataset:
    """Return the item that refers to an instance (PS3.3 Table 10-11)."""
    return item(ReferencedSOPClassUID=ds.SOPClassUID, ReferencedSOPInstanceUID=ds.SOPInstanceUID)


def part10(ds: Dataset) -> bytes:
    """Return the object as a file, explicit VR little endian unless its File Meta says otherwise."""
    if not hasattr(ds, "file_meta"):
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()
