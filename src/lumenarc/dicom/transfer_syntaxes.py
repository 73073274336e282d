"""Which transfer syntaxes are there, and how does each write a data set and its pixels? (PS3.6 Table A-1, PS3.5 A)

One line each: UID, keyword, family of the pixel encoding, flags. `lossy` means that the syntax can lose something;
`noimage` that no stored object uses it. Whatever is not here counts as explicit VR little endian, encapsulated.
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLE = """\
1.2.840.10008.1.2 ImplicitVRLittleEndian native implicit
1.2.840.10008.1.2.1 ExplicitVRLittleEndian native
1.2.840.10008.1.2.1.98 EncapsulatedUncompressedExplicitVRLittleEndian native encapsulated
1.2.840.10008.1.2.1.99 DeflatedExplicitVRLittleEndian native deflated
1.2.840.10008.1.2.2 ExplicitVRBigEndian native big retired
1.2.840.10008.1.2.4.50 JPEGBaseline8Bit jpeg encapsulated lossy
1.2.840.10008.1.2.4.51 JPEGExtended12Bit jpeg encapsulated lossy
1.2.840.10008.1.2.4.52 JPEGExtended35 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.53 JPEGSpectralSelectionNonHierarchical68 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.54 JPEGSpectralSelectionNonHierarchical79 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.55 JPEGFullProgressionNonHierarchical1012 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.56 JPEGFullProgressionNonHierarchical1113 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.57 JPEGLossless jpeg encapsulated
1.2.840.10008.1.2.4.58 JPEGLosslessNonHierarchical15 jpeg encapsulated retired
1.2.840.10008.1.2.4.59 JPEGExtendedHierarchical1618 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.60 JPEGExtendedHierarchical1719 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.61 JPEGSpectralSelectionHierarchical2022 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.62 JPEGSpectralSelectionHierarchical2123 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.63 JPEGFullProgressionHierarchical2426 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.64 JPEGFullProgressionHierarchical2527 jpeg encapsulated lossy retired
1.2.840.10008.1.2.4.65 JPEGLosslessHierarchical28 jpeg encapsulated retired
1.2.840.10008.1.2.4.66 JPEGLosslessHierarchical29 jpeg encapsulated retired
1.2.840.10008.1.2.4.70 JPEGLosslessSV1 jpeg encapsulated
1.2.840.10008.1.2.4.80 JPEGLSLossless jpegls encapsulated
1.2.840.10008.1.2.4.81 JPEGLSNearLossless jpegls encapsulated lossy
1.2.840.10008.1.2.4.90 JPEG2000Lossless jpeg2000 encapsulated
1.2.840.10008.1.2.4.91 JPEG2000 jpeg2000 encapsulated lossy
1.2.840.10008.1.2.4.92 JPEG2000MCLossless jpeg2000 encapsulated
1.2.840.10008.1.2.4.93 JPEG2000MC jpeg2000 encapsulated lossy
1.2.840.10008.1.2.4.94 JPIPReferenced jpip
1.2.840.10008.1.2.4.95 JPIPReferencedDeflate jpip deflated
1.2.840.10008.1.2.4.100 MPEG2MPML mpeg2 encapsulated lossy
1.2.840.10008.1.2.4.100.1 MPEG2MPMLF mpeg2 encapsulated lossy
1.2.840.10008.1.2.4.101 MPEG2MPHL mpeg2 encapsulated lossy
1.2.840.10008.1.2.4.101.1 MPEG2MPHLF mpeg2 encapsulated lossy
1.2.840.10008.1.2.4.102 MPEG4HP41 mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.102.1 MPEG4HP41F mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.103 MPEG4HP41BD mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.103.1 MPEG4HP41BDF mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.104 MPEG4HP422D mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.104.1 MPEG4HP422DF mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.105 MPEG4HP423D mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.105.1 MPEG4HP423DF mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.106 MPEG4HP42STEREO mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.106.1 MPEG4HP42STEREOF mpeg4 encapsulated lossy
1.2.840.10008.1.2.4.107 HEVCMP51 hevc encapsulated lossy
1.2.840.10008.1.2.4.108 HEVCM10P51 hevc encapsulated lossy
1.2.840.10008.1.2.4.110 JPEGXLLossless jpegxl encapsulated
1.2.840.10008.1.2.4.111 JPEGXLJPEGRecompression jpegxl encapsulated lossy
1.2.840.10008.1.2.4.112 JPEGXL jpegxl encapsulated lossy
1.2.840.10008.1.2.4.201 HTJ2KLossless htj2k encapsulated
1.2.840.10008.1.2.4.202 HTJ2KLosslessRPCL htj2k encapsulated
1.2.840.10008.1.2.4.203 HTJ2K htj2k encapsulated lossy
1.2.840.10008.1.2.4.204 JPIPHTJ2KReferenced jpip
1.2.840.10008.1.2.4.205 JPIPHTJ2KReferencedDeflate jpip deflated
1.2.840.10008.1.2.5 RLELossless rle encapsulated
1.2.840.10008.1.2.6.1 RFC2557MIMEEncapsulation native noimage retired
1.2.840.10008.1.2.6.2 XMLEncoding native noimage retired
1.2.840.10008.1.2.7.1 SMPTEST211020UncompressedProgressiveActiveVideo smpte noimage
1.2.840.10008.1.2.7.2 SMPTEST211020UncompressedInterlacedActiveVideo smpte noimage
1.2.840.10008.1.2.7.3 SMPTEST211030PCMDigitalAudio smpte noimage
1.2.840.10008.1.2.8.1 DeflatedImageFrameCompression deflated_frame encapsulated
1.2.840.10008.1.20 Papyrus3ImplicitVRLittleEndian native implicit retired
1.2.840.113619.5.2 PrivateGEImplicitVRBigEndian native implicit private
"""


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One line of the table.

    `family`: native, jpeg, jpegls, jpeg2000, htj2k, jpegxl, rle, deflated_frame, mpeg2, mpeg4, hevc, jpip or smpte.
    """

    uid: str
    keyword: str
    family: str
    explicit: bool
    big_endian: bool
    deflated: bool
    encapsulated: bool
    lossy: bool
    stored: bool
    retired: bool

    @property
    def is_video(self) -> bool:
        """Whether the pixel data are one video stream and no single frames."""
        return self.family in ("mpeg2", "mpeg4", "hevc")


