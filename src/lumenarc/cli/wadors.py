"""`lumenarc wadors`: fetches whatever a DICOMweb address names (WADO-RS, PS3.18 10.4)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.web_options import add_web_peer, web_peer_of
from lumenarc.errors import LumenarcError

if TYPE_CHECKING:
    from lumenarc.peers.dicomweb import Part

_ENDINGS = {
    "application/dicom": ".dcm", "application/dicom+json": ".json", "application/json": ".json",
    "application/dicom+xml": ".xml", "application/zip": ".zip", "application/pdf": ".pdf", "image/jpeg": ".jpg",
    "image/png": ".png", "image/gif": ".gif", "image/jp2": ".jp2", "image/jls": ".jls", "image/jphc": ".jhc",
    "image/dicom-rle": ".rle", "video/mp4": ".mp4", "text/html": ".html", "text/plain": ".txt",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "wadors",
        "Fetch objects, metadata, frames or pictures by their addresses into files.",
        (
            "lumenarc wadors http://localhost:8080/dicom-web/studies/1.2.3 --out-dir got",
            "lumenarc wadors http://localhost:8080/dicom-web/studies/1.2.3/metadata -a application/dicom+json",
            "lumenarc wadors http://localhost:8080/dicom-web/studies/1.2.3/rendered -a image/png --out-dir pictures",
        ),
    )
    found.add_argument("urls", nargs="+", metavar="URL", help="what to fetch")
    what = "accept this media type; may be repeated (default: DICOM objects as they are stored)"
    found.add_argument("-a", "--accept", metavar="TYPE", action="append", default=[], help=what)
    found.add_argument(
        "-o", "--out-dir", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)"
    )
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Fetch every address; one that fails does not stop the others."""
    options = parser().parse_args(arguments)
    options.tool = "wadors"
    from lumenarc.peers import dicomweb

    report, n_files = Report(options), 0
    options.out_dir.mkdir(parents=True, exist_ok=True)
    accept = ", ".join(options.accept) or dicomweb.ALL_AS_STORED
    for url in options.urls:
        root, _, leaf = url.rstrip("/").rpartition("/")
        try:
            for part in dicomweb.retrieve(web_peer_of(options, root), leaf, accept):
                n_files += 1
                path = _write(part, options.out_dir, n_files)
                report.result(str(path), {"url": url, "file": str(path), "media_type": part.media_type})
        except LumenarcError as error:
            report.problem(url, str(error))
    return report.exit_code


def _write(part: Part, folder: Path, number: int) -> Path:
    """Write a part; DICOM objects get the name of their SOP Instance UID, everything else a number."""
    path = folder / f"{number:05d}{_ENDINGS.get(part.media_type, '.bin')}"
    with path.open("wb") as file:
        for chunk in part.chunks:
            file.write(chunk)
    if part.media_type != "application/dicom":
        return path
    from lumenarc.dicom import part10
    from lumenarc.dicom.received import check_uid

    with path.open("rb") as written:
        uid = check_uid(part10.parse_meta(written.read(1 << 16)).sop_instance_uid, "SOP Instance UID", lenient=True)
    return path.rename(folder / f"{uid}.dcm")
