"""How fast do our command-line tools send and receive beside DCMTK's and pynetdicom's? Process start included."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from . import data
from .contest import Bench, best_of, fresh
from .programs import need, run
from .receivers import LUMENARC, Receiver, discarding, our_environment, our_storescp, storescp
from .rows_store import send
from .table import Line, faster

_PYNETDICOM = str(Path(__file__).parent / "pynetdicom_storescu.py")


def _ours(receiver: Receiver, folder: str) -> None:
    address = f"{receiver.aet}@127.0.0.1:{receiver.dicom_port}"
    run((*LUMENARC, "storescu", "-q", "-c", address, folder), our_environment())


def _pynetdicom(receiver: Receiver, folder: str) -> None:
    program = (sys.executable, _PYNETDICOM, "-q", "-r", "-cx", "-aec", receiver.aet)
    patience = ("-ta", "120", "-td", "120", "-tn", "120")
    run((*program, *patience, "127.0.0.1", str(receiver.dicom_port), folder))


def send_tools(bench: Bench) -> Iterator[Line]:
    """Send to a receiver that discards, over one association."""
    need("storescu", "echoscu")
    for kind in (data.BIG, data.SMALL):
        yield from _sent(bench, kind)


def _sent(bench: Bench, kind: data.Kind) -> Iterator[Line]:
    folders = data.quarters(bench.images, kind)
    folder = str(folders[0].parent)
    actions = {
        "DCMTK": partial(send, groups=[folders]),
        "pynetdicom": partial(_pynetdicom, folder=folder),
        "Lumenarc": partial(_ours, folder=folder),
    }
    contenders = {name: partial(fresh, bench, discarding, action, kind.total) for name, action in actions.items()}
    best = best_of(bench, contenders, n_rounds=2)
    for peer, bar in (("DCMTK", 1.0), ("pynetdicom", 3.0)):
        what = f"storescu sends {kind.total:,} {kind.name} instances"
        yield faster(what, best["Lumenarc"].wall_s, peer, best[peer].wall_s, bar=bar)


def receive_tools(bench: Bench) -> Iterator[Line]:
    """Receive from DCMTK's storescu, over one association."""
    need("storescu", "storescp", "echoscu")
    for kind in (data.BIG, data.SMALL):
        action = partial(send, groups=[data.quarters(bench.images, kind)])
        contenders = {
            "DCMTK": partial(fresh, bench, storescp, action, kind.total),
            "Lumenarc": partial(fresh, bench, our_storescp, action, kind.total),
        }
        best = best_of(bench, contenders, n_rounds=2)
        what = f"storescp receives {kind.total:,} {kind.name} instances"
        yield faster(what, best["Lumenarc"].wall_s, "DCMTK", best["DCMTK"].wall_s, bar=0.9)
