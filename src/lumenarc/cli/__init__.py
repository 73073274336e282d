"""The command line: `lumenarc TOOL …`; each tool is one module, named here and imported only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Protocol, cast

from lumenarc.errors import LumenarcError

# name, module, sentence. A tool's module has `run(arguments) -> exit code`.
TOOLS: tuple[tuple[str, str, str], ...] = (
    ("serve", "lumenarc.cli.serve", "Run the archive."),
    ("import", "lumenarc.cli.import_", "Bring files, folders and ZIP archives into the archive."),
    ("check", "lumenarc.cli.check", "Compare index and blobs, and verify every digest."),
    ("docs", "lumenarc.cli.docs", "Write the generated pages of the documentation."),
)


class Tool(Protocol):
    """What a tool's module offers."""

    def run(self, arguments: list[str]) -> int:
        """Do the work and return the exit code."""


def main(arguments: list[str] | None = None) -> None:
    """Run the tool that the command line names; exit 2 when the command line or a setting is wrong."""
    words = sys.argv[1:] if arguments is None else arguments
    modules = {name: module for name, module, _ in TOOLS}
    if not words or words[0] in ("-h", "--help"):
        print("usage: lumenarc TOOL …\n\ntools:")
        for name, _, sentence in TOOLS:
            print(f"  {name:10} {sentence}")
        raise SystemExit(0 if words else 2)
    if words[0] not in modules:
        print(f"lumenarc: there is no tool {words[0]!r}; `lumenarc --help` lists them.", file=sys.stderr)
        raise SystemExit(2)
    tool = cast(Tool, import_module(modules[words[0]]))
    try:
        code = tool.run(words[1:])
    except LumenarcError as error:
        print(f"lumenarc: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    raise SystemExit(code)
