"""Where does each frame of the pixel data lie? (PS3.5 8.2, A.4; PS3.3 C.7.6.3.1.8)

Works on a `read(offset, length)` callable over the stored data set, reads item headers and offset tables
only, and answers with extents, so that `/frames/n` reads exactly its own bytes from a file or from S3.
Tables that lie are ignored.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise

from lumenarc.errors import BadDataSet

Read = Callable[[int, int], bytes]
"""Read up to `length` bytes at `offset` of the data set; shorter only at its end."""
Extent = tuple[int, int]
"""Offset from the start of the data set, length in bytes."""
Frame = tuple[Extent, ...]
"""The fragments that make one frame, in order."""

MAX_FRAGMENTS = 2_000_000
MAX_FRAMES = 2_000_000
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_WINDOW = 4096
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ")


def frame_bits(rows: int, columns: int, samples: int, bits_allocated: int, photometric: str) -> int:
    """Count the bits of one native frame; 4:2:2 data hold two samples a pixel (PS3.5 8.2)."""
    if photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") and samples == 3:
        samples = 2
    return rows * columns * samples * bits_allocated


def locate_native(offset: int, length: int, bits_per_frame: int, n_frames: int) -> list[Frame]:
    """Lay native pixel data out; frames of bits that fill no whole byte share their border bytes.

    Raises:
        BadDataSet: the element is too short for a single frame, or no dimensions are given.
    """
    if bits_per_frame <= 0 or not 0 < n_frames <= MAX_FRAMES:
        raise BadDataSet("The image has no dimensions")
    frames: list[Frame] = []
    for index in range(n_frames):
        first = index * bits_per_frame // 8
        last = -(-(index + 1) * bits_per_frame // 8)
        if last > length:
            break  # truncated, or Number of Frames lies: what is there can be shown
        frames.append(((offset + first, last - first),))
    if not frames:
        raise BadDataSet("The pixel data are shorter than one frame")
    return frames


def locate_encapsulated(
    read: Read,
    offset: int,
    n_frames: int,
    extended_offsets: bytes = b"",
    extended_lengths: bytes = b"",
) -> list[Frame]:
    """Find the fragments of every frame; `offset` is that of the pixel data value (its first item).

    Raises:
        BadDataSet: no items, too many, or fragments that cannot be attributed to frames.
    """
    if not 0 < n_frames <= MAX_FRAMES:
        raise BadDataSet("The number of frames makes no sense")
    table, base = _read_basic_table(read, offset)
    extended = _by_extended_table(read, base, n_frames, extended_offsets, extended_lengths)
    if extended is not None:
        return extended
    fragments = scan_fragments(read, base)
    if not fragments:
        raise BadDataSet("The pixel data hold no fragment")
    if n_frames == 1:
        return [tuple(fragments)]
    if len(fragments) == n_frames:
        return [(fragment,) for fragment in fragments]
    grouped = _group(fragments, [base + start + 8 for start in table])
    if grouped is not None and len(table) == n_frames:
        return grouped
    starts = [place for place, n_bytes in fragments if _starts_image(read(place, min(n_bytes, 64)))]
    grouped = _group(fragments, starts)
    if grouped is None:
        raise BadDataSet("The fragments cannot be told apart into frames")
    return grouped


def scan_fragments(read: Read, offset: int) -> list[Extent]:
    """Walk the fragment items from `offset` to the sequence delimiter or the end, reading headers only."""
    fragments: list[Extent] = []
    window, window_start = b"", 0
    while len(fragments) < MAX_FRAGMENTS:
        inside = offset - window_start
        if inside < 0 or inside + 8 > len(window):
            window, window_start, inside = read(offset, _WINDOW), offset, 0
        if len(window) - inside < 8:
            return fragments  # no delimiter: the file was cut; every whole fragment is used
        group, element, length = struct.unpack_from("<HHI", window, inside)
        tag = group << 16 | element
        if tag != _ITEM:
            if tag != _END and not fragments:
                raise BadDataSet("The encapsulated pixel data do not consist of items")
            return fragments
        if length == 0xFFFFFFFF:
            raise BadDataSet("A fragment has no length")
        if length:
            fragments.append((offset + 8, length))
        offset += 8 + length
    raise BadDataSet("The pixel data have too many fragments")


def read_frame(read: Read, frame: Frame, max_bytes: int = 1 << 30) -> bytes:
    """Read and join the fragments of a frame.

    Raises:
        BadDataSet: the data end early or the frame is larger than `max_bytes`.
    """
    wanted = sum(length for _, length in frame)
    if wanted > max_bytes:
        raise BadDataSet("A frame is larger than allowed")
    found = b"".join(read(place, length) for place, length in frame)
    if len(found) != wanted:
        raise BadDataSet("The pixel data end inside a frame")
    return found


def _read_basic_table(read: Read, offset: int) -> tuple[Sequence[int], int]:
    header = read(offset, 8)
    if len(header) < 8 or header[:4] != b"\xfe\xff\x00\xe0":
        raise BadDataSet("The encapsulated pixel data have no offset table item")
    length = struct.unpack_from("<I", header, 4)[0]
    if length == 0xFFFFFFFF:
        raise BadDataSet("The offset table has no length")
    base = offset + 8 + length
    if length == 0 or length % 4 or length > MAX_FRAMES * 4:
        return (), base
    table = read(offset + 8, length)
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4]), base


def _by_extended_table(read: Read, base: int, n_frames: int, offsets: bytes, lengths: bytes) -> list[Frame] | None:
    if len(offsets) != n_frames * 8 or len(lengths) != n_frames * 8:
        return None
    places = struct.unpack(f"<{n_frames}Q", offsets)
    sizes = struct.unpack(f"<{n_frames}Q", lengths)
    # One fragment a frame: the places must form an unbroken chain of items, else the table lies.
    chained = all(b == a + 8 + size + size % 2 for (a, b), size in zip(pairwise(places), sizes, strict=False))
    if places[0] != 0 or not chained:
        return None
    header = read(base + places[-1], 8)
    if header[:4] != b"\xfe\xff\x00\xe0" or len(header) < 8:
        return None
    if struct.unpack_from("<I", header, 4)[0] != sizes[-1] + sizes[-1] % 2:
        return None
    return [((base + place + 8, size),) for place, size in zip(places, sizes, strict=True)]


def _group(fragments: list[Extent], starts: list[int]) -> list[Frame] | None:
    wanted = set(starts)
    if len(wanted) != len(starts) or not starts or starts[0] != fragments[0][0]:
        return None
    frames: list[list[Extent]] = []
    for fragment in fragments:
        if fragment[0] in wanted:
            frames.append([])
            wanted.discard(fragment[0])
        frames[-1].append(fragment)
    return None if wanted else [tuple(frame) for frame in frames]


def _starts_image(head: bytes) -> bool:
    if head.startswith(_STARTS):
        return True
    if len(head) < 64:
        return False
    n_segments, first, *rest = struct.unpack("<16I", head)  # an RLE header: PS3.5 G.5
    used = rest[: max(n_segments - 1, 0)]
    return 0 < n_segments <= 15 and first == 64 and all(a < b for a, b in pairwise((first, *used)))
