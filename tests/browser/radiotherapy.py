"""Which made-up treatment belongs to the CT phantom? Structures, a linear dose, a plan (PS3.3 A.18-A.20)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import phantoms
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    generate_uid,
)

PRESCRIBED_GY = 32


def dose_gy(x: Any, z: Any) -> Any:
    """Return the dose of the phantom at x and z in mm: linear, so that interpolation is exact."""
    return 20 + 0.5 * x + 0.25 * z


def item(**attributes: Any) -> Dataset:
    """Return an item of a sequence."""
    found = Dataset()
    for keyword, value in attributes.items():
        setattr(found, keyword, value)
    return found


def write_treatment(folder: Path, images: list[Dataset]) -> None:
    """Write a structure set, a dose and its plan for a CT series."""
    study = str(images[0].StudyInstanceUID)
    plan = _plan(study)
    structures = _structures(study, images)
    dose = _dose(study, plan)
    for name, data_set in (("rtplan", plan), ("rtstruct", structures), ("rtdose", dose)):
        data_set.save_as(folder / f"{name}.dcm", enforce_file_format=True)


def _begun(sop_class: UID, modality: str, study: str, number: int, description: str) -> FileDataset:
    made = phantoms.instance(sop_class, generate_uid(), modality, study, generate_uid())
    made.SeriesNumber, made.InstanceNumber, made.SeriesDescription = number, 1, description
    made.FrameOfReferenceUID = phantoms.FOR_UID
    return made


def _structures(study: str, images: list[Dataset]) -> FileDataset:
    """Draw "PTV", 20 x 20 mm with a hole of 4 x 4 in images 9-16, and "Marker", a point in image 13."""
    made = _begun(RTStructureSetStorage, "RTSTRUCT", study, 40, "Contours")
    made.StructureSetLabel, made.StructureSetDate, made.StructureSetTime = "Contours", "20261120", "150000"
    regions = (("PTV <i>", "PTV", [255, 128, 0]), ("Marker", "MARKER", [0, 255, 255]))
    made.StructureSetROISequence = Sequence(
        item(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID=phantoms.FOR_UID, ROIGenerationAlgorithm="MANUAL")
        for n, (name, _, _) in enumerate(regions, 1)
    )
    made.RTROIObservationsSequence = Sequence(
        item(ObservationNumber=n, ReferencedROINumber=n, RTROIInterpretedType=kind, ROIInterpreter="")
        for n, (_, kind, _) in enumerate(regions, 1)
    )
    square, hole = ((-10, -10), (10, -10), (10, 10), (-10, 10)), ((-2, -2), (2, -2), (2, 2), (-2, 2))
    drawn = [_contour(image, "CLOSED_PLANAR", points) for image in images[8:16] for points in (square, hole)]
    marked = [_contour(images[12], "POINT", ((-20, 0),))]
    made.ROIContourSequence = Sequence(
        item(ReferencedROINumber=n, ROIDisplayColor=color, ContourSequence=Sequence(contours))
        for n, ((_, _, color), contours) in enumerate(zip(regions, (drawn, marked), strict=True), 1)
    )
    return made


def _contour(image: Dataset, kind: str, points: tuple[tuple[int, int], ...]) -> Dataset:
    z = float(image.ImagePositionPatient[2])
    source = item(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    return item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points),
        ContourImageSequence=Sequence([source]),
        ContourData=[value for x, y in points for value in (x, y, z)],
    )


def _dose(study: str, plan: Dataset) -> FileDataset:
    """Compute the dose on a grid of 3 x 3 x 4 mm that ends inside the images."""
    made = _begun(RTDoseStorage, "RTDOSE", study, 41, "Plan dose")
    made.ImageOrientationPatient, made.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-30, -30, 0]
    made.PixelSpacing, made.SliceThickness = [3, 3], None
    made.GridFrameOffsetVector = [4 * n for n in range(12)]
    made.FrameIncrementPointer = 0x3004000C
    made.DoseUnits, made.DoseType, made.DoseSummationType, made.DoseGridScaling = "GY", "PHYSICAL", "PLAN", 0.0005
    x = -30 + 3 * np.arange(21)
    z = 4 * np.arange(12)
    values = np.broadcast_to(dose_gy(x[None, None, :], z[:, None, None]), (12, 21, 21))
    phantoms.set_pixels(made, np.round(values / 0.0005).astype(np.uint32))
    made.ReferencedRTPlanSequence = Sequence(
        [item(ReferencedSOPClassUID=RTPlanStorage, ReferencedSOPInstanceUID=plan.SOPInstanceUID)]
    )
    return made


def _plan(study: str) -> FileDataset:
    made = _begun(RTPlanStorage, "RTPLAN", study, 42, "Plan")
    made.RTPlanLabel, made.RTPlanName, made.RTPlanDate, made.RTPlanTime = "Lung 1", "Right lung", "20261119", "101500"
    made.RTPlanGeometry, made.PlanIntent, made.ApprovalStatus = "PATIENT", "CURATIVE", "APPROVED"
    made.DoseReferenceSequence = Sequence(
        [
            item(
                DoseReferenceNumber=1, DoseReferenceStructureType="VOLUME", DoseReferenceDescription="PTV <script>",
                DoseReferenceType="TARGET", TargetPrescriptionDose=PRESCRIBED_GY, DeliveryMaximumDose=36,
            )
        ]
    )  # fmt: skip
    given = [item(ReferencedBeamNumber=n, BeamDose=1, BeamMeterset=mu) for n, mu in ((1, 120.5), (2, 98))]
    made.FractionGroupSequence = Sequence(
        [
            item(
                FractionGroupNumber=1, NumberOfFractionsPlanned=16, NumberOfBeams=2, NumberOfBrachyApplicationSetups=0,
                ReferencedBeamSequence=Sequence(given),
            )
        ]
    )  # fmt: skip
    made.PatientSetupSequence = Sequence([item(PatientSetupNumber=1, PatientPosition="HFS")])
    made.BeamSequence = Sequence([_beam(1, "Arc", 181, "CW", 179), _beam(2, "Lateral", 270, "NONE", None)])
    return made


def _beam(number: int, name: str, gantry: int, turning: str, end: int | None) -> Dataset:
    points = [
        item(
            ControlPointIndex=0, NominalBeamEnergy=6, GantryAngle=gantry, GantryRotationDirection=turning,
            BeamLimitingDeviceAngle=10, PatientSupportAngle=0, IsocenterPosition=[0, 0, 24],
        )
    ]  # fmt: skip
    points.append(item(ControlPointIndex=1) if end is None else item(ControlPointIndex=1, GantryAngle=end))
    return item(
        BeamNumber=number, BeamName=name, BeamType="STATIC" if end is None else "DYNAMIC", RadiationType="PHOTON",
        TreatmentMachineName="LINAC1", NumberOfControlPoints=2, TreatmentDeliveryType="TREATMENT",
        ControlPointSequence=Sequence(points),
    )  # fmt: skip
