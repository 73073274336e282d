"""What is made from a made-up CT: contours, plan and dose, a segmentation, a report? (PS3.3 A.18 ff., A.35.3, A.51)"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset

from lumenarc.dicom import phantoms
from lumenarc.dicom.synthetic.study import Amount, Series, Study, code, codes, item, refers_to
from lumenarc.dicom.synthetic.volumes import FIELD_MM, ct, grey

_S = "1.2.840.10008.5.1.4.1.1."
RT_DOSE, RT_STRUCTURES, RT_PLAN, SEGMENTATION, REPORT = (
    _S + "481.2", _S + "481.3", _S + "481.5", _S + "66.4", _S + "88.33",
)  # fmt: skip
# ROI of the structure set: name, type, colour, the body of the phantom.
_ROIS = (
    ("BODY", "EXTERNAL", (0, 255, 0), phantoms.CHEST[0]),
    ("Lung right", "ORGAN", (64, 160, 255), phantoms.CHEST[3]),
    ("Lung left", "ORGAN", (64, 255, 255), phantoms.CHEST[4]),
    ("Heart", "ORGAN", (255, 64, 64), phantoms.CHEST[5]),
    ("PTV", "PTV", (255, 0, 255), phantoms.CHEST[-1]),
)


def rt(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a CT for planning, its structure set, a plan of two beams and the dose of the plan."""
    images = list(ct(study, Amount(amount.pixels(128), amount.frames(32))))
    yield from images
    structures = _structures(study, images)
    plan = _plan(study, structures)
    yield structures
    yield plan
    yield _dose(study, images, plan)


def _structures(study: Study, images: list[Dataset]) -> Dataset:
    """Make the structure set: the bodies of the phantom where they cut the slices (PS3.3 A.19)."""
    ds = study.new(RT_STRUCTURES, Series(2, "RTSTRUCT", "Contours"), 1)
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "CONTOURS", study.date, study.time
    ds.OperatorsName, frame = "", images[0].FrameOfReferenceUID
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = frame, ""
    series = item(
        SeriesInstanceUID=images[0].SeriesInstanceUID, ContourImageSequence=[refers_to(image) for image in images]
    )
    referenced = item(
        ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=ds.StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )  # fmt: skip
    ds.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[referenced])]
    ds.StructureSetROISequence = [
        item(ROINumber=number, ReferencedFrameOfReferenceUID=frame, ROIName=name, ROIGenerationAlgorithm="AUTOMATIC")
        for number, (name, _, _, _) in enumerate(_ROIS, 1)
    ]
    ds.ROIContourSequence = [
        item(ROIDisplayColor=list(colour), ReferencedROINumber=number)
        for number, (_, _, colour, _) in enumerate(_ROIS, 1)
    ]
    for roi, (_, _, _, body) in zip(ds.ROIContourSequence, _ROIS, strict=True):
        contours = _contours(body, images)
        if contours:  # few slices may miss a small body
            roi.ContourSequence = contours
    ds.RTROIObservationsSequence = [
        item(ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType=kind, ROIInterpreter="")
        for number, (_, kind, _, _) in enumerate(_ROIS, 1)
    ]
    ds.ApprovalStatus = "UNAPPROVED"
    return ds


def _contours(body: phantoms.Ellipsoid, images: list[Dataset]) -> list[Dataset]:
    """Return where an ellipsoid cuts the slices, as polygons in the space of the patient."""
    found = []
    half, half_depth = (FIELD_MM - float(images[0].PixelSpacing[0])) / 2, float(images[0].ImagePositionPatient[2])
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    for image in images:
        z = float(image.ImagePositionPatient[2])
        height = -z / half_depth
        left = 1 - ((height - body.centre[2]) / body.axes[2]) ** 2
        if left <= 0.01:
            continue
        x = (body.centre[0] + body.axes[0] * np.sqrt(left) * np.cos(angles)) * half
        y = (body.centre[1] + body.axes[1] * np.sqrt(left) * np.sin(angles)) * half
        points = [round(float(value), 2) for pair in zip(x, y, strict=True) for value in (*pair, z)]
        found.append(
            item(
                ContourImageSequence=[refers_to(image)], ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=len(angles), ContourData=points,
            )
        )  # fmt: skip
    return found


