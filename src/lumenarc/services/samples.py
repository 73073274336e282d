"""How does a first look get something to see? Sample studies made on the spot and marked as such; no person, no file.

The UIDs come from the names of the objects: loading the samples again brings the same objects, which are there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from lumenarc.archive import Archive
from lumenarc.dicom.synthetic.kinds import BY_NAME
from lumenarc.dicom.synthetic.study import Amount, Person, Study, part10
from lumenarc.errors import LumenarcError
from lumenarc.services.store import Source, store_part10

_PHANTOM = Person("Phantom^Chest", "SAMPLE-1", "F", "19710405", 62, 1.68)
_WANG = Person("Wang^Xiaodong=王^小东", "SAMPLE-2", "M", "19840923")
_HEART = Person("Phantom^Heart", "SAMPLE-3", "O", "19990101")
# The kind of each study, and its head.
_STUDIES = (
    ("ct", Study("ct", _PHANTOM, "20260112", "091500", "Sample CT chest", "1", "SAMPLE0001")),
    ("mr", Study("mr", _WANG, "20260203", "143000", "样例 MR 头部", "2", "SAMPLE0002")),
    ("cr", Study("cr", _PHANTOM, "20251130", "080500", "Sample chest radiograph", "3", "SAMPLE0003")),
    ("us", Study("us", _HEART, "20260220", "101000", "Sample echocardiogram", "4", "SAMPLE0004")),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the samples: the studies, and how many objects are new, were there, or failed."""

    studies: tuple[str, ...]
    n_stored: int
    n_present: int
    n_failed: int


def load(archive: Archive) -> Loaded:
    """Make the sample studies and store them as if they had been sent."""
    n_stored = n_present = n_failed = 0
    studies: dict[str, None] = {}
    for ds in _samples():
        studies[str(ds.StudyInstanceUID)] = None
        try:
            done = store_part10(archive, [part10(ds)], Source("SAMPLES"))
        except LumenarcError:
            n_failed += 1
            continue
        n_stored, n_present = n_stored + (done.outcome == "stored"), n_present + (done.outcome == "duplicate")
    return Loaded(tuple(studies), n_stored, n_present, n_failed)


def _samples() -> Iterator[Dataset]:
    for kind, study in _STUDIES:
        yield from BY_NAME[kind].make(study, Amount())
