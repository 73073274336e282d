"""`lumenarc reindex`: makes the index anew from the blobs, with what only the old index knows."""

from __future__ import annotations

from lumenarc.cli import opening
from lumenarc.cli.frame import Report, ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "reindex",
        "Make the index anew from the stored objects. Corrections, trash, devices and all else that only the index\n"
        "knows are brought over from the old one as far as that can be read; it is kept as\n"
        "index-before-reindex.sqlite. Stop the archive first. --into fills another database, also from SQLite to\n"
        "PostgreSQL; afterwards set `database` to it.",
        (
            "lumenarc reindex --data archive",
            "lumenarc reindex --data archive --into sqlite:///other.sqlite",
            "lumenarc reindex --data archive --json",
        ),
    )
    found.add_argument("--into", metavar="URL", default="", help="an empty database for the new index")
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Make the index anew."""
    options = parser().parse_args(arguments)
    options.tool = "reindex"
    report = Report(options)
    from lumenarc.app.opening import only_one
    from lumenarc.services.reindex import reindex

    settings = opening.settings_of_existing(options)
    with only_one(settings), report.progress("reindexing", None) as bar:
        done = reindex(settings, options.into, bar.advance)
    for key, reason in done.failed:
        report.problem(key, reason)
    for key in done.same:
        report.note(f"{key}: the same object lies in another blob")
    if done.n_lost:
        report.problem("", f"{done.n_lost} instances of the old index have no readable blob")
    if not done.had_index:
        report.note("there was no readable index: corrections, trash, devices and jobs are gone")
    fields = {"blobs": done.n_blobs, "instances": done.n_instances, "same": len(done.same),
              "failed": len(done.failed), "lost": done.n_lost, "had_index": done.had_index}  # fmt: skip
    report.result(f"{done.n_blobs} blobs read, {done.n_instances} instances in the index", fields)
    return report.exit_code
