"""How fast are questions answered with 20,000 studies in the archive? C-FIND by DCMTK's findscu, QIDO-RS by wrk."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from functools import partial

from . import data
from .contest import Bench, best_of, clocked
from .loaded import both
from .programs import Broken, need, run
from .receivers import Receiver
from .table import Line, faster

_KEYS = (
    "PatientName",
    "PatientID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyDescription",
    "StudyInstanceUID",
)
_WRK_S = 5


def _find(receiver: Receiver, *keys: str) -> str:
    """Ask at study level; return what findscu says."""
    asked = {key.partition("=")[0] for key in keys}
    wanted = (option for key in (*keys, *(key for key in _KEYS if key not in asked)) for option in ("-k", key))
    address = ("-aec", receiver.aet, "127.0.0.1", str(receiver.dicom_port))
    return run(("findscu", "-S", "-q", *address, "-k", "QueryRetrieveLevel=STUDY", *wanted))


def _count(receiver: Receiver, *keys: str) -> int:
    """Count the answers by a second, independent client."""
    from pydicom.dataset import Dataset
    from pynetdicom import AE
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Find  # type: ignore[attr-defined]

    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = ""
    for key in keys:
        name, _equals, value = key.partition("=")
        setattr(identifier, name, value)
    ae = AE("COUNTER")
    ae.add_requested_context(Find)
    assoc = ae.associate("127.0.0.1", receiver.dicom_port, ae_title=receiver.aet)
    n_found = sum(1 for status, answer in assoc.send_c_find(identifier, Find) if answer is not None and status)
    assoc.release()
    return n_found


def find(bench: Bench) -> Iterator[Line]:
    """Ask for one patient, and for all studies by their date."""
    need("findscu")
    ours, peer = both(bench)
    one = f"PatientID={data.MANY.patient_id(data.MANY.n_studies // 3)}"
    for what, keys, bar, n_expected, n_rounds in (
        ("one patient", (one,), 1.0, 1, 10),
        ("all 20,000 by date", ("StudyDate=19000101-",), 2.0, data.MANY.n_studies, bench.n_rounds),
    ):
        for receiver in (ours, peer):
            n_found = _count(receiver, *keys)
            if n_found not in (n_expected, n_expected + 1):
                raise Broken(f"{receiver.name} answers {n_found} of {n_expected} studies")
        best = best_of(
            bench,
            {
                receiver.name: partial(clocked, partial(_find, receiver, *keys), receiver.pid)
                for receiver in (peer, ours)
            },
            n_rounds,
        )
        us, them = best[ours.name], best[peer.name]
        remark = f"processor {us.cpu_s:.2f} s, Orthanc's {them.cpu_s:.2f} s"
        yield faster(
            f"C-FIND of {what} among 20,000 studies", us.wall_s, "Orthanc", them.wall_s, bar=bar, remark=remark
        )


def qido(bench: Bench) -> Iterator[Line]:
    """Ask QIDO-RS for one patient over 16 connections."""
    need("wrk")
    ours, peer = both(bench)
    query = f"/studies?PatientID={data.MANY.patient_id(data.MANY.n_studies // 3)}"
    rates = {}
    for receiver in (peer, ours):
        with urllib.request.urlopen(receiver.dicom_web + query) as answer:
            n_found = len(json.load(answer))
        if n_found != 1:
            raise Broken(f"{receiver.name} answers {n_found} studies for one patient")
        rates[receiver.name] = max(_requests_per_s(bench, receiver.dicom_web + query) for _round in range(2))
    us, them = rates[ours.name], rates[peer.name]
    what = "QIDO-RS by Patient ID among 20,000 studies, 16 connections, time per request"
    remark = f"{us:.0f} requests/s, Orthanc {them:.1f}"
    yield faster(what, 1 / us, "Orthanc", 1 / them, bar=20.0, remark=remark)


def _requests_per_s(bench: Bench, url: str) -> float:
    output = run(
        ("wrk", "-t2", "-c16", f"-d{_WRK_S}s", "--timeout", "30s", "-H", "Accept: application/dicom+json", url)
    )
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if rate is None or "Non-2xx" in output:
        raise Broken(f"wrk: {output[-300:]}")
    bench.say(f"    {url.split('?')[0]}: {rate[1]} requests/s")
    return float(rate[1])
