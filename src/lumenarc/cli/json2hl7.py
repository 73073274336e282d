"""`lumenarc json2hl7`: makes HL7 v2 messages of what hl72json wrote."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.protocol.hl7.mllp import BadFrame
from lumenarc.protocol.hl7.plain import from_plain


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "json2hl7",
        "Make HL7 v2 messages of JSON as hl72json writes it, to standard output or a file. Several objects give\n"
        "several messages, one after the other.",
        (
            "lumenarc hl72json order.hl7 | lumenarc json2hl7",
            "lumenarc hl72json order.hl7 | lumenarc json2hl7 -o again.hl7",
            "lumenarc hl72json messages/ | lumenarc json2hl7 -v - | lumenarc hl7snd -c localhost:2575 -",
        ),
    )
    found.add_argument("file", nargs="?", default="-", metavar="FILE", help="the JSON; - is standard input (default)")
    found.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write")
    found.add_speech(json_lines=False)
    return found


def run(arguments: list[str]) -> int:
    """Make the messages."""
    options = parser().parse_args(arguments)
    options.tool = "json2hl7"
    report = Report(options)
    data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    text = data.decode("utf-8", "replace")
    made: list[bytes] = []
    reader, at = json.JSONDecoder(), 0
    while found := re.compile(r"\S").search(text, at):
        at = found.start()
        try:
            plain, at = reader.raw_decode(text, at)
            made.append(from_plain(plain))
        except (BadFrame, ValueError) as error:
            report.problem(options.file, str(error) if isinstance(error, BadFrame) else "is no JSON")
            break
    if options.output is not None and made:
        options.output.write_bytes(b"".join(made))
    elif made:
        sys.stdout.buffer.write(b"".join(made))
        sys.stdout.flush()
    report.note(f"{len(made)} messages")
    return report.exit_code
