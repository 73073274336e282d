"""Are frames found where they lie, whatever the offset tables say?"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumenarc.dicom.frames import locate_encapsulated, locate_native, read_frame, scan_fragments
from lumenarc.errors import BadDataSet, LumenarcError

JPEG = b"\xff\xd8\xff\xe0"


def _item(value: bytes) -> bytes:
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(value)) + value


def _pixels(table: bytes, *fragments: bytes) -> bytes:
    return _item(table) + b"".join(map(_item, fragments)) + b"\xfe\xff\xdd\xe0" + bytes(4)


def _found(data: bytes, n_frames: int, offsets: bytes = b"", lengths: bytes = b"", start: int = 0) -> list[bytes]:
    def read(place: int, length: int) -> bytes:
        return data[place : place + length]

    frames = locate_encapsulated(read, start, n_frames, offsets, lengths)
    return [read_frame(read, frame) for frame in frames]


def test_one_fragment_a_frame_without_a_table() -> None:
    assert _found(b"head" + _pixels(b"", b"aa", b"bbbb"), 2, start=4) == [b"aa", b"bbbb"]


def test_single_frame_joins_all_fragments() -> None:
    assert _found(_pixels(b"", b"aa", b"bb", b"cc"), 1) == [b"aabbcc"]


def test_basic_table_groups_fragments() -> None:
    data = _pixels(struct.pack("<2I", 0, 20), b"aa", b"bb", b"cc", b"dd")
    assert _found(data, 2) == [b"aabb", b"ccdd"]


@pytest.mark.parametrize("table", [(0, 21), (0, 0), (5, 20), (0, 9999)])
def test_lying_basic_table_falls_back_to_image_starts(table: tuple[int, int]) -> None:
    data = _pixels(struct.pack("<2I", *table), JPEG, b"bb", JPEG, b"dd")
    assert _found(data, 2) == [JPEG + b"bb", JPEG + b"dd"]


def test_fragments_that_start_no_image_cannot_be_told_apart() -> None:
    with pytest.raises(BadDataSet):
        _found(_pixels(b"", b"aa", b"bb", b"cc"), 2)


def test_extended_table_is_used_and_trims_padding() -> None:
    data = _pixels(b"", b"aaa\0", b"bb")
    assert _found(data, 2, struct.pack("<2Q", 0, 12), struct.pack("<2Q", 3, 2)) == [b"aaa", b"bb"]


@pytest.mark.parametrize("offsets", [(0, 10), (4, 12), (0, 1 << 40)])
def test_lying_extended_table_is_ignored(offsets: tuple[int, int]) -> None:
    data = _pixels(b"", b"aaa\0", b"bb")
    assert _found(data, 2, struct.pack("<2Q", *offsets), struct.pack("<2Q", 3, 2)) == [b"aaa\0", b"bb"]


def test_missing_delimiter_keeps_whole_fragments() -> None:
    data = _pixels(b"", b"aa", b"bb")[:-8]
    assert _found(data, 2) == [b"aa", b"bb"]


def test_fragment_beyond_the_end_is_an_error() -> None:
    with pytest.raises(BadDataSet):
        _found(_pixels(b"", b"aa", b"bbbb")[:-10], 2)


def test_scan_reads_headers_not_pixels() -> None:
    n_read = 0
    fragment = bytes(1 << 20)
    data = _pixels(b"", *[fragment] * 4)

    def read(place: int, length: int) -> bytes:
        nonlocal n_read
        n_read += length
        return data[place : place + length]

    assert len(scan_fragments(read, 8)) == 4
    assert n_read < 32768


def test_native_frames_of_bits_share_bytes() -> None:
    assert locate_native(100, 4, 10, 3) == [((100, 2),), ((101, 2),), ((102, 2),)]


def test_native_frames_that_are_missing_are_left_out() -> None:
    assert len(locate_native(0, 250, 800, 9)) == 2
    with pytest.raises(BadDataSet):
        locate_native(0, 99, 800, 1)


@given(st.binary(max_size=300), st.integers(1, 5))
def test_any_bytes_give_frames_or_a_known_error(data: bytes, n_frames: int) -> None:
    try:
        frames = _found(_item(b"") + data, n_frames)
    except LumenarcError:
        return
    assert len(b"".join(frames)) <= len(data)
