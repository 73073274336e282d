"""`lumenarc hl72json`: writes HL7 v2 messages as JSON, from which json2hl7 makes the same bytes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.protocol.hl7.mllp import BadFrame
from lumenarc.protocol.hl7.plain import to_plain


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl72json",
        "Write HL7 v2 messages as JSON, one a line: segments as lists of fields, repetitions, components and\n"
        "subcomponents. json2hl7 makes the same bytes of it.",
        (
            "lumenarc hl72json order.hl7",
            "lumenarc hl72json messages/",
            "lumenarc hl72json --indent 2 - < order.hl7",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="files and folders of messages; - is standard input")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("--indent", type=int, metavar="N", help="over several lines, indented by N")
    found.add_speech(json_lines=False)
    return found


def run(arguments: list[str]) -> int:
    """Write the messages."""
    options = parser().parse_args(arguments)
    options.tool = "hl72json"
    report = Report(options)
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            data = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
            print(json.dumps(to_plain(data), ensure_ascii=False, indent=options.indent))
            report.n_done += 1
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except BadFrame as error:
            report.problem(str(path), str(error))
    if not report.n_done and not report.n_failed:
        report.problem("", "no message was given")
        return 2
    return report.exit_code
