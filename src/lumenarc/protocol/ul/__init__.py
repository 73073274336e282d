"""The DICOM upper layer protocol (PS3.8) as values and one state machine."""
