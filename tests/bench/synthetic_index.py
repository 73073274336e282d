"""Does query time stay flat when the index grows? Fills an index with synthetic studies.

Each study has one series and one instance row and a patient of its own; the searched values are equally rare at every
size, so that only the size differs.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query import Query
from lumenarc.dicom.query_parse import from_qido
from lumenarc.index.schema import instance, patient, series, study
from lumenarc.services import query as query_service

_FIRST = "Anna Bruno Clara Dmitri Elena Farid Greta Hiro Ines Jonas Katja Liam Mei Nadia Omar Priya".split()
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo yu".split()


def _surname(number: int) -> str:
    """A made-up surname, different for every number."""
    parts = []
    number += 20**4
    while number:
        number, digit = divmod(number, 20)
        parts.append(_SYLLABLES[digit])
    return "".join(parts).capitalize()


def rows(first: int, last: int) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield patient, study, series and instance rows of the studies first ... last-1."""
    for n in range(first, last):
        name, patient_id, uid = f"{_surname(n)}^{_FIRST[n % 16]}", f"P{n:08}", f"1.2.826.0.1.{n + 1}"
        day = n % 3650
        date = f"{2015 + day // 365}{1 + day % 365 // 31:02}{1 + day % 28:02}"
        clock = f"{n % 24:02}{n % 60:02}00.000000"
        attrs = {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
            "00100020": {"vr": "LO", "Value": [patient_id]},
            "00100030": {"vr": "DA", "Value": ["19700101"]},
            "00100040": {"vr": "CS", "Value": ["F"]},
        }
        studied = {
            "00080020": {"vr": "DA", "Value": [date]},
            "00080030": {"vr": "TM", "Value": [clock[:6]]},
            "00080050": {"vr": "SH", "Value": [f"A{n:08}"]},
            "00080090": {"vr": "PN", "Value": [{"Alphabetic": "Smith^Sam"}]},
            "00081030": {"vr": "LO", "Value": ["Thorax"]},
            "0020000D": {"vr": "UI", "Value": [uid]},
            "00200010": {"vr": "SH", "Value": [str(n)]},
        }
        text = f"{name} {patient_id} 19700101 {date} A{n:08} Thorax Smith Sam".casefold().replace("^", " ")
        common = {"created_at": n, "updated_at": n}
        yield (
            {"pk": n + 1, "identity": str(n), "name_a": name.casefold(), "patient_id": patient_id, "sex": "F"}
            | {"birth_date": "19700101", "attrs": json.dumps(attrs)}
            | common,
            {"pk": n + 1, "patient_fk": n + 1, "study_uid": uid, "study_date": date, "study_time": clock}
            | {"accession_number": f"A{n:08}", "study_id": str(n), "attrs": json.dumps(studied), "n_series": 1}
            | {"referring_physician_a": "smith^sam", "n_instances": 1, "modalities": "\\CT\\", "search_text": text}
            | {"description": "Thorax", "size_bytes": 1000}
            | common,
            {"pk": n + 1, "study_fk": n + 1, "series_uid": uid + ".1", "modality": "CT", "n_instances": 1}
            | {"attrs": "{}"}
            | common,
            {"series_fk": n + 1, "sop_instance_uid": uid + ".1.1", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2"}
            | {"transfer_syntax_uid": "1.2.840.10008.1.2.1", "blob_key": str(n), "header_bytes": 0, "received_at": n}
            | {"data_set_bytes": 0, "sha256": b""},
        )


def fill(archive: Archive, n_studies: int) -> None:
    """Write the synthetic rows straight into the tables."""
    tables: tuple[Table, ...] = (patient, study, series, instance)
    for first in range(0, n_studies, 10_000):
        batch = list(rows(first, min(first + 10_000, n_studies)))

        def write(connection: Any, batch: list[tuple[dict[str, Any], ...]] = batch) -> None:
            for position, table in enumerate(tables):
                connection.execute(insert(table), [row[position] for row in batch])

        archive.index.write(write)


def queries(n_studies: int) -> dict[str, Callable[[Archive], int]]:
    """Return what is measured: each gives back how many results it had."""
    n = n_studies // 3
    surname = _surname(n)

    def found(*params: tuple[str, str], **changes: Any) -> Callable[[Archive], int]:
        query = dataclasses.replace(from_qido(Level.STUDY, {}, params), **changes)
        return lambda archive: sum(1 for _ in query_service.search(archive, query))

    def counted(query: Query) -> Callable[[Archive], int]:
        return lambda archive: query_service.count(archive, query)

    newest = ("orderby", "-StudyDate,-StudyTime")
    page = (("limit", "100"), newest)
    return {
        "patient ID": found(("PatientID", f"P{n:08}")),
        "accession": found(("AccessionNumber", f"A{n:08}")),
        "study UID": found(("StudyInstanceUID", f"1.2.826.0.1.{n + 1}")),
        "name prefix": found(("PatientName", surname[:-1] + "*"), *page),
        "name contains": found(("PatientName", f"*{surname[1:]}*"), *page),
        "date page": found(("StudyDate", "20150101-20241231"), *page),
        "newest page": found(*page),
        "free text": found(("q", f"{surname[1:]} thorax"), *page),
        "free text, 2 letters": found(("q", "ba"), *page),
        "all, page": found(("limit", "100")),
        "count all": counted(from_qido(Level.STUDY, {}, [])),
        "count patient": counted(from_qido(Level.STUDY, {}, [("PatientID", f"P{n:08}")])),
    }


def measure(n_studies: int, scratch: Path, say: Callable[[str], None]) -> dict[str, float]:
    """Fill an index and return the median seconds of each query."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        archive = open_archive(Settings(data=Path(folder)))
        started = time.perf_counter()
        fill(archive, n_studies)
        say(f"    {n_studies} studies filled in {time.perf_counter() - started:.1f} s")
        medians = {}
        for name, run in queries(n_studies).items():
            times = []
            for _ in range(9):
                started = time.perf_counter()
                results = run(archive)
                times.append(time.perf_counter() - started)
            medians[name] = statistics.median(times)
            say(f"    {name:24} {medians[name] * 1e3:9.2f} ms  {results} results")
        archive.close()
        return medians
