"""Is a performed step kept as the standard wants it, and does the worklist follow it? (PS3.4 F.7)"""

from __future__ import annotations

from typing import Any

import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive
from lumenarc.dicom import mpps as rules
from lumenarc.dicom.hl7_order import Order
from lumenarc.dicom.hl7_patient import PatientId, entry
from lumenarc.dicom.lacking import Refusal
from lumenarc.errors import NotFound, Unavailable, UnknownDestination
from lumenarc.services import ae, jobs, mpps, mpps_telling, patients, store, worklist
from lumenarc.services.mpps import Wanted

UID = "1.2.3.4"


def sq(*items: dict[str, Any]) -> dict[str, Any]:
    return {"vr": "SQ", "Value": list(items)} if items else {"vr": "SQ"}


def begun(study_uid: str = "1.2.3", accession: str = "ACC1", step_id: str = "S1") -> dict[str, Any]:
    """Return the attributes of an N-CREATE that lacks nothing."""
    scheduled = {
        "0020000D": entry("UI", study_uid),
        "00081110": sq(),
        "00080050": entry("SH", accession),
        "00401001": {"vr": "SH"},
        "00321060": {"vr": "LO"},
        "00400009": entry("SH", step_id),
        "00400007": {"vr": "LO"},
        "00400008": sq(),
    }
    found = {rule.name: {"vr": "SH"} for rule in rules.RULES}
    return found | {
        "00400270": sq(scheduled),
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
        "00400253": entry("SH", "PPS1"),
        "00400241": entry("AE", "CT1"),
        "00400244": entry("DA", "20260301"),
        "00400245": entry("TM", "101500"),
        "00400252": entry("CS", "IN PROGRESS"),
        "00080060": entry("CS", "CT"),
        "00400340": sq(),
    }


def ended(state: str, *made: tuple[str, str]) -> dict[str, Any]:
    """Return the attributes of an N-SET that ends a step with these objects."""
    references = [{"00081150": entry("UI", kind), "00081155": entry("UI", uid)} for kind, uid in made]
    series = {name: {"vr": "LO"} for name in ("00081050", "00081070", "0008103E", "00080054")} | {
        "0020000E": entry("UI", "1.2.3.1"),
        "00181030": entry("LO", "Chest"),
        "00081140": sq(*references),
        "00400220": sq(),
    }
    return {
        "00400252": entry("CS", state),
        "00400250": entry("DA", "20260301"),
        "00400251": entry("TM", "103000"),
        "00400340": sq(series),
    }


def with_settings(archive: Archive, **values: Any) -> None:
    object.__setattr__(archive, "settings", archive.settings.model_copy(update=values))


def scheduled(archive: Archive, *step_ids: str, accession: str = "ACC1", study_uid: str = "1.2.3") -> None:
    doe = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]}}
    known = patients.upsert(archive, [PatientId("4711")], doe, by="test", reason="test")
    orders = [
        Order("O1", "SCHEDULED", step_id, place, study_uid, accession, "RP1", {}, {})
        for place, step_id in enumerate(step_ids, 1)
    ]
    worklist.take(archive, orders, known.pk)


def states(archive: Archive) -> dict[str, str]:
    """Return the states of the scheduled steps, as somebody sees them who asks for any."""
    step = {"00400020": {"vr": "CS", "Value": ["*"]}, "00400009": {"vr": "SH"}}
    found = worklist.search(archive, {"00400100": sq(step)}, fuzzy=False)
    steps = [row["00400100"]["Value"][0] for row in found]
    return {rules.text(one, "00400009"): rules.text(one, "00400020") for one in steps}


def seen(archive: Archive) -> int:
    """Return how many steps a modality finds."""
    return len(list(worklist.search(archive, {"00400100": sq({"00400009": {"vr": "SH"}})}, fuzzy=False)))


TYPE_1 = [rule.name for rule in rules.RULES if rule.created == "1"]
TYPE_2 = [rule.name for rule in rules.RULES if rule.created == "2"]


