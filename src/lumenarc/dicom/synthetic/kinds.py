"""Which kinds of studies are made up? KINDS, one line each; a kind makes the objects of one study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from lumenarc.dicom.synthetic import derived, others, projections, volumes
from lumenarc.dicom.synthetic.study import Amount, Study

Make = Callable[[Study, Amount], Iterator[Dataset]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of study: its name, the descriptions one of which a study gets, and what makes its objects."""

    name: str
    descriptions: tuple[str, ...]
    make: Make


KINDS = (
    Kind("ct", ("CT chest", "CT thorax with contrast", "CT Thorax nativ"), volumes.ct),
    Kind("mr", ("MR head", "IRM cérébrale", "MRT Schädel", "头部 MR"), volumes.mr),
    Kind("pt", ("PET/CT FDG", "PET/CT staging"), volumes.pet),
    Kind("cr", ("Chest radiograph", "Röntgen Thorax"), projections.cr),
    Kind("dx", ("Chest PA and lateral", "Rx tórax 2 proyecciones"), projections.dx),
    Kind("mg", ("Screening mammography", "Mammographie"), projections.mg),
    Kind("us", ("Echocardiogram", "心臓超音波検査"), projections.us),
    Kind("nm", ("Bone scan", "Skelettszintigraphie"), projections.nm),
    Kind("xa", ("Coronary angiography", "Koronarangiographie"), projections.xa),
    Kind("rt", ("Radiotherapy planning",), derived.rt),
    Kind("seg", ("CT chest, segmented",), derived.seg),
    Kind("sr", ("CT chest with report",), derived.sr),
    Kind("ecg", ("12-lead rest ECG", "Ruhe-EKG"), others.ecg),
    Kind("pdf", ("Report as PDF",), others.pdf),
    Kind("es", ("Colonoscopy", "Koloskopie"), others.video),
    Kind("enhanced-ct", ("CT chest, enhanced object",), others.enhanced_ct),
    Kind("enhanced-mr", ("MR head, enhanced object",), others.enhanced_mr),
)
BY_NAME = {kind.name: kind for kind in KINDS}
