"""Does dcmvalidate agree with dciodvfy about what is missing, on every file of pydicom's, but for what is explained?"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files

from lumenarc.cli.dcmgen import KINDS
from lumenarc.cli.dcmvalidate import validate_file
from lumenarc.cli.files import Job
from lumenarc.dicom import iods
from lumenarc.errors import BadDataSet
from tools import run

pytestmark = pytest.mark.conformance
# Attribute → why the two differ.
EXPLAINED = {
    "Modality": "dciodvfy takes the type 3 of the SC Equipment module, we the type 1 of the General Series module",
    "OperatorsName": "type 2 of the RT Series module in editions younger than dciodvfy's",
    "ContrastBolusAgent": "we check the Contrast/Bolus module as soon as one of its attributes is there",
    "NumberOfFrames": "we check the Multi-frame module as soon as one of its attributes is there",
    "FrameOfReferenceUID": "the Frame of Reference module is user option U of the RT Structure Set; dciodvfy wants it",
    "PositionReferenceIndicator": "the same",
}


def missing(path: Path) -> tuple[set[str], set[str]]:
    """Return what we, and what dciodvfy, find missing in a file."""
    options = argparse.Namespace(iod=None, errors_only=True)
    done = validate_file(Job(path), options, lambda text: None)
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False).stderr.decode("latin-1")
    theirs = set(re.findall(r"Missing attribute Type [12] Required Element=<(\w+)>", said))
    places = [error["attribute"] for error in done.fields["errors"] if error["text"].endswith("is missing")]
    return {re.sub(r"\[\d+\]", "", place).rpartition(".")[2] for place in places}, theirs


def test_dciodvfy_misses_what_we_miss() -> None:
    unexplained: dict[str, set[str]] = {}
    n_same = 0
    for path in real_files():
        if PYDICOM_FILES not in path.parents:
            continue
        try:
            ours, theirs = missing(path)
        except BadDataSet:
            continue
        if (ours ^ theirs) - EXPLAINED.keys():
            unexplained[path.name] = (ours ^ theirs) - EXPLAINED.keys()
        n_same += ours == theirs
    assert unexplained == {}
    assert n_same > 50


@pytest.mark.parametrize("kind", KINDS)
def test_dciodvfy_misses_what_is_taken_out(kind: str, tmp_path: Path) -> None:
    """Take attributes out of valid objects, one at a time: both name it, and nothing else."""
    assert run("dcmgen", "--size", "32", "--frames", "3", kind, tmp_path / "made").code == 0
    path = sorted((tmp_path / "made").rglob("*.dcm"))[-1]
    ds = pydicom.dcmread(path)
    types = iods.top_level(iods.iod_of(ds.SOPClassUID))
    needed = [element.tag for element in ds if types.get(f"{element.tag:08X}") in ("1", "2")]
    # dciodvfy finds the IOD by SOP Class and Modality, and looks for functional groups that are gone.
    kept = (0x00080016, 0x00080018, 0x00080060, 0x52009229, 0x52009230)
    tried = [tag for tag in needed if tag.group != 0x7FE0 and tag not in kept][::4]
    assert len(tried) > 3
    for tag in tried:
        cut = pydicom.dcmread(path)
        keyword = cut[tag].keyword
        del cut[tag]
        cut.save_as(tmp_path / "cut.dcm")
        assert missing(tmp_path / "cut.dcm") == ({keyword}, {keyword})
