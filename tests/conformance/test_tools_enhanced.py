"""Are the enhanced objects that sf2emf makes what dciodvfy and highdicom expect, for real series?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import highdicom.legacy
import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset

from tools import run

pytestmark = pytest.mark.conformance
ROOT = PYDICOM_FILES / "test_files" / "dicomdirtests"
SERIES = {"CT": ROOT / "77654033" / "CT2", "MR": ROOT / "98892003" / "MR700"}


def complaints(path: Path) -> set[str]:
    """Return the errors that dciodvfy finds."""
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False).stderr.decode("latin-1")
    return {line for line in said.splitlines() if line.startswith("Error")}


def group(ds: Dataset, number: int, macro: str) -> Dataset:
    """Return a functional group of a frame, wherever it stands."""
    groups = (ds.PerFrameFunctionalGroupsSequence[number], ds.SharedFunctionalGroupsSequence[0])
    found: Dataset = next(each[macro][0] for each in groups if macro in each)
    return found


@pytest.mark.parametrize("modality", SERIES)
def test_legacy_converted_objects_are_valid_and_like_those_of_highdicom(modality: str, tmp_path: Path) -> None:
    assert run("sf2emf", SERIES[modality], tmp_path / "whole.dcm").code == 0
    singles = [pydicom.dcmread(path) for path in sorted(SERIES[modality].iterdir())]
    before = set[str]().union(*(complaints(path) for path in SERIES[modality].iterdir()))
    assert complaints(tmp_path / "whole.dcm") - before == set()
    ours = pydicom.dcmread(tmp_path / "whole.dcm")
    make = {
        "CT": highdicom.legacy.LegacyConvertedEnhancedCTImage,
        "MR": highdicom.legacy.LegacyConvertedEnhancedMRImage,
    }[modality]
    theirs = make(singles, "1.2.3.4", 1, "1.2.3.5", 1)
    assert theirs.SOPClassUID == ours.SOPClassUID
    assert theirs.NumberOfFrames == ours.NumberOfFrames == len(singles)

    def frames(ds: Dataset) -> dict[str, tuple[object, ...]]:
        pixels = np.frombuffer(ds.PixelData, np.uint16).reshape(len(singles), -1)
        found: dict[str, tuple[object, ...]] = {}
        for number in range(len(singles)):
            source = group(ds, number, "ConversionSourceAttributesSequence").ReferencedSOPInstanceUID
            plane = group(ds, number, "PlanePositionSequence").ImagePositionPatient
            turned = group(ds, number, "PlaneOrientationSequence").ImageOrientationPatient
            window = group(ds, number, "FrameVOILUTSequence")
            found[str(source)] = (
                list(plane), list(turned), window.WindowCenter, pixels[number].tobytes(),
            )  # fmt: skip
        return found

    assert frames(ours) == frames(theirs)
