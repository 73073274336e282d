"""Which real DICOM files the tests use: pydicom's own, and the shared collection when it is there."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import pydicom

PYDICOM_FILES = Path(pydicom.__file__).parent / "data"
SHARED_FILES = Path(__file__).parents[3] / "shared" / "data"


@cache
def real_files() -> tuple[Path, ...]:
    """Return every file that pydicom reads as DICOM, DICOMDIRs apart."""
    found = []
    for root in (PYDICOM_FILES, SHARED_FILES):
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_file() and not path.name.startswith("DICOMDIR") and _reads(path):
                found.append(path)
    return tuple(found)


def _reads(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data_set = pydicom.dcmread(path, stop_before_pixels=True)
        except Exception:  # noqa: BLE001 - whatever pydicom cannot read is no part of the corpus
            return False
        return "SOPInstanceUID" in data_set
