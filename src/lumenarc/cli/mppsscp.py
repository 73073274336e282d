"""`lumenarc mppsscp`: takes messages about performed procedure steps and keeps them as files (MPPS, PS3.4 F.7)."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom.lacking import INVALID_VALUE, Refusal, lack
from lumenarc.dicom.mpps import FINAL, IN_PROGRESS, MPPS, STATE, create_lack, text
from lumenarc.dicom.query import Attributes


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "mppsscp",
        "Take messages about performed procedure steps (N-CREATE, N-SET, N-GET) and keep each step as a DICOM file.\n"
        "What the standard requires is checked: required attributes, and that a step that is over does not change.",
        (
            "lumenarc mppsscp -b 11118 --directory steps",
            "lumenarc mppsscp -b MPPSSCP:11118 --no-validate --json",
            "lumenarc mppsscp -b 11118 --accept MODALITY --directory steps",
        ),
    )
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    found.add_argument("--no-validate", action="store_true", help="take steps that lack required attributes, too")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "mppsscp"
    return serve(options)


def serve(options: argparse.Namespace) -> int:
    """Listen, and keep what comes."""
    from lumenarc.cli.kept_objects import Rules, Store
    from lumenarc.cli.listening import Listener

    def lacking(given: Attributes) -> Refusal | None:
        if not options.no_validate:
            return create_lack(given, strict=True)
        return None if text(given, STATE) == IN_PROGRESS else lack(INVALID_VALUE, [STATE])

    def stays(held: Attributes) -> bool:
        return text(held, STATE) in FINAL

    report = Report(options)
    title, where = listening(options)
    listener = Listener(title, options.accept)
    listener.services[MPPS] = Store(options.directory, Rules(lacking, stays, STATE), report).serve
    return listener.serve(where, report)
