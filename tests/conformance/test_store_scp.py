"""What does the archive say to senders: every transfer syntax, statuses, negotiation? (PS3.4 B, PS3.7 D.3.3)"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pynetdicom import build_context

from archive_content import archive_peer, keys
from arrivals import Arrivals, as_file
from lumenarc.peers.dimse import Peer, Proposal, open_association
from lumenarc.peers.receiving import get, receivable
from lumenarc.peers.sending import Instance, from_file, proposals_for, send
from lumenarc.protocol.ul.items import UserIdentity
from served import Served, serve

pytestmark = pytest.mark.conformance
COMPOSITE_GET = "1.2.840.10008.5.1.4.1.2.4.3"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT = "1.2.840.10008.1.2.1"
# storescu's option for its preferred transfer syntax, a file in that syntax, and the syntax.
AS_IS = {
    "-xs": ("SC_rgb_jpeg_gdcm.dcm", "1.2.840.10008.1.2.4.70"),
    "-xy": ("SC_rgb_dcmtk_+eb+cr.dcm", "1.2.840.10008.1.2.4.50"),
    "-xx": ("JPEG-lossy.dcm", "1.2.840.10008.1.2.4.51"),
    "-xv": ("MR_small_jp2klossless.dcm", "1.2.840.10008.1.2.4.90"),
    "-xw": ("JPEG2000.dcm", "1.2.840.10008.1.2.4.91"),
    "-xt": ("MR_small_jpeg_ls_lossless.dcm", "1.2.840.10008.1.2.4.80"),
    "-xu": ("JPEGLSNearLossless_16.dcm", "1.2.840.10008.1.2.4.81"),
    "-xr": ("MR_small_RLE.dcm", "1.2.840.10008.1.2.5"),
    "-xd": ("image_dfl.dcm", "1.2.840.10008.1.2.1.99"),
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path / "archive", environment={"LUMENARC_ACCEPT_UNKNOWN_SOP_CLASSES": "false"})
    yield served
    served.stop()


def stored(peer: Peer, instances: list[Instance], syntax: str = "") -> dict[str, bytes]:
    """Get instances back in the transfer syntax in which they were sent, or in another."""
    arrivals = Arrivals()
    kinds = {(inst.kind.sop_class_uid, syntax or inst.kind.transfer_syntax_uid) for inst in instances}
    proposals = [Proposal(COMPOSITE_GET)]
    for sop_class_uid, transfer_syntax_uid in sorted(kinds):
        proposals += receivable([sop_class_uid], (transfer_syntax_uid,))
    with open_association(peer, proposals) as assoc:
        wanted = keys("IMAGE", SOPInstanceUID=[inst.sop_instance_uid for inst in instances])
        assert get(assoc, COMPOSITE_GET, wanted, arrivals.begin).outcome().status == 0
    return arrivals.data


def storescu(archive: Served, *arguments: str) -> None:
    command = ("storescu", "-aec", "LUMENARC", archive.dicom_host, str(archive.dicom_port))
    ran = subprocess.run((*command[:3], *arguments[:-1], *command[3:], arguments[-1]), capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def with_study(file: Path, folder: Path) -> Path:
    """Return a file that names a study and a series, as not all of pydicom's do."""
    found = pydicom.dcmread(file)
    if "StudyInstanceUID" in found:
        return file
    found.StudyInstanceUID, found.SeriesInstanceUID = "1.2.3.4", "1.2.3.4.5"
    found.save_as(folder / file.name)
    return folder / file.name


def test_storescu_sends_every_transfer_syntax_as_it_is(archive: Served, tmp_path: Path) -> None:
    peer = archive_peer(archive)
    for option, (name, syntax) in AS_IS.items():
        file = with_study(next(PYDICOM_FILES.rglob(name)), tmp_path)
        inst = from_file(file)
        assert inst.kind.transfer_syntax_uid == syntax, name
        # Some of pydicom's files are one object in several syntaxes: each is looked at before the next one comes.
        storescu(archive, option, str(file))
        # storescu writes the lengths of sequences anew, so elements are compared and not bytes.
        data = stored(peer, [inst])[inst.sop_instance_uid]
        assert_equal(as_file(inst.kind.sop_class_uid, inst.sop_instance_uid, syntax, data), pydicom.dcmread(file))
        url = f"{archive.http}dicom-web/studies/{pydicom.dcmread(file).StudyInstanceUID}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30).close()


