"""How soon are there rows? The study list of 100,000 studies in a real Chromium: first visit, each key of a search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from lumenarc.archive import open_archive
from lumenarc.config import Settings

from . import synthetic_index
from .contest import Bench
from .programs import need, run
from .receivers import lumenarc
from .table import Line, below, seconds

_N_STUDIES = 100_000
_FIRST_S, _KEY_S = 0.3, 0.15
# In every study, in one of sixteen, in one.
_WORDS = ("thorax smith", "anna", "p00012345")
_PROGRAM = Path(__file__).parent / "list_speed.mjs"


def list_100k(bench: Bench) -> Iterator[Line]:
    """Open the list in a browser without a cache, and type."""
    need("node", "/usr/bin/chromium")
    with bench.folder() as folder:
        archive = open_archive(Settings(data=folder / "data"))
        synthetic_index.fill(archive, _N_STUDIES)
        archive.close()
        with lumenarc(folder) as receiver:
            base = receiver.dicom_web.removesuffix("dicom-web")
            asked = {"base": base, "words": _WORDS, "rounds": bench.n_rounds}
            told = json.loads(run(("node", str(_PROGRAM), json.dumps(asked))))
    first, warm = (min(told[name]) / 1e3 for name in ("first", "warm"))
    yield below(
        "list of 100,000 studies, first visit to first rows", first, _FIRST_S, seconds, f"again {seconds(warm)}"
    )
    fastest = {typed: min(times) / 1e3 for typed, times in told["keys"].items()}
    slowest = max(fastest, key=lambda typed: fastest[typed])
    for typed, taken in fastest.items():
        bench.say(f"    {typed!r}: {seconds(taken)}")
    remark = f"{len(fastest)} keys; the slowest is the last of {slowest!r}"
    yield below("list of 100,000 studies, from a key to its rows", fastest[slowest], _KEY_S, seconds, remark)
