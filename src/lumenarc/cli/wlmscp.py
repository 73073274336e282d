"""`lumenarc wlmscp`: answers modality worklist queries from a folder of items (C-FIND as SCP, PS3.4 K)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_listen, listening
from lumenarc.cli.frame import Report, ToolParser

if TYPE_CHECKING:
    from lumenarc.dicom.query import Attributes
    from lumenarc.protocol.dimse.commands import Command
    from lumenarc.protocol.ul.negotiation import Context
    from lumenarc.transport.association import Association
    from lumenarc.transport.requests import Response

MWL = "1.2.840.10008.5.1.4.31"
_PENDING, _PENDING_WARNING, _CANCELLED = 0xFF00, 0xFF01, 0xFE00
_STEPS = "00400100"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "wlmscp",
        "Answer modality worklist queries (C-FIND) from a folder of items: DICOM files, or JSON in the DICOM model.\n"
        "The folder is read anew for every query, so that items come and go with their files.",
        (
            "lumenarc wlmscp -b 11115 --directory worklist",
            "lumenarc wlmscp -b WORKLIST:11115 --directory worklist --json",
            "lumenarc wlmscp -b 11115 --directory worklist --accept MODALITY",
        ),
    )
    found.add_argument("--directory", type=Path, required=True, metavar="DIR", help="where the items are")
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "wlmscp"
    from lumenarc.cli.listening import Listener

    report = Report(options)
    title, where = listening(options)
    options.directory.mkdir(parents=True, exist_ok=True)
    listener = Listener(title, options.accept)

    def find(assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        return answer(options, report, assoc, context, rq, data_set)

    listener.services[MWL] = find
    return listener.serve(where, report)


def answer(
    options: argparse.Namespace,
    report: Report,
    assoc: Association,
    context: Context,
    rq: Command,
    data_set: bytes,
) -> Iterator[Response]:
    """Yield a pending response for every scheduled step that matches, then the final one."""
    from lumenarc.dicom import charset
    from lumenarc.dicom.dicom_json import to_attributes
    from lumenarc.dicom.encode import encode, texts
    from lumenarc.dicom.key_values import item_of
    from lumenarc.dicom.matching import key_matches, returned
    from lumenarc.dicom.query import Item
    from lumenarc.protocol.dimse import commands
    from lumenarc.transport.requests import Response

    if rq.field != commands.C_FIND_RQ:
        yield Response(0x0211)
        return
    identifier = to_attributes(data_set, context.transfer_syntax)
    extended = assoc.partners.extended.get(MWL, b"").ljust(4, b"\0")
    asked = {name: entry for name, entry in identifier.items() if name not in ("00080005", "00080052", "00080201")}
    matcher = item_of(asked, fuzzy=extended[2] == 1)
    keys = matcher.keys if isinstance(matcher, Item) else ()
    wanted = "\\".join(str(value or "") for value in identifier.get("00080005", {}).get("Value", ()))
    n_found = 0
    for item in items(options.directory, report):
        if assoc.is_cancelled(rq.message_id):
            yield Response(_CANCELLED)
            return
        if all(key_matches(key, item) for key in keys):
            n_found += 1
            row = returned(asked, item)
            yield Response(_PENDING, encode(row, context.transfer_syntax, charset.choose(texts(row), wanted)))
    fields = {"calling": assoc.partners.calling, "found": n_found}
    report.result(f"{assoc.partners.calling}: {n_found} found", fields)
    yield Response(0)


def items(folder: Path, report: Report) -> Iterator[Attributes]:
    """Give the items of a folder, one for each scheduled procedure step."""
    from lumenarc.cli.json2dcm import read_json
    from lumenarc.cli.part10_file import header_attributes
    from lumenarc.errors import LumenarcError

    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == "lockfile" or path.name.startswith("."):
            continue
        try:
            found = read_json(path.read_bytes()) if path.suffix == ".json" else header_attributes(path)
        except (OSError, LumenarcError) as error:
            report.problem(str(path), str(error))
            continue
        whole = {name: entry for name, entry in found.items() if not name.startswith("0002")}
        for step in whole.get(_STEPS, {}).get("Value", ()):
            yield whole | {_STEPS: {"vr": "SQ", "Value": [step]}}
