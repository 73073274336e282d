"""`lumenarc restore`: makes an archive of a backup, in an empty folder, and verifies every object of it."""

from __future__ import annotations

from pathlib import Path

from lumenarc.cli import opening
from lumenarc.cli.frame import Report, ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "restore",
        "Make an archive of a backup, in an empty data folder (and an empty database), and compare every object with\n"
        "its digest. A backup of SQLite can be restored into PostgreSQL and the other way. Jobs that were waiting are\n"
        "cancelled: a restored copy sends nothing by itself.",
        (
            "lumenarc restore backup --data restored",
            "lumenarc restore backup --data restored --json",
            "lumenarc restore backup --data restored --database sqlite:///elsewhere.sqlite",
        ),
    )
    found.add_argument("folder", type=Path, metavar="FOLDER", help="where the backup is kept")
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Restore and verify."""
    options = parser().parse_args(arguments)
    options.tool = "restore"
    report = Report(options)
    from lumenarc.config import load
    from lumenarc.services import backup

    settings = load(options.config, data=options.data, database=options.database)
    with report.progress("restoring", None) as bar:
        found = backup.restore(options.folder, settings, lambda _key, _n: bar.advance())
    for uid, reason in found.corrupt:
        report.problem(uid, reason)
    for key in found.without_row:
        report.problem(key, "has no row")
    made_at = backup.manifest_of(options.folder)["made_at"]
    fields = {"instances": found.n_instances, "corrupt": len(found.corrupt), "clean": found.clean, "made_at": made_at}
    report.result(f"{found.n_instances} instances of {made_at} restored, {len(found.corrupt)} corrupt", fields)
    return report.exit_code
