"""Are made-up studies of every kind valid for dciodvfy, consistent for dcentvfy, and read by others?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lumenarc.cli.dcmgen import KINDS
from tools import run

pytestmark = pytest.mark.conformance
# Synthetic Data is younger than this dciodvfy: the edition of 2023b brought it.
UNKNOWN = "(0x0008,0x001c)"
# These two differ about where Accession Number belongs in an SR document (IE Series, or Study).
ABOUT_ACCESSION = "<AccessionNumber> IE <Series> versus <Study>"


def said(*words: str) -> list[str]:
    """Run a judge; return its lines."""
    done = subprocess.run(words, capture_output=True, check=False)
    return (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_studies_are_valid(kind: str, tmp_path: Path) -> None:
    assert run("dcmgen", "--size", "64", "--frames", "4", kind, tmp_path).code == 0
    paths = [str(path) for path in sorted(tmp_path.rglob("*.dcm"))]
    assert paths
    for path in paths:
        errors = [line for line in said("dciodvfy", path) if line.startswith("Error")]
        assert [line for line in errors if UNKNOWN not in line] == [], path
    about = [line for line in said("dcentvfy", *paths) if ABOUT_ACCESSION not in line]
    assert about == []
    assert run("dcmvalidate", "--errors-only", *paths).code == 0
    if kind == "sr":
        assert any("Solitary nodule" in line for line in said("dsrdump", paths[-1]))
