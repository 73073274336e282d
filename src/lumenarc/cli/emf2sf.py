"""`lumenarc emf2sf`: makes single-frame objects of enhanced multi-frame ones (PS3.3 A.36, A.38 … to A.3, A.4 …)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import derived_uid, entry, first
from lumenarc.cli.part10_file import opened, write_instance
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

_S = "1.2.840.10008.5.1.4.1.1."
# Enhanced SOP class → the single-frame one.
CLASSES = {
    _S + "2.1": _S + "2", _S + "2.2": _S + "2", _S + "4.1": _S + "4", _S + "4.3": _S + "4", _S + "4.4": _S + "4",
    _S + "6.2": _S + "6.1", _S + "12.1.1": _S + "12.1", _S + "12.2.1": _S + "12.2", _S + "128.1": _S + "128",
    _S + "130": _S + "128",
}  # fmt: skip
_MR = _S + "4"
_SHARED, _PER_FRAME, _FRAMES = "52009229", "52009230", "00280008"
# Of the multi-frame object, and of no single frame.
_DROPPED = frozenset(
    "52009229 52009230 00280008 00209221 00209222 00209311 0020930E 00089092 00280009 00181063 00181065 "
    "7FE00001 7FE00002 7FE00003 00080008 00200013".split()
)
# What only a frame of many has: its source, its place among the dimensions.
_OF_MANY = frozenset(("00209172", "00209157"))
# Sequences of functional groups that stay sequences: references and codes, not descriptions of the frame.
_KEPT = frozenset("00081140 00082112 00089124 00221612 00089215 00082218 00400275 00409096".split())


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "emf2sf",
        "Make single-frame objects of enhanced CT, MR, PET, XA, XRF and US multi-frame ones, one file a frame, whose\n"
        "attributes are the functional groups of the frame. Compressed frames stay as they are.",
        (
            "lumenarc emf2sf enhanced.dcm frames/",
            "lumenarc emf2sf -f 1,3 --not-chseries enhanced.dcm frames/",
            "lumenarc emf2sf --inst-no 100 --json enhanced.dcm frames/",
        ),
    )
    files.add_inputs(found, what="enhanced DICOM files or folders, and at last the folder to write into")
    found.add_argument("-o", "--output", metavar="DIR", help="the folder, instead of the last name")
    found.add_argument("-f", "--frames", metavar="N[-M],…", default="all", help="these frames, from 1 (default all)")
    found.add_argument(
        "--inst-no", type=int, metavar="N", help="Instance Number of frame 1 (default 1, or what it was before sf2emf)"
    )
    found.add_argument("--not-chseries", action="store_true", help="stay in the series of the enhanced object")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Split the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "emf2sf"
    from lumenarc.cli.dcm2jpg import frames_wanted

    files.destination_last(options, found)
    frames_wanted(options.frames, 1)
    return files.each(files.plain_jobs(options), split, options, Report(options), "splitting")


def split(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Split one file."""
    from lumenarc.cli.dcm2jpg import frames_wanted
    from lumenarc.cli.frames_of import Frames
    from lumenarc.dicom.compose import Piece, Streamed, written
    from lumenarc.dicom.dicom_json import to_attributes
    from lumenarc.dicom.source import find_pixels, pixel_start
    from lumenarc.dicom.transfer_syntaxes import is_encapsulated

    with opened(job.source) as file:
        source, pixel = file.source, find_pixels(file.source)
        if pixel is None:
            raise BadRequest("the object holds no image")
        head = source.read(0, pixel_start(source, pixel))
        whole = to_attributes(head, source.transfer_syntax_uid, threshold=1 << 62, keep_spelling=True)
        target_class = CLASSES.get(first(whole, "00080016"))
        if target_class is None or _PER_FRAME not in whole:
            raise BadRequest("the object is no enhanced multi-frame image that has a single-frame class")
        encapsulated = is_encapsulated(source.transfer_syntax_uid)
        frames = Frames(source)
        if frames.shape.bits_allocated % 8 or source.transfer_syntax_uid == "1.2.840.10008.1.2.2":
            raise BadRequest("frames in this encoding are not split; transcode the object first")
        syntax = source.transfer_syntax_uid if encapsulated else "1.2.840.10008.1.2.1"
        vr = "OB" if encapsulated or frames.shape.bits_allocated == 8 else "OW"
        wanted = frames_wanted(options.frames, len(frames))
        targets: list[str] = []
        for index in wanted:
            data = frames.data(index)
            attributes = frame_attributes(whole, index, target_class, options)
            value = Streamed(vr, (Piece(len(data), partial(iter, (data,))),), encapsulated)
            target = Path(options.output) / f"{job.source.stem}_{index + 1:05d}.dcm"
            write_instance(target, attributes, syntax, written(attributes, {0x7FE00010: value}))
            targets.append(str(target))
    return Done({"targets": targets}, f"{job.source} -> {len(targets)} files in {options.output}")


def frame_attributes(whole: Attributes, index: int, sop_class_uid: str, options: argparse.Namespace) -> Attributes:
    """Return the attributes of one frame's object: what all share, overlaid with the frame's functional groups.

    Raises:
        BadRequest: the object has no functional groups for this frame.
    """
    per_frame = whole[_PER_FRAME].get("Value", [])
    if index >= len(per_frame):
        raise BadRequest("the object has fewer functional groups than frames")
    found = {name: entry for name, entry in whole.items() if name not in _DROPPED and not name.startswith("0002")}
    shared = (whole.get(_SHARED, {}).get("Value") or [{}])[0]
    for group in (shared, per_frame[index]):
        found.update(_flattened(group or {}))
    frame_type = found.pop("00089007", None) or whole.get("00080008")
    if frame_type:
        found.setdefault("00080008", frame_type)  # a converted object has that of the single frame
    found["00080016"] = entry("UI", sop_class_uid)
    found["00080018"] = entry("UI", derived_uid(first(whole, "00080018"), f"frame {index + 1}"))
    if options.inst_no is not None or "00200013" not in found:
        found["00200013"] = entry("IS", (1 if options.inst_no is None else options.inst_no) + index)
    if not options.not_chseries:
        found["0020000E"] = entry("UI", derived_uid(first(whole, "0020000E"), "single frames"))
    if sop_class_uid == _MR:
        _complete_mr(found)
    return found


def _flattened(group: Attributes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the attributes of a functional group's macros; private ones and references stay as they are."""
    for name, given in group.items():
        if name in _OF_MANY:
            continue
        is_macro = given.get("vr") == "SQ" and name not in _KEPT and not int(name[:4], 16) & 1
        items = given.get("Value") or []
        if is_macro and items:
            yield from ((inner, value) for inner, value in (items[0] or {}).items() if inner not in _OF_MANY)
        elif not is_macro:
            yield name, given


def _complete_mr(found: Attributes) -> None:
    """Add what the MR Image module calls by another name (PS3.3 C.8.3.1, C.8.13.5)."""
    if "00180081" not in found and "00189082" in found:
        values = found["00189082"].get("Value") or []
        found["00180081"] = entry("DS", *(f"{float(value):.10g}" for value in values))
    for name, vr, value in (("00180020", "CS", "RM"), ("00180021", "CS", "NONE"), ("00180022", "CS", None)):
        if name not in found:
            found[name] = {"vr": vr} if value is None else entry(vr, value)
    found.setdefault("00180023", entry("CS", first(found, "00180023") or "2D"))
