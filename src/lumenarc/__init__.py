"""Lumenarc: a DICOM image archive that receives, finds, retrieves and shows medical images."""

__version__ = "0.1.0"
