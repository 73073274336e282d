"""The DICOM door: which requests are answered, and by which file (PS3.7 9)."""
