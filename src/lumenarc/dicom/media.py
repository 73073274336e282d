"""What does a plain JPEG, JPEG 2000 file or MPEG stream say about itself, and how does DICOM carry it? (PS3.5 8.2, A.4)

Compressed pictures are taken over as they are, without a new generation of loss; only what DICOM has no transfer
syntax for (progressive JPEG, PNG, TIFF …) has to be unpacked, which `imaging` does. Videos: `video.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lumenarc.dicom.codestream import Codestream, read_jpeg, read_jpeg2000
from lumenarc.dicom.query import Attributes
from lumenarc.errors import Unrenderable, UnsupportedMedia

_J = "1.2.840.10008.1.2.4."
# JPEG processes that DICOM still carries: low byte of SOF → transfer syntax; lossless needs a look at its predictor.
_PROCESSES = {0xC0: _J + "50", 0xC1: _J + "51"}
_METHODS = {"50": "ISO_10918_1", "51": "ISO_10918_1", "81": "ISO_14495_1", "91": "ISO_15444_1", "203": "ISO_15444_15"}
_MAX_BOXES = 1000


@dataclass(frozen=True, slots=True)
class Pixels:
    """The Image Pixel module of pixel data that are about to become an object, and their transfer syntax."""

    transfer_syntax_uid: str
    rows: int
    columns: int
    samples: int
    bits_stored: int
    photometric: str
    n_frames: int = 1
    signed: bool = False
    frame_time_ms: float | None = None
    lossy_method: str = ""
    """The defined term of (0028,2114); empty: nothing was lost."""

    @property
    def bits_allocated(self) -> int:
        """The size of the container of a sample."""
        return 8 if self.bits_stored <= 8 else 16

    def attributes(self, n_bytes: int) -> Attributes:
        """Return the Image Pixel, Multi-frame and lossy attributes; `n_bytes` is the length of the pixel data."""
        numbers = {
            "00280002": self.samples, "00280010": self.rows, "00280011": self.columns,
            "00280100": self.bits_allocated, "00280101": self.bits_stored, "00280102": self.bits_stored - 1,
            "00280103": int(self.signed),
        }  # fmt: skip
        found: Attributes = {tag: {"vr": "US", "Value": [value]} for tag, value in numbers.items()}
        found["00280004"] = {"vr": "CS", "Value": [self.photometric]}
        if self.samples > 1:
            found["00280006"] = {"vr": "US", "Value": [0]}
        if self.n_frames > 1 or self.frame_time_ms is not None:
            found["00280008"] = {"vr": "IS", "Value": [self.n_frames]}
        if self.frame_time_ms is not None:
            found["00181063"] = {"vr": "DS", "Value": [round(self.frame_time_ms, 6)]}
            found["00280009"] = {"vr": "AT", "Value": ["00181063"]}
        found["00282110"] = {"vr": "CS", "Value": ["01" if self.lossy_method else "00"]}
        if self.lossy_method:
            plain = self.rows * self.columns * self.samples * self.bits_allocated // 8 * self.n_frames
            found["00282112"] = {"vr": "DS", "Value": [round(plain / max(n_bytes, 1), 3)]}
            found["00282114"] = {"vr": "CS", "Value": [self.lossy_method]}
        return found


def read_compressed(data: bytes, media_type: str) -> tuple[Pixels, bytes] | None:
    """Return what a compressed picture is and the codestream that DICOM carries; None when it must be unpacked.

    Raises:
        Unrenderable: it is broken, or no picture of this type.
        UnsupportedMedia: the type is none of compressed pictures.
    """
    if media_type == "image/jpeg":
        return _jpeg(data)
    if media_type == "image/jls":
        return _jpeg_ls(data)
    if media_type in ("image/jp2", "image/jpx", "image/j2c"):
        return _jpeg2000(data, ("90", "91"))
    if media_type in ("image/jphc", "image/jph"):
        return _jpeg2000(data, ("201", "203"))
    raise UnsupportedMedia("The archive makes no objects from bulk data of this media type.")


def _pixels(found: Codestream, syntax: str, photometric: str) -> Pixels:
    if found.samples not in (1, 3):
        raise Unrenderable("Only pictures of one or three components can be stored.")
    method = _METHODS.get(syntax.removeprefix(_J), "")
    if found.samples == 1:
        photometric = "MONOCHROME2"
    return Pixels(
        syntax, found.rows, found.columns, found.samples, found.precision, photometric,
        signed=found.signed, lossy_method=method,
    )  # fmt: skip


def _jpeg(data: bytes) -> tuple[Pixels, bytes] | None:
    found = read_jpeg(data)
    if found.samples not in (1, 3):
        return None
    if found.process == 0xC3:
        syntax = _J + ("70" if _scan_parameter(data) == 1 else "57")
        return _pixels(found, syntax, "YBR_FULL" if found.is_ybr else "RGB"), data
    syntax = _PROCESSES.get(found.process, "")
    if not syntax or (syntax == _J + "50" and found.precision != 8):
        return None
    return _pixels(found, syntax, "RGB" if found.is_ybr is False else "YBR_FULL_422"), data


def _jpeg_ls(data: bytes) -> tuple[Pixels, bytes]:
    found = read_jpeg(data)
    if found.process != 0xF7:
        raise Unrenderable("The picture is no JPEG-LS stream.")
    return _pixels(found, _J + ("80" if _scan_parameter(data) == 0 else "81"), "RGB"), data


def _scan_parameter(data: bytes) -> int:
    """Return the first parameter behind the components of the first scan: predictor (JPEG) or NEAR (JPEG-LS)."""
    at = data.find(b"\xff\xda")
    if at < 0 or at + 5 > len(data):
        raise Unrenderable("The picture has no scan.")
    place = at + 5 + 2 * data[at + 4]
    return data[place] if place < len(data) else 0


def _jpeg2000(data: bytes, syntaxes: tuple[str, str]) -> tuple[Pixels, bytes]:
    stream = codestream_of(data)
    found = read_jpeg2000(stream)
    lossless, lossy = syntaxes
    coding = stream.find(b"\xff\x52")
    transformed = coding >= 0 and stream[coding + 8 : coding + 9] == b"\1"
    photometric = "RGB"
    if transformed:
        photometric = "YBR_RCT" if found.is_reversible else "YBR_ICT"
    return _pixels(found, _J + (lossless if found.is_reversible else lossy), photometric), stream


def codestream_of(data: bytes) -> bytes:
    """Return the contiguous codestream of a JP2 file; what begins with one is returned as it is (PS3.5 A.4.4)."""
    if data.startswith(b"\xff\x4f\xff\x51"):
        return data
    pos = 0
    for _ in range(_MAX_BOXES):
        if pos + 8 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, pos)
        lead = 8
        if length == 1 and pos + 16 <= len(data):
            length, lead = struct.unpack_from(">Q", data, pos + 8)[0], 16
        end = len(data) if length == 0 else pos + length
        if kind == b"jp2c":
            return data[pos + lead : min(end, len(data))]
        if end <= pos:
            break
        pos = end
    raise Unrenderable("The file holds no JPEG 2000 codestream.")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Plain pixels, little endian, colour by pixel, frame after frame."""

    rows: int
    columns: int
    samples: int
    bits: int
    n_frames: int
    lossy: bool
    data: bytes

    def pixels(self) -> Pixels:
        """Return what these pixels are as pixel data of Explicit VR Little Endian."""
        photometric = "MONOCHROME2" if self.samples == 1 else "RGB"
        method = "ISO_10918_1" if self.lossy else ""
        syntax = "1.2.840.10008.1.2.1"
        return Pixels(
            syntax, self.rows, self.columns, self.samples, self.bits, photometric, self.n_frames, lossy_method=method
        )


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """How a document is encapsulated: SOP class, MIME type inside and modality (PS3.3 A.45, A.85)."""

    sop_class_uid: str
    mime_type: str
    modality: str
    starts: tuple[bytes, ...] = ()


_E = "1.2.840.10008.5.1.4.1.1.104."
DOCUMENTS: dict[str, DocumentKind] = {
    "application/pdf": DocumentKind(_E + "1", "application/pdf", "DOC", (b"%PDF-",)),
    "text/xml": DocumentKind(_E + "2", "text/XML", "DOC", (b"<", b"\xef\xbb\xbf<")),
    "application/xml": DocumentKind(_E + "2", "text/XML", "DOC", (b"<", b"\xef\xbb\xbf<")),
    "model/stl": DocumentKind(_E + "3", "model/stl", "M3D"),
    "application/sla": DocumentKind(_E + "3", "model/stl", "M3D"),
    "model/obj": DocumentKind(_E + "4", "model/obj", "M3D"),
    "model/mtl": DocumentKind(_E + "5", "model/mtl", "M3D"),
}
COMPRESSED = frozenset(("image/jpeg", "image/jls", "image/jp2", "image/jpx", "image/j2c", "image/jphc", "image/jph"))
UNPACKED = frozenset(("image/png", "image/gif", "image/tiff", "image/bmp", "image/webp", "image/x-ms-bmp"))
VIDEOS = frozenset(("video/mp4", "video/mpeg", "video/mpeg2", "video/h265"))
