"""What happens when there is much? A million studies, fifty associations with 500 MB each, a start with 100,000."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from lumenarc.archive import open_archive
from lumenarc.config import Settings

from . import data, synthetic_index
from .contest import Bench, clocked
from .programs import Broken, need, peak_bytes
from .receivers import lumenarc
from .rows_store import sending
from .table import Line, below, megabytes, seconds, slower

_SIZES = (10_000, 1_000_000)
_N_SENDERS, _SENT_BYTES = 50, 500_000_000
_MEMORY_LIMIT = 300e6
_START_LIMIT_S = 2.0
_N_STARTED_WITH = 100_000


def million(bench: Bench) -> Iterator[Line]:
    """Compare every kind of query at a million studies with ten thousand."""
    small, large = (synthetic_index.measure(size, bench.scratch, bench.say) for size in _SIZES)
    for name, at_small in small.items():
        yield slower(f"query, 1,000,000 studies: {name}", large[name], "10,000 studies:", at_small, bar=2.0)


def memory(bench: Bench) -> Iterator[Line]:
    """Let fifty associations send a 500 MB multi-frame instance each, all at once."""
    need("storescu")
    image = data.huge(bench.images, _SENT_BYTES)
    with bench.folder() as folder, lumenarc(folder) as receiver:
        timed = clocked(lambda: sending(receiver, [[image]] * _N_SENDERS, ("+II",)), receiver.pid)
        peak, n_found = peak_bytes(receiver.pid), receiver.n_instances()
    if n_found != _N_SENDERS:
        raise Broken(f"{n_found} of {_N_SENDERS} instances arrived")
    rate = _N_SENDERS * image.stat().st_size / timed.wall_s / 1e6
    what = f"peak resident memory, {_N_SENDERS} associations × 500 MB"
    yield below(what, peak, _MEMORY_LIMIT, megabytes, f"{timed.wall_s:.0f} s, {rate:.0f} MB/s")


def start(bench: Bench) -> Iterator[Line]:
    """Start the program with nothing and with 100,000 instances in its index."""
    for what, n_instances in (("empty", 0), (f"{_N_STARTED_WITH:,} instances", _N_STARTED_WITH)):
        with bench.folder() as folder:
            if n_instances:
                archive = open_archive(Settings(data=folder / "data"))
                synthetic_index.fill(archive, n_instances)
                archive.close()
            times = [_time_to_ready(folder) for _round in range(1 + bench.n_rounds)]
        bench.say(f"    {what}: {' '.join(map(seconds, times))}")
        first = f"first {seconds(times[0])}, median {seconds(statistics.median(times))}"
        yield below(f"serve, from start to ready, {what}", min(times), _START_LIMIT_S, seconds, first)


def _time_to_ready(folder: Path) -> float:
    opened = lumenarc(folder)
    timed = clocked(opened.__enter__)
    opened.__exit__(None, None, None)
    return timed.wall_s