@pytest.mark.parametrize("option", ["-xi", "-xb", "-x="])
def test_storescu_sends_uncompressed(archive: Served, option: str) -> None:
    file = next(PYDICOM_FILES.rglob("MR_small.dcm"))
    storescu(archive, option, str(file))
    inst = from_file(file)
    data = stored(archive_peer(archive), [inst], EXPLICIT)[inst.sop_instance_uid]
    assert_equal(as_file(inst.kind.sop_class_uid, inst.sop_instance_uid, EXPLICIT, data), pydicom.dcmread(file))


def assert_equal(got: pydicom.Dataset, source: pydicom.Dataset) -> None:
    for element in source:
        if element.tag.element and element.keyword != "DataSetTrailingPadding":
            assert got[element.tag].value == element.value, element


def test_what_was_kept_aside_is_told(archive: Served) -> None:
    inst = from_file(next(PYDICOM_FILES.rglob("MR_small.dcm")))
    whole = b"".join(bytes(chunk) for chunk in inst.chunks())
    other = replace(inst, chunks=lambda: [whole[:-1], b"\1"])
    with open_association(archive_peer(archive), proposals_for([inst.kind])) as assoc:
        outcomes = [sent.outcome for sent in send(assoc, [inst, inst, other])]
    assert [outcome.status for outcome in outcomes] == [0, 0, 0xB000]
    assert "another object" in outcomes[2].comment
    assert stored(archive_peer(archive), [inst]) == {inst.sop_instance_uid: whole}


def test_a_related_general_class_makes_an_unknown_class_storage(archive: Served) -> None:
    unknown = "1.2.3.4.5.6.7"
    proposals = [
        Proposal(unknown, related=(SECONDARY_CAPTURE,)),
        Proposal(unknown + ".8", related=("1.2.840.10008.1.1",), service_class_uid="1.2.840.10008.4.1"),
        Proposal(unknown + ".9"),
        Proposal(SECONDARY_CAPTURE),
    ]
    with open_association(archive_peer(archive), proposals) as assoc:
        taken = {context.abstract_syntax for context in assoc.contexts.values()}
    assert taken == {unknown, SECONDARY_CAPTURE}


def test_pynetdicom_gives_a_user_name(archive: Served) -> None:
    for kind, secret, wants, expected in ((1, None, True, True), (2, b"x", True, True), (1, None, False, False)):
        identity = pynetdicom.pdu_primitives.UserIdentityNegotiation()
        identity.user_identity_type, identity.primary_field = kind, b"somebody"
        identity.positive_response_requested = wants
        if secret:
            identity.secondary_field = secret
        ae = pynetdicom.AE("USER")
        address = (archive.dicom_host, archive.dicom_port)
        assoc = ae.associate(*address, [build_context("1.2.840.10008.1.1")], "LUMENARC", ext_neg=[identity])
        assert assoc.is_established
        assert (assoc.acceptor.user_identity is not None) == expected
        assert assoc.send_c_echo().Status == 0
        assoc.release()
    token = UserIdentity(5, b"a.b.c", wants_response=True)
    with open_association(archive_peer(archive, identity=token), [Proposal("1.2.840.10008.1.1")]) as ours:
        assert ours.partners.identity_response is None


def test_windows_of_asynchronous_operations(archive: Served) -> None:
    instances = [from_file(next(PYDICOM_FILES.rglob(name))) for name in ("MR_small.dcm", "CT_small.dcm")]
    peer = archive_peer(archive, async_invoked=4, async_performed=0)
    with open_association(peer, proposals_for(inst.kind for inst in instances)) as assoc:
        assert (assoc.partners.async_invoked, assoc.partners.async_performed) == (4, 64)
        assert all(sent.outcome.status == 0 for sent in send(assoc, instances * 5))
    assert len(stored(peer, instances)) == 2


def test_lenient_hierarchy_is_a_setting(tmp_path: Path) -> None:
    served = serve(tmp_path / "lenient", environment={"LUMENARC_LENIENT_HIERARCHY": "true"})
    try:
        inst = from_file(next(PYDICOM_FILES.rglob("MR_small.dcm")))
        storescu(served, str(next(PYDICOM_FILES.rglob("MR_small.dcm"))))
        series = str(pydicom.dcmread(next(PYDICOM_FILES.rglob("MR_small.dcm"))).SeriesInstanceUID)
        command = ("getscu", "-S", "-aec", "LUMENARC", "-od", str(tmp_path), "-k", "QueryRetrieveLevel=SERIES")
        address = (served.dicom_host, str(served.dicom_port))
        subprocess.run((*command, "-k", f"SeriesInstanceUID={series}", *address), check=True, timeout=60)
        assert [file for file in tmp_path.iterdir() if inst.sop_instance_uid in file.name]
        with urllib.request.urlopen(f"{served.http}api/settings", timeout=20) as answer:
            assert "lenient_hierarchy" in json.dumps(json.load(answer))
    finally:
        served.stop()
