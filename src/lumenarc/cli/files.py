"""Which files does a tool work on, and how are many of them worked on in parallel, one failing without the others?

Names come from the command line (files, folders, patterns) and from lists (`-@ FILE`, `-@ -`). Work runs in processes,
because pixel codecs are strangers to the interpreter's lock; a file that kills its process fails alone.
"""

from __future__ import annotations

import argparse
import glob
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import LumenarcError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

STDIN = Path("-")
_WINDOW_PER_PROCESS, _MAX_BATCH, _BATCH_S = 4, 64, 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """One file to work on and, for a tool that writes files, where to."""

    source: Path
    target: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job: fields for --json, a line for people."""

    fields: dict[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that leads to no file."""

    name: str
    reason: str


Emit = Callable[[str], object]
Work = Callable[[Job, argparse.Namespace, Emit], Done]
"""Works on one file; `emit` takes text for standard output as it comes. A function of a module, for processes."""


def add_inputs(parser: ToolParser, *, metavar: str = "FILE", what: str = "DICOM files, folders or patterns") -> None:
    """Add the positional names, `-@` and `-j`."""
    parser.add_argument("paths", nargs="*", metavar=metavar, help=f"{what}; - is standard input")
    parser.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    parser.add_argument(
        "-j", "--jobs", type=int, default=0, metavar="N", help="work in N processes (default: one a processor)"
    )


def names(options: argparse.Namespace) -> list[str]:
    """Return the names of the command line and of the list, before folders are opened."""
    found = list(options.paths)
    if options.files_from:
        found.extend(_listed(options.files_from))
    return found


def _listed(source: str) -> list[str]:
    """Read a list of names, ended by newlines or, as `find -print0` writes them, by NUL."""
    data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    separator = b"\0" if b"\0" in data else b"\n"
    return [os.fsdecode(name.rstrip(b"\r")) for name in data.split(separator) if name.strip()]


def plain_jobs(options: argparse.Namespace) -> Iterator[Job | Missing]:
    """Give one job without a target for every file that is named."""
    for found in find(names(options)):
        yield found if isinstance(found, Missing) else Job(found)


def targets(options: argparse.Namespace, suffix: str | None) -> Iterator[Job | Missing]:
    """Give a job for every file that is named, with its target by `options.output`.

    One file may go to any name; several files and folders go into a folder and keep their places there. `suffix`
    replaces that of the name, None keeps it. Nothing is written twice.
    """
    given, output = names(options), options.output
    if output is None:
        yield from plain_jobs(options)
        return
    out = Path(output)
    if output == "-" or (len(given) == 1 and not (Path(given[0]).is_dir() or out.is_dir() or output.endswith("/"))):
        yield from (found if isinstance(found, Missing) else Job(found, out) for found in find(given))
        return
    taken: set[Path] = set()
    for name in given:
        base = Path(name) if Path(name).is_dir() else None
        for found in find([name]):
            if isinstance(found, Missing):
                yield found
                continue
            inside = found.relative_to(base) if base else Path(found.name)
            target = out / (inside if suffix is None else inside.with_suffix(suffix))
            if target in taken:
                yield Missing(str(found), f"it would overwrite {target}, which another file became")
                continue
            taken.add(target)
            yield Job(found, target)


def destination_last(options: argparse.Namespace, parser: ToolParser) -> None:
    """Take the last name for the destination, as `cp` and dcm4che's converters do."""
    if getattr(options, "output", None) is None:
        if len(options.paths) < (1 if options.files_from else 2):
            parser.error("the last name is where to write to")
        options.output = options.paths.pop()


def find(found: Iterable[str]) -> Iterator[Path | Missing]:
    """Give every file that the names lead to, in order; folders are walked without following links."""
    for name in found:
        path = Path(name)
        if name == "-" or path.is_file():
            yield path
        elif path.is_dir():
            yield from _walk(path)
        elif glob.has_magic(name):
            matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - a pattern may start anywhere
            yield from find(matches) if matches else [Missing(name, "nothing matches this pattern")]
        else:
            yield Missing(name, "there is no such file or folder")


def _walk(folder: Path) -> Iterator[Path | Missing]:
    unreadable: list[OSError] = []
    for where, folders, inside in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        for name in sorted(inside):
            path = Path(where, name)
            if path.is_file() and not path.is_symlink():
                yield path
        while unreadable:
            error = unreadable.pop()
            yield Missing(str(error.filename), f"the folder cannot be read: {error.strerror}")
    for error in unreadable:
        yield Missing(str(error.filename), f"the folder cannot be read: {error.strerror}")


