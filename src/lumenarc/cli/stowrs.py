"""`lumenarc stowrs`: sends DICOM files to a DICOMweb service (STOW-RS, PS3.18 10.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.web_options import add_web_peer, web_peer_of
from lumenarc.errors import LumenarcError

_CHUNK_BYTES = 1 << 20
# Failure reasons of PS3.18 Annex I and PS3.4 B.2.3, for people.
_REASONS = {0xA700: "out of resources", 0xA900: "does not match its SOP class", 0xC000: "cannot be understood",
            0x0110: "processing failure", 0x0111: "duplicate SOP instance", 0x0122: "SOP class not supported",
            0x0124: "not authorized"}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "stowrs",
        "Send files to a DICOMweb service, several in one request, streamed from the disk.",
        (
            "lumenarc stowrs --url http://localhost:8080/dicom-web image.dcm other.dcm",
            "lumenarc stowrs --url http://localhost:8080/dicom-web study",
            "find study -type f | lumenarc stowrs --url http://localhost:8080/dicom-web -l 1 -@ -",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files, folders or patterns")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("--url", required=True, metavar="ROOT", help="the root of the service")
    found.add_argument("--study", default="", metavar="UID", help="store into this study only")
    found.add_argument("-l", "--limit", type=int, default=100, metavar="N", help="files in a request (default 100)")
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Send the files, some in each request; a request that fails does not stop the others."""
    options = parser().parse_args(arguments)
    options.tool = "stowrs"
    from lumenarc.peers import dicomweb

    report, peer = Report(options), web_peer_of(options, options.url)
    found = iter(_readable(files.find(files.names(options)), report))
    while batch := list(islice(found, max(1, options.limit))):
        try:
            outcome = dicomweb.store(peer, map(_chunks, batch), options.study)
        except LumenarcError as error:
            report.problem(f"{len(batch)} files from {batch[0]}", str(error))
            continue
        report.n_done += len(outcome.stored)
        for uid, reason in outcome.failed:
            words = _REASONS.get(reason, _REASONS.get(reason & 0xFF00, "failed"))
            report.problem(uid or "an object", f"{reason:04X}H ({words})")
        if not outcome.failed and len(outcome.stored) < len(batch):
            report.problem("", f"{len(batch) - len(outcome.stored)} files are not in the answer")
    if not report.n_done and not report.n_failed:
        report.problem("", "no file was given")
        return 2
    report.result(
        f"{report.n_done} stored, {report.n_failed} failed", {"stored": report.n_done, "failed": report.n_failed}
    )
    return report.exit_code


def _readable(found: Iterable[Path | files.Missing], report: Report) -> Iterator[Path]:
    from lumenarc.dicom.part10 import parse_meta

    for path in found:
        if isinstance(path, files.Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            with path.open("rb") as file:
                parse_meta(file.read(1 << 16))
            yield path
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