def _plan(study: Study, structures: Dataset) -> Dataset:
    """Make a plan of two opposed photon beams (PS3.3 A.20)."""
    ds = study.new(RT_PLAN, Series(3, "RTPLAN", "Two opposed fields"), 1)
    ds.RTPlanLabel, ds.RTPlanDate, ds.RTPlanTime, ds.RTPlanGeometry = "AP-PA", study.date, study.time, "PATIENT"
    ds.OperatorsName, ds.PlanIntent = "", "CURATIVE"
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = structures.FrameOfReferenceUID, ""
    ds.ReferencedStructureSetSequence = [refers_to(structures)]
    ds.DoseReferenceSequence = [
        item(DoseReferenceNumber=1, DoseReferenceStructureType="SITE", DoseReferenceType="TARGET",
             DoseReferenceDescription="PTV", TargetPrescriptionDose=50)
    ]  # fmt: skip
    beams = [item(BeamDose=1, BeamMeterset=110.5, ReferencedBeamNumber=number) for number in (1, 2)]
    ds.FractionGroupSequence = [
        item(FractionGroupNumber=1, NumberOfFractionsPlanned=25, NumberOfBeams=2, NumberOfBrachyApplicationSetups=0,
             ReferencedBeamSequence=beams)
    ]  # fmt: skip
    ds.PatientSetupSequence = [item(PatientPosition="HFS", PatientSetupNumber=1, SetupTechnique="ISOCENTRIC")]
    ds.BeamSequence = [_beam(number, name, angle) for number, name, angle in ((1, "AP", 0), (2, "PA", 180))]
    ds.ApprovalStatus = "UNAPPROVED"
    return ds


def _beam(number: int, name: str, angle: int) -> Dataset:
    """Return a static photon beam with two control points (PS3.3 C.8.8.14)."""
    jaws = [("ASYMX", [-40, 40]), ("ASYMY", [-50, 50])]
    isocentre = [round(part * FIELD_MM / 2, 1) for part in phantoms.CHEST[-1].centre[:2]]
    first = item(
        ControlPointIndex=0, NominalBeamEnergy=6, DoseRateSet=400, GantryAngle=angle, GantryRotationDirection="NONE",
        BeamLimitingDeviceAngle=0, BeamLimitingDeviceRotationDirection="NONE", PatientSupportAngle=0,
        PatientSupportRotationDirection="NONE", TableTopEccentricAngle=0, TableTopEccentricRotationDirection="NONE",
        TableTopVerticalPosition="", TableTopLongitudinalPosition="", TableTopLateralPosition="",
        IsocenterPosition=[*isocentre, 32.0], CumulativeMetersetWeight=0,
        BeamLimitingDevicePositionSequence=[
            item(RTBeamLimitingDeviceType=kind, LeafJawPositions=places) for kind, places in jaws
        ],
    )  # fmt: skip
    return item(
        BeamNumber=number, BeamName=name, BeamType="STATIC", RadiationType="PHOTON", TreatmentMachineName="LINAC",
        PrimaryDosimeterUnit="MU", SourceAxisDistance=1000, TreatmentDeliveryType="TREATMENT", NumberOfWedges=0,
        NumberOfCompensators=0, NumberOfBoli=0, NumberOfBlocks=0, FinalCumulativeMetersetWeight=1,
        NumberOfControlPoints=2, ReferencedPatientSetupNumber=1,
        BeamLimitingDeviceSequence=[
            item(RTBeamLimitingDeviceType=kind, NumberOfLeafJawPairs=1) for kind, _ in jaws
        ],
        ControlPointSequence=[first, item(ControlPointIndex=1, CumulativeMetersetWeight=1)],
    )  # fmt: skip


