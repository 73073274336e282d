"""Which two archives are asked? Ours and Orthanc, with the same 20,000 studies and one big one, loaded once a run."""

from __future__ import annotations

from pathlib import Path

from . import data
from .contest import Bench, clocked
from .programs import Broken, need
from .receivers import Receiver, lumenarc, orthanc
from .rows_store import send


def both(bench: Bench) -> tuple[Receiver, Receiver]:
    """Return our archive and Orthanc, loaded; they run until the bench ends."""
    need("storescu")
    if bench.loaded is None:
        ours = bench.open_until_end.enter_context(lumenarc(bench.scratch / "loaded-lumenarc"))
        _load(bench, ours, bench.scratch)
        # Loading Orthanc takes more than a minute: with --images its folder is kept for the next run.
        kept = bench.images / "loaded-orthanc"
        peer = bench.open_until_end.enter_context(orthanc(kept))
        _load(bench, peer, kept)
        bench.loaded = (ours, peer)
    return bench.loaded


def _load(bench: Bench, receiver: Receiver, folder: Path) -> None:
    """Send what is missing over four associations: the many studies, and one study of the big ones."""
    many, big = data.quarters(bench.images, data.MANY), data.quarters(bench.images, data.BIG)
    n_expected = data.MANY.total + data.BIG.n_series * data.BIG.n_instances
    if receiver.n_instances() != n_expected:
        groups = [[place] for place in many]
        groups[0].append(big[0])
        timed = clocked(lambda: send(receiver, groups), receiver.pid)
        bench.say(f"    {receiver.name} loaded in {timed.wall_s:.1f} s")
    n_found = receiver.n_instances()
    if n_found != n_expected:
        raise Broken(f"{receiver.name} has {n_found} of {n_expected} instances in {folder}")
