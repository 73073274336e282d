"""How a command-line tool opens the archive: the settings that `serve` would use, with --data, --database, --config."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.archive import Archive
    from lumenarc.config import Settings


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which archive is meant."""
    parser.add_argument("--data", type=Path, help="the data folder")
    parser.add_argument("--database", help="the database URL")
    parser.add_argument("--config", type=Path, help="a lumenarc.toml")


def opened(options: argparse.Namespace) -> Archive:
    """Open the archive that the options name."""
    from lumenarc.archive import open_archive
    from lumenarc.config import load

    return open_archive(load(options.config, data=options.data, database=options.database))


def existing(options: argparse.Namespace, **overrides: object) -> Archive:
    """Open the archive that the options name, with some settings; raise BadRequest instead of making a new one."""
    from lumenarc.archive import open_archive

    return open_archive(settings_of_existing(options, **overrides))


def settings_of_existing(options: argparse.Namespace, **overrides: object) -> Settings:
    """Return the settings of an archive that there is; raise BadRequest for none."""
    from lumenarc.config import load

    settings = load(options.config, data=options.data, database=options.database, **overrides)
    if not (settings.data / "blobs").is_dir():
        raise BadRequest(f"There is no archive in {settings.data}; --data names its folder.")
    return settings
