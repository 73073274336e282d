"""How are made-up ECGs, documents, videos and enhanced objects made? (PS3.3 A.34, A.45, A.32.5, A.36, A.38)"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian

from lumenarc.dicom import phantoms
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode
from lumenarc.dicom.enhance import enhanced
from lumenarc.dicom.enhance_tables import CT, MR, TARGETS
from lumenarc.dicom.part10 import EXPLICIT_LE
from lumenarc.dicom.synthetic.film import mp4
from lumenarc.dicom.synthetic.study import Amount, Series, Study, codes, item
from lumenarc.dicom.synthetic.volumes import ct, mr
from lumenarc.dicom.video import read_mp4

_S = "1.2.840.10008.5.1.4.1.1."
ECG, PDF, ENDOSCOPY = _S + "9.1.1", _S + "104.1", _S + "77.1.1.1"
_LEADS = (
    ("2:1", "Lead I"), ("2:2", "Lead II"), ("2:61", "Lead III"), ("2:62", "aVR"), ("2:63", "aVL"), ("2:64", "aVF"),
    ("2:3", "V1"), ("2:4", "V2"), ("2:5", "V3"), ("2:6", "V4"), ("2:7", "V5"), ("2:8", "V6"),
)  # fmt: skip
# Of one beat: amplitude in mV for the twelve leads' projections, centre and width in parts of a beat: P, Q, R, S, T.
_WAVES = ((0.12, 0.18, 0.025), (-0.1, 0.355, 0.01), (1.1, 0.38, 0.012), (-0.25, 0.405, 0.012), (0.3, 0.62, 0.05))
_PROJECTIONS = (0.7, 1.0, 0.3, -0.85, 0.2, 0.65, -0.4, 0.1, 0.5, 1.1, 1.0, 0.8)


def ecg(study: Study, _amount: Amount) -> Iterator[Dataset]:
    """Make a resting electrocardiogram of ten seconds, twelve leads, 500 samples a second."""
    rng, rate = study.random(), 500
    n_beats = int(rng.integers(9, 14))
    phase = np.arange(10 * rate) / (10 * rate) * n_beats % 1
    beat = sum(height * np.exp(-(((phase - at) / width) ** 2) / 2) for height, at, width in _WAVES)
    leads = np.outer(np.asarray(beat), _PROJECTIONS) + rng.normal(0, 0.008, (10 * rate, 12))
    ds = study.new(ECG, Series(1, "ECG", "12-lead rest ECG"), 1)
    ds.AcquisitionContextSequence, ds.AcquisitionDateTime = [], study.date + study.time
    channels = [
        item(
            ChannelLabel=name, ChannelSourceSequence=codes(value, "MDC", name), ChannelSensitivity=5,
            ChannelSensitivityUnitsSequence=codes("uV", "UCUM", "microvolt"), ChannelSensitivityCorrectionFactor=1,
            ChannelBaseline=0, ChannelSampleSkew=0, WaveformBitsStored=16, FilterLowFrequency=0.05,
            FilterHighFrequency=150,
        )
        for value, name in _LEADS
    ]  # fmt: skip
    group = item(
        WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=12, NumberOfWaveformSamples=10 * rate,
        SamplingFrequency=rate, MultiplexGroupLabel="RHYTHM", ChannelDefinitionSequence=channels,
        WaveformBitsAllocated=16, WaveformSampleInterpretation="SS",
        WaveformData=np.rint(leads * 1000 / 5).astype("<i2").tobytes(),
    )  # fmt: skip
    group["WaveformData"].VR = "OW"
    ds.WaveformSequence = [group]
    yield ds


def pdf(study: Study, _amount: Amount) -> Iterator[Dataset]:
    """Make a report as an encapsulated PDF."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setTitle("Report")
    lines = ("Radiology report", f"Study {study.study_id} of {study.date}", "", "No person was examined: this document",
             "and the study it belongs to are synthetic.")  # fmt: skip
    for number, line in enumerate(lines):
        canvas.setFont("Helvetica", 18 if number == 0 else 11)
        canvas.drawString(72, 760 - 22 * number, line)
    canvas.save()
    data = out.getvalue()
    ds = study.new(PDF, Series(1, "DOC", "Report"), 1)
    ds.AcquisitionDateTime, ds.BurnedInAnnotation, ds.DocumentTitle = "", "NO", "Radiology report"
    ds.ConversionType, ds.ConceptNameCodeSequence = "WSD", codes("18748-4", "LN", "Diagnostic imaging report")
    ds.MIMETypeOfEncapsulatedDocument, ds.EncapsulatedDocumentLength = "application/pdf", len(data)
    ds.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    yield ds