def _read(line: str) -> TransferSyntax:
    uid, keyword, family, *flags = line.split()
    return TransferSyntax(
        uid=uid,
        keyword=keyword,
        family=family,
        explicit="implicit" not in flags,
        big_endian="big" in flags,
        deflated="deflated" in flags,
        encapsulated="encapsulated" in flags,
        lossy="lossy" in flags,
        stored="noimage" not in flags and "private" not in flags,
        retired="retired" in flags,
    )


TRANSFER_SYNTAXES: tuple[TransferSyntax, ...] = tuple(_read(line) for line in _TABLE.splitlines())
BY_UID: dict[str, TransferSyntax] = {found.uid: found for found in TRANSFER_SYNTAXES}
UID_OF: dict[str, str] = {found.keyword: found.uid for found in TRANSFER_SYNTAXES}
# What the archive accepts and keeps as sent, in the order of preference when a sender leaves the choice to us.
KEPT_UIDS: tuple[str, ...] = tuple(found.uid for found in TRANSFER_SYNTAXES if found.stored)


def of(uid: str) -> TransferSyntax:
    """Return what is known about a transfer syntax; an unknown one counts as explicit little endian, encapsulated."""
    found = BY_UID.get(uid)
    return found or TransferSyntax(uid, uid, "unknown", True, False, False, True, True, True, False)


def is_encapsulated(uid: str) -> bool:
    """Say whether pixel data are a sequence of fragments (PS3.5 A.4)."""
    return of(uid).encapsulated


def is_video(uid: str) -> bool:
    """Say whether pixel data are one video stream (MPEG2, MPEG-4, HEVC)."""
    return of(uid).is_video


def is_lossy(uid: str) -> bool:
    """Say whether the syntax can have lost something."""
    return of(uid).lossy


def name_of(uid: str) -> str:
    """Return the keyword of a transfer syntax, or the UID itself."""
    return of(uid).keyword
