"""How does a tool get at single frames of a file: their bytes, their samples? (PS3.5 8.2, A.4)"""

from __future__ import annotations

from lumenarc.dicom import codecs
from lumenarc.dicom.codecs import Array
from lumenarc.dicom.color import to_rgb8
from lumenarc.dicom.frames import read_frame
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import Frame, decode_frame, shape_of
from lumenarc.dicom.source import DataSetSource, find_pixels
from lumenarc.dicom.transcode import locate_frames


class Frames:
    """The frames of one instance; none when it holds no pixel data."""

    def __init__(self, source: DataSetSource) -> None:
        """Find the frames.

        Raises:
            BadDataSet, Unrenderable: the pixel data contradict the header.
        """
        self.source = source
        pixel = find_pixels(source)
        self.head = b"" if pixel is None else source.read(0, pixel.offset)
        self._places = []
        if pixel is not None:
            head = LazySet.of(self.head, source.transfer_syntax_uid)
            self.shape = shape_of(head)
            self._places = locate_frames(source, pixel, head)

    def __len__(self) -> int:
        return len(self._places)

    def n_bytes(self, index: int) -> int:
        """Return how long a frame is, from 0, as it is stored."""
        return sum(length for _, length in self._places[index])

    def data(self, index: int) -> bytes:
        """Return the bytes of a frame, from 0, as they are stored."""
        return read_frame(self.source.read, self._places[index], codecs.MAX_FRAME_BYTES)

    def decoded(self, index: int) -> Frame:
        """Return the samples of a frame."""
        return decode_frame(self.data(index), self.source.transfer_syntax_uid, self.shape, index)

    def rgb_or_grey(self, index: int) -> Array:
        """Return the samples of a frame, colour as RGB, so that frames of any photometric interpretation compare."""
        frame = self.decoded(index)
        if frame.values.ndim == 3 and frame.photometric.startswith("YBR") and self.shape.bits_stored <= 8:
            return to_rgb8(frame.values, frame.photometric, self.shape.bits_stored)
        return frame.values
