"""What does it take to make single frames an enhanced multi-frame object, as data? (PS3.3 A.36, A.38, A.56, A.70 ff.)

Tables only: classes, what has another name in the enhanced IODs, and what these need when a frame is ORIGINAL.
"""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.dicom.dictionary import tag_of

_S = "1.2.840.10008.5.1.4.1.1."
CT, MR, PET = _S + "2", _S + "4", _S + "128"


@dataclass(frozen=True, slots=True)
class Target:
    """An enhanced SOP class: its IOD in the tables, and the macro of the frame type."""

    sop_class_uid: str
    iod: str
    frame_type: str

    @property
    def is_legacy(self) -> bool:
        """Say whether it takes what single frames say (PS3.3 A.70 … A.72)."""
        return self.iod.startswith("legacy-converted")


# (SOP class of the single frames, is the target a Legacy Converted one?) → the target.
TARGETS = {
    (CT, True): Target(_S + "2.2", "legacy-converted-enhanced-ct-image", "00189329"),
    (MR, True): Target(_S + "4.4", "legacy-converted-enhanced-mr-image", "00189226"),
    (PET, True): Target(_S + "128.1", "legacy-converted-enhanced-pet-image", "00189751"),
    (CT, False): Target(_S + "2.1", "enhanced-ct-image", "00189329"),
    (MR, False): Target(_S + "4.1", "enhanced-mr-image", "00189226"),
    (PET, False): Target(_S + "130", "enhanced-pet-image", "00189751"),
}


def names(words: str) -> tuple[str, ...]:
    """Return the tags of keywords.

    Raises:
        ValueError: there is no such keyword.
    """
    found = [(word, tag_of(word)) for word in words.split()]
    unknown = [word for word, tag in found if tag is None]
    if unknown:
        raise ValueError(f"no keywords: {unknown}")
    return tuple(f"{tag:08X}" for _, tag in found)


# What describes not this frame but others, or needs a value that no single frame has: not made of single attributes.
NOT_MADE = frozenset(
    names(
        "CTAdditionalXRaySourceSequence ConversionSourceAttributesSequence DerivationImageSequence "
        "ReferencedImageSequence ContrastBolusUsageSequence RealWorldValueMappingSequence "
        "MultienergyCTCharacteristicsSequence MultienergyCTProcessingSequence PatientPhysiologicalStateSequence "
        "FrameContentSequence UnassignedPerFrameConvertedAttributesSequence "
        "UnassignedSharedConvertedAttributesSequence"
    )
)
# The name of an attribute in the enhanced IODs → the name in the single-frame one, the same value in the same unit.
OTHER_NAMES = tuple(
    tuple(names(pair))
    for pair in (
        "ExposureTimeInms ExposureTime",
        "XRayTubeCurrentInmA XRayTubeCurrent",
        "ExposureInmAs Exposure",
        "EffectiveEchoTime EchoTime",
        "ReconstructionPixelSpacing PixelSpacing",
    )
)
# What an ORIGINAL frame needs, beside what the tables call type 1 (conditions of PS3.3 C.8.13, C.8.15, C.8.22).
REQUIRED = {
    "enhanced-ct-image": names(
        "Manufacturer ManufacturerModelName DeviceSerialNumber SoftwareVersions FrameOfReferenceUID "
        "FrameAcquisitionDuration IrradiationEventUID "
        "AcquisitionType RotationDirection RevolutionTime SingleCollimationWidth TotalCollimationWidth TableHeight "
        "GantryDetectorTilt DataCollectionDiameter TablePosition DataCollectionCenterPatient "
        "ReconstructionTargetCenterPatient DistanceSourceToDetector DistanceSourceToDataCollectionCenter "
        "ReconstructionAlgorithm ConvolutionKernel ConvolutionKernelGroup ImageFilter ExposureTimeInms "
        "XRayTubeCurrentInmA ExposureInmAs ExposureModulationType KVP FocalSpots FilterType FilterMaterial "
        "ImageOrientationPatient ImagePositionPatient PixelSpacing SliceThickness AnatomicRegionSequence"
    ),
    "enhanced-mr-image": names(
        "Manufacturer ManufacturerModelName DeviceSerialNumber SoftwareVersions FrameOfReferenceUID "
        "FrameAcquisitionDuration "
        "PulseSequenceName MRAcquisitionType EchoPulseSequence MultiPlanarExcitation PhaseContrast "
        "TimeOfFlightContrast SteadyStatePulseSequence EchoPlanarPulseSequence SaturationRecovery "
        "SpectrallySelectedSuppression GeometryOfKSpaceTraversal ResonantNucleus KSpaceFiltering "
        "MagneticFieldStrength RepetitionTime FlipAngle EchoTrainLength EffectiveEchoTime NumberOfAverages "
        "InPlanePhaseEncodingDirection MRAcquisitionFrequencyEncodingSteps MRAcquisitionPhaseEncodingStepsInPlane "
        "PercentSampling PercentPhaseFieldOfView ReceiveCoilName ReceiveCoilType TransmitCoilName TransmitCoilType "
        "PixelBandwidth TransmitterFrequency ImageOrientationPatient ImagePositionPatient PixelSpacing SliceThickness "
        "AnatomicRegionSequence AcquisitionContrast ComplexImageComponent"
    ),
    "enhanced-pet-image": names(
        "Manufacturer ManufacturerModelName DeviceSerialNumber SoftwareVersions FrameOfReferenceUID "
        "RadiopharmaceuticalInformationSequence TableMotion TimeOfFlightInformationUsed ViewCodeSequence "
        "TableHeight GantryDetectorTilt GantryDetectorSlew DataCollectionDiameter IterativeReconstructionMethod "
        "ImageOrientationPatient ImagePositionPatient PixelSpacing SliceThickness AnatomicRegionSequence"
    ),
}
# Body Part Examined → code of SNOMED CT and its meaning (PS3.16 Table L-1, the usual ones).
REGIONS = {
    "ABDOMEN": ("818983003", "Abdomen"), "ANKLE": ("70258002", "Ankle joint"), "BRAIN": ("12738006", "Brain"),
    "BREAST": ("76752008", "Breast"), "CHEST": ("816094009", "Chest"), "CSPINE": ("122494005", "Cervical spine"),
    "ELBOW": ("16953009", "Elbow joint"), "FOOT": ("56459004", "Foot"), "HAND": ("85562004", "Hand"),
    "HEAD": ("69536005", "Head"), "HEART": ("80891009", "Heart"), "HIP": ("24136001", "Hip joint"),
    "KNEE": ("72696002", "Knee joint"), "LEG": ("30021000", "Lower leg"), "LIVER": ("10200004", "Liver"),
    "LSPINE": ("122496007", "Lumbar spine"), "NECK": ("45048000", "Neck"), "PELVIS": ("816092008", "Pelvis"),
    "PROSTATE": ("41216001", "Prostate"), "SHOULDER": ("16982005", "Shoulder region"),
    "SPINE": ("421060004", "Vertebral column"), "TSPINE": ("122495006", "Thoracic spine"),
    "WHOLEBODY": ("38266002", "Entire body"), "WRIST": ("74670003", "Wrist joint"),
}  # fmt: skip
# What is the same for all frames of an object: frames that differ here become objects of their own.
ALIKE = names(
    "SOPClassUID PatientID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Rows Columns SamplesPerPixel "
    "PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation PixelPaddingValue"
)
