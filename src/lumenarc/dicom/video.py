"""What does an MP4 file or MPEG-2 stream say about itself, and in which transfer syntax does DICOM carry it?

ISO/IEC 14496-12 boxes (moov, trak, mdhd, stsd, stsz), 14496-15 decoder configurations (avcC, hvcC), 13818-2 6.2.2
sequence headers; PS3.5 8.2.5 to 8.2.8 say which profiles and levels DICOM takes. Read through `read(offset, length)`:
headers only, bounded, whatever the size of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lumenarc.dicom.media import Pixels
from lumenarc.errors import Unrenderable

Read = Callable[[int, int], bytes]
_J = "1.2.840.10008.1.2.4."
_MAX_BOXES = 4096
_MAX_DEPTH = 8
_MAX_FRAMES = 10_000_000
_INSIDE = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl"))
_RATES = (0.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
_CHUNK = 1 << 20


@dataclass(slots=True)
class _Track:
    """What the boxes of one track say; only a video track gets its picture size."""

    timescale: int = 0
    duration: int = 0
    n_frames: int = 0
    columns: int = 0
    rows: int = 0
    configuration: bytes = b""
    codec: bytes = b""


def read_mp4(read: Read, n_bytes: int) -> Pixels:
    """Return what the video track of an MP4 file is; raise Unrenderable when DICOM has no place for it."""
    tracks = [_Track()]
    for kind, start, end in boxes(read, n_bytes):
        if kind == b"trak":
            tracks.append(_Track())
        else:
            _note(read, kind, start, end, tracks[-1])
    videos = [track for track in tracks if track.codec and track.columns and track.rows]
    if not videos:
        raise Unrenderable("The file holds no H.264 or H.265 video.")
    track = videos[0]
    n_frames = max(track.n_frames, 1)
    frame_ms = 1000.0 * track.duration / track.timescale / n_frames if track.timescale and track.duration else 40.0
    syntax = _h264(track) if track.codec == b"avc1" else _h265(track)
    method = "ISO_14496_10" if track.codec == b"avc1" else "ISO_23008_2"
    return Pixels(
        syntax, track.rows, track.columns, 3, 8, "YBR_PARTIAL_420",
        n_frames=n_frames, frame_time_ms=frame_ms, lossy_method=method,
    )  # fmt: skip


def boxes(read: Read, n_bytes: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the content of each box, those that hold boxes before what is inside.

    Raises:
        Unrenderable: a length is wrong.
    """
    return _boxes(read, 0, n_bytes, 0)


def _boxes(read: Read, pos: int, end: int, depth: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MAX_BOXES):
        if pos + 8 > end:
            return
        length, kind = struct.unpack(">I4s", read(pos, 8).ljust(8, b"\0"))
        lead = 8
        if length == 1:
            (length,) = struct.unpack(">Q", read(pos + 8, 8).ljust(8, b"\0"))
            lead = 16
        stop = end if length == 0 else pos + length
        if stop > end or stop < pos + lead:
            raise Unrenderable("The MP4 file is broken.")
        yield kind, pos + lead, stop
        if kind in _INSIDE and depth < _MAX_DEPTH:
            yield from _boxes(read, pos + lead, stop, depth + 1)
        pos = stop


def _note(read: Read, kind: bytes, start: int, end: int, track: _Track) -> None:
    data = read(start, min(end - start, 4096)) if kind in (b"mdhd", b"stsz", b"stsd") else b""
    if kind == b"mdhd" and len(data) >= 32 and data[0] == 1:
        track.timescale, track.duration = struct.unpack_from(">IQ", data, 20)
    elif kind == b"mdhd" and len(data) >= 20:
        track.timescale, track.duration = struct.unpack_from(">II", data, 12)
    elif kind == b"stsz" and len(data) >= 12:
        track.n_frames = min(struct.unpack_from(">I", data, 8)[0], _MAX_FRAMES)
    elif kind == b"stsd" and len(data) >= 16 + 78:
        codec = data[12:16]
        if codec in (b"avc1", b"avc3", b"hvc1", b"hev1"):
            track.codec = b"avc1" if codec.startswith(b"avc") else b"hvc1"
            track.columns, track.rows = struct.unpack_from(">HH", data, 16 + 24)
            name = b"avcC" if track.codec == b"avc1" else b"hvcC"
            at = data.find(name, 16 + 78)
            track.configuration = data[at + 4 :] if at >= 0 else b""


def _h264(track: _Track) -> str:
    if len(track.configuration) < 4:
        raise Unrenderable("The video does not say its profile.")
    profile, level = track.configuration[1], track.configuration[3]
    if profile not in (66, 77, 88, 100) or level > 42:
        raise Unrenderable("DICOM carries H.264 up to High Profile and Level 4.2.")
    return _J + ("102" if level <= 41 else "104")


def _h265(track: _Track) -> str:
    if len(track.configuration) < 13:
        raise Unrenderable("The video does not say its profile.")
    profile, level = track.configuration[1] & 0x1F, track.configuration[12]
    if profile not in (1, 2) or level > 153:
        raise Unrenderable("DICOM carries H.265 up to Main 10 Profile and Level 5.1.")
    return _J + ("107" if profile == 1 else "108")


def read_mpeg2(read: Read, n_bytes: int) -> Pixels:
    """Return what an MPEG-2 video stream is; its pictures are counted by their start codes."""
    head = read(0, 1 << 16)
    at = head.find(b"\0\0\1\xb3")
    if at < 0 or at + 8 > len(head):
        raise Unrenderable("The file holds no MPEG-2 video.")
    columns, rows = head[at + 4] << 4 | head[at + 5] >> 4, (head[at + 5] & 0x0F) << 8 | head[at + 6]
    code = head[at + 7] & 0x0F
    if not columns or not rows or not 0 < code < len(_RATES):
        raise Unrenderable("The MPEG-2 video does not say its size or rate.")
    syntax = _J + ("100" if columns <= 720 and rows <= 576 else "101")
    n_frames = 0
    for place in range(0, n_bytes, _CHUNK):
        n_frames += read(place, _CHUNK + 3).count(b"\0\0\1\0")
    return Pixels(
        syntax, rows, columns, 3, 8, "YBR_PARTIAL_420",
        n_frames=max(n_frames, 1), frame_time_ms=1000.0 / _RATES[code], lossy_method="ISO_13818_2",
    )  # fmt: skip
