"""Does the archive behave as its own description says? schemathesis asks thousands of questions that nobody wrote down.

No answer may be a 5xx, have a status or a media type that /openapi.json does not name, or a body of another form.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pydicom
import pytest
from corpus import PYDICOM_FILES

from served import serve

pytestmark = pytest.mark.conformance
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
CONFIG = """\
[parameters]
"path.study" = "{study}"
"path.series" = "{series}"
"path.inst" = "{inst}"
"path.frames" = "1"
"query.studyUID" = "{study}"
"query.seriesUID" = "{series}"
"query.objectUID" = "{inst}"
"query.requestType" = "WADO"
"""


def test_no_question_breaks_the_archive(tmp_path: Path) -> None:
    served = serve(tmp_path / "archive")
    for name in ("CT_small.dcm", "waveform_ecg.dcm", "test-SR.dcm"):
        data = next(PYDICOM_FILES.rglob(name)).read_bytes()
        headers = {"Content-Type": "application/dicom"}
        assert httpx.post(served.http + "dicom-web/studies", content=data, headers=headers).status_code == 200
    head = pydicom.dcmread(next(PYDICOM_FILES.rglob("CT_small.dcm")), stop_before_pixels=True)
    config = CONFIG.format(study=head.StudyInstanceUID, series=head.SeriesInstanceUID, inst=head.SOPInstanceUID)
    (tmp_path / "schemathesis.toml").write_text(config)
    program = str(Path(sys.executable).parent / "schemathesis")
    # Storing takes DICOM, which it cannot make; deleting comes last, else there would be nothing to ask for.
    asked = ("--include-path-regex", "^/(dicom-web|wado)", "--exclude-method", "POST", "--checks", CHECKS)
    for method, phases in (("DELETE", "coverage,fuzzing"), ("GET", "fuzzing")):
        command = (
            *(program, "--config-file", str(tmp_path / "schemathesis.toml"), "run", served.http + "openapi.json"),
            *("--max-examples", "3", "--phases", phases, "--request-timeout", "30", "--seed", "1", "--no-color"),
            *(*asked, "--exclude-method", method),
        )
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
    served.stop()
