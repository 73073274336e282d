"""`lumenarc check [--repair]`: compares index and blobs, verifies every digest; exit code 1 if anything is wrong."""

from __future__ import annotations

from lumenarc.cli import opening
from lumenarc.cli.frame import ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "check",
        "Compare the index with the blobs and verify every digest; the exit code is 1 if anything is wrong.",
        (
            "lumenarc check",
            "lumenarc check --data archive --repair",
            "lumenarc check --data archive --database sqlite:///archive/index.sqlite",
        ),
    )
    found.add_argument("--repair", action="store_true", help="index whole blobs without a row, set others aside")
    opening.add_options(found)
    return found


def run(arguments: list[str]) -> int:
    """Check the archive and print what was found."""
    options = parser().parse_args(arguments)
    from lumenarc.services.check import check

    archive = opening.opened(options)
    try:
        report = check(archive, repair=options.repair)
    finally:
        archive.close()
    for uid, reason in report.corrupt:
        print(f"corrupt {uid}: {reason}")
    for key in report.without_row:
        what = "indexed" if key in report.adopted else "set aside" if key in report.set_aside else "has no row"
        print(f"blob {key}: {what}")
    print(f"{report.n_instances} instances, {report.n_blobs} blobs, {len(report.corrupt)} corrupt: "
          f"{'clean' if report.clean else 'not clean'}")  # fmt: skip
    return 0 if report.clean else 1
