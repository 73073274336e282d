"""Do dates and times move together into another zone, and only where they are a point in time?"""

from __future__ import annotations

import pytest

from lumenarc.dicom.query import Attributes
from lumenarc.dicom.time_zone import in_zone, zone_of
from lumenarc.errors import BadQuery


def study(date: str | None, time: str | None, **more: str) -> Attributes:
    found: Attributes = {}
    for name, vr, value in (("00080020", "DA", date), ("00080030", "TM", time), ("00080201", "SH", more.get("own"))):
        if value is not None:
            found[name] = {"vr": vr, "Value": [value]}
    return found


@pytest.mark.parametrize(
    ("date", "time", "zone", "offset", "there"),
    [
        ("20260110", "2330", "+0100", "+0000", ("20260110", "2230")),
        ("20260101", "001530.25", "+0100", "-0500", ("20251231", "181530.25")),
        # Summer and winter of a zone with a name.
        ("20260701", "120000", "Europe/Vienna", "+0000", ("20260701", "100000")),
        ("20260101", "120000", "Europe/Vienna", "+0000", ("20260101", "110000")),
        ("2026.01.10", "23:30:01", "+0000", "+0545", ("20260111", "051501")),
        # No point in time: an hour alone, nonsense, the end of time.
        ("20260110", "23", "+0100", "+0000", ("20260110", "23")),
        ("20261310", "2330", "+0100", "+0000", ("20261310", "2330")),
        ("99991231", "2330", "-0100", "+0100", ("99991231", "2330")),
    ],
)
def test_a_date_moves_with_its_time(date: str, time: str, zone: str, offset: str, there: tuple[str, str]) -> None:
    found = in_zone(study(date, time), zone_of(zone), offset)
    assert (found["00080020"]["Value"], found["00080030"]["Value"]) == ([there[0]], [there[1]])
    assert found["00080201"]["Value"] == [offset]


def test_an_object_is_taken_at_its_word() -> None:
    found = in_zone(study("20260110", "1200", own="+0900"), zone_of("+0100"), "+0000")
    assert found["00080030"]["Value"] == ["0300"]


def test_what_stands_alone_stays_and_sequences_move() -> None:
    inside = study("20260110", "0000")
    found = in_zone(study("20260110", None) | {"00400100": {"vr": "SQ", "Value": [inside]}}, zone_of("+0100"), "+0000")
    assert found["00080020"]["Value"] == ["20260110"]
    assert found["00400100"]["Value"][0]["00080020"]["Value"] == ["20260109"]
    moved = in_zone(
        {"0040A13A": {"vr": "DT", "Value": ["20260110120000.5", "20260110120000+0300"]}}, zone_of("+0100"), "+0000"
    )
    assert moved["0040A13A"]["Value"] == ["20260110110000.5", "20260110120000+0300"]
    with pytest.raises(BadQuery):
        in_zone({}, None, "CET")
