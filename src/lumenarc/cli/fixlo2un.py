"""`lumenarc fixlo2un`: mends private elements of 64 KiB and more that were written as LO (PS3.5 6.2.2)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.part10_file import opened, write_file


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "fixlo2un",
        "Mend files with private elements (LO, LT, SH, ST) whose value is longer than the 16 bits of their length can\n"
        "say, so that nobody finds the next element: they become UN. Files without such elements are copied.",
        (
            "lumenarc fixlo2un corrupted.dcm fixed.dcm",
            "lumenarc fixlo2un study/ out/",
            "lumenarc fixlo2un --json corrupted.dcm fixed.dcm",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Mend the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "fixlo2un"
    files.destination_last(options, found)
    return files.each(files.targets(options, None), fix, options, Report(options), "mending")


def fix(job: Job, _options: argparse.Namespace, _emit: Emit) -> Done:
    """Mend one file."""
    from lumenarc.dicom.wrapped_lengths import find_wrapped, mended

    assert job.target is not None
    with opened(job.source) as file:
        wrapped = find_wrapped(file.source)
        write_file(job.target, file.meta, mended(file.source, wrapped))
    lines = [f"{job.source} -> {job.target}"]
    lines += [
        f"  {each.offset + file.start}: ({each.tag >> 16:04X},{each.tag & 0xFFFF:04X}) {each.vr} #{each.declared}"
        f" -> UN #{each.length}"
        for each in wrapped
    ]
    elements = [{"tag": f"{each.tag:08X}", "declared": each.declared, "length": each.length} for each in wrapped]
    return Done({"target": str(job.target), "mended": elements}, "\n".join(lines))
