"""Do retrievals keep the rules: levels, keys, progress, transcoding, told failures, cancelling? (PS3.4 C.4.2, C.4.3)"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES

from archive_content import Sample, archive_peer, fill, keys, pydicom_files, register
from arrivals import Arrivals, as_file
from dicom_peers import orthanc, storescp
from dimse_server import Recorder, serving
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Outcome, Pending, Proposal, open_association
from lumenarc.peers.receiving import get, receivable
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response, StoreSink
from served import Served, serve

pytestmark = pytest.mark.conformance
ROOT = "1.2.840.10008.5.1.4.1.2"
PATIENT_GET, STUDY_GET, PATIENT_STUDY_GET = f"{ROOT}.1.3", f"{ROOT}.2.3", f"{ROOT}.3.3"
PATIENT_MOVE, STUDY_MOVE = f"{ROOT}.1.2", f"{ROOT}.2.2"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
RLE, J2K_LOSSLESS = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"
CT = "1.2.840.10008.5.1.4.1.1.2"


@dataclass(frozen=True, slots=True)
class Filled:
    """A running archive and what it holds."""

    served: Served
    samples: dict[str, Sample]

    def of(self, name: str) -> Sample:
        """Return the sample of a file."""
        return next(sample for sample in self.samples.values() if sample.path.name == name)

    def uids(self, **same: str) -> set[str]:
        """Return the instances whose sample has these values."""
        found = self.samples.items()
        return {uid for uid, sample in found if all(getattr(sample, name) == value for name, value in same.items())}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    served = serve(tmp_path_factory.mktemp("archive"), environment={"LUMENARC_PENDING_INTERVAL_S": "0.05"})
    yield Filled(served, fill(served, pydicom_files()))
    served.stop()


def fetch(
    archive: Filled,
    model: str,
    identifier: dict[str, Any],
    *,
    syntaxes: tuple[str, ...] = (),
    relational: bool = False,
    arrivals: Arrivals | None = None,
) -> tuple[dict[str, tuple[str, bytes]], Outcome, list[Pending]]:
    """C-GET with contexts for all that the archive holds, or only for some transfer syntaxes."""
    kinds = sorted({sample.kind for sample in archive.samples.values()}, key=str)
    proposals = [Proposal(model, extended=b"\1" if relational else None)]
    for kind in kinds:
        proposals += receivable([kind.sop_class_uid], syntaxes or (kind.transfer_syntax_uid,), one_each=not syntaxes)
    arrivals = arrivals or Arrivals()
    with open_association(archive_peer(archive.served), dict.fromkeys(proposals)) as assoc:
        answers = get(assoc, model, identifier, arrivals.begin)
        pending = list(answers)
        return arrivals.found, answers.outcome(), pending


def getscu(archive: Filled, folder: Path, *options: str) -> tuple[set[str], str]:
    """Run DCMTK's getscu; return the UIDs of what arrived and what it says."""
    folder.mkdir(exist_ok=True)
    command = ("getscu", "-d", "-aec", "LUMENARC", "-od", str(folder), *options)
    ran = subprocess.run(
        (*command, archive.served.dicom_host, str(archive.served.dicom_port)),
        capture_output=True, text=True, errors="replace", timeout=120,
    )  # fmt: skip
    uids = {str(pydicom.dcmread(file, force=True).SOPInstanceUID) for file in folder.iterdir()}
    return uids, ran.stderr + ran.stdout


def k(*pairs: str) -> list[str]:
    return [word for pair in pairs for word in ("-k", pair)]


def test_getscu_at_every_level(archive: Filled, tmp_path: Path) -> None:
    ct = archive.of("CT_small.dcm")
    uid = next(iter(archive.uids(path=ct.path)))  # type: ignore[arg-type]
    study, series = f"StudyInstanceUID={ct.study_uid}", f"SeriesInstanceUID={ct.series_uid}"
    patient, of_study = f"PatientID={ct.patient_id}", archive.uids(study_uid=ct.study_uid)
    for number, (root, pairs, expected) in enumerate(
        (
            ("-P", ("QueryRetrieveLevel=PATIENT", patient), archive.uids(patient_id=ct.patient_id)),
            ("-S", ("QueryRetrieveLevel=STUDY", study), of_study),
            ("-O", ("QueryRetrieveLevel=STUDY", patient, study), of_study),
            ("-S", ("QueryRetrieveLevel=SERIES", study, series), archive.uids(series_uid=ct.series_uid)),
            ("-S", ("QueryRetrieveLevel=IMAGE", study, series, f"SOPInstanceUID={uid}"), {uid}),
        )
    ):  # fmt: skip
        arrived, said = getscu(archive, tmp_path / str(number), root, *k(*pairs))
        assert arrived == expected, said
        assert "0x0000" in said


