"""`lumenarc wadouri`: fetches one object or picture by WADO-URI (PS3.18 9)."""

from __future__ import annotations

from pathlib import Path

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.web_options import add_web_peer, web_peer_of

# Option → parameter of PS3.18 9.4.1.
_PARAMETERS = {
    "content_type": "contentType", "transfer_syntax": "transferSyntax", "charset": "charset", "frame": "frameNumber",
    "rows": "rows", "columns": "columns", "region": "region", "quality": "imageQuality",
    "annotation": "annotation",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "wadouri",
        "Fetch one object as DICOM or as a picture from a WADO-URI service.",
        (
            "lumenarc wadouri --url http://localhost:8080/wado 1.2.3 1.2.3.1 1.2.3.1.1 -o got.dcm",
            "lumenarc wadouri --url http://localhost:8080/wado 1.2.3 1.2.3.1 1.2.3.1.1 "
            "--content-type image/png --window 40,400 -o got.png",
            "lumenarc wadouri --url http://localhost:8080/wado 1.2.3 1.2.3.1 1.2.3.1.1 --anonymize -o nobody.dcm",
        ),
    )
    found.add_argument("study", metavar="STUDY", help="Study Instance UID")
    found.add_argument("series", metavar="SERIES", help="Series Instance UID")
    found.add_argument("object", metavar="OBJECT", help="SOP Instance UID")
    found.add_argument("--url", required=True, metavar="ADDRESS", help="the address of the service")
    found.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to write")
    found.add_argument("--content-type", default="application/dicom", metavar="TYPE", help="default application/dicom")
    found.add_argument("--window", metavar="CENTER,WIDTH", help="VOI window of a picture")
    found.add_argument("--anonymize", action="store_true", help="ask for a de-identified object")
    for name in ("transfer-syntax", "charset", "frame", "rows", "columns", "region", "quality", "annotation"):
        parameter = _PARAMETERS[name.replace("-", "_")]
        found.add_argument(f"--{name}", metavar="VALUE", help=f"the parameter {parameter}")
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Fetch the object."""
    options = parser().parse_args(arguments)
    options.tool = "wadouri"
    from lumenarc.peers import dicomweb

    params = [("requestType", "WADO"), ("studyUID", options.study), ("seriesUID", options.series)]
    params.append(("objectUID", options.object))
    given = {parameter: getattr(options, name) for name, parameter in _PARAMETERS.items()}
    if options.window:
        given["windowCenter"], _, given["windowWidth"] = options.window.partition(",")
    if options.anonymize:
        given["anonymize"] = "yes"
    params += [(name, str(value)) for name, value in given.items() if value is not None]
    report = Report(options)
    root, _, leaf = options.url.rstrip("/").rpartition("/")
    for part in dicomweb.retrieve(web_peer_of(options, root), leaf, "*/*", params):
        with options.output.open("wb") as file:
            for chunk in part.chunks:
                file.write(chunk)
        fields = {"file": str(options.output), "media_type": part.media_type}
        report.result(f"{options.output} ({part.media_type})", fields)
    return report.exit_code
