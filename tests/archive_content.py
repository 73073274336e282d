"""What does an archive hold that got every DICOM file of pydicom's package by C-STORE, and who may call it?"""

from __future__ import annotations

import json
import urllib.request
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from corpus import PYDICOM_FILES, real_files

from lumenarc.dicom import part10
from lumenarc.errors import BadDataSet
from lumenarc.peers.dimse import Peer, open_association
from lumenarc.peers.sending import Instance, Kind, from_file, proposals_for, send
from served import Served


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored object: its bytes after File Meta, as they travel, and what names it."""

    kind: Kind
    data: bytes
    study_uid: str
    series_uid: str
    patient_id: str
    path: Path


def data_set_of(file: Path) -> bytes:
    """Return the data set of a file as it travels: of even length (PS3.5 A.5)."""
    raw = file.read_bytes()
    data = raw[part10.parse_meta(raw).header_bytes :]
    return data + bytes(len(data) % 2)


def archive_peer(served: Served, **more: Any) -> Peer:
    """Return a running archive as somebody to call."""
    return Peer("LUMENARC", served.dicom_host, served.dicom_port, **more)


def fill(served: Served, files: list[Path]) -> dict[str, Sample]:
    """Send files by C-STORE; return what the archive took, by SOP Instance UID (the first of each counts)."""
    instances = []
    for file in files:
        try:
            instances.append((file, from_file(file)))
        except BadDataSet:
            continue
    taken: dict[str, Sample] = {}
    with open_association(archive_peer(served), proposals_for(inst.kind for _file, inst in instances)) as assoc:
        for (file, inst), sent in zip(instances, send(assoc, [inst for _file, inst in instances]), strict=True):
            assert sent.instance is inst
            if sent.outcome.is_success:
                taken.setdefault(inst.sop_instance_uid, sample(file, inst))
    return taken


def sample(file: Path, inst: Instance) -> Sample:
    """Describe a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head = pydicom.dcmread(file, specific_tags=["StudyInstanceUID", "SeriesInstanceUID", "PatientID"])
    uids = str(head.StudyInstanceUID), str(head.SeriesInstanceUID), str(head.get("PatientID", ""))
    return Sample(inst.kind, data_set_of(file), *uids, file)


@cache
def pydicom_files() -> list[Path]:
    """Return every DICOM file of pydicom's package, those in rare transfer syntaxes first.

    Some of them are one object in several syntaxes, of which an archive shows the first.
    """
    files = [file for file in real_files() if file.is_relative_to(PYDICOM_FILES)]
    syntaxes = {file: part10.parse_meta(file.read_bytes()[: 64 << 10]).transfer_syntax_uid for file in files}
    n_files = Counter(syntaxes.values())
    return sorted(files, key=lambda file: (n_files[syntaxes[file]], file))


def register(served: Served, title: str, port: int, **more: Any) -> None:
    """Register an application entity of this machine."""
    body = json.dumps({"title": title, "host": "127.0.0.1", "port": port, **more}).encode()
    request = urllib.request.Request(served.http + "api/aes", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201


def keys(level: str, **values: str | list[str]) -> dict[str, dict[str, Any]]:
    """Return the identifier of a query or retrieval by keyword; "" asks for an attribute."""
    identifier: dict[str, dict[str, Any]] = {"00080052": {"vr": "CS", "Value": [level]}}
    for keyword, value in values.items():
        tag = pydicom.datadict.tag_for_keyword(keyword)
        assert tag is not None
        given = [value] if isinstance(value, str) else value
        identifier[f"{tag:08X}"] = {"vr": pydicom.datadict.dictionary_VR(tag), "Value": [v for v in given if v]}
    return identifier