@pytest.mark.parametrize(
    ("model", "identifier"),
    [
        (STUDY_GET, keys("PATIENT", PatientID="1")),
        (PATIENT_STUDY_GET, keys("SERIES", PatientID="1", StudyInstanceUID="1.2", SeriesInstanceUID="1.3")),
        (STUDY_GET, keys("SERIES", SeriesInstanceUID="1.3")),
        (STUDY_GET, keys("STUDY")),
        (STUDY_GET, keys("STUDY", StudyInstanceUID="*")),
        (STUDY_GET, keys("SERIES", StudyInstanceUID=["1.2", "1.4"], SeriesInstanceUID="1.3")),
        (PATIENT_GET, keys("PATIENT", PatientID=["1", "2"])),
        (STUDY_GET, keys("EVERYTHING", StudyInstanceUID="1.2")),
    ],
)
def test_identifiers_that_do_not_fit(archive: Filled, model: str, identifier: dict[str, Any]) -> None:
    arrived, outcome, _pending = fetch(archive, model, identifier)
    assert (outcome.status, arrived) == (0xA900, {})
    assert outcome.comment


def test_relational_retrieval_when_negotiated(archive: Filled) -> None:
    wanted = archive.uids(series_uid=archive.of("CT_small.dcm").series_uid)
    identifier = keys("SERIES", SeriesInstanceUID=archive.of("CT_small.dcm").series_uid)
    assert fetch(archive, STUDY_GET, identifier)[1].status == 0xA900
    arrived, outcome, _pending = fetch(archive, STUDY_GET, identifier, relational=True)
    assert (outcome.status, set(arrived)) == (0, wanted)


def test_nothing_there_is_no_failure(archive: Filled) -> None:
    arrived, outcome, pending = fetch(archive, STUDY_GET, keys("STUDY", StudyInstanceUID="1.2.3"))
    assert (arrived, outcome.status, outcome.counts, pending) == ({}, 0, (0, 0, 0, 0), [])


def test_a_receiver_of_uncompressed_pixels_gets_them(archive: Filled) -> None:
    for stored in (DEFLATED, BIG_ENDIAN, IMPLICIT, J2K_LOSSLESS):
        uid, sample = decodable(archive, stored)
        identifier = keys("IMAGE", SOPInstanceUID=uid)
        arrived, outcome, _pending = fetch(archive, f"{ROOT}.4.3", identifier, syntaxes=(EXPLICIT,))
        assert outcome.status == 0, (sample.path.name, outcome.text)
        syntax, data = arrived[uid]
        assert syntax == EXPLICIT
        got, source = as_file(sample.kind.sop_class_uid, uid, syntax, data), pydicom.dcmread(sample.path)
        np.testing.assert_array_equal(got.pixel_array, source.pixel_array, sample.path.name)
        assert got.get("PatientID") == source.get("PatientID")


def decodable(archive: Filled, syntax: str) -> tuple[str, Sample]:
    """Return an object stored in this transfer syntax whose pixels pydicom can decode."""
    stored = [pair for pair in archive.samples.items() if pair[1].kind.transfer_syntax_uid == syntax]
    return next(pair for pair in stored if has_pixels(pair[1]))


def has_pixels(sample: Sample) -> bool:
    """Say whether pydicom can decode it."""
    try:
        return bool(pydicom.dcmread(sample.path).pixel_array.size)
    except Exception:  # noqa: BLE001 - whatever pydicom cannot decode is no oracle
        return False