def _dose(study: Study, images: list[Dataset], plan: Dataset) -> Dataset:
    """Make the dose of the plan on a coarse grid: most where both beams meet (PS3.3 A.18)."""
    first, n_pixels = images[0], 48
    spacing, step = (
        round(FIELD_MM / n_pixels, 6),
        abs(images[0].ImagePositionPatient[2] - images[1].ImagePositionPatient[2]),
    )
    ds = study.new(RT_DOSE, Series(4, "RTDOSE", "Dose of the plan"), 1)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = first.FrameOfReferenceUID, ""
    half = FIELD_MM / 2 - spacing / 2
    ds.ImagePositionPatient = [-half, -half, first.ImagePositionPatient[2]]
    ds.ImageOrientationPatient, ds.PixelSpacing = first.ImageOrientationPatient, [spacing, spacing]
    ds.SliceThickness = step
    x = np.linspace(-1, 1, n_pixels)[None, None, :] - phantoms.CHEST[-1].centre[0]
    z = np.linspace(-1, 1, len(images))[:, None, None] - phantoms.CHEST[-1].centre[2]
    y = np.linspace(0, 1, n_pixels)[None, :, None]
    beam = 1 / (1 + np.exp((np.abs(x) - 0.2) * 40)) / (1 + np.exp((np.abs(z) - 0.35) * 40))
    gray = 50 * beam * (np.exp(-y) + np.exp(y - 1)) / 1.2
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType, ds.DoseGridScaling = "GY", "PHYSICAL", "PLAN", 0.002
    ds.GridFrameOffsetVector = [round(-number * step, 3) for number in range(len(images))]
    ds.FrameIncrementPointer = 0x3004000C
    ds.ReferencedRTPlanSequence, ds.TissueHeterogeneityCorrection = [refers_to(plan)], "IMAGE"
    ds.OperatorsName = ""
    return grey(ds, np.rint(gray / 0.002).astype(np.uint16), 16, (0, 0))


def seg(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a CT and a segmentation of its lungs and its nodule, one bit a pixel (PS3.3 A.51)."""
    images = list(ct(study, Amount(amount.pixels(128), amount.frames(32))))
    yield from images
    n_pixels, n_slices = images[0].Rows, len(images)
    shape = (n_slices, n_pixels, n_pixels)
    lungs = phantoms.drawn(tuple(phantoms.Ellipsoid(b.centre, b.axes, 1) for b in phantoms.CHEST[3:5]), shape, 0) > 0
    last = phantoms.CHEST[-1]
    nodule = phantoms.drawn((phantoms.Ellipsoid(last.centre, last.axes, 1),), shape, 0) > 0
    segments = [(1, lungs & ~nodule, ("39607008", "SCT", "Lung")), (2, nodule, ("27925004", "SCT", "Nodule"))]
    frames = [(number, at) for number, mask, _ in segments for at in range(n_slices) if mask[at].any()]
    ds = study.new(SEGMENTATION, Series(2, "SEG", "Lungs and nodule", "CHEST"), 1)
    _segments(ds, segments)
    _segmented_frames(ds, study, images, frames)
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.NumberOfFrames = 1, "MONOCHROME2", len(frames)
    ds.Rows = ds.Columns = n_pixels
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    bits = np.concatenate([segments[number - 1][1][at].ravel() for number, at in frames])
    data = np.packbits(bits, bitorder="little").tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    yield ds


def _segments(ds: Dataset, segments: list[tuple[int, np.ndarray, tuple[str, str, str]]]) -> None:
    """Fill in the segmentation image module (PS3.3 C.8.20.2)."""
    ds.ImageType, ds.SegmentationType = ["DERIVED", "PRIMARY"], "BINARY"
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "LUNGS", "By the formula of the phantom", ""
    ds.LossyImageCompression, ds.BurnedInAnnotation = "00", "NO"
    ds.SegmentSequence = [
        item(
            SegmentNumber=number, SegmentLabel=kind[2], SegmentAlgorithmType="AUTOMATIC",
            SegmentAlgorithmName="Formula", SegmentedPropertyTypeCodeSequence=codes(*kind),
            SegmentedPropertyCategoryCodeSequence=codes(
                *(("123037004", "SCT", "Anatomical Structure") if number == 1
                  else ("49755003", "SCT", "Morphologically Abnormal Structure"))),
        )
        for number, _, kind in segments
    ]  # fmt: skip


def _segmented_frames(ds: Dataset, study: Study, images: list[Dataset], frames: list[tuple[int, int]]) -> None:
    """Fill in the functional groups and dimensions of a segmentation's frames (segment, slice)."""
    first, organization = images[0], study.uid("/dimensions")
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = first.FrameOfReferenceUID, ""
    ds.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organization)]
    ds.DimensionIndexSequence = [
        item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=group,
             DimensionDescriptionLabel=label)
        for pointer, group, label in (
            (0x0062000B, 0x0062000A, "Segment"), (0x00200032, 0x00209113, "Position"))
    ]  # fmt: skip
    ds.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=first.ImageOrientationPatient)],
            PixelMeasuresSequence=[item(
                PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness,
                SpacingBetweenSlices=first.SliceThickness)],
        )
    ]  # fmt: skip
    purpose = codes("121322", "DCM", "Source image for image processing operation")
    derivation = codes("113076", "DCM", "Segmentation")
    per_frame = []
    for number, at in frames:
        source = refers_to(images[at])
        source.PurposeOfReferenceCodeSequence = purpose
        per_frame.append(
            item(
                FrameContentSequence=[item(DimensionIndexValues=[number, at + 1])],
                PlanePositionSequence=[item(ImagePositionPatient=images[at].ImagePositionPatient)],
                SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
                DerivationImageSequence=[item(SourceImageSequence=[source], DerivationCodeSequence=derivation)],
            )
        )
    ds.PerFrameFunctionalGroupsSequence = per_frame
    ds.ReferencedSeriesSequence = [
        item(SeriesInstanceUID=first.SeriesInstanceUID, ReferencedInstanceSequence=[refers_to(i) for i in images])
    ]


