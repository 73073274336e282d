"""Which reports of others are read back? TID 1500 by highdicom: regions on an image and in the patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import phantoms
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid


def write_foreign_report(folder: Path, images: list[Dataset]) -> None:
    """Write a circle of 10 pixels about (40, 50) on image 13 and a square of 20 mm in the plane of image 9.

    The areas that the report tells are wrong, so that a test sees which ones are computed from the shapes.
    """
    circle = sr.ImageRegion(
        sr.GraphicTypeValues.CIRCLE,
        np.array([[40.5, 50.5], [50.5, 50.5]]),
        sr.SourceImageForRegion(images[12].SOPClassUID, images[12].SOPInstanceUID),
    )
    z = float(images[8].ImagePositionPatient[2])
    corners = [[-10, -10, z], [10, -10, z], [10, 10, z], [-10, 10, z], [-10, -10, z]]
    square = sr.ImageRegion3D(sr.GraphicTypeValues3D.POLYGON, np.array(corners, float), phantoms.FOR_UID)
    groups = [_group("Circle", circle, codes.SCT.Area, 1), _group("Square", square, codes.SCT.Area, 1)]
    person = sr.ObserverContext(codes.DCM.Person, sr.PersonObserverIdentifyingAttributes(name="Roe^Jane"))
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(person), procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups, title=codes.DCM.ImagingMeasurementReport,
    )  # fmt: skip
    made = sr.Comprehensive3DSR(
        evidence=[images[8], images[12]], content=report[0], series_number=50, series_instance_uid=generate_uid(),
        sop_instance_uid=generate_uid(), instance_number=1, manufacturer="Others", series_description="Foreign report",
    )  # fmt: skip
    made.save_as(folder / "report.dcm")


def _group(name: str, region: Any, concept: Any, square_mm: float) -> Any:
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(hd.UID(), name),
        referenced_region=region,
        measurements=[sr.Measurement(concept, square_mm, codes.UCUM.SquareMillimeter)],
        finding_type=codes.SCT.Nodule,
    )
