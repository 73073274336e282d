"""`lumenarc storescp`: receives instances into a folder (C-STORE and C-ECHO as SCP, PS3.4 A, B)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser

if TYPE_CHECKING:
    from lumenarc.dicom.part10 import Meta


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "storescp",
        "Receive instances into a folder, as they are sent, until the program is told to stop.",
        (
            "lumenarc storescp -b 11115 --directory got",
            "lumenarc storescp -b STORESCP:11115 --filepath '{PatientID}/{StudyInstanceUID,hash}/{SOPInstanceUID}.dcm'",
            "lumenarc storescp -b 11115 --status A700 --response-delay 500",
        ),
    )
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument(
        "--filepath", default="{00080018}", metavar="PATTERN", help="name of a file (default {00080018})"
    )
    found.add_argument("--ignore", action="store_true", help="keep nothing of what is received")
    found.add_argument("--accept-unknown", action="store_true", help="accept SOP classes that nobody knows")
    found.add_argument("--status", metavar="HEX", default="0", help="answer with this status")
    found.add_argument("--response-delay", type=int, default=0, metavar="MS", help="wait before answering")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Receive until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "storescp"
    from lumenarc.cli.listening import Listener, status_of
    from lumenarc.cli.received_files import Folder

    report, answer = Report(options), status_of(options.status)

    def on_file(path: Path, meta: Meta) -> None:
        fields = {"file": str(path), "sop_class_uid": meta.sop_class_uid, "sop_instance_uid": meta.sop_instance_uid}
        fields |= {"transfer_syntax_uid": meta.transfer_syntax_uid, "calling": meta.source_aet}
        if options.ignore:
            path.unlink(missing_ok=True)
        report.result(f"{meta.source_aet}: {path}", fields)

    folder = Folder(options.directory, options.filepath, on_file, answer)
    title, where = listening(options)
    listener = Listener(title, options.accept, unknown_too=options.accept_unknown, begin=folder.begin)
    listener.delay_s = options.response_delay / 1000
    return listener.serve(where, report)
