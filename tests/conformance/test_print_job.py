"""Does a printer of others get what the archive is asked to print? DCMTK's dcmprscp, and the archive's own door."""

from __future__ import annotations

import io
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import free_port, running
from print_peers import configured
from served import Served

pytestmark = pytest.mark.conformance
CT, MR = (PYDICOM_FILES / "test_files" / name for name in ("CT_small.dcm", "MR_small.dcm"))


def ask(served: Served, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(served.http + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def stored(served: Served, *files: Path) -> list[str]:
    """Store files; return their SOP Instance UIDs."""
    parts = [b"\r\n--x\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() for file in files]
    content = 'multipart/related; type="application/dicom"; boundary="x"'
    body = b"".join(parts) + b"\r\n--x--\r\n"
    request = urllib.request.Request(served.http + "dicom-web/studies", body, {"Content-Type": content})
    urllib.request.urlopen(request).close()
    return [str(pydicom.dcmread(file).SOPInstanceUID) for file in files]


def registered(served: Served, title: str, port: int, **abilities: Any) -> None:
    ask(served, "POST", "api/aes", {"title": title, "host": "127.0.0.1", "port": port})
    ask(served, "PUT", f"api/printers/{title}", abilities)


def printed(served: Served, order: dict[str, Any]) -> dict[str, Any]:
    """Print, and wait for the end of the job."""
    job = ask(served, "POST", "api/print", order)["job"]
    for _attempt in range(1200):
        found: dict[str, Any] = ask(served, "GET", f"api/jobs/{job}")
        if found["state"] not in ("waiting", "running") or found["error"]:
            return found
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_dcmtks_printer_gets_what_was_chosen(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    """Window, polarity, layout, size, copies; the pixels are those that the archive renders."""
    port = free_port()
    configuration = configured(tmp_path / "spool", port, "LOCALPRINTER")
    served = archive_server()
    ct, mr = stored(served, CT, MR)
    registered(served, "PRINTER", port, film_sizes=["8INX10IN"], media=["PAPER"], presentation_lut=True)
    order = {
        "printer": "PRINTER", "layout": "2,2", "landscape": True, "copies": 2,
        "images": [{"sop_instance_uid": ct, "window": [200, 700]}, {"sop_instance_uid": mr, "invert": True},
                   *[{"sop_instance_uid": ct}] * 3],
    }  # fmt: skip
    with running(("dcmprscp", "-c", str(configuration)), port, tmp_path / "log"):
        answer = ask(served, "POST", "api/printers/PRINTER/test")
        assert (answer["ok"], answer["status"]) == (True, "NORMAL")
        done = printed(served, order)
        assert (done["state"], done["n_done"], done["result"]["images"]) == ("done", 2, 5), done
        refused = printed(served, {**order, "layout": "9,9"})
        assert (refused["state"], "film box" in refused["error"]) == ("failed", True)
    films = sorted((tmp_path / "spool" / "db").glob("SP_*"), key=lambda path: path.stat().st_mtime_ns)
    boxes = [pydicom.dcmread(path).FilmBoxContentSequence[0] for path in films]
    assert [(box.ImageDisplayFormat, box.FilmSizeID, box.FilmOrientation) for box in boxes] == [
        (r"STANDARD\2,2", "8INX10IN", "LANDSCAPE")
    ] * 2
    session = pydicom.dcmread(films[0])
    assert len(session.ImageBoxContentSequence) == 4
    kept = [pydicom.dcmread(path).pixel_array for path in (tmp_path / "spool" / "db").glob("HG_*")]
    ds = pydicom.dcmread(CT)
    values = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    windowed = np.clip((values - 199.5) / 699 + 0.5, 0, 1) * 4095
    assert any(pixels.shape == windowed.shape and abs(pixels - windowed).max() <= 1 for pixels in kept)
    assert len(kept) == 5


def test_a_printer_that_is_away_is_tried_again(archive_server: Callable[..., Served]) -> None:
    served = archive_server()
    (ct,) = stored(served, CT)
    registered(served, "AWAY", free_port())
    job = printed(served, {"printer": "AWAY", "images": [{"sop_instance_uid": ct}]})
    assert (job["state"], job["error"] != "", job["n_attempts"]) == ("waiting", True, 1)


def test_the_archive_prints_on_itself_in_colour(archive_server: Callable[..., Served]) -> None:
    """Both sides of this program at once: the colours of an image stand on the film."""
    served = archive_server(environment={"LUMENARC_FILM_DPI": "50"})
    color = PYDICOM_FILES / "test_files" / "examples_rgb_color.dcm"
    (uid,) = stored(served, color)
    registered(served, "LUMENARC", served.dicom_port, color=True, film_sizes=["A3"])
    done = printed(served, {"printer": "LUMENARC", "images": [{"sop_instance_uid": uid}], "texts": True})
    assert (done["state"], done["result"]) == ("done", {"films": 1, "images": 1, "warnings": []})
    (job,) = ask(served, "GET", "api/films")["items"]
    assert (job["calling"], job["medium"], job["films"][0]["size"]) == ("LUMENARC", "BLUE FILM", "A3")
    with urllib.request.urlopen(f"{served.http}api/films/{job['id']}/pages/1") as answer:
        film = np.asarray(PIL.Image.open(io.BytesIO(answer.read())))
    assert film.ndim == 3
    assert (film[:, :, 0].astype(int) - film[:, :, 2]).max() > 40
