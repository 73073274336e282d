"""Measure Lumenarc beside its peers and print one table.

python -m tests.bench                  every row
python -m tests.bench store-small      one row
python -m tests.bench --write          every row, and docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from . import rows_files, rows_find, rows_page, rows_retrieve, rows_scale, rows_store, rows_tools, viewer
from .contest import Bench
from .machine import facts, write_report
from .programs import Broken, Missing
from .table import Line, as_text, unmeasured

ROWS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "store-big": rows_store.store_big,
    "store-small": rows_store.store_small,
    "store-big-4": rows_store.store_big_4,
    "store-small-4": rows_store.store_small_4,
    "store-nagle": rows_store.store_nagle,
    "store-unsynced": rows_store.store_unsynced,
    "find": rows_find.find,
    "qido": rows_find.qido,
    "retrieve": rows_retrieve.retrieve,
    "million": rows_scale.million,
    "memory": rows_scale.memory,
    "start": rows_scale.start,
    "list-100k": rows_page.list_100k,
    "send-tools": rows_tools.send_tools,
    "receive-tools": rows_tools.receive_tools,
    "file-tools": rows_files.file_tools,
    "viewer": viewer.viewer,
}


def main() -> int:
    """Run the rows that were asked for; return 1 when a bar is not held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", help=f"which rows: {' '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender goes (default 3)")
    parser.add_argument("--images", type=Path, help="a folder that keeps the made images for the next run")
    parser.add_argument("--scratch", type=Path, help="where the archives keep their data (default: the system's /tmp)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)}")
    if options.write and options.rows:
        parser.error("--write needs every row")
    started = time.monotonic()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lumenarc-bench-", dir=options.scratch)))
        images = options.images or scratch / "images"
        images.mkdir(parents=True, exist_ok=True)
        bench = Bench(scratch, images, options.rounds, lambda text: print(text, file=sys.stderr, flush=True))
        with bench.open_until_end:
            lines = [line for name in options.rows or ROWS for line in _measure(bench, name)]
    about = facts(time.monotonic() - started)
    print("\n".join(f"{name}: {value}" for name, value in about.items()), as_text(lines), sep="\n\n")
    if options.write:
        write_report(about, lines)
    return 0 if all(line.held for line in lines) else 1


def _measure(bench: Bench, name: str) -> list[Line]:
    """Measure a row; what goes wrong is said in the table and does not end the others."""
    bench.say(f"{name} …")
    try:
        lines = list(ROWS[name](bench))
    except (Missing, Broken, OSError) as error:
        lines = [unmeasured(name, " ".join(str(error).split())[:300])]
    for line in lines:
        bench.say(f"  {' | '.join(line.cells())}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