def each(
    jobs: Iterable[Job | Missing],
    work: Work,
    options: argparse.Namespace,
    report: Report,
    doing: str = "working",
    on_done: Callable[[Job, Done], None] | None = None,
) -> int:
    """Do the work on every job and report it in order; return the exit code. `on_done` sees results first."""
    todo = iter(jobs)
    first = list(islice(todo, 2))
    n_processes = options.jobs or os.cpu_count() or 1
    everything = chain(first, todo)
    if n_processes == 1 or len(first) < 2:
        for job in everything:
            _tell(job, _attempt(work, job, options, sys.stdout.write), report, on_done)
    else:
        outcomes = _parallel(everything, work, options, n_processes)
        begun = [next(outcomes)]  # the processes are forked before the bar starts a thread
        with report.progress(doing, None) as bar:
            for job, outcome in chain(begun, outcomes):
                _tell(job, outcome, report, on_done)
                bar.advance()
    if not report.n_done and not report.n_failed:
        report.problem("", "no file was given")
        return 2
    if report.n_done + report.n_failed > 1 and not (report.json or report.quiet):
        print(f"{report.n_done} done, {report.n_failed} failed", file=sys.stderr)
    return report.exit_code


@dataclass(frozen=True, slots=True)
class _Failed:
    reason: str


_Outcome = tuple[Done | _Failed, str]


def _tell(job: Job | Missing, outcome: _Outcome, report: Report, on_done: Callable[[Job, Done], None] | None) -> None:
    found, text = outcome
    name = job.name if isinstance(job, Missing) else str(job.source)
    if text:
        sys.stdout.write(text)
    if isinstance(found, _Failed):
        sys.stdout.flush()
        report.problem(name, found.reason)
        return
    report.n_done += 1
    if on_done is not None and isinstance(job, Job):
        on_done(job, found)
    report.result(found.text, {"file": name, **found.fields})


def _attempt(work: Work, job: Job | Missing, options: argparse.Namespace, emit: Emit) -> _Outcome:
    """Do one job; whatever goes wrong becomes one line."""
    if isinstance(job, Missing):
        return _Failed(job.reason), ""
    try:
        return work(job, options, emit), ""
    except BrokenPipeError:
        raise
    except LumenarcError as error:
        return _Failed(str(error)), ""
    except OSError as error:
        return _Failed(error.strerror or str(error)), ""
    except Exception as error:  # noqa: BLE001 - one strange file must not end the work on the others
        if options.verbose:
            traceback.print_exc()
        return _Failed(f"{type(error).__name__}: {error}"), ""


_Batch = list[Job | Missing]
_Answer = tuple[list[_Outcome], float]
"""What became of the jobs of a batch, and how many seconds they took."""


def _in_process(work: Work, batch: _Batch, options: argparse.Namespace) -> _Answer:
    outcomes: list[_Outcome] = []
    started = time.monotonic()
    for job in batch:
        parts: list[str] = []
        found, _ = _attempt(work, job, options, parts.append)
        outcomes.append((found, "".join(parts)))
    return outcomes, time.monotonic() - started


@dataclass(slots=True)
class _Batches:
    """The jobs in batches that take a moment each: handing over many small jobs one by one would be half the work."""

    jobs: Iterator[Job | Missing]
    size: int = 1

    def take(self) -> _Batch:
        """Return the next batch, [] at the end."""
        return list(islice(self.jobs, self.size))

    def learn(self, seconds: float) -> None:
        """Make batches larger or smaller by how long one took."""
        if seconds < _BATCH_S / 2:
            self.size = min(self.size * 2, _MAX_BATCH)
        elif seconds > _BATCH_S * 2:
            self.size = max(self.size // 2, 1)


def _parallel(
    jobs: Iterator[Job | Missing], work: Work, options: argparse.Namespace, n_processes: int
) -> Iterator[tuple[Job | Missing, _Outcome]]:
    """Give outcomes in the order of the jobs; few are under way at a time, so that any number can be named."""
    pool, batches = _pool(n_processes), _Batches(jobs)
    waiting: deque[tuple[_Batch, Future[_Answer]]] = deque()
    try:
        while True:
            while len(waiting) < n_processes * _WINDOW_PER_PROCESS and (batch := batches.take()):
                waiting.append((batch, _submit(pool, work, batch, options)))
            if not waiting:
                return
            batch, future = waiting.popleft()
            try:
                outcomes, seconds = future.result()
            except BrokenExecutor:
                again = [batch, *(other for other, _ in waiting)]
                waiting.clear()
                for suspects in again:
                    yield from zip(suspects, _apart(work, suspects, options), strict=True)
                pool.shutdown(wait=False)
                pool = _pool(n_processes)
            else:
                batches.learn(seconds)
                yield from zip(batch, outcomes, strict=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, work: Work, batch: _Batch, options: argparse.Namespace) -> Future[_Answer]:
    try:
        return pool.submit(_in_process, work, batch, options)
    except BrokenExecutor as error:  # it broke since the last answer: wait for the turn of what broke it
        broken: Future[_Answer] = Future()
        broken.set_exception(error)
        return broken


def _pool(n_processes: int) -> ProcessPoolExecutor:
    # Tools that only look for files start without all this.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(n_processes, mp_context=get_context("fork"))


def _apart(work: Work, batch: _Batch, options: argparse.Namespace) -> list[_Outcome]:
    """Do a batch in a process of its own, and each job in one when that dies: one of them kills processes."""
    with _pool(1) as pool:
        try:
            return pool.submit(_in_process, work, batch, options).result()[0]
        except BrokenExecutor:
            if len(batch) == 1:
                return [(_Failed("the process that worked on this file died"), "")]
    return [outcome for job in batch for outcome in _apart(work, [job], options)]
