"""`lumenarc qido`: searches a DICOMweb service (QIDO-RS, PS3.18 10.6)."""

from __future__ import annotations

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.listing import lines
from lumenarc.cli.web_options import add_web_peer, web_peer_of
from lumenarc.errors import BadRequest


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "qido",
        "Search studies, series or instances of a DICOMweb service.",
        (
            "lumenarc qido --url http://localhost:8080/dicom-web -m PatientName='DOE*'",
            "lumenarc qido --url http://localhost:8080/dicom-web studies/1.2.3/series -r StationName --json",
            "lumenarc qido --url http://localhost:8080/dicom-web instances -m Modality=CT --limit 10",
        ),
    )
    found.add_argument("what", nargs="?", default="studies", metavar="RESOURCE",
                       help="studies, series, instances, or a path below a study (default: studies)")  # fmt: skip
    found.add_argument("--url", required=True, metavar="ROOT", help="the root of the service")
    found.add_argument("-m", "--match", metavar="KEY=VALUE", action="append", default=[], help="a matching key")
    found.add_argument("-r", "--return-key", metavar="KEY", action="append", default=[], help="include this attribute")
    found.add_argument("--fuzzy", action="store_true", help="match names by sound")
    found.add_argument("--limit", type=int, metavar="N", help="at most N answers")
    found.add_argument("--offset", type=int, metavar="N", help="skip the first N answers")
    found.add_argument("--orderby", metavar="KEY", help="sort by this attribute; -KEY descending")
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Search and print the answers."""
    options = parser().parse_args(arguments)
    options.tool = "qido"
    from lumenarc.peers import dicomweb

    params = []
    for text in options.match:
        key, equals, value = text.partition("=")
        if not equals:
            raise BadRequest(f"{text!r} is no key: KEY=VALUE.")
        params.append((key, value))
    params += [("includefield", key) for key in options.return_key]
    params += [("fuzzymatching", "true")] if options.fuzzy else []
    params += [
        (name, str(value))
        for name, value in (("limit", options.limit), ("offset", options.offset), ("orderby", options.orderby))
        if value is not None
    ]
    report = Report(options)
    for number, attributes in enumerate(dicomweb.search(web_peer_of(options, options.url), options.what, params), 1):
        report.result("\n".join([f"# {number}", *lines(attributes)]), attributes)
    return report.exit_code
