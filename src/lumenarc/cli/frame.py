"""What is the same in every tool: how its command line is described, and how it speaks.

Results go to standard output, as lines or, with --json, as one JSON object a line; problems, notes and progress go to
standard error. A progress bar is drawn on a terminal only, so that pipes and logs hold nothing but text.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from lumenarc.errors import BadRequest

Examples = tuple[str, str, str]


class ToolParser(argparse.ArgumentParser):
    """The command line of one tool; its help ends with three examples, which a test runs."""

    def __init__(self, name: str, description: str, examples: Examples) -> None:
        shown = "\n".join(f"  {example}" for example in examples)
        super().__init__(
            prog=f"lumenarc {name}",
            description=description,
            epilog=f"examples:\n{shown}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.name, self.examples = name, examples

    def add_speech(self, *, quiet: str = "-q", json_lines: bool = True) -> None:
        """Add --quiet, --verbose and --json; `quiet` is "" where the tool's dcm4che namesake means something else."""
        group = self.add_argument_group("output")
        group.add_argument(*filter(None, (quiet, "--quiet")), action="store_true", help="say nothing but problems")
        group.add_argument("-v", "--verbose", action="store_true", help="say more")
        if json_lines:
            group.add_argument("--json", action="store_true", help="print one JSON object a line")


class Progress(Protocol):
    """Something that is told how far the work has come."""

    def advance(self, n: int = 1) -> None:
        """Say that `n` more are done."""


class Report:
    """How one run of a tool speaks, and whether anything failed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.name: str = options.tool
        self.quiet: bool = options.quiet
        self.verbose: bool = options.verbose
        self.json: bool = getattr(options, "json", False)
        self.n_done = 0
        self.n_failed = 0

    def result(self, text: str, fields: dict[str, Any]) -> None:
        """Print a result: its text, or its fields with --json; nothing when quiet."""
        if self.json:
            print(json.dumps(fields, ensure_ascii=False))
        elif text and not self.quiet:
            print(text)

    def note(self, text: str) -> None:
        """Say something that is only of interest with --verbose."""
        if self.verbose:
            print(f"lumenarc {self.name}: {printable(text)}", file=sys.stderr)

    def problem(self, subject: str, message: str) -> None:
        """Say in one line what went wrong with what."""
        self.n_failed += 1
        if self.json:
            print(json.dumps({"subject": subject, "error": message}, ensure_ascii=False))
        where = f"{printable(subject)}: " if subject else ""
        print(f"lumenarc {self.name}: {where}{printable(message)}", file=sys.stderr)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, else 1."""
        return 1 if self.n_failed else 0

    @contextmanager
    def progress(self, doing: str, total: int | None) -> Iterator[Progress]:
        """Draw a bar while the work runs; not when quiet, and not unless standard error is a terminal."""
        if self.quiet or not sys.stderr.isatty():
            yield _Silent()
            return
        from rich.console import Console
        from rich.progress import Progress as Bar

        with Bar(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(doing, total=total)
            yield _Drawn(bar, task)


class _Silent:
    def advance(self, n: int = 1) -> None:
        pass


class _Drawn:
    def __init__(self, bar: Any, task: Any) -> None:
        self._bar, self._task = bar, task

    def advance(self, n: int = 1) -> None:
        self._bar.advance(self._task, n)


def printable(text: str) -> str:
    """Make a stranger's text one harmless line of a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def place_to_listen(text: str) -> tuple[str, int]:
    """Read `[IP:]PORT`; raise BadRequest when it is none."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise BadRequest(f"{text!r} is no port.")
    return host.strip("[]") or "0.0.0.0", int(port)


def stop_by_signal() -> threading.Event:
    """Return what SIGTERM and SIGINT set from now on; call it before anybody is told that the tool is ready."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_ignored: stop.set())
    return stop
