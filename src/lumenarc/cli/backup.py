"""`lumenarc backup`: copies the running archive to a folder, index and objects; only what is new the next time."""

from __future__ import annotations

from pathlib import Path

from lumenarc.cli import opening
from lumenarc.cli.frame import Report, ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "backup",
        "Copy the archive to a folder while it runs: objects, and the index at one moment. Every instance that was\n"
        "acknowledged before is in it. The next backup to the same folder copies only what is new. Each object is\n"
        "compared with its digest on the way. `lumenarc restore` makes an archive of it.",
        (
            "lumenarc backup copy --data archive",
            "lumenarc backup copy --data archive --verify --prune",
            "lumenarc backup copy --data archive --json",
        ),
    )
    found.add_argument("folder", type=Path, metavar="FOLDER", help="where the backup is kept")
    found.add_argument("--verify", action="store_true", help="read copies that are there already, and mend them")
    found.add_argument(
        "--prune", action="store_true", help="remove older indexes, and objects that are deleted for good"
    )
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Bring the backup up to date."""
    options = parser().parse_args(arguments)
    options.tool = "backup"
    report = Report(options)
    from lumenarc.services.backup import backup

    archive = opening.existing(options)
    try:
        with report.progress("copying", None) as bar:
            done = backup(
                archive, options.folder, lambda _key, _n: bar.advance(), prune=options.prune, verify=options.verify
            )
    finally:
        archive.close()
    for uid, reason in done.failed:
        report.problem(uid, reason)
    fields = {"made_at": done.made_at, "instances": done.n_instances, "copied": done.n_copied, "bytes": done.n_bytes,
              "pruned": done.n_pruned, "failed": len(done.failed)}  # fmt: skip
    report.result(f"{done.n_instances} instances, {done.n_copied} copied now ({done.n_bytes / 1e6:.1f} MB), "
                  f"{len(done.failed)} failed", fields)  # fmt: skip
    return report.exit_code