def test_what_a_receiver_cannot_take_fails_alone(archive: Filled) -> None:
    everything = sorted(archive.samples)
    arrived, outcome, _pending = fetch(
        archive, f"{ROOT}.4.3", keys("IMAGE", SOPInstanceUID=everything), syntaxes=(RLE,)
    )
    assert outcome.status == 0xB000
    _remaining, completed, failed, warning = outcome.counts
    assert (completed + failed, warning) == (len(everything), 0)
    assert completed == len(arrived) > 0
    assert failed == len(outcome.failed_uids) == len(set(everything) - set(arrived))
    for uid in arrived:
        syntax, data = arrived[uid]
        got = as_file(archive.samples[uid].kind.sop_class_uid, uid, syntax, data)
        if has_pixels(archive.samples[uid]):
            source = pydicom.dcmread(archive.samples[uid].path)
            if archive.samples[uid].kind.transfer_syntax_uid in (EXPLICIT, IMPLICIT, RLE, DEFLATED):
                np.testing.assert_array_equal(got.pixel_array, source.pixel_array)


def test_warnings_and_failures_of_the_receiver_are_counted(archive: Filled) -> None:
    wanted = sorted(archive.samples)[:6]
    by_uid = dict(zip(wanted, (0xB000, 0xB007, 0xA700, 0xC001, 0, 0), strict=True))
    _arrived, outcome, _pending = fetch(
        archive,
        f"{ROOT}.4.3",
        keys("IMAGE", SOPInstanceUID=wanted),
        arrivals=Arrivals(statuses=by_uid),
    )
    assert (outcome.status, outcome.counts) == (0xB000, (0, 2, 2, 2))
    assert set(outcome.failed_uids) == set(wanted[2:4])
    _arrived, outcome, _pending = fetch(
        archive, f"{ROOT}.4.3", keys("IMAGE", SOPInstanceUID=wanted), arrivals=Arrivals(status=0xA700)
    )
    assert (outcome.status, outcome.counts) == (0xA702, (0, 0, 6, 0))


def test_cancelling_a_c_get(archive: Filled) -> None:
    kinds = sorted({sample.kind for sample in archive.samples.values()}, key=str)
    proposals = [Proposal(f"{ROOT}.4.3")]
    for kind in kinds:
        proposals += receivable([kind.sop_class_uid], (kind.transfer_syntax_uid,))
    arrivals = Arrivals()
    arrived = arrivals.found

    def begin(assoc: Association, context: Context, rq: Command) -> StoreSink:
        if len(arrived) == 3:
            answers.cancel()
        time.sleep(0.02)
        return arrivals.begin(assoc, context, rq)

    with open_association(archive_peer(archive.served), proposals) as assoc:
        answers = get(assoc, f"{ROOT}.4.3", keys("IMAGE", SOPInstanceUID=sorted(archive.samples)), begin)
        outcome = answers.outcome()
        assert outcome.status == 0xFE00
        remaining, completed, failed, warning = outcome.counts
        assert (completed, failed, warning) == (len(arrived), 0, 0)
        assert remaining == len(archive.samples) - len(arrived) > 0
        # The association lives on.
        assert get(assoc, f"{ROOT}.4.3", keys("IMAGE", SOPInstanceUID="1.2.3"), begin).outcome().status == 0


def move(archive: Filled, title: str, identifier: dict[str, Any]) -> tuple[Outcome, list[Pending]]:
    with open_association(archive_peer(archive.served), [Proposal(f"{ROOT}.4.2")]) as assoc:
        answers = dimse.move(assoc, f"{ROOT}.4.2", identifier, title)
        pending = list(answers)
        return answers.outcome(), pending


def test_progress_is_told_while_one_store_is_slow(archive: Filled) -> None:
    def slow(rq: Command) -> Response:
        time.sleep(0.6)
        return Response(0)

    recorder = Recorder(title="SLOW", outcome=slow)
    with serving(recorder) as server:
        register(archive.served, "SLOW", server.port)
        outcome, pending = move(archive, "SLOW", keys("IMAGE", SOPInstanceUID=sorted(archive.samples)[:2]))
    assert (outcome.status, outcome.counts) == (0, (0, 2, 0, 0))
    assert sum(answer.counts == (2, 0, 0, 0) for answer in pending) >= 2
    assert sum(answer.counts == (1, 1, 0, 0) for answer in pending) >= 2


def test_cancelling_a_c_move(archive: Filled) -> None:
    def slow(rq: Command) -> Response:
        time.sleep(0.1)
        return Response(0)

    recorder = Recorder(title="CANCELLED", outcome=slow)
    n_all = len(archive.samples)
    with serving(recorder) as server:
        register(archive.served, "CANCELLED", server.port)
        with open_association(archive_peer(archive.served), [Proposal(f"{ROOT}.4.2")]) as assoc:
            answers = dimse.move(
                assoc, f"{ROOT}.4.2", keys("IMAGE", SOPInstanceUID=sorted(archive.samples)), "CANCELLED"
            )
            next(iter(answers))
            answers.cancel()
            outcome = answers.outcome()
    remaining, completed, failed, warning = outcome.counts
    assert outcome.status == 0xFE00
    assert (completed, failed, warning) == (len(recorder.stored), 0, 0)
    assert remaining == n_all - completed > 0


