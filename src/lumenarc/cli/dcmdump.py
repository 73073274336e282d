"""`lumenarc dcmdump`: shows every element of DICOM files, where it lies, and what it says."""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.cli.part10_file import Part10, opened
from lumenarc.dicom.dicom_json import to_attributes, value_to_json
from lumenarc.dicom.dictionary import keyword_of, vr_of
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.source import DataSetSource
from lumenarc.dicom.walk import Kind, Token, walk

_EXPLICIT_LE = "1.2.840.10008.1.2.1"
_SHOWN_BYTES = 4096
_WORDS = {"OW": 2, "OL": 4, "OV": 8}


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmdump",
        "Show every element of DICOM files: offset in the file, tag, VR, length, value, keyword. Pixel data of any\n"
        "size are passed over, not read.",
        (
            "lumenarc dcmdump image.dcm",
            "lumenarc dcmdump -w 200 study/",
            "find study -type f | lumenarc dcmdump -q -@ -",
        ),
    )
    files.add_inputs(found)
    found.add_argument("-w", "--width", type=int, default=78, metavar="COLS", help="cut lines at COLS (default 78)")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Dump the files."""
    options = parser().parse_args(arguments)
    options.tool = "dcmdump"
    return files.each(files.plain_jobs(options), dump, options, Report(options), "dumping")


def dump(job: Job, options: argparse.Namespace, emit: Emit) -> Done:
    """Dump one file."""
    with opened(job.source) as file:
        if options.json:
            head = file.source.read(0, 1 << 28)
            return Done({"dataset": to_attributes(head, _as_inflated(file.source.transfer_syntax_uid))})
        if options.quiet:
            return Done({"n_elements": sum(1 for _ in walk(file.source))})
        if options.paths != [str(job.source)]:
            emit(f"{printable(str(job.source))}:\n")
        for line in lines(file):
            emit(line[: options.width].rstrip() + "\n")
    return Done()


def _as_inflated(syntax: str) -> str:
    return _EXPLICIT_LE if syntax in DEFLATED else syntax


def lines(file: Part10) -> Iterator[str]:
    """Give the lines of a file: its File Meta, then its data set; offsets count from the start of the file."""
    prefix = 132 if file.head[128:132] == b"DICM" else 0
    if prefix:
        yield "128: [DICM]"
    meta = DataSetSource(
        lambda offset, length: file.head[prefix + offset : prefix + offset + length],
        len(file.head) - prefix,
        _EXPLICIT_LE,
    )
    yield from _lines(meta, prefix)
    yield from _lines(file.source, 0 if file.is_deflated else file.start)


def _lines(source: DataSetSource, base: int) -> Iterator[str]:
    charsets: list[tuple[str, ...]] = [()]
    n_items: list[int] = []
    for token in walk(source):
        del charsets[token.depth + 1 :]
        while len(charsets) <= token.depth:
            charsets.append(charsets[-1])
        del n_items[token.depth + (token.kind in (Kind.SEQUENCE, Kind.PIXELS)) :]
        lead = f"{base + token.offset}: {'>' * token.depth}({token.tag >> 16:04X},{token.tag & 0xFFFF:04X})"
        if token.kind in (Kind.ITEM_END, Kind.SEQUENCE_END):
            if token.value > token.offset:
                tag = "FFFE,E00D" if token.kind is Kind.ITEM_END else "FFFE,E0DD"
                yield f"{base + token.offset}: {'>' * token.depth}({tag}) #0"
            continue
        length = "-1" if token.length is None else str(token.length)
        if token.kind in (Kind.ITEM, Kind.FRAGMENT):
            while len(n_items) < token.depth:
                n_items.append(0)
            n_items[token.depth - 1] += 1
            what = "Item" if token.kind is Kind.ITEM else "Fragment"
            yield f"{lead} #{length} {what} #{n_items[token.depth - 1]}"
            continue
        text = "" if token.kind is not Kind.ELEMENT else f"[{_value(source, token, charsets)}]"
        yield " ".join(filter(None, (lead, token.vr, f"#{length}", text, _keyword(token.tag))))


def _keyword(tag: int) -> str:
    if tag >> 16 & 1:
        return "PrivateCreatorID" if 0x10 <= tag & 0xFFFF <= 0xFF else "PrivateElement"
    return keyword_of(tag) or ("GroupLength" if tag & 0xFFFF == 0 else "UnknownElement")


def _value(source: DataSetSource, token: Token, charsets: list[tuple[str, ...]]) -> str:
    raw = source.read(token.value, min(token.length or 0, _SHOWN_BYTES))
    vr = token.vr
    if vr == "UN":
        known = vr_of(token.tag)
        vr = known if known != "SQ" else "UN"
    order = ">" if token.big_endian else "<"
    if vr in ("OB", "OW", "OL", "OV", "UN"):
        size = _WORDS.get(vr, 1)
        if vr == "UN" and raw.isascii() and raw.strip(b" \0").decode("ascii").isprintable():
            return raw.decode("ascii").strip(" \0")
        code = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
        words = struct.unpack_from(f"{order}{len(raw) // size}{code}", raw)
        return "\\".join(map(str, words[:64]))
    if vr in ("OF", "OD"):
        vr = {"OF": "FL", "OD": "FD"}[vr]
    found = value_to_json(vr, raw, charsets[-1], big_endian=token.big_endian)
    values = found.get("Value", [])
    if token.tag == 0x00080005:
        charsets[-1] = tuple(str(value or "") for value in values)
    return printable("\\".join(map(_text, values)))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "=".join(str(value.get(group, "")) for group in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=")
    return "" if value is None else str(value)
