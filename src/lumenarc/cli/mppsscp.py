"""`lumenarc mppsscp`: takes messages about performed procedure steps and keeps them as files (MPPS, PS3.4 F.7)."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser

MPPS = "1.2.840.10008.3.1.2.3.3"


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

    # Type 1 of Table F.7.2-1, and type 2: there, if empty.
    required = "00400241 00400244 00400245 00400252 00400253 00400270 00080060".split()
    present = "00100010 00100020 00100030 00100040 00400250 00400251 00400340".split()
    rules = Rules(
        required=() if options.no_validate else tuple(required),
        present=() if options.no_validate else tuple(present),
        state="00400252",
        first=("IN PROGRESS",),
        final=("COMPLETED", "DISCONTINUED"),
    )
    report = Report(options)
    title, where = listening(options)
    listener = Listener(title, options.accept)
    listener.services[MPPS] = Store(options.directory, rules, report).serve
    return listener.serve(where, report)
