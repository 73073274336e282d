"""Which attributes belong to which level, and which of them the index can match (PS3.3 C.7, PS3.4 C.6.1.1).

`INDEXED` is THE table: one line per attribute that has columns in the index. `LEVEL_TAGS` says which top-level
attributes describe a whole patient, study or series; the index keeps them as DICOM JSON in the `attrs` column of
that row, so each can be returned although only the indexed ones are matched in SQL. Everything else belongs to
the instance and is read from its blob.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """The Query/Retrieve levels, from the top (PS3.4 C.6)."""

    PATIENT = 0
    STUDY = 1
    SERIES = 2
    IMAGE = 3


class Kind(Enum):
    """How an indexed value is normalised for matching, which decides its columns."""

    TEXT = "text"  # as it is, trimmed: case-sensitive single value and wildcard
    NAME = "name"  # three columns _a _i _p: folded alphabetic, ideographic, phonetic group
    DATE = "date"  # YYYYMMDD
    TIME = "time"  # HHMMSS.FFFFFF, missing parts filled with zero
    DATETIME = "datetime"  # YYYYMMDDHHMMSS.FFFFFF in UTC where an offset is known
    INTEGER = "integer"
    UID = "uid"
    MULTI = "multi"  # several values: \\A\\B\\ with leading and trailing backslash


@dataclass(frozen=True, slots=True)
class Indexed:
    """One attribute with columns in the index table of its level."""

    tag: int
    keyword: str
    vr: str
    level: Level
    column: str
    kind: Kind


def _line(tag: int, keyword: str, vr: str, level: Level, column: str, kind: Kind) -> Indexed:
    return Indexed(tag, keyword, vr, level, column, kind)


_P, _S, _R, _I = Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE

INDEXED: tuple[Indexed, ...] = (
    _line(0x00100010, "PatientName", "PN", _P, "name", Kind.NAME),
    _line(0x00100020, "PatientID", "LO", _P, "patient_id", Kind.TEXT),
    _line(0x00100021, "IssuerOfPatientID", "LO", _P, "issuer", Kind.TEXT),
    _line(0x00100030, "PatientBirthDate", "DA", _P, "birth_date", Kind.DATE),
    _line(0x00100032, "PatientBirthTime", "TM", _P, "birth_time", Kind.TIME),
    _line(0x00100040, "PatientSex", "CS", _P, "sex", Kind.TEXT),
    _line(0x00102297, "ResponsiblePerson", "PN", _P, "responsible_person", Kind.NAME),
    _line(0x0020000D, "StudyInstanceUID", "UI", _S, "study_uid", Kind.UID),
    _line(0x00080020, "StudyDate", "DA", _S, "study_date", Kind.DATE),
    _line(0x00080030, "StudyTime", "TM", _S, "study_time", Kind.TIME),
    _line(0x00080050, "AccessionNumber", "SH", _S, "accession_number", Kind.TEXT),
    _line(0x00200010, "StudyID", "SH", _S, "study_id", Kind.TEXT),
    _line(0x00081030, "StudyDescription", "LO", _S, "description", Kind.TEXT),
    _line(0x00080090, "ReferringPhysicianName", "PN", _S, "referring_physician", Kind.NAME),
    _line(0x00380010, "AdmissionID", "LO", _S, "admission_id", Kind.TEXT),
    _line(0x0020000E, "SeriesInstanceUID", "UI", _R, "series_uid", Kind.UID),
    _line(0x00080060, "Modality", "CS", _R, "modality", Kind.TEXT),
    _line(0x00200011, "SeriesNumber", "IS", _R, "series_number", Kind.INTEGER),
    _line(0x0008103E, "SeriesDescription", "LO", _R, "description", Kind.TEXT),
    _line(0x00080021, "SeriesDate", "DA", _R, "series_date", Kind.DATE),
    _line(0x00080031, "SeriesTime", "TM", _R, "series_time", Kind.TIME),
    _line(0x00180015, "BodyPartExamined", "CS", _R, "body_part", Kind.TEXT),
    _line(0x00200060, "Laterality", "CS", _R, "laterality", Kind.TEXT),
    _line(0x00400244, "PerformedProcedureStepStartDate", "DA", _R, "pps_start_date", Kind.DATE),
    _line(0x00400245, "PerformedProcedureStepStartTime", "TM", _R, "pps_start_time", Kind.TIME),
    _line(0x00081050, "PerformingPhysicianName", "PN", _R, "performing_physician", Kind.NAME),
    _line(0x00080080, "InstitutionName", "LO", _R, "institution", Kind.TEXT),
    _line(0x00081040, "InstitutionalDepartmentName", "LO", _R, "department", Kind.TEXT),
    _line(0x00081010, "StationName", "SH", _R, "station", Kind.TEXT),
    _line(0x00180010, "ContrastBolusAgent", "LO", _R, "contrast", Kind.TEXT),
    _line(0x00181030, "ProtocolName", "LO", _R, "protocol", Kind.TEXT),
    _line(0x00200052, "FrameOfReferenceUID", "UI", _R, "frame_of_reference_uid", Kind.UID),
    _line(0x00080018, "SOPInstanceUID", "UI", _I, "sop_instance_uid", Kind.UID),
    _line(0x00080016, "SOPClassUID", "UI", _I, "sop_class_uid", Kind.UID),
    _line(0x00200013, "InstanceNumber", "IS", _I, "instance_number", Kind.INTEGER),
    _line(0x00080023, "ContentDate", "DA", _I, "content_date", Kind.DATE),
    _line(0x00080033, "ContentTime", "TM", _I, "content_time", Kind.TIME),
    _line(0x00080022, "AcquisitionDate", "DA", _I, "acquisition_date", Kind.DATE),
    _line(0x00080032, "AcquisitionTime", "TM", _I, "acquisition_time", Kind.TIME),
    _line(0x00080008, "ImageType", "CS", _I, "image_type", Kind.MULTI),
    _line(0x0040A491, "CompletionFlag", "CS", _I, "completion_flag", Kind.TEXT),
    _line(0x0040A493, "VerificationFlag", "CS", _I, "verification_flag", Kind.TEXT),
    _line(0x00280010, "Rows", "US", _I, "rows", Kind.INTEGER),
    _line(0x00280011, "Columns", "US", _I, "columns", Kind.INTEGER),
    _line(0x00280100, "BitsAllocated", "US", _I, "bits_allocated", Kind.INTEGER),
    _line(0x00280008, "NumberOfFrames", "IS", _I, "number_of_frames", Kind.INTEGER),
)

_PATIENT_TAGS = """
00100010 00100020 00100021 00100024 00100022 00100026 00100027 00100028 00100030 00100032 00100033 00100034
00100035 00100040 00100101 00100102 00100050 00100200 00100201 00100212 00100213 00100214 00100215 00100216
00100217 00100218 00100219 00100221 00100222 00100223 00100229 00101000 00101001 00101002 00101005 00101040
00101050 00101060 00101080 00101081 00101090 00101100 00102000 00102110 00102150 00102152 00102154 00102155
00102160 00102201 00102202 00102203 00102210 00102292 00102293 00102294 00102295 00102296 00102297 00102298
00102299 001021F0 00104000 00109431 00120062 00120063 00120064
"""

_STUDY_TAGS = """
0020000D 00080020 00080030 00080201 00080050 00080051 00080090 00080092 00080094 00080096 0008009C 0008009D 00200010
00081030 00081032 00081048 00081049 00081060 00081062 00081080 00081084 00081110 00101010 00101020 00101021
00101022 00101023 00101024 00101030 00102180 00102203 001021A0 001021B0 001021C0 001021D0 00380010 00380014
00380060 00380062 00380064 00380500 00321033 00321034 00321060 00321064 00321066 00321067 0040A370 00120010
00120020 00120021 00120030 00120031 00120040 00120042 00120050 00120051 00120060 00120071 00120072 00120081
00120082 00120083 00400280
"""

_SERIES_TAGS = """
0020000E 00080060 00200011 0008103E 0008103F 00080021 00080031 00080068 00180015 00082218 00200060 00081050
00081052 00081070 00081072 00081111 00081115 00081250 00181030 00185100 00185101 00280108 00280109 00400244
00400245 00400250 00400251 00400253 00400254 00400260 00400275 00400555 00102210 0040A043 00080070 00080080
00080081 00080082 00081010 00081040 00081041 00081090 00181000 00181002 00181020 00181008 00181050 00181200
00181201 00200052 00201040 00180010 0020010D 00180012
"""


def _tags(text: str) -> frozenset[int]:
    return frozenset(int(word, 16) for word in text.split())


PATIENT_TAGS = _tags(_PATIENT_TAGS)
STUDY_TAGS = _tags(_STUDY_TAGS) - PATIENT_TAGS
SERIES_TAGS = _tags(_SERIES_TAGS) - PATIENT_TAGS - STUDY_TAGS
LEVEL_TAGS: dict[Level, frozenset[int]] = {
    Level.PATIENT: PATIENT_TAGS,
    Level.STUDY: STUDY_TAGS,
    Level.SERIES: SERIES_TAGS,
}
INSTANCE_WANTED = frozenset(line.tag for line in INDEXED if line.level is Level.IMAGE)
# What the store path reads of every data set; the sequences of a level are decoded only when its row is new.
WANTED = PATIENT_TAGS | STUDY_TAGS | SERIES_TAGS | INSTANCE_WANTED | {0x00080005, 0x00080201}

# Computed when asked (PS3.4 C.3.4); never stored as received.
COMPUTED: dict[int, tuple[str, str, Level]] = {
    0x00080056: ("InstanceAvailability", "CS", Level.IMAGE),
    0x00080054: ("RetrieveAETitle", "AE", Level.IMAGE),
    0x00080061: ("ModalitiesInStudy", "CS", Level.STUDY),
    0x00080062: ("SOPClassesInStudy", "UI", Level.STUDY),
    0x00201200: ("NumberOfPatientRelatedStudies", "IS", Level.PATIENT),
    0x00201202: ("NumberOfPatientRelatedSeries", "IS", Level.PATIENT),
    0x00201204: ("NumberOfPatientRelatedInstances", "IS", Level.PATIENT),
    0x00201206: ("NumberOfStudyRelatedSeries", "IS", Level.STUDY),
    0x00201208: ("NumberOfStudyRelatedInstances", "IS", Level.STUDY),
    0x00201209: ("NumberOfSeriesRelatedInstances", "IS", Level.SERIES),
    0x00083002: ("AvailableTransferSyntaxUID", "UI", Level.IMAGE),
}

BY_TAG: dict[int, Indexed] = {line.tag: line for line in INDEXED}


def level_of(tag: int) -> Level:
    """Return the level whose row (or blob, for IMAGE) holds this top-level attribute."""
    indexed = BY_TAG.get(tag)
    if indexed is not None:
        return indexed.level
    if tag in COMPUTED:
        return COMPUTED[tag][2]
    for level, tags in LEVEL_TAGS.items():
        if tag in tags:
            return level
    return Level.IMAGE