def video(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make an endoscopic video, H.264 in MP4: a tunnel that one moves through."""
    side = amount.pixels(240) // 16 * 16 or 16
    film = mp4(phantoms.tunnel(amount.frames(25), side, side + 80, study.seed))
    pixels = read_mp4(lambda offset, length: film[offset : offset + length], len(film))
    ds = study.new(ENDOSCOPY, Series(1, "ES", "Colonoscopy"), 1)
    ds.ImageType, ds.PatientOrientation, ds.AcquisitionContextSequence = ["ORIGINAL", "PRIMARY"], "", []
    ds.AnatomicRegionSequence = codes("71854001", "SCT", "Colon")
    ds.update(Dataset.from_json(pixels.attributes(len(film))))
    ds.CineRate, ds.BurnedInAnnotation, ds.LossyImageCompressionRatio = 25, "NO", 1
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(pixels.transfer_syntax_uid)
    ds.PixelData = encapsulate([film + b"\0" * (len(film) % 2)], has_bot=False)
    ds["PixelData"].VR = "OB"
    yield ds


def enhanced_ct(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make an Enhanced CT of the chest."""
    frames = list(ct(study, Amount(amount.pixels(256), amount.frames(48))))
    for number, ds in enumerate(frames):
        ds.AcquisitionType, ds.RotationDirection, ds.RevolutionTime = "SPIRAL", "CW", 0.5
        ds.TableSpeed, ds.TableFeedPerRotation, ds.SpiralPitchFactor = 76.8, 38.4, 1
        ds.SingleCollimationWidth, ds.TotalCollimationWidth, ds.TableHeight = 0.6, 38.4, 120
        ds.DataCollectionDiameter, ds.TablePosition = 500, float(number)
        ds.DataCollectionCenterPatient = ds.ReconstructionTargetCenterPatient = [0, 0, ds.SliceLocation]
        ds.DistanceSourceToDetector, ds.DistanceSourceToDataCollectionCenter = 1085, 595
        ds.ReconstructionAlgorithm, ds.ConvolutionKernelGroup, ds.ImageFilter = (
            "FILTER_BACK_PROJ",
            "SOFT_TISSUE",
            "NONE",
        )
        ds.ReconstructionAngle, ds.ExposureModulationType, ds.CTDIvol = 360, "NONE", 7.5
        ds.FocalSpots, ds.FilterType, ds.FilterMaterial, ds.FluoroscopyFlag = 1.2, "FLAT", "ALUMINUM", "NO"
        ds.IrradiationEventUID, ds.AcquisitionDuration = study.uid("/irradiation"), 4
        ds.ConstantVolumeFlag, ds.CTDIPhantomTypeCodeSequence = (
            "NO",
            codes("113691", "DCM", "IEC Body Dosimetry Phantom"),
        )
    yield _joined(study, frames, CT)


def enhanced_mr(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make an Enhanced MR of the head, T2-weighted."""
    frames = [ds for ds in mr(study, Amount(amount.pixels(256), amount.frames(28))) if ds.SeriesNumber == 2]
    for ds in frames:
        _pulse_sequence(ds)
        ds.SpecificAbsorptionRateSequence = [item(
            SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.8)]  # fmt: skip
        ds.GradientOutputType, ds.GradientOutput = "DB_DT", 40.0
        ds.OperatingModeSequence = [
            item(OperatingModeType=kind, OperatingMode="IEC_NORMAL")
            for kind in ("STATIC FIELD", "RF", "GRADIENT")
        ]  # fmt: skip
        ds.RFEchoTrainLength, ds.GradientEchoTrainLength, ds.NumberOfAverages = 1, 0, 1
        ds.InPlanePhaseEncodingDirection, ds.MRAcquisitionFrequencyEncodingSteps = "ROW", 256
        ds.MRAcquisitionPhaseEncodingStepsInPlane, ds.PercentSampling, ds.PercentPhaseFieldOfView = 256, 100, 100
        ds.ReceiveCoilName, ds.ReceiveCoilType, ds.QuadratureReceiveCoil = "HEAD", "VOLUME", "YES"
        ds.ReceiveCoilManufacturerName, ds.TransmitCoilManufacturerName = "", ""
        ds.TransmitCoilName, ds.TransmitCoilType = "BODY", "BODY"
        ds.PixelBandwidth, ds.TransmitterFrequency = 130, 63.87
        ds.MagnetizationTransfer, ds.BloodSignalNulling, ds.Tagging = "NONE", "NO", "NONE"
        ds.InversionRecovery, ds.FlowCompensation, ds.Spoiling, ds.T2Preparation = "NO", "NONE", "NONE", "NO"
        ds.SpectrallySelectedExcitation, ds.SpatialPresaturation, ds.PartialFourier = "NONE", "NONE", "NO"
        ds.ParallelAcquisition = "NO"
        ds.AcquisitionContrast, ds.ComplexImageComponent, ds.AcquisitionDuration = "T2", "MAGNITUDE", 120
        ds.FrameAcquisitionDuration = 4300
    yield _joined(study, frames, MR)


def _pulse_sequence(ds: Dataset) -> None:
    """Fill in the MR Pulse Sequence module and what the Enhanced MR Image module adds (PS3.3 C.8.13.1, C.8.13.4)."""
    ds.PulseSequenceName, ds.MRAcquisitionType, ds.EchoPulseSequence = "SE", "2D", "SPIN"
    ds.MultipleSpinEcho, ds.MultiPlanarExcitation, ds.PhaseContrast, ds.TimeOfFlightContrast = "NO", "NO", "NO", "NO"
    ds.SteadyStatePulseSequence, ds.EchoPlanarPulseSequence = "NONE", "NO"
    ds.SaturationRecovery, ds.SpectrallySelectedSuppression = "NO", "NONE"
    ds.OversamplingPhase, ds.GeometryOfKSpaceTraversal, ds.SegmentedKSpaceTraversal = "2D", "RECTILINEAR", "SINGLE"
    ds.RectilinearPhaseEncodeReordering, ds.NumberOfKSpaceTrajectories = "LINEAR", 1
    ds.ResonantNucleus, ds.KSpaceFiltering, ds.ApplicableSafetyStandardAgency = "1H", "NONE", "IEC"


def _joined(study: Study, frames: list[Dataset], sop_class_uid: str) -> Dataset:
    """Make frames one enhanced object."""
    described = []
    for frame in frames:
        out = io.BytesIO()
        head = Dataset({tag: element for tag, element in frame.items() if tag < 0x7FE00000})
        head.save_as(out, implicit_vr=False, little_endian=True)
        described.append(to_attributes(out.getvalue(), EXPLICIT_LE, threshold=1 << 62, keep_spelling=True))
    made, order = enhanced(described, TARGETS[sop_class_uid, False], lambda name: study.uid(f"/enhanced {name}"))
    data = b"".join(frames[number].PixelData for number in order)
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, len(data)) + data
    ds = dcmread(io.BytesIO(encode(made, EXPLICIT_LE) + pixels), force=True)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds
