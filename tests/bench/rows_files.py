"""How much faster do two processes work on many files than one? The file tools, against themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from . import data
from .contest import Bench, Timed, best_of, clocked
from .programs import Broken, Missing, run
from .receivers import LUMENARC, our_environment
from .table import Line, faster

# Tool and its options; {out} is a folder that is empty each time.
_TOOLS = (
    ("dcmdump",),
    ("dcm2json", "-q", "-o", "{out}"),
    ("dcm2dcm", "--quiet", "--rle", "-o", "{out}"),
    ("deidentify", "-q", "-o", "{out}"),
)


def file_tools(bench: Bench) -> Iterator[Line]:
    """Work on 10,000 files with -j 1 and with -j 2."""
    if (os.cpu_count() or 1) < 2:
        raise Missing("two processors are missing")
    folder = data.quarters(bench.images, data.FILES)[0].parent
    for words in _TOOLS:
        contenders = {f"-j {n}": partial(_worked, bench, words, folder, n) for n in (1, 2)}
        best = best_of(bench, contenders)
        what = f"{words[0]} on {data.FILES.total:,} files, two processes"
        remark = f"{data.FILES.total / best['-j 2'].wall_s:,.0f} files/s"
        yield faster(what, best["-j 2"].wall_s, "one process", best["-j 1"].wall_s, bar=1.6, remark=remark)


def _worked(bench: Bench, words: tuple[str, ...], folder: Path, n_processes: int) -> Timed:
    """Time a tool on all files of a folder, its start included; what it writes is counted and deleted."""
    with bench.folder() as scratch:
        out = scratch / "out"
        command = (*LUMENARC, *(word.format(out=out) for word in words), "-j", str(n_processes), str(folder))
        timed = clocked(lambda: run(command, our_environment()))
        n_files = sum(len(files) for _, _, files in os.walk(out))
        if "{out}" in words and n_files != data.FILES.total:
            raise Broken(f"{words[0]} made {n_files} files")
        return timed
