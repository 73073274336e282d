"""How fast is the viewer beside OHIF's published build? The same CT, archive and Chromium for both."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from .contest import Bench
from .programs import Broken, need, run
from .receivers import lumenarc
from .table import Line, below, unmeasured

HERE = Path(__file__).parent
OHIF = "@ohif/app@3.13.2"
_N_IMAGES, _SIZE = 300, 512
_HOVER_MS = 1500
_FIRST_PAGE_KB, _FIRST_BAR, _ALL_BAR, _IMAGES_PER_S = 250.0, 0.5, 0.8, 30.0


def viewer(bench: Bench) -> Iterator[Line]:
    """Click on a study in the list of each viewer in turn; then turn the wheel."""
    need("chromium", "node", "npm")
    with bench.folder() as folder, lumenarc(folder) as receiver:
        study = _fill(bench, receiver.dicom_web)
        facts = {"base": receiver.dicom_web.removesuffix("dicom-web"), "study": study, "count": _N_IMAGES}
        facts |= {"hoverMs": _HOVER_MS, "patient": "Wang"}
        dist = _ohif(bench)
        contenders = {"lumenarc": facts, **({"ohif": facts | {"dist": str(dist)}} if dist else {})}
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
        for _round in range(bench.n_rounds):
            for name, given in contenders.items():
                rounds[name].append(_look(name, given))
                bench.say(f"    {name}: {rounds[name][-1]}")
    ours = _best(rounds["lumenarc"])
    theirs = _best(rounds["ohif"]) if dist else None
    yield from _compared(ours, theirs)
    yield below(
        "first page before the viewer is opened", ours["listBytes"] / 1e3, _FIRST_PAGE_KB, lambda kb: f"{kb:.0f} kB"
    )


def _compared(ours: dict[str, float], theirs: dict[str, float] | None) -> Iterator[Line]:
    for what, key, bar in (("first image", "firstMs", _FIRST_BAR), ("all loaded", "allMs", _ALL_BAR)):
        title = f"click on a CT of {_N_IMAGES} images to {what}"
        if theirs is None:
            yield unmeasured(title, f"{OHIF} cannot be had from npm here")
            continue
        ratio = ours[key] / theirs[key]
        shown, peer = f"{ours[key]:.0f} ms", f"OHIF {theirs[key]:.0f} ms"
        yield Line(title, shown, peer, ratio, f"≤ {bar:g} ×", ratio <= bar)
    speed = ours["imagesPerS"]
    peer = f"OHIF {theirs['imagesPerS']:.1f}/s" if theirs else ""
    remark = "one turn of the wheel a frame, software rendering; the ratio is to 60/s"
    yield Line(
        "scroll of loaded images",
        f"{speed:.1f}/s",
        peer,
        speed / 60,
        f"≥ {_IMAGES_PER_S:g}/s",
        speed >= _IMAGES_PER_S,
        remark,
    )


def _best(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the best of each figure: most images a second, least of all others."""
    return {key: (max if key.endswith("PerS") else min)(one[key] for one in rounds) for key in rounds[0]}


def _look(who: str, facts: dict[str, object]) -> dict[str, float]:
    said = run(("node", str(HERE / "viewer.mjs"), json.dumps({"who": who, **facts})))
    found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    return found


def _fill(bench: Bench, dicom_web: str) -> str:
    """Store one CT series of noise by STOW-RS; return its Study Instance UID."""
    folder = bench.images / "viewer-ct"
    if not folder.exists():
        sys.path.insert(0, str(HERE.parent / "browser"))
        import phantoms

        phantoms.write_ct(folder, count=_N_IMAGES, size=_SIZE, noise=True)
    study = ""
    for file in sorted(folder.glob("*.dcm")):
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        request = urllib.request.Request(f"{dicom_web}/studies", file.read_bytes(), headers)
        with urllib.request.urlopen(request) as answer:
            study = json.load(answer)["00081190"]["Value"][0].rpartition("/")[2]
    if not study:
        raise Broken("the archive did not say where the images are")
    return study


def _ohif(bench: Bench) -> Path | None:
    """Return the folder with OHIF's files, fetched from npm once a run; None when that cannot be done."""
    dist = bench.images / "ohif" / "package" / "dist"
    if not dist.exists():
        dist.parents[1].mkdir(parents=True, exist_ok=True)
        pack = ("npm", "pack", OHIF, "--pack-destination", str(dist.parents[1]))
        if subprocess.run(pack, capture_output=True, check=False).returncode:
            return None
        (packed,) = dist.parents[1].glob("*.tgz")
        run(("tar", "-xzf", str(packed), "-C", str(dist.parents[1])))
    return dist
