"""`lumenarc serve`: runs the archive until it is told to stop."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc import app
from lumenarc.config import load


def run(arguments: list[str]) -> int:
    """Read the settings and serve."""
    parser = argparse.ArgumentParser(prog="lumenarc serve", description=__doc__)
    parser.add_argument("--config", type=Path, help="a lumenarc.toml")
    parser.add_argument("--data", type=Path, help="the data folder")
    parser.add_argument("--database", help="the database URL")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--http-port", type=int, help="the web port; 0 picks one")
    parser.add_argument("--dicom-port", type=int, help="the DICOM port; 0 picks one")
    parser.add_argument("--hl7-port", type=int, help="the HL7 port; 0 picks one")
    parser.add_argument("--aet", help="the AE title of the archive")
    parser.add_argument("--workers", type=int, help="how many processes serve")
    options = vars(parser.parse_args(arguments))
    return app.serve(load(options.pop("config"), **options))
