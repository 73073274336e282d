"""How fast are instances received? DCMTK's storescu sends to us and to the peers (issue 2, "How fast")."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from . import data
from .contest import Bench, best_of, fresh
from .programs import Broken, need
from .receivers import Receiver, discarding, lumenarc, orthanc, storescp
from .table import Line, faster

_SHARE_OF_ORTHANC_WITH_NAGLE = 0.1


def send(receiver: Receiver, groups: Sequence[Sequence[Path]], *, no_delay: bool = True) -> None:
    """Send folders by DCMTK's storescu, one association for each group, all at once."""
    sending(receiver, groups, ("+sd", "+r"), no_delay=no_delay)


def sending(
    receiver: Receiver, groups: Sequence[Sequence[Path]], options: tuple[str, ...], *, no_delay: bool = True
) -> None:
    """Run one storescu for each group, all at once; raise Broken unless all succeed."""
    environment = {name: value for name, value in os.environ.items() if name != "TCP_NODELAY"}
    if no_delay:
        environment["TCP_NODELAY"] = "1"
    address = ("-aec", receiver.aet, "127.0.0.1", str(receiver.dicom_port))
    senders = [
        subprocess.Popen(
            ("storescu", "-q", "-R", *options, *address, *map(str, group)),
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for group in groups
    ]  # fmt: skip
    for sender in senders:
        output, _nothing = sender.communicate()
        if sender.returncode:
            raise Broken(f"storescu to {receiver.name}: {output.decode('utf-8', 'replace')[-300:]}")


def _against_orthanc(bench: Bench, kind: data.Kind, n_associations: int, bar: float) -> Iterator[Line]:
    need("storescu", "echoscu")
    folders = data.quarters(bench.images, kind)
    groups = [folders] if n_associations == 1 else [[folder] for folder in folders]
    action = partial(send, groups=groups)
    best = best_of(
        bench,
        {
            "Orthanc": lambda: fresh(bench, orthanc, action, kind.total),
            "Lumenarc": lambda: fresh(bench, lumenarc, action, kind.total),
        },
    )
    ours, peer = best["Lumenarc"], best["Orthanc"]
    what = f"C-STORE durable and indexed, {n_associations} association{'s'[: n_associations > 1]}, {kind.name}"
    remark = f"{kind.total / ours.wall_s:.0f} instances/s; processor {ours.cpu_s:.2f} s, Orthanc's {peer.cpu_s:.2f} s"
    yield faster(what, ours.wall_s, "Orthanc", peer.wall_s, bar=bar, remark=remark)


def store_big(bench: Bench) -> Iterator[Line]:
    """Receive 404 MB over one association."""
    return _against_orthanc(bench, data.BIG, 1, 2.0)


def store_small(bench: Bench) -> Iterator[Line]:
    """Receive 2,000 small instances over one association."""
    return _against_orthanc(bench, data.SMALL, 1, 2.0)


def store_big_4(bench: Bench) -> Iterator[Line]:
    """Receive 404 MB over four associations."""
    return _against_orthanc(bench, data.BIG, 4, 2.0)


def store_small_4(bench: Bench) -> Iterator[Line]:
    """Receive 2,000 small instances over four associations."""
    return _against_orthanc(bench, data.SMALL, 4, 2.0)


def store_nagle(bench: Bench) -> Iterator[Line]:
    """Receive from a sender that waits for acknowledgements; Orthanc gets a part, time is compared per instance."""
    need("storescu", "echoscu")
    every = data.quarters(bench.images, data.SMALL)
    part = data.quarters(bench.images, data.SMALL, _SHARE_OF_ORTHANC_WITH_NAGLE)
    n_part = round(data.SMALL.total * _SHARE_OF_ORTHANC_WITH_NAGLE)
    best = best_of(
        bench,
        {
            "Orthanc": lambda: fresh(
                bench, partial(orthanc, no_delay=False), partial(send, groups=[part], no_delay=False), n_part
            ),
            "Lumenarc": lambda: fresh(bench, lumenarc, partial(send, groups=[every], no_delay=False), data.SMALL.total),
        },
        n_rounds=1,
    )
    ours, peer = best["Lumenarc"].wall_s / data.SMALL.total, best["Orthanc"].wall_s / n_part
    what = "C-STORE from DCMTK's default socket options, small, per instance"
    yield faster(what, ours, "Orthanc", peer, bar=50.0, remark=f"{data.SMALL.total} instances, Orthanc {n_part}")


def store_unsynced(bench: Bench) -> Iterator[Line]:
    """Receive without durability, against a receiver that discards, beside DCMTK's storescp."""
    need("storescu", "echoscu", "storescp")
    for kind in (data.BIG, data.SMALL):
        action = partial(send, groups=[data.quarters(bench.images, kind)])
        unsynced = partial(lumenarc, sync="off")
        best = best_of(
            bench,
            {
                "discarding": partial(fresh, bench, discarding, action, kind.total),
                "storescp": partial(fresh, bench, storescp, action, kind.total),
                "Lumenarc": partial(fresh, bench, unsynced, action, kind.total),
            },
        )
        ours, scp, limit = (best[name].wall_s for name in ("Lumenarc", "storescp", "discarding"))
        remark = f"storescp {scp:.2f} s: {scp / ours:.2f} ×"
        what = f"C-STORE indexed, sync=off, one association, {kind.name}"
        yield faster(what, ours, "the sender's limit", limit, bar=0.8, remark=remark)
