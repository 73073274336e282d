"""In which transfer syntax does a stored object leave, and how is it brought into it? (PS3.18 8.7.3.5, PS3.4 C.4.2)

Objects leave as they lie whenever the caller takes that. Otherwise they are transcoded on the way, frame by frame in
the decoding processes, without loss only: an image that was compressed with loss would be another image and needs
another SOP Instance UID, which retrieval must not invent. Single frames carry no identity and may lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from lumenarc.archive import Archive
from lumenarc.dicom import part10
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import shape_of
from lumenarc.dicom.recode import Recoding, can_transcode, check_recoding
from lumenarc.dicom.transcode import transcode
from lumenarc.dicom.transfer_syntaxes import BY_UID, is_encapsulated, is_lossy
from lumenarc.errors import BadDataSet, Corrupt, LumenarcError, NotAcceptable, Unrenderable
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import leaving, retrieve

EXPLICIT_LE = part10.EXPLICIT_LE
CANNOT_GIVE = (NotAcceptable, Corrupt, Unrenderable, BadDataSet)
_SAME_FRAMES = frozenset((part10.IMPLICIT_LE, *DEFLATED))


def can_give(archive: Archive, inst: StoredInstance, target_uid: str) -> bool:
    """Predict from the header alone whether an object can leave in a transfer syntax without loss."""
    stored = inst.transfer_syntax_uid
    if target_uid == stored:
        return True
    if stored not in BY_UID or target_uid not in BY_UID or is_lossy(target_uid):
        return False
    if inst.pixel_offset is None:
        return not is_encapsulated(target_uid)
    if not can_transcode(stored, target_uid):
        return False
    try:
        with retrieve.source(archive, inst) as source:
            head = LazySet.of(source.read(0, inst.pixel_offset), source.transfer_syntax_uid)
        check_recoding(shape_of(head), Recoding(source.transfer_syntax_uid, target_uid))
    except (NotAcceptable, Unrenderable, BadDataSet):
        return False
    return True


def check(archive: Archive, inst: StoredInstance, targets: Sequence[str]) -> None:
    """Raise one of CANNOT_GIVE when an object cannot leave in any of these transfer syntaxes, as far as its header,
    name and length tell.
    """
    with retrieve.opened(archive, inst):
        pass
    if not any(can_give(archive, inst, target_uid) for target_uid in targets):
        raise NotAcceptable("The object is not available in any of these transfer syntaxes.")


def data_set_in(archive: Archive, inst: StoredInstance, target_uid: str) -> Iterator[bytes]:
    """Yield the data set in a transfer syntax, as stored or transcoded without loss.

    Raises NotAcceptable when that cannot be done, Unrenderable or BadDataSet for a broken image, Corrupt when the
    stored bytes do not match their digest; before the first chunk unless a later frame is broken.
    """
    if target_uid == inst.transfer_syntax_uid:
        yield from leaving.data_set(archive, inst).chunks
        return
    if not can_give(archive, inst, target_uid):
        raise NotAcceptable("The object cannot be given in this transfer syntax without loss.")
    for _checked in retrieve.data_set(archive, inst):
        pass
    with leaving.source(archive, inst) as source:
        recoding = Recoding(source.transfer_syntax_uid, target_uid)
        yield from transcode(source, recoding, archive.imaging.recode_frame)


def file_in(archive: Archive, inst: StoredInstance, target_uid: str) -> Iterator[bytes]:
    """Yield the Part 10 file in a transfer syntax; raises as data_set_in."""
    if target_uid == inst.transfer_syntax_uid:
        yield from leaving.file(archive, inst).chunks
        return
    data_set = data_set_in(archive, inst, target_uid)
    first = next(data_set)
    yield part10.build_meta(inst.sop_class_uid, inst.sop_instance_uid, target_uid, inst.source_aet or None)
    yield first
    yield from data_set


def open_in(archive: Archive, inst: StoredInstance, targets: Sequence[str]) -> tuple[str, Iterator[bytes]]:
    """Return the first of these transfer syntaxes in which the object can be given, and its Part 10 file in chunks.

    Raises what the last of them raised when none can.
    """
    error: LumenarcError = NotAcceptable("The object is not available in any of these transfer syntaxes.")
    for target_uid in targets:
        chunks = file_in(archive, inst, target_uid)
        try:
            return target_uid, chain((next(chunks),), chunks)
        except (NotAcceptable, Unrenderable, BadDataSet) as reason:
            error = reason
    raise error


def frame_syntax(inst: StoredInstance) -> str:
    """Return the transfer syntax that frames have when nothing is done to them: native ones do not show their VRs."""
    return EXPLICIT_LE if inst.transfer_syntax_uid in _SAME_FRAMES else inst.transfer_syntax_uid


def can_give_frames(inst: StoredInstance, target_uid: str) -> bool:
    """Say whether frames can get into a transfer syntax at all; lossy ones may lose."""
    own = frame_syntax(inst)
    return target_uid == own or can_transcode(own, target_uid)


def frames_in(archive: Archive, inst: StoredInstance, numbers: list[int], target_uid: str) -> Iterator[bytes]:
    """Yield frames by number from 1 in a transfer syntax, native ones in little endian.

    Raises NotFound for a frame that is not there, NotAcceptable, Unrenderable or BadDataSet as data_set_in.
    """
    frames = retrieve.frames(archive, inst, numbers)
    if target_uid == frame_syntax(inst):
        yield from frames
        return
    if inst.pixel_offset is None or not can_give_frames(inst, target_uid):
        raise NotAcceptable("The frames cannot be given in this transfer syntax.")
    with retrieve.source(archive, inst) as source:
        head = LazySet.of(source.read(0, inst.pixel_offset), source.transfer_syntax_uid)
        recoding = Recoding(source.transfer_syntax_uid, target_uid)
    shape = shape_of(head)
    check_recoding(shape, recoding)
    for number, frame in zip(numbers, frames, strict=True):
        data = archive.imaging.recode_frame(frame, number - 1, shape, recoding).data
        if shape.bits_allocated == 1 and not is_encapsulated(target_uid):
            data = np.packbits(np.frombuffer(data, np.uint8), bitorder="little").tobytes()
        yield data
