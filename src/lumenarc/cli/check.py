"""`lumenarc check [--repair]`: compares index and blobs, verifies every digest; exit code 1 if anything is wrong."""

from __future__ import annotations

import argparse

from lumenarc.cli import opening
from lumenarc.services.check import check


def run(arguments: list[str]) -> int:
    """Check the archive and print what was found."""
    parser = argparse.ArgumentParser(prog="lumenarc check", description=__doc__)
    parser.add_argument("--repair", action="store_true", help="index whole blobs without a row, set others aside")
    opening.add_options(parser)
    options = parser.parse_args(arguments)
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
