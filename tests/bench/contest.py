"""How are two programs compared fairly? In turn, several rounds, the best of each; every answer is checked."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .programs import Broken, cpu_s, run
from .receivers import Receiver

Opener = Callable[[Path], AbstractContextManager[Receiver]]


@dataclass(slots=True)
class Bench:
    """What a row works with: a scratch folder, a folder of made images, how many rounds, where progress is told."""

    scratch: Path
    images: Path
    n_rounds: int
    say: Callable[[str], None]
    open_until_end: ExitStack = field(default_factory=ExitStack)
    loaded: tuple[Receiver, Receiver] | None = None

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Give an empty folder; nothing of it is left afterwards."""
        path = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Timed:
    """How long something took, on the clock and, of the server, on the processor."""

    wall_s: float
    cpu_s: float = 0.0


def best_of(bench: Bench, contenders: Mapping[str, Callable[[], Timed]], n_rounds: int = 0) -> dict[str, Timed]:
    """Let each contender go in turn, in every round; return the fastest of each."""
    best: dict[str, Timed] = {}
    for _round in range(n_rounds or bench.n_rounds):
        for name, measure in contenders.items():
            timed = measure()
            bench.say(f"    {name}: {timed.wall_s:.3f} s, server's processor {timed.cpu_s:.2f} s")
            if name not in best or timed.wall_s < best[name].wall_s:
                best[name] = timed
    return best


def clocked(action: Callable[[], object], pid: int = 0) -> Timed:
    """Time an action and the processor time of a server meanwhile."""
    before, started = cpu_s(pid) if pid else 0.0, time.perf_counter()
    action()
    elapsed = time.perf_counter() - started
    return Timed(elapsed, (cpu_s(pid) - before) if pid else 0.0)


def fresh(bench: Bench, opener: Opener, action: Callable[[Receiver], object], n_expected: int) -> Timed:
    """Start a server with nothing in it, wake it with an echo, time the action, count what it has then."""
    with bench.folder() as folder, opener(folder) as receiver:
        run(("echoscu", "-aec", receiver.aet, "127.0.0.1", str(receiver.dicom_port)))
        timed = clocked(lambda: action(receiver), receiver.pid)
        n_found = receiver.n_instances()
        if n_found != n_expected:
            raise Broken(f"{receiver.name} has {n_found} of {n_expected} instances")
        return timed
