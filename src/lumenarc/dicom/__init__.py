"""What DICOM data are and mean: bytes in, values out, no I/O."""
