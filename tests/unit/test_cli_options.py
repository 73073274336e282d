"""Are addresses, models and keys of the DIMSE tools read as their users mean them?"""

from __future__ import annotations

import pytest

from lumenarc.cli import findscu, getscu, movescu
from lumenarc.cli.dimse_options import Address, address
from lumenarc.cli.query_options import extended, identifier, model_uid
from lumenarc.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PACS@host:104", Address("PACS", "host", 104)),
        ("PACS@[::1]:104", Address("PACS", "::1", 104)),
        ("PACS:11112", Address("PACS", "", 11112)),
        ("MY PACS@10.0.0.1:104", Address("MY PACS", "10.0.0.1", 104)),
        ("PACS", Address("PACS")),
        ("P@CS@host:104", Address("P@CS", "host", 104)),
    ],
)
def test_address(text: str, expected: Address) -> None:
    assert address(text) == expected


@pytest.mark.parametrize("text", ["", "@host:104", "PACS@host:x", "PACS@host:99999", "A" * 17 + "@host:104"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadRequest):
        address(text)


def test_identifier_of_a_search() -> None:
    options = findscu.parser().parse_args("-c A@b:1 -m PatientName=DOE* -m SeriesInstanceUID=1.2 -r Modality".split())
    assert identifier(options) == {
        "00080052": {"vr": "CS", "Value": ["SERIES"]},
        "00080060": {"vr": "CS"},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE*"}]},
        "0020000E": {"vr": "UI", "Value": ["1.2"]},
    }
    assert model_uid(options) == "1.2.840.10008.5.1.4.1.2.2.1"
    assert extended(options) is None


def test_worklist_has_no_level_and_keys_inside_its_sequence() -> None:
    found = identifier(findscu.parser().parse_args("-c A@b:1 -M MWL".split()))
    assert "00080052" not in found
    assert {"00080060", "00400001", "00400002"} < found["00400100"]["Value"][0].keys()


def test_extended_negotiation() -> None:
    options = findscu.parser().parse_args("-c A@b:1 --fuzzy --timezone".split())
    assert extended(options) == b"\0\0\1\1"
    assert extended(movescu.parser().parse_args("-c A@b:1 --dest B --relational".split())) == b"\1"


def test_retrieving_everything_is_refused() -> None:
    with pytest.raises(BadRequest):
        identifier(movescu.parser().parse_args("-c A@b:1 --dest B".split()))


def test_getscu_asks_for_no_more_contexts_than_there_are() -> None:
    proposals = list(getscu._storage(getscu.parser().parse_args("-c A@b:1 -m PatientID=1".split())))
    assert len({proposal.sop_class_uid for proposal in proposals}) == len(proposals) == 126
    assert "1.2.840.10008.5.1.4.1.1.2" in {proposal.sop_class_uid for proposal in proposals}
    one = "-c A@b:1 --store-tc CTImageStorage:JPEG2000Lossless,ExplicitVRLittleEndian".split()
    chosen = list(getscu._storage(getscu.parser().parse_args(one)))
    assert [proposal.transfer_syntaxes for proposal in chosen] == [
        ("1.2.840.10008.1.2.4.90",), ("1.2.840.10008.1.2.1",),
    ]  # fmt: skip