@pytest.mark.parametrize("name", TYPE_1)
def test_what_makes_a_step_must_be_there(name: str) -> None:
    given = begun()
    assert rules.create_lack(given, strict=True) is None
    given[name] = {"vr": given[name]["vr"]}
    assert rules.create_lack(given, strict=False) == Refusal(0x0121, (int(name, 16),))
    del given[name]
    assert rules.create_lack(given, strict=False) == Refusal(0x0120, (int(name, 16),))


def test_what_may_be_empty_must_be_there_only_for_the_strict() -> None:
    given = begun()
    for name in TYPE_2:
        del given[name]
    assert rules.create_lack(given, strict=False) is None
    refusal = rules.create_lack(given, strict=True)
    assert refusal is not None and (refusal.status, refusal.tags) == (0x0120, tuple(int(name, 16) for name in TYPE_2))
    given = begun()
    del given["00400270"]["Value"][0]["00080050"]
    assert rules.create_lack(given, strict=True) == Refusal(0x0120, (0x00080050,))
    assert rules.create_lack(given, strict=False) is None
    given["00400270"]["Value"][0]["0020000D"] = {"vr": "UI"}
    assert rules.create_lack(given, strict=False) == Refusal(0x0121, (0x0020000D,))
    assert rules.create_lack(begun() | {"00400252": entry("CS", "COMPLETED")}, strict=False) == Refusal(
        0x0106, (0x00400252,)
    )


def test_an_end_must_be_whole_only_for_the_strict() -> None:
    before = begun()
    bare = {"00400252": entry("CS", "COMPLETED")}
    assert rules.change_lack(before, bare, strict=False) is None
    refusal = rules.change_lack(before, bare, strict=True)
    assert refusal == Refusal(0x0121, (0x00400250, 0x00400251, 0x00400340))
    whole = ended("COMPLETED", ("1.2", "1.2.3.1.1"))
    assert rules.change_lack(before, whole, strict=True) is None
    assert rules.change_lack(before, whole | {"00080060": entry("CS", "MR")}, strict=True) == Refusal(
        0x0106, (0x00080060,)
    )
    assert rules.change_lack(before, {"00400252": entry("CS", "PAUSED")}, strict=False) == Refusal(
        0x0106, (0x00400252,)
    )
    # What may not change stays as it was.
    assert rules.changed(before, {"00080060": entry("CS", "MR")}) == before
    # Who hears of it later hears that it began, then that it ended.
    after = rules.changed(before, whole)
    assert rules.create_lack(rules.created_part(after), strict=True) is None
    assert rules.created_part(after)["00400340"] == sq()
    assert rules.change_lack(rules.created_part(after), rules.changed_part(after), strict=True) is None


def test_a_step_goes_through_its_states(archive: Archive) -> None:
    assert mpps.create(archive, "CT1", UID, begun()) is None
    assert mpps.create(archive, "CT1", UID, begun()) == Refusal(0x0111)
    assert mpps.change(archive, "1.9", {}) == Refusal(0x0112)
    assert mpps.change(archive, UID, {"00400254": entry("LO", "CT of the chest")}) is None
    step = mpps.get(archive, UID)
    assert (step.state, step.study_uid, step.source_aet) == ("IN PROGRESS", "1.2.3", "CT1")
    assert rules.text(step.attrs, "00400254") == "CT of the chest"
    assert mpps.change(archive, UID, {"00400252": entry("CS", "WRONG")}) == Refusal(0x0106, (0x00400252,))
    assert mpps.change(archive, UID, ended("COMPLETED", ("1.2", "1.2.3.1.1"))) is None
    over = mpps.change(archive, UID, {"00400252": entry("CS", "DISCONTINUED")})
    assert over is not None and (over.status, over.error_id) == (0x0110, 0xA710)
    assert mpps.get(archive, UID).state == "COMPLETED"
    with pytest.raises(NotFound):
        mpps.get(archive, "1.9")


