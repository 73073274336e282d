"""`lumenarc dcmdiff`: shows in what two DICOM files, or two folders of them, differ, element by element."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lumenarc.cli import files
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.cli.part10_file import header_attributes, opened
from lumenarc.cli.rewriting import encoding_of
from lumenarc.dicom import assignments
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.dictionary import keyword_of
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.source import MAX_HEAD_BYTES, find_pixels
from lumenarc.dicom.whole import pixel_end
from lumenarc.errors import LumenarcError

_CHUNK = 1 << 20
Difference = tuple[str, Any, Any]


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmdiff",
        "Show in what two DICOM files differ: meaning, not bytes, so that transfer syntax, padding and sequence\n"
        "lengths do not count. Folders are matched by SOP Instance UID. Exit code 0: the same, 1: not.",
        (
            "lumenarc dcmdiff image.dcm image.dcm",
            "lumenarc dcmdiff --ignore InstanceCreationTime --ignore 0009,0010 image.dcm study/one.dcm",
            "lumenarc dcmdiff --json --pixels study study",
        ),
    )
    found.add_argument("first", type=Path, help="a file or folder")
    found.add_argument("second", type=Path, help="a file or folder")
    found.add_argument(
        "--ignore", metavar="ATTR", action="append", default=[], help="leave this attribute out, at every depth"
    )
    found.add_argument("--no-private", action="store_true", help="leave private attributes out")
    found.add_argument("--pixels", action="store_true", help="compare decoded frames instead of stored pixel data")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Compare, and say in what they differ."""
    options = parser().parse_args(arguments)
    options.tool = "dcmdiff"
    report = Report(options)
    ignored = frozenset(assignments.parse_path(path)[-1].name for path in options.ignore)
    n_differences = 0
    for first, second in _pairs(options.first, options.second, report):
        try:
            for name, one, other in differences(first, second, ignored, options):
                n_differences += 1
                where = f"{first}: " if options.first.is_dir() else ""
                text = f"{where}{_label(name)}\n  - {_shown(one)}\n  + {_shown(other)}"
                report.result(text, {"file": str(first), "path": name, "first": one, "second": other})
        except (LumenarcError, OSError) as error:
            report.problem(f"{first} {second}", str(error))
    return 1 if n_differences or report.n_failed else 0


def _pairs(first: Path, second: Path, report: Report) -> Iterator[tuple[Path, Path]]:
    if not first.is_dir() and not second.is_dir():
        yield first, second
        return
    left, right = _by_uid(first, report), _by_uid(second, report)
    for uid in left.keys() ^ right.keys():
        report.problem(str(left.get(uid) or right.get(uid)), "the other folder does not have this instance")
    for uid in left:
        if uid in right:
            yield left[uid], right[uid]


def _by_uid(folder: Path, report: Report) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in files.find([str(folder)]):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            with opened(path) as file:
                uid = file.meta.sop_instance_uid or str(header_attributes(path)["00080018"]["Value"][0])
            found[uid] = path
        except (LumenarcError, OSError, KeyError) as error:
            report.problem(str(path), str(error))
    return found


def differences(
    first: Path, second: Path, ignored: frozenset[str], options: argparse.Namespace
) -> Iterator[Difference]:
    """Give path and both values of everything that differs.

    Raises:
        BadDataSet, OSError: a file cannot be read.
    """
    left, right = _read(first, options), _read(second, options)
    for name, one, other in _compare(left, right, ""):
        tags = [part for part in re.split(r"[/.]", name) if len(part) == 8]
        if ignored & set(tags) or (options.no_private and any(int(tag[3], 16) & 1 for tag in tags)):
            continue
        yield name, one, other
    if options.pixels:
        from lumenarc.cli.dcm2dcm import compare

        largest = compare(first, second)
        if largest:
            yield "7FE00010", None, {"largest_difference": largest}


def _read(path: Path, options: argparse.Namespace) -> Attributes:
    """Return the attributes, pixel data as their digest."""
    with opened(path) as file:
        source, pixel = file.source, find_pixels(file.source)
        end = source.n_bytes if pixel is None else pixel.offset
        head = source.read(0, min(end, MAX_HEAD_BYTES))
        found = to_attributes(head, encoding_of(source.transfer_syntax_uid), threshold=1 << 62)
        if pixel is None:
            return found
        end = pixel_end(source, pixel)
        if not options.pixels:
            digest, at = hashlib.sha256(), pixel.offset
            while chunk := source.read(at, min(_CHUNK, end - at)):
                digest.update(chunk)
                at += len(chunk)
            found[f"{pixel.tag:08X}"] = {"vr": "OW", "Value": [f"sha256 {digest.hexdigest()}"]}
        behind = source.read(end, MAX_HEAD_BYTES)
        return found | to_attributes(behind, encoding_of(source.transfer_syntax_uid), threshold=1 << 62)


def _compare(left: Attributes, right: Attributes, where: str) -> Iterator[Difference]:
    for name in sorted(left.keys() | right.keys()):
        one, other = left.get(name), right.get(name)
        path = f"{where}{name}"
        if one is None or other is None:
            yield path, one, other
        elif one.get("vr") == "SQ" and other.get("vr") == "SQ":
            items, others = one.get("Value", []), other.get("Value", [])
            for number in range(max(len(items), len(others))):
                mine = items[number] if number < len(items) else {}
                theirs = others[number] if number < len(others) else {}
                yield from _compare(mine, theirs, f"{path}/{number + 1}.")
            if (not items and others) or (items and not others):
                yield path, one if not items else None, other if not others else None
        elif (one.get("Value"), one.get("InlineBinary")) != (other.get("Value"), other.get("InlineBinary")):
            yield path, one, other


def _label(name: str) -> str:
    tags = [part for part in re.split(r"[/.]", name) if len(part) == 8]
    return f"({tags[-1][:4]},{tags[-1][4:]}) {'.'.join(keyword_of(int(tag, 16)) or tag for tag in tags)}"


def _shown(entry: Any) -> str:
    if entry is None:
        return "(absent)"
    if "largest_difference" in entry:
        return f"frames differ by up to {entry['largest_difference']:g}"
    values = entry.get("Value", [entry["InlineBinary"][:60]] if "InlineBinary" in entry else [])
    return printable(f"{entry.get('vr', '')} {values if len(str(values)) < 200 else str(values)[:200] + '…'}")
