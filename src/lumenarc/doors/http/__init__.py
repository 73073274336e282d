"""The HTTP door: DICOMweb (PS3.18), the administration API and the page."""
