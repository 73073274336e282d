"""`lumenarc serve`: runs the archive until it is told to stop."""

from __future__ import annotations

from pathlib import Path

from lumenarc.cli.frame import ToolParser


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "serve",
        "Run the archive until it is told to stop: DICOM, DICOMweb, HL7 and its pages from one program.",
        (
            "lumenarc serve",
            "lumenarc serve --data archive --aet PACS --dicom-port 11112",
            "lumenarc serve --config lumenarc.toml --host ::1",
        ),
    )
    found.add_argument("--config", type=Path, help="a lumenarc.toml")
    found.add_argument("--data", type=Path, help="the data folder")
    found.add_argument("--database", help="the database URL")
    found.add_argument("--host", help="the address to listen on")
    found.add_argument("--http-port", type=int, help="the web port; 0 picks one")
    found.add_argument("--dicom-port", type=int, help="the DICOM port; 0 picks one")
    found.add_argument("--hl7-port", type=int, help="the HL7 port; 0 picks one")
    found.add_argument("--aet", help="the AE title of the archive")
    found.add_argument("--workers", type=int, help="how many processes serve")
    return found


def run(arguments: list[str]) -> int:
    """Read the settings and serve."""
    options = vars(parser().parse_args(arguments))
    from lumenarc import app
    from lumenarc.config import load

    return app.serve(load(options.pop("config"), **options))
