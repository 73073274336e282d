"""How fast does a series of 100 instances, 52 MB, come back? C-GET by DCMTK's getscu, WADO-RS by curl."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from . import data
from .contest import Bench, Timed, best_of, clocked
from .loaded import both
from .programs import Broken, need, run
from .receivers import Receiver
from .table import Line, faster

_STUDY, _SERIES = data.BIG.study_uid(0), data.BIG.series_uid(0, 0)
_N_ROUNDS = 8


def retrieve(bench: Bench) -> Iterator[Line]:
    """Get the series by C-GET, then by WADO-RS."""
    need("getscu", "curl")
    ours, peer = both(bench)
    for what, action, bar in (("C-GET", _get, 1.5), ("WADO-RS", _wado, 1.0)):
        best = best_of(bench, {one.name: partial(action, one) for one in (peer, ours)}, _N_ROUNDS)
        us, them = best[ours.name], best[peer.name]
        remark = f"processor {us.cpu_s:.2f} s, Orthanc's {them.cpu_s:.2f} s"
        yield faster(f"{what} of a series of 52 MB", us.wall_s, "Orthanc", them.wall_s, bar=bar, remark=remark)


def _get(receiver: Receiver) -> Timed:
    address = ("-aec", receiver.aet, "127.0.0.1", str(receiver.dicom_port))
    keys = ("QueryRetrieveLevel=SERIES", f"StudyInstanceUID={_STUDY}", f"SeriesInstanceUID={_SERIES}")
    wanted = tuple(option for key in keys for option in ("-k", key))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        command = ("getscu", "-q", "-S", "+B", "-od", folder, *address, *wanted)
        timed = clocked(partial(run, command, {"TCP_NODELAY": "1"}), receiver.pid)
        n_found = sum(1 for _ in Path(folder).iterdir())
    _check(receiver, n_found == data.BIG.n_instances, f"{n_found} instances by C-GET")
    return timed


def _wado(receiver: Receiver) -> Timed:
    url = f"{receiver.dicom_web}/studies/{_STUDY}/series/{_SERIES}"
    accept = 'Accept: multipart/related; type="application/dicom"; transfer-syntax=*'
    command = ("curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}", "-H", accept, url)
    received: list[str] = []
    timed = clocked(lambda: received.append(run(command)), receiver.pid)
    n_pixel_bytes = data.BIG.n_instances * data.BIG.n_pixels**2 * 2
    _check(receiver, int(received[0]) > n_pixel_bytes, f"{received[0]} bytes by WADO-RS")
    return timed


def _check(receiver: Receiver, is_right: bool, what: str) -> None:
    if not is_right:
        raise Broken(f"{receiver.name} gave {what}")