def sr(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a CT and a report about it that measures the nodule (PS3.3 A.35.3, PS3.16 TID 2000)."""
    images = list(ct(study, Amount(amount.pixels(128), amount.frames(32))))
    yield from images
    ds = study.new(REPORT, Series(2, "SR", "Report"), 1)
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ReferencedPerformedProcedureStepSequence, ds.PerformedProcedureCodeSequence = [], []
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = codes("18748-4", "LN", "Diagnostic imaging report")
    ds.ContentTemplateSequence = [item(MappingResource="DCMR", TemplateIdentifier="2000")]
    series = item(
        SeriesInstanceUID=images[0].SeriesInstanceUID, ReferencedSOPSequence=[refers_to(image) for image in images]
    )
    ds.CurrentRequestedProcedureEvidenceSequence = [
        item(StudyInstanceUID=ds.StudyInstanceUID, ReferencedSeriesSequence=[series])
    ]
    ds.ContentSequence = _report(images)
    yield ds


def _report(images: list[Dataset]) -> list[Dataset]:
    """Return the content of the report."""
    key = images[round((phantoms.CHEST[-1].centre[2] + 1) / 2 * (len(images) - 1))]
    diameter = round(phantoms.CHEST[-1].axes[0] * FIELD_MM, 1)

    def content(kind: str, relation: str, name: tuple[str, str, str], **values: object) -> Dataset:
        return item(RelationshipType=relation, ValueType=kind, ConceptNameCodeSequence=codes(*name), **values)

    measured = item(NumericValue=diameter, MeasurementUnitsCodeSequence=codes("mm", "UCUM", "millimeter"))
    shown = item(RelationshipType="INFERRED FROM", ValueType="IMAGE", ReferencedSOPSequence=[refers_to(key)])
    findings = content(
        "CONTAINER", "CONTAINS", ("121070", "DCM", "Findings"), ContinuityOfContent="SEPARATE", ContentSequence=[
            content("TEXT", "CONTAINS", ("121071", "DCM", "Finding"),
                    TextValue="A round nodule in the left upper lobe; the lungs are clear otherwise."),
            content("NUM", "CONTAINS", ("81827009", "SCT", "Diameter"), MeasuredValueSequence=[measured],
                    ContentSequence=[shown]),
        ],
    )  # fmt: skip
    conclusion = content(
        "CONTAINER", "CONTAINS", ("121076", "DCM", "Conclusions"), ContinuityOfContent="SEPARATE", ContentSequence=[
            content("TEXT", "CONTAINS", ("121077", "DCM", "Conclusion"), TextValue="Solitary nodule of the lung.")
        ],
    )  # fmt: skip
    language = content(
        "CODE", "HAS CONCEPT MOD", ("121049", "DCM", "Language of Content Item and Descendants"),
        ConceptCodeSequence=[code("en", "RFC5646", "English")],
    )  # fmt: skip
    return [language, findings, conclusion]
