"""`lumenarc storescu`: sends instances to an application entity (C-STORE, PS3.4 B); without files, a C-ECHO.

Files leave as they lie. Where the peer does not take a transfer syntax, the instance is decompressed on the way.
"""

from __future__ import annotations

import argparse
import time

from lumenarc.cli import files
from lumenarc.cli.dimse_options import add_peer, add_priority, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom import assignments


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "storescu",
        "Send DICOM files and folders to an application entity (C-STORE); without files, ask whether it is there.",
        (
            "lumenarc storescu -c LUMENARC@localhost:11112 image.dcm",
            "lumenarc storescu -c LUMENARC@localhost:11112 --max-ops-invoked 8 -j 2 study/",
            "find study -type f | lumenarc storescu -c LUMENARC@localhost:11112 -s PatientID=T --uid-suffix .1 -@ -",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files, folders or patterns")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="send over N associations (default 1)")
    found.add_argument(
        "-s",
        "--set",
        metavar="ATTR=VALUE",
        action="append",
        default=[],
        help="send with this attribute; may be repeated",
    )
    found.add_argument("--uid-suffix", metavar="TEXT", default="", help="append to study, series and instance UID")
    found.add_argument("--as-is", action="store_true", help="never decompress; what the peer does not take fails")
    add_priority(found)
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Send the files."""
    options = parser().parse_args(arguments)
    options.tool = "storescu"
    if not options.paths and not options.files_from:
        return _echo(options)
    from lumenarc.cli.sending_files import Sender, find_all

    changes = assignments.from_texts(options.set)
    report = Report(options)
    found = find_all(files.find(files.names(options)), report)
    if not found and not report.n_failed:
        report.problem("", "no file was given")
        return 2
    if not found:
        return report.exit_code
    started = time.monotonic()
    sender = Sender(peer_of(options), changes, options, report)
    sender.send_all(found)
    took_s = time.monotonic() - started
    rate = sender.n_bytes / max(took_s, 1e-6) / 1e6
    fields = {"sent": report.n_done, "failed": report.n_failed, "bytes": sender.n_bytes, "seconds": round(took_s, 3)}
    size = f"{sender.n_bytes / 1e6:.1f} MB in {took_s:.1f} s ({rate:.1f} MB/s)"
    report.result(f"{report.n_done} sent, {report.n_failed} failed, {size}", fields)
    return sender.exit_code


def _echo(options: argparse.Namespace) -> int:
    from lumenarc.cli import echoscu

    options.tool, options.repeat = "echoscu", 1
    return echoscu.ask(options)