def test_a_destination_that_dies_is_told_truthfully(archive: Filled) -> None:
    wanted = sorted(archive.samples)[:20]
    recorder = Recorder(title="DYING")

    with serving(recorder) as server:
        register(archive.served, "DYING", server.port)

        def gone(rq: Command) -> Response:
            if len(recorder.stored) == 5:
                server.stop(0)
            return Response(0)

        recorder.outcome = gone
        outcome, _pending = move(archive, "DYING", keys("IMAGE", SOPInstanceUID=wanted))
    arrived = {uid for uid, _syntax, _data in recorder.stored}
    _remaining, completed, failed, warning = outcome.counts
    assert outcome.status == 0xB000
    # The fifth was received, but nobody said so to the archive: it counts as failed.
    assert (completed, failed, warning) == (4, 16, 0)
    assert len(arrived) == 5
    assert len(outcome.failed_uids) == 16
    assert outcome.comment


def test_movescu_to_storescp_that_takes_only_implicit(archive: Filled, tmp_path: Path) -> None:
    _uid, sample = decodable(archive, J2K_LOSSLESS)
    with storescp(tmp_path / "out", "+xi") as scp:
        register(archive.served, "IMPLICIT", scp.port)
        command = ("movescu", "-v", "-S", "-aec", "LUMENARC", "-aem", "IMPLICIT")
        asked = k("QueryRetrieveLevel=STUDY", f"StudyInstanceUID={sample.study_uid}")
        ran = subprocess.run(
            (*command, *asked, archive.served.dicom_host, str(archive.served.dicom_port)),
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert re.search(r"Received Final Move Response \(Success\)|Success", ran.stderr)
        arrived = {str(pydicom.dcmread(file).SOPInstanceUID): pydicom.dcmread(file) for file in scp.files()}
    assert set(arrived) == archive.uids(study_uid=sample.study_uid)
    for uid, got in arrived.items():
        assert got.file_meta.TransferSyntaxUID == IMPLICIT
        source = pydicom.dcmread(archive.samples[uid].path)
        np.testing.assert_array_equal(got.pixel_array, source.pixel_array)


def test_orthanc_as_destination(archive: Filled, tmp_path: Path) -> None:
    study_uid = archive.of("CT_small.dcm").study_uid
    with orthanc(tmp_path / "orthanc") as peer:
        register(archive.served, "ORTHANC", peer.port, n_associations=2)
        with open_association(archive_peer(archive.served), [Proposal(STUDY_MOVE)]) as assoc:
            outcome = dimse.move(assoc, STUDY_MOVE, keys("STUDY", StudyInstanceUID=study_uid), "ORTHANC").outcome()
        wanted = archive.uids(study_uid=study_uid)
        assert (outcome.status, outcome.counts) == (0, (0, len(wanted), 0, 0))
        there = peer.ask("/instances")
        assert isinstance(there, list)
        assert len(there) == len(wanted)


def test_a_flipped_byte_never_leaves(tmp_path: Path) -> None:
    served = serve(tmp_path / "archive")
    try:
        names = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm")
        held = Filled(served, fill(served, [next(PYDICOM_FILES.rglob(name)) for name in names]))
        ct = held.of("CT_small.dcm")
        broken = next(uid for uid, sample in held.samples.items() if sample is ct)
        n_flipped = 0
        for path in (path for path in (tmp_path / "archive").rglob("*") if path.is_file()):
            raw = bytearray(path.read_bytes())
            place = raw.find(ct.data)
            if place >= 0:
                raw[place + len(ct.data) - 2000] ^= 1
                path.chmod(0o640)
                path.write_bytes(raw)
                n_flipped += 1
        assert n_flipped >= 1
        wanted = keys("IMAGE", SOPInstanceUID=sorted(held.samples))
        arrived, outcome, _pending = fetch(held, f"{ROOT}.4.3", wanted)
        assert (outcome.status, outcome.counts, outcome.failed_uids) == (0xB000, (0, 2, 1, 0), (broken,))
        assert set(arrived) == set(held.samples) - {broken}
        recorder = Recorder(title="DEST")
        with serving(recorder) as server:
            register(served, "DEST", server.port)
            outcome, _pending = move(held, "DEST", wanted)
        assert (outcome.status, outcome.counts, outcome.failed_uids) == (0xB000, (0, 2, 1, 0), (broken,))
        assert {uid for uid, _syntax, _data in recorder.stored} == set(held.samples) - {broken}
    finally:
        served.stop()


def test_what_an_ae_may_not_do_is_not_offered(archive: Filled) -> None:
    register(archive.served, "FINDER", 104, may=["find"])
    peer = archive_peer(archive.served, calling="FINDER")
    proposals = [Proposal(STUDY_GET), Proposal(STUDY_MOVE), Proposal(f"{ROOT}.2.1"), *receivable([CT], (EXPLICIT,))]
    with open_association(peer, [*proposals, Proposal(dimse.VERIFICATION)]) as assoc:
        offered = {context.abstract_syntax for context in assoc.contexts.values()}
    assert offered == {f"{ROOT}.2.1", dimse.VERIFICATION}


def test_the_echo_button(archive: Filled, tmp_path: Path) -> None:
    with storescp(tmp_path / "out") as scp:
        register(archive.served, "ALIVE", scp.port)
        answer = echoed(archive, "ALIVE")
        assert (answer["ok"], answer["step"]) == (True, "done")
    answer = echoed(archive, "ALIVE")
    assert not answer["ok"]
    assert "No connection" in answer["error"]


def echoed(archive: Filled, title: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{archive.served.http}api/aes/{title}/echo", b"")
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_corrections_leave_with_the_objects(tmp_path: Path) -> None:
    served = serve(tmp_path / "archive")
    try:
        held = Filled(served, fill(served, [next(PYDICOM_FILES.rglob("CT_small.dcm"))]))
        ((uid, sample),) = held.samples.items()
        changes = {"00081030": {"vr": "LO", "Value": ["CORRECTED"]}}
        body = json.dumps({"changes": changes, "reason": "test"}).encode()
        address = f"{served.http}api/studies/{sample.study_uid}"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method="PUT")
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 204
        source = pydicom.dcmread(sample.path)
        for syntax in (EXPLICIT, IMPLICIT):
            identifier = keys("IMAGE", SOPInstanceUID=uid)
            arrived, outcome, _pending = fetch(held, f"{ROOT}.4.3", identifier, syntaxes=(syntax,))
            assert outcome.status == 0
            got = as_file(CT, uid, *arrived[uid])
            assert got.StudyDescription == "CORRECTED"
            original = got.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
            assert original.StudyDescription == source.StudyDescription
            assert got.PixelData == source.PixelData
    finally:
        served.stop()


def test_a_cancel_is_heard_while_an_instance_is_made_ready(tmp_path: Path) -> None:
    served = serve(tmp_path / "archive", environment={"LUMENARC_PENDING_INTERVAL_S": "0.05"})
    try:
        held = Filled(served, fill(served, [large(tmp_path / "large.dcm")]))
        ((uid, sample),) = held.samples.items()
        proposals = [Proposal(f"{ROOT}.4.3"), *receivable([sample.kind.sop_class_uid], (J2K_LOSSLESS,))]
        arrivals = Arrivals()
        with open_association(archive_peer(served), proposals) as assoc:
            answers = get(assoc, f"{ROOT}.4.3", keys("IMAGE", SOPInstanceUID=uid), arrivals.begin)
            assert next(iter(answers)).counts == (1, 0, 0, 0)
            answers.cancel()
            outcome = answers.outcome()
        assert (outcome.status, outcome.counts, arrivals.found) == (0xFE00, (1, 0, 0, 0), {})
    finally:
        served.stop()


def large(file: Path) -> Path:
    """Make an image whose compression takes its time."""
    made: Any = pydicom.dcmread(next(PYDICOM_FILES.rglob("CT_small.dcm")))
    made.NumberOfFrames, made.Rows, made.Columns = 40, 1024, 1024
    made.PixelData = np.random.default_rng(1).integers(0, 4000, (40, 1024, 1024), np.int16).tobytes()
    del made[0xFFFCFFFC]
    made.save_as(file)
    return file
