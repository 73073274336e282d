"""Which images does the benchmark send? Made anew from a seed: *big* and *small* CT, and many studies of one image.

    big     800 instances of 512×512×16 bit in 4 studies, 8 series (404 MB)
    small   2,000 instances of 32×32×16 bit in 20 studies
    many    20,000 studies of one instance of 8×8
    files   10,000 instances of 128×128 in 100 studies
    huge    one multi-frame instance of 500 MB

Each lies in four folders of equal weight, one for each of four associations. Pixels are noise: nothing compresses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lumenarc.dicom import encode
from lumenarc.dicom.part10 import build_meta

_CT, _MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7.3"
_EXPLICIT_LE = "1.2.840.10008.1.2.1"
_ROOT = "1.2.826.0.1.3680043.10.1391"
_SEED = 20261124
N_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """One set of images: how many studies, series in each, instances in each, and their size."""

    name: str
    number: int
    n_studies: int
    n_series: int
    n_instances: int
    n_pixels: int

    @property
    def total(self) -> int:
        """The number of instances."""
        return self.n_studies * self.n_series * self.n_instances

    def study_uid(self, study: int) -> str:
        """Return the UID of a study by its number."""
        return f"{_ROOT}.{self.number}.{study + 1}"

    def series_uid(self, study: int, series: int) -> str:
        """Return the UID of a series by its number within the study."""
        return f"{self.study_uid(study)}.{series + 1}"

    def patient_id(self, study: int) -> str:
        """Return the ID of the patient of a study."""
        return f"B{self.number}P{study:06}"


BIG = Kind("big", 1, 4, 2, 100, 512)
SMALL = Kind("small", 2, 20, 1, 100, 32)
MANY = Kind("many", 3, 20_000, 1, 1, 8)
FILES = Kind("files", 4, 100, 1, 100, 128)


def quarters(folder: Path, kind: Kind, share: float = 1.0) -> list[Path]:
    """Make a set of images unless it is there; return its four folders. `share` takes the first studies only."""
    made = folder / f"{kind.name}-{share:g}"
    done = folder / f"{made.name}.done"
    found = [made / f"q{number}" for number in range(N_QUARTERS)]
    if not done.exists():
        rng = np.random.default_rng(_SEED + kind.number)
        n_studies = max(1, round(kind.n_studies * share))
        for place in found:
            place.mkdir(parents=True, exist_ok=True)
        for study in range(n_studies):
            _write_study(found[study * N_QUARTERS // n_studies], kind, study, rng)
        done.touch()
    return found


def _write_study(place: Path, kind: Kind, study: int, rng: np.random.Generator) -> None:
    for series in range(kind.n_series):
        for number in range(kind.n_instances):
            uid = f"{kind.series_uid(study, series)}.{number + 1}"
            pixels = rng.integers(0, 4096, kind.n_pixels**2, dtype=np.uint16).tobytes()
            header = _attributes(kind, study, series, number) | {"00080018": _value("UI", uid)}
            data = encode.encode(header, _EXPLICIT_LE, "") + _pixel_element(len(pixels)) + pixels
            meta = build_meta(_CT, uid, _EXPLICIT_LE, None, bytes(32), len(data))
            (place / f"{study:05}-{series}-{number:04}.dcm").write_bytes(meta + data)


def huge(folder: Path, n_bytes: int) -> Path:
    """Make one multi-frame instance of about `n_bytes` unless it is there."""
    path = folder / f"huge-{n_bytes}.dcm"
    if not path.exists():
        n_frames = n_bytes // (512 * 512 * 2)
        block = np.random.default_rng(_SEED).integers(0, 65536, 512 * 512, dtype=np.uint16).tobytes()
        header = _attributes(BIG, 0, 0, 0) | {
            "00080016": _value("UI", _MULTI_FRAME),
            "00080018": _value("UI", f"{_ROOT}.9.1"),
            "0020000D": _value("UI", f"{_ROOT}.9"),
            "0020000E": _value("UI", f"{_ROOT}.9.0"),
            "00280008": _value("IS", n_frames),
        }
        head = encode.encode(header, _EXPLICIT_LE, "") + _pixel_element(n_frames * len(block))
        with path.open("wb") as out:
            n_total = len(head) + n_frames * len(block)
            out.write(build_meta(_MULTI_FRAME, f"{_ROOT}.9.1", _EXPLICIT_LE, None, bytes(32), n_total))
            out.write(head)
            for _frame in range(n_frames):
                out.write(block)
    return path


def _pixel_element(n_bytes: int) -> bytes:
    return b"\xe0\x7f\x10\x00OW\0\0" + n_bytes.to_bytes(4, "little")


def _value(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}


def _attributes(kind: Kind, study: int, series: int, number: int) -> dict[str, Any]:
    """Return about what the header of a CT image holds (PS3.3 A.3), without its SOP Instance UID."""
    date = f"{2006 + study % 20}{1 + study % 12:02}{1 + study % 28:02}"
    name = {"Alphabetic": f"Patient{study:05}^Bench^{'ABCDEFGHIJ'[study % 10]}"}
    spacing = ("0.742188", "0.742188")
    return {
        "00080008": _value("CS", "ORIGINAL", "PRIMARY", "AXIAL"),
        "00080012": _value("DA", date),
        "00080013": _value("TM", "101112.000000"),
        "00080016": _value("UI", _CT),
        "00080020": _value("DA", date),
        "00080021": _value("DA", date),
        "00080022": _value("DA", date),
        "00080023": _value("DA", date),
        "00080030": _value("TM", f"{study % 24:02}1112.000000"),
        "00080031": _value("TM", "101213.000000"),
        "00080032": _value("TM", "101314.000000"),
        "00080033": _value("TM", "101415.000000"),
        "00080050": _value("SH", f"A{kind.number}{study:06}"),
        "00080060": _value("CS", "CT"),
        "00080070": _value("LO", "Lumenarc"),
        "00080080": _value("LO", "Bench General Hospital"),
        "00080081": _value("ST", "1 Measure Street, Testville"),
        "00080090": _value("PN", {"Alphabetic": "Referring^Robin"}),
        "00081010": _value("SH", "CT01"),
        "00081030": _value("LO", "CT Thorax with contrast"),
        "0008103E": _value("LO", f"Axial 1.0 B{series}"),
        "00081050": _value("PN", {"Alphabetic": "Performing^Pat"}),
        "00081070": _value("PN", {"Alphabetic": "Operator^Olly"}),
        "00081090": _value("LO", "Generator 9000"),
        "00081140": _value(
            "SQ", {"00081150": _value("UI", _CT), "00081155": _value("UI", f"{_ROOT}.8.{study + 1}.{series + 1}")}
        ),
        "00100010": _value("PN", name),
        "00100020": _value("LO", kind.patient_id(study)),
        "00100030": _value("DA", f"{1930 + study % 80}0{1 + study % 9}1{study % 9}"),
        "00100040": _value("CS", "FM"[study % 2]),
        "00101010": _value("AS", f"{study % 90:03}Y"),
        "00101030": _value("DS", "71.5"),
        "00180015": _value("CS", "CHEST"),
        "00180022": _value("CS", "HELICAL MODE"),
        "00180050": _value("DS", "1.25"),
        "00180060": _value("DS", "120"),
        "00180090": _value("DS", "500"),
        "00181020": _value("LO", "1.0"),
        "00181030": _value("LO", "Thorax routine"),
        "00181100": _value("DS", "380"),
        "00181110": _value("DS", "1099.31"),
        "00181120": _value("DS", "0"),
        "00181130": _value("DS", "145.5"),
        "00181150": _value("IS", 800),
        "00181151": _value("IS", 240),
        "00181210": _value("SH", "STANDARD"),
        "00185100": _value("CS", "FFS"),
        "0020000D": _value("UI", kind.study_uid(study)),
        "0020000E": _value("UI", kind.series_uid(study, series)),
        "00200010": _value("SH", str(study)),
        "00200011": _value("IS", series + 1),
        "00200012": _value("IS", 1),
        "00200013": _value("IS", number + 1),
        "00200032": _value("DS", "-190", "-190", str(number * 1.25)),
        "00200037": _value("DS", "1", "0", "0", "0", "1", "0"),
        "00200052": _value("UI", f"{kind.series_uid(study, series)}.0"),
        "00201041": _value("DS", str(number * 1.25)),
        "00280002": _value("US", 1),
        "00280004": _value("CS", "MONOCHROME2"),
        "00280010": _value("US", kind.n_pixels),
        "00280011": _value("US", kind.n_pixels),
        "00280030": _value("DS", *spacing),
        "00280100": _value("US", 16),
        "00280101": _value("US", 12),
        "00280102": _value("US", 11),
        "00280103": _value("US", 0),
        "00281050": _value("DS", "40"),
        "00281051": _value("DS", "400"),
        "00281052": _value("DS", "-1024"),
        "00281053": _value("DS", "1"),
    }