def test_the_worklist_follows(archive: Archive) -> None:
    scheduled(archive, "S1", "S2")
    assert seen(archive) == 2
    assert mpps.create(archive, "CT1", UID, begun()) is None
    assert (states(archive), seen(archive)) == ({"S1": "STARTED", "S2": "SCHEDULED"}, 1)
    scheduled(archive, "S1", "S2")  # a message that changes the order does not schedule again what has begun
    assert states(archive) == {"S1": "STARTED", "S2": "SCHEDULED"}
    assert mpps.change(archive, UID, ended("COMPLETED")) is None
    assert states(archive) == {"S1": "COMPLETED", "S2": "SCHEDULED"}
    # Without the study the accession number tells; without an ID it must be the only step.
    assert mpps.create(archive, "CT1", "1.5", begun("9.9.9", "ACC1", "")) is None
    assert states(archive)["S2"] == "STARTED"
    assert mpps.change(archive, "1.5", ended("DISCONTINUED")) is None
    assert states(archive) == {"S1": "COMPLETED", "S2": "DISCONTINUED"}
    assert mpps.create(archive, "CT1", "1.6", begun("9.9.9", "", "S1")) is None
    assert states(archive)["S1"] == "COMPLETED"


def test_objects_that_have_not_come_are_named(archive: Archive) -> None:
    file = PYDICOM_FILES / "test_files" / "CT_small.dcm"
    ct = store.store_part10(archive, (file.read_bytes(),), store.Source())
    made = (ct.sop_class_uid, ct.sop_instance_uid), (ct.sop_class_uid, "1.2.3.9")
    mpps.create(archive, "CT1", UID, begun(ct.study_uid))
    mpps.change(archive, UID, ended("COMPLETED", *made))
    mpps.create(archive, "MR1", "1.5", begun("1.9", "ACC2"))
    total, shown = mpps.page(archive, Wanted(), 10, 0)
    assert (total, [one.step.sop_instance_uid for one in shown]) == (2, ["1.5", UID])
    assert [(one.n_made, one.n_stored, one.has_study) for one in shown] == [(0, 0, False), (2, 1, True)]
    assert [one.sop_instance_uid for one in mpps.missing(archive, mpps.get(archive, UID))] == ["1.2.3.9"]
    for wanted, uids in (
        (Wanted(state="COMPLETED"), [UID]),
        (Wanted(study_uid="1.9"), ["1.5"]),
        (Wanted(text="acc2"), ["1.5"]),
        (Wanted(text="DOE^jane", state="IN PROGRESS"), ["1.5"]),
        (Wanted(text="%"), []),
    ):
        assert [one.step.sop_instance_uid for one in mpps.page(archive, wanted, 10, 0)[1]] == uids
    assert mpps.page(archive, Wanted(), 1, 1)[1][0].step.sop_instance_uid == UID


def test_what_others_are_to_be_told_is_queued_with_the_step(archive: Archive) -> None:
    with_settings(archive, mpps_forward=["RIS"], availability_notify=["READER"])
    assert mpps.create(archive, "CT1", UID, begun()) is None
    assert mpps.create(archive, "CT1", UID, begun()) is not None
    assert mpps.change(archive, UID, ended("COMPLETED", ("1.2", "1.2.3.1.1"))) is None
    assert mpps.change(archive, UID, ended("COMPLETED")) is not None
    queued = jobs.open_ones(archive, mpps.FORWARD) + jobs.open_ones(archive, mpps.NOTIFY)
    assert [job.arguments["destination"] for job in queued] == ["RIS", "RIS", "READER"]
    job = jobs.claim(archive, (mpps.NOTIFY,))
    assert job is not None
    with pytest.raises(UnknownDestination):
        mpps_telling.notify(archive, job)
    ae.put(archive, ae.ApplicationEntity("READER", "127.0.0.1", 1))
    with pytest.raises(Unavailable, match="1 of 1 objects have not arrived"):
        mpps_telling.notify(archive, job)
