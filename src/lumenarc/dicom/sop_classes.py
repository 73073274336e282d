"""Which SOP classes are there, and what kind of object or service is each? (PS3.4, PS3.6 Table A-1)

`_TABLE` is THE table, one line per SOP class: UID, keyword, kind, content of a stored object, then `retired` or
`private`. A storage SOP class that is not here is no error: the archive keeps objects that it has never heard of.
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = """\
1.2.840.10008.1.1 Verification verification -
1.2.840.10008.1.3.10 MediaStorageDirectoryStorage media -
1.2.840.10008.1.9 BasicStudyContentNotification notification - retired
1.2.840.10008.1.20.1 StorageCommitmentPushModel commitment -
1.2.840.10008.1.20.2 StorageCommitmentPullModel commitment - retired
1.2.840.10008.1.40 ProceduralEventLogging workflow -
1.2.840.10008.1.42 SubstanceAdministrationLogging workflow -
1.2.840.10008.3.1.2.1.1 DetachedPatientManagement workflow - retired
1.2.840.10008.3.1.2.1.4 DetachedPatientManagementMeta workflow - retired
1.2.840.10008.3.1.2.2.1 DetachedVisitManagement workflow - retired
1.2.840.10008.3.1.2.3.1 DetachedStudyManagement workflow - retired
1.2.840.10008.3.1.2.3.2 StudyComponentManagement workflow - retired
1.2.840.10008.3.1.2.3.3 ModalityPerformedProcedureStep mpps -
1.2.840.10008.3.1.2.3.4 ModalityPerformedProcedureStepRetrieve mpps -
1.2.840.10008.3.1.2.3.5 ModalityPerformedProcedureStepNotification mpps -
1.2.840.10008.3.1.2.5.1 DetachedResultsManagement workflow - retired
1.2.840.10008.3.1.2.5.4 DetachedResultsManagementMeta workflow - retired
1.2.840.10008.3.1.2.5.5 DetachedStudyManagementMeta workflow - retired
1.2.840.10008.3.1.2.6.1 DetachedInterpretationManagement workflow - retired
1.2.840.10008.5.1.1.1 BasicFilmSession print -
1.2.840.10008.5.1.1.2 BasicFilmBox print -
1.2.840.10008.5.1.1.4 BasicGrayscaleImageBox print -
1.2.840.10008.5.1.1.4.1 BasicColorImageBox print -
1.2.840.10008.5.1.1.4.2 ReferencedImageBox print - retired
1.2.840.10008.5.1.1.9 BasicGrayscalePrintManagementMeta print -
1.2.840.10008.5.1.1.9.1 ReferencedGrayscalePrintManagementMeta print - retired
1.2.840.10008.5.1.1.14 PrintJob print -
1.2.840.10008.5.1.1.15 BasicAnnotationBox print -
1.2.840.10008.5.1.1.16 Printer print -
1.2.840.10008.5.1.1.16.376 PrinterConfigurationRetrieval print -
1.2.840.10008.5.1.1.18 BasicColorPrintManagementMeta print -
1.2.840.10008.5.1.1.18.1 ReferencedColorPrintManagementMeta print - retired
1.2.840.10008.5.1.1.22 VOILUTBox print -
1.2.840.10008.5.1.1.23 PresentationLUT print -
1.2.840.10008.5.1.1.24 ImageOverlayBox print - retired
1.2.840.10008.5.1.1.24.1 BasicPrintImageOverlayBox print - retired
1.2.840.10008.5.1.1.26 PrintQueueManagement print - retired
1.2.840.10008.5.1.1.27 StoredPrintStorage storage other retired
1.2.840.10008.5.1.1.29 HardcopyGrayscaleImageStorage storage image retired
1.2.840.10008.5.1.1.30 HardcopyColorImageStorage storage image retired
1.2.840.10008.5.1.1.31 PullPrintRequest print - retired
1.2.840.10008.5.1.1.32 PullStoredPrintManagementMeta print - retired
1.2.840.10008.5.1.1.33 MediaCreationManagement workflow -
1.2.840.10008.5.1.1.40 DisplaySystem workflow -
1.2.840.10008.5.1.4.1.1.1 ComputedRadiographyImageStorage storage image
1.2.840.10008.5.1.4.1.1.1.1 DigitalXRayImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.1.1.1 DigitalXRayImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.1.2 DigitalMammographyXRayImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.1.2.1 DigitalMammographyXRayImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.1.3 DigitalIntraOralXRayImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.1.3.1 DigitalIntraOralXRayImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.2 CTImageStorage storage image
1.2.840.10008.5.1.4.1.1.2.1 EnhancedCTImageStorage storage image
1.2.840.10008.5.1.4.1.1.2.2 LegacyConvertedEnhancedCTImageStorage storage image
1.2.840.10008.5.1.4.1.1.3 UltrasoundMultiFrameImageStorageRetired storage image retired
1.2.840.10008.5.1.4.1.1.3.1 UltrasoundMultiFrameImageStorage storage image
1.2.840.10008.5.1.4.1.1.4 MRImageStorage storage image
1.2.840.10008.5.1.4.1.1.4.1 EnhancedMRImageStorage storage image
1.2.840.10008.5.1.4.1.1.4.2 MRSpectroscopyStorage storage other
1.2.840.10008.5.1.4.1.1.4.3 EnhancedMRColorImageStorage storage image
1.2.840.10008.5.1.4.1.1.4.4 LegacyConvertedEnhancedMRImageStorage storage image
1.2.840.10008.5.1.4.1.1.5 NuclearMedicineImageStorageRetired storage image retired
1.2.840.10008.5.1.4.1.1.6 UltrasoundImageStorageRetired storage image retired
1.2.840.10008.5.1.4.1.1.6.1 UltrasoundImageStorage storage image
1.2.840.10008.5.1.4.1.1.6.2 EnhancedUSVolumeStorage storage image
1.2.840.10008.5.1.4.1.1.6.3 PhotoacousticImageStorage storage image
1.2.840.10008.5.1.4.1.1.7 SecondaryCaptureImageStorage storage image
1.2.840.10008.5.1.4.1.1.7.1 MultiFrameSingleBitSecondaryCaptureImageStorage storage image
1.2.840.10008.5.1.4.1.1.7.2 MultiFrameGrayscaleByteSecondaryCaptureImageStorage storage image
1.2.840.10008.5.1.4.1.1.7.3 MultiFrameGrayscaleWordSecondaryCaptureImageStorage storage image
1.2.840.10008.5.1.4.1.1.7.4 MultiFrameTrueColorSecondaryCaptureImageStorage storage image
1.2.840.10008.5.1.4.1.1.8 StandaloneOverlayStorage storage other retired
1.2.840.10008.5.1.4.1.1.9 StandaloneCurveStorage storage other retired
1.2.840.10008.5.1.4.1.1.9.1 WaveformStorageTrial storage waveform retired
1.2.840.10008.5.1.4.1.1.9.1.1 TwelveLeadECGWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.1.2 GeneralECGWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.1.3 AmbulatoryECGWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.1.4 General32bitECGWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.2.1 HemodynamicWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.3.1 CardiacElectrophysiologyWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.4.1 BasicVoiceAudioWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.4.2 GeneralAudioWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.5.1 ArterialPulseWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.6.1 RespiratoryWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.6.2 MultichannelRespiratoryWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.7.1 RoutineScalpElectroencephalogramWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.7.2 ElectromyogramWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.7.3 ElectrooculogramWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.7.4 SleepElectroencephalogramWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.9.8.1 BodyPositionWaveformStorage storage waveform
1.2.840.10008.5.1.4.1.1.10 StandaloneModalityLUTStorage storage other retired
1.2.840.10008.5.1.4.1.1.11 StandaloneVOILUTStorage storage other retired
1.2.840.10008.5.1.4.1.1.11.1 GrayscaleSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.2 ColorSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.3 PseudoColorSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.4 BlendingSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.5 XAXRFGrayscaleSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.6 GrayscalePlanarMPRVolumetricPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.7 CompositingPlanarMPRVolumetricPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.8 AdvancedBlendingPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.9 VolumeRenderingVolumetricPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.10 SegmentedVolumeRenderingVolumetricPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.11 MultipleVolumeRenderingVolumetricPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.11.12 VariableModalityLUTSoftcopyPresentationStateStorage storage pr
1.2.840.10008.5.1.4.1.1.12.1 XRayAngiographicImageStorage storage image
1.2.840.10008.5.1.4.1.1.12.1.1 EnhancedXAImageStorage storage image
1.2.840.10008.5.1.4.1.1.12.2 XRayRadiofluoroscopicImageStorage storage image
1.2.840.10008.5.1.4.1.1.12.2.1 EnhancedXRFImageStorage storage image
1.2.840.10008.5.1.4.1.1.12.3 XRayAngiographicBiPlaneImageStorage storage image retired
1.2.840.10008.5.1.4.1.1.12.77 ZoomedXRayAngiographicImageStorageTrial storage image retired
1.2.840.10008.5.1.4.1.1.13.1.1 XRay3DAngiographicImageStorage storage image
1.2.840.10008.5.1.4.1.1.13.1.2 XRay3DCraniofacialImageStorage storage image
1.2.840.10008.5.1.4.1.1.13.1.3 BreastTomosynthesisImageStorage storage image
1.2.840.10008.5.1.4.1.1.13.1.4 BreastProjectionXRayImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.13.1.5 BreastProjectionXRayImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.14.1 IntravascularOpticalCoherenceTomographyImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.14.2 IntravascularOpticalCoherenceTomographyImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.20 NuclearMedicineImageStorage storage image
1.2.840.10008.5.1.4.1.1.30 ParametricMapStorage storage image
1.2.840.10008.5.1.4.1.1.40 MRImageStorageZeroPadded storage image retired
1.2.840.10008.5.1.4.1.1.66 RawDataStorage storage other
1.2.840.10008.5.1.4.1.1.66.1 SpatialRegistrationStorage storage other
1.2.840.10008.5.1.4.1.1.66.2 SpatialFiducialsStorage storage other
1.2.840.10008.5.1.4.1.1.66.3 DeformableSpatialRegistrationStorage storage other
1.2.840.10008.5.1.4.1.1.66.4 SegmentationStorage storage seg
1.2.840.10008.5.1.4.1.1.66.5 SurfaceSegmentationStorage storage other
1.2.840.10008.5.1.4.1.1.66.6 TractographyResultsStorage storage other
1.2.840.10008.5.1.4.1.1.67 RealWorldValueMappingStorage storage other
1.2.840.10008.5.1.4.1.1.68.1 SurfaceScanMeshStorage storage other
1.2.840.10008.5.1.4.1.1.68.2 SurfaceScanPointCloudStorage storage other
1.2.840.10008.5.1.4.1.1.77.1 VLImageStorageTrial storage image retired
1.2.840.10008.5.1.4.1.1.77.2 VLMultiFrameImageStorageTrial storage image retired
1.2.840.10008.5.1.4.1.1.77.1.1 VLEndoscopicImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.1.1 VideoEndoscopicImageStorage storage video
1.2.840.10008.5.1.4.1.1.77.1.2 VLMicroscopicImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.2.1 VideoMicroscopicImageStorage storage video
1.2.840.10008.5.1.4.1.1.77.1.3 VLSlideCoordinatesMicroscopicImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.4 VLPhotographicImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.4.1 VideoPhotographicImageStorage storage video
1.2.840.10008.5.1.4.1.1.77.1.5.1 OphthalmicPhotography8BitImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.2 OphthalmicPhotography16BitImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.3 StereometricRelationshipStorage storage other
1.2.840.10008.5.1.4.1.1.77.1.5.4 OphthalmicTomographyImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.5 WideFieldOphthalmicPhotographyStereographicProjectionImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.6 WideFieldOphthalmicPhotography3DCoordinatesImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.7 OphthalmicOpticalCoherenceTomographyEnFaceImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.5.8 OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage storage other
1.2.840.10008.5.1.4.1.1.77.1.6 VLWholeSlideMicroscopyImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.7 DermoscopicPhotographyImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.8 ConfocalMicroscopyImageStorage storage image
1.2.840.10008.5.1.4.1.1.77.1.9 ConfocalMicroscopyTiledPyramidalImageStorage storage image
1.2.840.10008.5.1.4.1.1.78.1 LensometryMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.2 AutorefractionMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.3 KeratometryMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.4 SubjectiveRefractionMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.5 VisualAcuityMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.6 SpectaclePrescriptionReportStorage storage sr
1.2.840.10008.5.1.4.1.1.78.7 OphthalmicAxialMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.78.8 IntraocularLensCalculationsStorage storage other
1.2.840.10008.5.1.4.1.1.79.1 MacularGridThicknessAndVolumeReportStorage storage sr
1.2.840.10008.5.1.4.1.1.80.1 OphthalmicVisualFieldStaticPerimetryMeasurementsStorage storage other
1.2.840.10008.5.1.4.1.1.81.1 OphthalmicThicknessMapStorage storage image
1.2.840.10008.5.1.4.1.1.82.1 CornealTopographyMapStorage storage image
1.2.840.10008.5.1.4.1.1.88.1 TextSRStorageTrial storage sr retired
1.2.840.10008.5.1.4.1.1.88.2 AudioSRStorageTrial storage sr retired
1.2.840.10008.5.1.4.1.1.88.3 DetailSRStorageTrial storage sr retired
1.2.840.10008.5.1.4.1.1.88.4 ComprehensiveSRStorageTrial storage sr retired
1.2.840.10008.5.1.4.1.1.88.11 BasicTextSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.22 EnhancedSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.33 ComprehensiveSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.34 Comprehensive3DSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.35 ExtensibleSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.40 ProcedureLogStorage storage sr
1.2.840.10008.5.1.4.1.1.88.50 MammographyCADSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.59 KeyObjectSelectionDocumentStorage storage ko
1.2.840.10008.5.1.4.1.1.88.65 ChestCADSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.67 XRayRadiationDoseSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.68 RadiopharmaceuticalRadiationDoseSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.69 ColonCADSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.70 ImplantationPlanSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.71 AcquisitionContextSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.72 SimplifiedAdultEchoSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.73 PatientRadiationDoseSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.74 PlannedImagingAgentAdministrationSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.75 PerformedImagingAgentAdministrationSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.76 EnhancedXRayRadiationDoseSRStorage storage sr
1.2.840.10008.5.1.4.1.1.88.77 WaveformAnnotationSRStorage storage sr
1.2.840.10008.5.1.4.1.1.90.1 ContentAssessmentResultsStorage storage sr
1.2.840.10008.5.1.4.1.1.91.1 MicroscopyBulkSimpleAnnotationsStorage storage other
1.2.840.10008.5.1.4.1.1.104.1 EncapsulatedPDFStorage storage document
1.2.840.10008.5.1.4.1.1.104.2 EncapsulatedCDAStorage storage document
1.2.840.10008.5.1.4.1.1.104.3 EncapsulatedSTLStorage storage document
1.2.840.10008.5.1.4.1.1.104.4 EncapsulatedOBJStorage storage document
1.2.840.10008.5.1.4.1.1.104.5 EncapsulatedMTLStorage storage document
1.2.840.10008.5.1.4.1.1.128 PositronEmissionTomographyImageStorage storage image
1.2.840.10008.5.1.4.1.1.128.1 LegacyConvertedEnhancedPETImageStorage storage image
1.2.840.10008.5.1.4.1.1.129 StandalonePETCurveStorage storage other retired
1.2.840.10008.5.1.4.1.1.130 EnhancedPETImageStorage storage image
1.2.840.10008.5.1.4.1.1.131 BasicStructuredDisplayStorage storage other
1.2.840.10008.5.1.4.1.1.200.1 CTDefinedProcedureProtocolStorage storage other
1.2.840.10008.5.1.4.1.1.200.2 CTPerformedProcedureProtocolStorage storage other
1.2.840.10008.5.1.4.1.1.200.3 ProtocolApprovalStorage storage other
1.2.840.10008.5.1.4.1.1.200.4 ProtocolApprovalInformationModelFind find -
1.2.840.10008.5.1.4.1.1.200.5 ProtocolApprovalInformationModelMove move -
1.2.840.10008.5.1.4.1.1.200.6 ProtocolApprovalInformationModelGet get -
1.2.840.10008.5.1.4.1.1.200.7 XADefinedProcedureProtocolStorage storage other
1.2.840.10008.5.1.4.1.1.200.8 XAPerformedProcedureProtocolStorage storage other
1.2.840.10008.5.1.4.1.1.201.1 InventoryStorage storage other
1.2.840.10008.5.1.4.1.1.201.2 InventoryFind find -
1.2.840.10008.5.1.4.1.1.201.3 InventoryMove move -
1.2.840.10008.5.1.4.1.1.201.4 InventoryGet get -
1.2.840.10008.5.1.4.1.1.201.5 InventoryCreation workflow -
1.2.840.10008.5.1.4.1.1.201.6 RepositoryQuery find -
1.2.840.10008.5.1.4.1.1.481.1 RTImageStorage storage image
1.2.840.10008.5.1.4.1.1.481.2 RTDoseStorage storage image
1.2.840.10008.5.1.4.1.1.481.3 RTStructureSetStorage storage rt
1.2.840.10008.5.1.4.1.1.481.4 RTBeamsTreatmentRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.5 RTPlanStorage storage rt
1.2.840.10008.5.1.4.1.1.481.6 RTBrachyTreatmentRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.7 RTTreatmentSummaryRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.8 RTIonPlanStorage storage rt
1.2.840.10008.5.1.4.1.1.481.9 RTIonBeamsTreatmentRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.10 RTPhysicianIntentStorage storage rt
1.2.840.10008.5.1.4.1.1.481.11 RTSegmentAnnotationStorage storage rt
1.2.840.10008.5.1.4.1.1.481.12 RTRadiationSetStorage storage rt
1.2.840.10008.5.1.4.1.1.481.13 CArmPhotonElectronRadiationStorage storage rt
1.2.840.10008.5.1.4.1.1.481.14 TomotherapeuticRadiationStorage storage rt
1.2.840.10008.5.1.4.1.1.481.15 RoboticArmRadiationStorage storage rt
1.2.840.10008.5.1.4.1.1.481.16 RTRadiationRecordSetStorage storage rt
1.2.840.10008.5.1.4.1.1.481.17 RTRadiationSalvageRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.18 TomotherapeuticRadiationRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.19 CArmPhotonElectronRadiationRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.20 RoboticRadiationRecordStorage storage rt
1.2.840.10008.5.1.4.1.1.481.21 RTRadiationSetDeliveryInstructionStorage storage rt
1.2.840.10008.5.1.4.1.1.481.22 RTTreatmentPreparationStorage storage rt
1.2.840.10008.5.1.4.1.1.481.23 EnhancedRTImageStorage storage image
1.2.840.10008.5.1.4.1.1.481.24 EnhancedContinuousRTImageStorage storage image
1.2.840.10008.5.1.4.1.1.481.25 RTPatientPositionAcquisitionInstructionStorage storage rt
1.2.840.10008.5.1.4.1.1.501.1 DICOSCTImageStorage storage image
1.2.840.10008.5.1.4.1.1.501.2.1 DICOSDigitalXRayImageStorageForPresentation storage image
1.2.840.10008.5.1.4.1.1.501.2.2 DICOSDigitalXRayImageStorageForProcessing storage image
1.2.840.10008.5.1.4.1.1.501.3 DICOSThreatDetectionReportStorage storage other
1.2.840.10008.5.1.4.1.1.501.4 DICOS2DAITStorage storage other
1.2.840.10008.5.1.4.1.1.501.5 DICOS3DAITStorage storage other
1.2.840.10008.5.1.4.1.1.501.6 DICOSQuadrupoleResonanceStorage storage other
1.2.840.10008.5.1.4.1.1.601.1 EddyCurrentImageStorage storage image
1.2.840.10008.5.1.4.1.1.601.2 EddyCurrentMultiFrameImageStorage storage image
1.2.840.10008.5.1.4.1.2.1.1 PatientRootQueryRetrieveInformationModelFind find -
1.2.840.10008.5.1.4.1.2.1.2 PatientRootQueryRetrieveInformationModelMove move -
1.2.840.10008.5.1.4.1.2.1.3 PatientRootQueryRetrieveInformationModelGet get -
1.2.840.10008.5.1.4.1.2.2.1 StudyRootQueryRetrieveInformationModelFind find -
1.2.840.10008.5.1.4.1.2.2.2 StudyRootQueryRetrieveInformationModelMove move -
1.2.840.10008.5.1.4.1.2.2.3 StudyRootQueryRetrieveInformationModelGet get -
1.2.840.10008.5.1.4.1.2.3.1 PatientStudyOnlyQueryRetrieveInformationModelFind find - retired
1.2.840.10008.5.1.4.1.2.3.2 PatientStudyOnlyQueryRetrieveInformationModelMove move - retired
1.2.840.10008.5.1.4.1.2.3.3 PatientStudyOnlyQueryRetrieveInformationModelGet get - retired
1.2.840.10008.5.1.4.1.2.4.2 CompositeInstanceRootRetrieveMove move -
1.2.840.10008.5.1.4.1.2.4.3 CompositeInstanceRootRetrieveGet get -
1.2.840.10008.5.1.4.1.2.5.3 CompositeInstanceRetrieveWithoutBulkDataGet get -
1.2.840.10008.5.1.4.20.1 DefinedProcedureProtocolInformationModelFind find -
1.2.840.10008.5.1.4.20.2 DefinedProcedureProtocolInformationModelMove move -
1.2.840.10008.5.1.4.20.3 DefinedProcedureProtocolInformationModelGet get -
1.2.840.10008.5.1.4.31 ModalityWorklistInformationModelFind worklist -
1.2.840.10008.5.1.4.32 GeneralPurposeWorklistManagementMeta workflow - retired
1.2.840.10008.5.1.4.32.1 GeneralPurposeWorklistInformationModelFind worklist - retired
1.2.840.10008.5.1.4.32.2 GeneralPurposeScheduledProcedureStep workflow - retired
1.2.840.10008.5.1.4.32.3 GeneralPurposePerformedProcedureStep workflow - retired
1.2.840.10008.5.1.4.33 InstanceAvailabilityNotification notification -
1.2.840.10008.5.1.4.34.1 RTBeamsDeliveryInstructionStorageTrial storage rt retired
1.2.840.10008.5.1.4.34.2 RTConventionalMachineVerificationTrial workflow - retired
1.2.840.10008.5.1.4.34.3 RTIonMachineVerificationTrial workflow - retired
1.2.840.10008.5.1.4.34.4.1 UnifiedProcedureStepPushTrial ups - retired
1.2.840.10008.5.1.4.34.4.2 UnifiedProcedureStepWatchTrial ups - retired
1.2.840.10008.5.1.4.34.4.3 UnifiedProcedureStepPullTrial ups - retired
1.2.840.10008.5.1.4.34.4.4 UnifiedProcedureStepEventTrial ups - retired
1.2.840.10008.5.1.4.34.6.1 UnifiedProcedureStepPush ups -
1.2.840.10008.5.1.4.34.6.2 UnifiedProcedureStepWatch ups -
1.2.840.10008.5.1.4.34.6.3 UnifiedProcedureStepPull ups -
1.2.840.10008.5.1.4.34.6.4 UnifiedProcedureStepEvent ups -
1.2.840.10008.5.1.4.34.6.5 UnifiedProcedureStepQuery ups -
1.2.840.10008.5.1.4.34.7 RTBeamsDeliveryInstructionStorage storage rt
1.2.840.10008.5.1.4.34.8 RTConventionalMachineVerification workflow -
1.2.840.10008.5.1.4.34.9 RTIonMachineVerification workflow -
1.2.840.10008.5.1.4.34.10 RTBrachyApplicationSetupDeliveryInstructionStorage storage rt
1.2.840.10008.5.1.4.37.1 GeneralRelevantPatientInformationQuery find -
1.2.840.10008.5.1.4.37.2 BreastImagingRelevantPatientInformationQuery find -
1.2.840.10008.5.1.4.37.3 CardiacRelevantPatientInformationQuery find -
1.2.840.10008.5.1.4.38.1 HangingProtocolStorage storage other
1.2.840.10008.5.1.4.38.2 HangingProtocolInformationModelFind find -
1.2.840.10008.5.1.4.38.3 HangingProtocolInformationModelMove move -
1.2.840.10008.5.1.4.38.4 HangingProtocolInformationModelGet get -
1.2.840.10008.5.1.4.39.1 ColorPaletteStorage storage other
1.2.840.10008.5.1.4.39.2 ColorPaletteQueryRetrieveInformationModelFind find -
1.2.840.10008.5.1.4.39.3 ColorPaletteQueryRetrieveInformationModelMove move -
1.2.840.10008.5.1.4.39.4 ColorPaletteQueryRetrieveInformationModelGet get -
1.2.840.10008.5.1.4.41 ProductCharacteristicsQuery find -
1.2.840.10008.5.1.4.42 SubstanceApprovalQuery find -
1.2.840.10008.5.1.4.43.1 GenericImplantTemplateStorage storage other
1.2.840.10008.5.1.4.43.2 GenericImplantTemplateInformationModelFind find -
1.2.840.10008.5.1.4.43.3 GenericImplantTemplateInformationModelMove move -
1.2.840.10008.5.1.4.43.4 GenericImplantTemplateInformationModelGet get -
1.2.840.10008.5.1.4.44.1 ImplantAssemblyTemplateStorage storage other
1.2.840.10008.5.1.4.44.2 ImplantAssemblyTemplateInformationModelFind find -
1.2.840.10008.5.1.4.44.3 ImplantAssemblyTemplateInformationModelMove move -
1.2.840.10008.5.1.4.44.4 ImplantAssemblyTemplateInformationModelGet get -
1.2.840.10008.5.1.4.45.1 ImplantTemplateGroupStorage storage other
1.2.840.10008.5.1.4.45.2 ImplantTemplateGroupInformationModelFind find -
1.2.840.10008.5.1.4.45.3 ImplantTemplateGroupInformationModelMove move -
1.2.840.10008.5.1.4.45.4 ImplantTemplateGroupInformationModelGet get -
1.2.840.10008.10.1 VideoEndoscopicImageRealTimeCommunication realtime -
1.2.840.10008.10.2 VideoPhotographicImageRealTimeCommunication realtime -
1.2.840.10008.10.3 AudioWaveformRealTimeCommunication realtime -
1.2.840.10008.10.4 RenditionSelectionDocumentRealTimeCommunication realtime -
1.2.392.200036.9125.1.1.2 PrivateFujiCRImageStorage storage image private
1.2.392.200036.9116.7.8.1.1.1 PrivateToshibaUSPrivateDataStorage storage other private
1.2.840.113619.4.2 PrivateGEDicomMRImageInfoObject storage image private
1.2.840.113619.4.3 PrivateGEDicomCTImageInfoObject storage image private
1.2.840.113619.4.4 PrivateGEDicomDisplayImageInfoObject storage image private
1.2.840.113619.4.5.249 PrivateGERTPlanStorage storage rt private
1.2.840.113619.4.26 PrivateGE3DModelStorage storage other private
1.2.840.113619.4.27 PrivateGEeNTEGRAProtocolOrNMGenieStorage storage other private
1.2.840.113619.4.30 PrivateGEPETRawDataStorage storage other private
1.2.528.1.1001.5.1.1.1 PrivateGECollageStorage storage other private
1.2.124.113532.3500.7 PrivateAgfaBasicAttributePresentationState storage pr private
1.2.124.113532.3500.8.1 PrivateAgfaArrivalTransaction storage other private
1.2.124.113532.3500.8.2 PrivateAgfaDictationTransaction storage other private
1.2.124.113532.3500.8.3 PrivateAgfaReportTranscriptionTransaction storage other private
1.2.124.113532.3500.8.4 PrivateAgfaReportApprovalTransaction storage other private
1.2.826.0.1.3680043.293.1.0.1 PrivateERADPracticeBuilderReportTextStorage storage other private
1.2.826.0.1.3680043.293.1.0.2 PrivateERADPracticeBuilderReportDictationStorage storage other private
1.2.840.113543.6.6.1.3.10001 PrivatePhilipsHPLive3D01Storage storage other private
1.2.840.113543.6.6.1.3.10002 PrivatePhilipsHPLive3D02Storage storage other private
1.3.46.670589.2.3.1.1 PrivatePhilipsSpecialisedXAStorage storage image private
1.3.46.670589.2.4.1.1 PrivatePhilipsCXImageStorage storage image private
1.3.46.670589.2.5.1.1 PrivatePhilips3DPresentationStateStorage storage other private
1.3.46.670589.2.8.1.1 PrivatePhilipsVRMLStorage storage other private
1.3.46.670589.2.11.1.1 PrivatePhilipsVolumeSetStorage storage other private
1.3.46.670589.5.0.1 PrivatePhilipsVolumeStorage storage other private
1.3.46.670589.5.0.1.1 PrivatePhilipsVolume2Storage storage other private
1.3.46.670589.5.0.2 PrivatePhilips3DObjectStorage storage other private
1.3.46.670589.5.0.2.1 PrivatePhilips3DObject2Storage storage other private
1.3.46.670589.5.0.3 PrivatePhilipsSurfaceStorage storage other private
1.3.46.670589.5.0.3.1 PrivatePhilipsSurface2Storage storage other private
1.3.46.670589.5.0.4 PrivatePhilipsCompositeObjectStorage storage other private
1.3.46.670589.5.0.7 PrivatePhilipsMRCardioProfileStorage storage other private
1.3.46.670589.5.0.8 PrivatePhilipsMRCardioStorage storage other private
1.3.46.670589.5.0.8.1 PrivatePhilipsMRCardio2Storage storage other private
1.3.46.670589.5.0.9 PrivatePhilipsCTSyntheticImageStorage storage image private
1.3.46.670589.5.0.10 PrivatePhilipsMRSyntheticImageStorage storage image private
1.3.46.670589.5.0.11 PrivatePhilipsMRCardioAnalysisStorage storage other private
1.3.46.670589.5.0.11.1 PrivatePhilipsMRCardioAnalysis2Storage storage other private
1.3.46.670589.5.0.12 PrivatePhilipsCXSyntheticImageStorage storage image private
1.3.46.670589.5.0.13 PrivatePhilipsPerfusionStorage storage other private
1.3.46.670589.5.0.14 PrivatePhilipsPerfusionImageStorage storage image private
1.3.46.670589.7.8.1618510091 PrivatePhilipsXRayMFStorage storage image private
1.3.46.670589.7.8.1618510092 PrivatePhilipsLiveRunStorage storage image private
1.3.46.670589.7.8.16185100129 PrivatePhilipsRunStorage storage image private
1.3.46.670589.7.8.16185100130 PrivatePhilipsReconstructionStorage storage image private
1.3.46.670589.11.0.0.12.1 PrivatePhilipsMRSpectrumStorage storage other private
1.3.46.670589.11.0.0.12.2 PrivatePhilipsMRSeriesDataStorage storage other private
1.3.46.670589.11.0.0.12.3 PrivatePhilipsMRColorImageStorage storage image private
1.3.46.670589.11.0.0.12.4 PrivatePhilipsMRExamcardStorage storage other private
1.3.12.2.1107.5.9.1 PrivateSiemensCSANonImageStorage storage other private
1.3.12.2.1107.5.99.3.10 PrivateSiemensCTMRVolumeStorage storage other private
1.3.12.2.1107.5.99.3.11 PrivateSiemensAXFrameSetsStorage storage other private
1.2.276.0.48.5.1.4.1.1.7 PrivateTomTecAnnotationStorage storage other private
"""


@dataclass(frozen=True, slots=True)
class SopClass:
    """One line of the table.

    `kind`: storage, find, move, get, worklist, mpps, ups, print, commitment, verification, media, notification,
    realtime or workflow. `content` of a storage class: image, video, sr, ko, pr, seg, waveform, rt, document or other.
    """

    uid: str
    keyword: str
    kind: str
    content: str
    retired: bool
    private: bool


def _read(line: str) -> SopClass:
    uid, keyword, kind, content, *flags = line.split()
    return SopClass(uid, keyword, kind, "" if content == "-" else content, "retired" in flags, "private" in flags)


SOP_CLASSES: tuple[SopClass, ...] = tuple(_read(line) for line in _TABLE.splitlines())
BY_UID: dict[str, SopClass] = {found.uid: found for found in SOP_CLASSES}
UID_OF: dict[str, str] = {found.keyword: found.uid for found in SOP_CLASSES}
STORAGE_UIDS: frozenset[str] = frozenset(found.uid for found in SOP_CLASSES if found.kind == "storage")


def name_of(uid: str) -> str:
    """Return the keyword of a SOP class, or the UID itself when nobody knows it."""
    found = BY_UID.get(uid)
    return uid if found is None else found.keyword


def is_storage(uid: str) -> bool:
    """Say whether this is a storage SOP class of the table."""
    return uid in STORAGE_UIDS


def may_be_storage(uid: str) -> bool:
    """Say whether objects of this class may be stored: known storage classes, and every class nobody knows."""
    found = BY_UID.get(uid)
    return found is None or found.kind == "storage"


def content_of(uid: str) -> str:
    """Return what an object of this class holds: image, video, sr, … ; "other" for a class nobody knows."""
    found = BY_UID.get(uid)
    return found.content if found is not None and found.content else "other"
