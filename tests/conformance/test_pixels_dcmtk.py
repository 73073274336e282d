"""Do DCMTK's tools see what we see? Rendered pixels, and pixels after our compression."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from lumenarc.dicom.frames import read_frame
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.part10 import build_meta, parse_meta
from lumenarc.dicom.pixels import decode_frame, shape_of
from lumenarc.dicom.recode import Recoding
from lumenarc.dicom.render import render_frame
from lumenarc.dicom.render_request import RenderRequest
from lumenarc.dicom.transcode import DataSetSource, find_pixels, locate_frames, transcode
from lumenarc.errors import LumenarcError

PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
SHARED_FILES = Path(__file__).parents[3] / "shared" / "data" / "nema-wg04-etc" / "WG04"
EXPLICIT = "1.2.840.10008.1.2.1"
pytestmark = pytest.mark.conformance
# DCMTK takes JFIF streams labelled RGB for RGB, knows no odd frames in big endian words, and reads 32-bit words in
# big endian by halves; it stretches constant and padded images otherwise than we do.
OTHER_OPINION = frozenset(("SC_rgb_small_odd_big_endian.dcm", "rtdose_expb.dcm", "rtdose_expb_1frame.dcm"))


def _opened(path: Path) -> tuple[DataSetSource, bytes, bytes] | None:
    """Give the source, its head, its first frame; None for what is no image of one plain kind."""
    data = path.read_bytes()
    if data[128:132] != b"DICM":
        return None
    meta = parse_meta(data)
    body = data[meta.header_bytes :]
    source = DataSetSource(lambda place, length: body[place : place + length], len(body), meta.transfer_syntax_uid)
    try:
        pixel = find_pixels(source)
        if pixel is None:
            return None
        head = body[: pixel.offset]
        frames = locate_frames(source, pixel, LazySet.of(head, meta.transfer_syntax_uid))
        return source, head, read_frame(source.read, frames[0])
    except LumenarcError:
        return None


def _files() -> list[Path]:
    roots = [PYDICOM_FILES, *([SHARED_FILES] if SHARED_FILES.is_dir() else [])]
    found = {path for root in roots for path in root.rglob("*") if path.is_file()}
    return sorted(path for path in found if path.stat().st_size < 3_000_000 and path.name not in OTHER_OPINION)


def test_rendered_pixels_are_those_of_dcm2pnm(tmp_path: Path) -> None:
    n_compared = 0
    for path in _files():
        opened = _opened(path)
        if opened is None:
            continue
        source, head, frame = opened
        view = LazySet.of(head, source.transfer_syntax_uid)
        has_window = view.number(0x00281051, 0) >= 1
        is_grey = view.us(0x00280002, 1) == 1 and view.ascii(0x00280004).startswith("MONO")
        if is_grey and not has_window:
            continue  # without a window each program stretches by its own rules
        out = tmp_path / "out.pnm"
        out.unlink(missing_ok=True)
        option = ["+Wi", "1"] if is_grey else []
        subprocess.run(["dcmj2pnm", "-q", "+F", "1", *option, str(path), str(out)], check=False, timeout=60)
        if not out.exists():
            continue
        try:
            found = render_frame(head, source.transfer_syntax_uid, frame, 0, RenderRequest(media_type="image/png"))
        except LumenarcError:
            continue
        ours = np.asarray(Image.open(io.BytesIO(found.data)).convert("RGB")).astype(int)
        theirs = np.asarray(Image.open(out).convert("RGB")).astype(int)
        if ours.shape != theirs.shape:
            continue  # they do not stretch pixels that are not square
        limit = 1 if is_grey else 3
        assert np.abs(ours - theirs).max() <= limit, path.name
        n_compared += 1
    assert n_compared >= 20


@pytest.mark.parametrize(
    ("suffix", "tool"), [("57", "dcmdjpeg"), ("70", "dcmdjpeg"), ("80", "dcmdjpls"), ("5", "dcmdrle")]
)
def test_dcmtk_decompresses_what_we_compress(tmp_path: Path, suffix: str, tool: str) -> None:
    target = "1.2.840.10008.1.2.5" if suffix == "5" else f"1.2.840.10008.1.2.4.{suffix}"
    n_compared = 0
    for path in _files():
        opened = _opened(path)
        if opened is None or opened[0].transfer_syntax_uid != EXPLICIT:
            continue
        source, head, _ = opened
        shape = shape_of(LazySet.of(head, EXPLICIT))
        if shape.bits_allocated not in (8, 16) or shape.is_float:
            continue
        compressed, plain = tmp_path / "compressed.dcm", tmp_path / "plain.dcm"
        body = b"".join(transcode(source, Recoding(EXPLICIT, target)))
        meta = build_meta("1.2.840.10008.5.1.4.1.1.7", "1.2.3", target, None, bytes(32), len(body))
        compressed.write_bytes(meta + body)
        keep_colors = ["+cn"] if tool == "dcmdjpeg" else []
        subprocess.run([tool, "-q", *keep_colors, str(compressed), str(plain)], check=True, timeout=60)
        theirs = _opened(plain)
        assert theirs is not None
        _same_pixels(source, theirs[0], path.name)
        n_compared += 1
    assert n_compared >= 10


def _same_pixels(one: DataSetSource, other: DataSetSource, name: str) -> None:
    assert np.array_equal(_values(one), _values(other)), name


def _values(source: DataSetSource) -> NDArray[Any]:
    pixel, uid = find_pixels(source), source.transfer_syntax_uid
    assert pixel is not None
    head = LazySet.of(source.read(0, pixel.offset), uid)
    frames = locate_frames(source, pixel, head)
    return np.stack([decode_frame(read_frame(source.read, frame), uid, shape_of(head)).values for frame in frames])
