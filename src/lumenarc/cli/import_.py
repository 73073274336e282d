"""`lumenarc import PATH…`: brings files, folders and ZIP archives into the archive; exit code 1 if anything failed."""

from __future__ import annotations

import sys
from pathlib import Path

from lumenarc.cli import opening
from lumenarc.cli.frame import ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "import",
        "Bring files, folders, DICOMDIRs and ZIP archives into the archive; the exit code is 1 if anything failed.",
        (
            "lumenarc import image.dcm",
            "lumenarc import study/ other.dcm",
            "lumenarc import --data archive study/",
        ),
    )
    found.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder, a ZIP archive")
    opening.add_options(found)
    return found


def run(arguments: list[str]) -> int:
    """Import the paths, show progress on a terminal, print a summary."""
    options = parser().parse_args(arguments)
    from rich.console import Console
    from rich.progress import Progress

    from lumenarc.services.check import writing
    from lumenarc.services.ingest import ImportResult, find_files, import_paths

    archive = opening.opened(options)
    console = Console(stderr=True)
    try:
        with Progress(console=console, disable=not console.is_terminal) as progress:
            n_files = sum(1 for _ in find_files(options.paths)) if console.is_terminal else None
            task = progress.add_task("importing", total=n_files)

            def on_result(result: ImportResult) -> None:
                progress.advance(task)
                if result.outcome == "failed":
                    progress.console.print(
                        f"{result.name}: {result.error}", markup=False, highlight=False, soft_wrap=True
                    )

            with writing(archive):
                summary = import_paths(archive, options.paths, on_result)
    finally:
        archive.close()
    failed = summary.failed or []
    print(
        f"{summary.n_stored} stored, {summary.n_duplicates} already there, "
        f"{summary.n_skipped} skipped, {len(failed)} failed"
    )
    sys.stdout.flush()
    return 1 if failed else 0
