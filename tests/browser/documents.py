"""Which made-up objects without still images do the browser tests look at? A PDF, a video (PS3.3 A.45.1, A.32.5)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import phantoms
from pydicom.encaps import encapsulate
from pydicom.uid import MPEG4HP41, EncapsulatedPDFStorage, VideoPhotographicImageStorage, generate_uid
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas


def write_pdf(folder: Path, study_uid: str) -> None:
    """Write an encapsulated PDF of two pages, the first with a black bar across its upper half."""
    paper = io.BytesIO()
    canvas = cast(Any, Canvas)(paper, pagesize=A5)
    canvas.rect(0, A5[1] / 2, A5[0], A5[1] / 2, fill=1)
    canvas.showPage()
    canvas.drawString(40, 300, "Second page")
    canvas.showPage()
    canvas.save()
    data_set = phantoms.instance(EncapsulatedPDFStorage, generate_uid(), "DOC", study_uid, generate_uid())
    data_set.SeriesNumber, data_set.InstanceNumber, data_set.SeriesDescription = 8, 1, "Letter"
    data_set.MIMETypeOfEncapsulatedDocument = "application/pdf"
    bytes_of = paper.getvalue()
    data_set.EncapsulatedDocument = bytes_of + b"\0" * (len(bytes_of) % 2)
    data_set.save_as(folder / "letter.dcm", enforce_file_format=True)


def write_video(folder: Path, study_uid: str, movie: bytes, size: tuple[int, int]) -> None:
    """Wrap an MP4 of H.264 in a video object."""
    data_set = phantoms.instance(VideoPhotographicImageStorage, generate_uid(), "XC", study_uid, generate_uid())
    data_set.file_meta.TransferSyntaxUID = MPEG4HP41
    data_set.SeriesNumber, data_set.InstanceNumber, data_set.SeriesDescription = 9, 1, "Film"
    data_set.Columns, data_set.Rows = size
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation, data_set.PlanarConfiguration = 3, "YBR_PARTIAL_420", 0
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = 8, 8, 7, 0
    data_set.NumberOfFrames, data_set.CineRate, data_set.FrameTime = 10, 10, 100
    data_set.PixelData = encapsulate([movie], has_bot=False)
    data_set.save_as(folder / "film.dcm", enforce_file_format=True)
