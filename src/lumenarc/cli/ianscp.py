"""`lumenarc ianscp`: takes notifications that instances can be had, and keeps them as files (IAN, PS3.4 R)."""

from __future__ import annotations

from pathlib import Path

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom.availability import IAN
from lumenarc.dicom.lacking import lack_of


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "ianscp",
        "Take Instance Availability Notifications (N-CREATE) and keep each as a DICOM file.",
        (
            "lumenarc ianscp -b 11119 --directory notifications",
            "lumenarc ianscp -b IANSCP:11119 --json",
            "lumenarc ianscp -b 11119 --accept LUMENARC",
        ),
    )
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "ianscp"
    from lumenarc.cli.kept_objects import Rules, Store
    from lumenarc.cli.listening import Listener

    report = Report(options)
    title, where = listening(options)
    listener = Listener(title, options.accept)
    rules = Rules(lambda given: lack_of(given, ("00081115", "0020000D"), ("00081111",)))
    listener.services[IAN] = Store(options.directory, rules, report).serve
    return listener.serve(where, report)
