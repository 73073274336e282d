"""Do upsscu and upsrs do with procedure steps what the standard says? Judged by pynetdicom and by Starlette."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

import tools
from dicom_peers import free_port
from tools import run, serving
from ups_peer import FILTERED, GLOBAL, PULL, PUSH, WATCH, Scp, Web, Worklist, scp, web

pytestmark = pytest.mark.conformance
TX, OTHER = "1.2.3.99", "1.2.3.98"


def at(peer: Scp) -> tuple[str, str]:
    return "-c", f"UPSSCP@127.0.0.1:{peer.port}"


def performed(ds: Dataset) -> None:
    ds.UnifiedProcedureStepPerformedProcedureSequence = [Dataset()]
    ds.UnifiedProcedureStepPerformedProcedureSequence[0].PerformedProcedureStepEndDateTime = "20260101"


def test_a_step_goes_through_its_life(tmp_path: Path) -> None:
    worklist = Worklist()
    attributes = tmp_path / "step.json"
    attributes.write_text('{"00741204": {"vr": "LO", "Value": ["Lung segmentation"]}}')
    with scp(worklist) as peer:
        made = run("upsscu", *at(peer), "-f", attributes, "-s", "PatientID=4711", "--json")
        assert made.code == 0, made.err
        uid = made.objects()[0]["sop_instance_uid"]
        step = worklist.steps[uid]
        assert (step.ProcedureStepLabel, step.PatientID, step.ProcedureStepState) == (
            "Lung segmentation",
            "4711",
            "SCHEDULED",
        )
        found = run("upsscu", *at(peer), "-O", "find", "-m", "PatientID=4711", "-r", "ProcedureStepLabel", "--json")
        assert [row["00741204"]["Value"] for row in found.objects()] == [["Lung segmentation"]]
        named = ("-u", uid)
        assert run("upsscu", *at(peer), "-O", "changeState", *named, "-C", TX).code == 1  # not begun
        assert run("upsscu", *at(peer), "-O", "changeState", *named, "-P", TX).code == 0
        wrong = run("upsscu", *at(peer), "-O", "update", *named, "-T", OTHER, "-s", "WorklistLabel=W")
        assert (wrong.code, "C301H" in wrong.err, "Transaction UID" in wrong.err) == (1, True, True)
        assert run("upsscu", *at(peer), "-O", "update", *named, "-T", TX, "-s", "WorklistLabel=W").code == 0
        assert step.WorklistLabel == "W"
        got = run("upsscu", *at(peer), "-O", "get", *named, "-r", "ProcedureStepState", "-r", "WorklistLabel", "--json")
        assert {name: entry["Value"] for name, entry in got.objects()[0].items()} == {
            "00741000": ["IN PROGRESS"],
            "00741202": ["W"],
        }
        assert "C304H" in run("upsscu", *at(peer), "-O", "changeState", *named, "-C", TX).err
        performed(step)
        assert run("upsscu", *at(peer), "-O", "changeState", *named, "-C", TX).code == 0
        again = run("upsscu", *at(peer), "-O", "changeState", *named, "-C", TX, "--json")
        assert (again.code, again.objects()[0]["status"]) == (0, "B306")
    assert step.ProcedureStepState == "COMPLETED"
    assert dict(peer.contexts) == {
        "create": PUSH, "find": PULL, "action 1": PULL, "set": PULL, "get": PUSH,
    }  # fmt: skip


def test_a_cancellation_is_asked_for_and_done() -> None:
    worklist = Worklist()
    worklist.add("1.2.3.4")
    with scp(worklist) as peer:
        words = ("--reason", "No longer wanted", "--reason-code", "110510,DCM,Duplicate order", "--contact", "tel:1")
        assert run("upsscu", *at(peer), "-O", "requestCancel", "-u", "1.2.3.4", "--watch", *words).code == 0
        assert run("upsscu", *at(peer), "-O", "changeState", "-u", "1.2.3.4", "-P", TX).code == 0
        assert run("upsscu", *at(peer), "-O", "changeState", "-u", "1.2.3.4", "-D", TX).code == 0
        missing = run("upsscu", *at(peer), "-O", "get", "-u", "9.9", "--pull")
        assert (missing.code, "no such procedure step" in missing.err) == (1, True)
    (asked,) = worklist.cancel_requests
    assert (asked.ReasonForCancellation, asked.ContactURI, asked.RequestingAE) == (
        "No longer wanted",
        "tel:1",
        "LUMENARC",
    )
    assert asked.ProcedureStepDiscontinuationReasonCodeSequence[0].CodeMeaning == "Duplicate order"
    assert worklist.steps["1.2.3.4"].ProcedureStepState == "CANCELED"
    assert ("action 2", WATCH) in peer.contexts
    assert ("get", PULL) in peer.contexts


def test_subscriptions() -> None:
    worklist = Worklist()
    worklist.add("1.2.3.4")
    with scp(worklist) as peer:
        assert run("upsscu", *at(peer), "-O", "subscribe", "--lock").code == 0
        assert run("upsscu", *at(peer), "-O", "subscribe", "-u", "1.2.3.4", "--receiver", "VIEWER").code == 0
        filtered = ("--filtered-global", "-m", "WorklistLabel=CT")
        assert run("upsscu", *at(peer), "-O", "subscribe", *filtered).code == 0
        assert worklist.watchers == {
            (GLOBAL, "LUMENARC"): {"lock": True, "label": ""},
            ("1.2.3.4", "VIEWER"): {"lock": False, "label": ""},
            (FILTERED, "LUMENARC"): {"lock": False, "label": "CT"},
        }
        assert run("upsscu", *at(peer), "-O", "suspendGlobal").code == 0
        assert run("upsscu", *at(peer), "-O", "unsubscribe", "-u", "1.2.3.4", "--receiver", "VIEWER").code == 0
        assert run("upsscu", *at(peer), "-O", "unsubscribe", "-u", "1.2.3.4").code == 1
    assert list(worklist.watchers) == [(FILTERED, "LUMENARC")]
    assert [verb for verb, _ in peer.contexts] == ["action 3"] * 3 + ["action 5", "action 4", "action 4"]


def test_events_of_pynetdicom_are_told() -> None:
    with (
        scp(Worklist()) as peer,
        serving("upsscu", "-O", "receive", "--listen", "0", "--events", "2", "--json") as watch,
    ):
        said = Dataset()
        said.ProcedureStepState, said.InputReadinessState = "IN PROGRESS", "READY"
        assert peer.report(watch.port, 1, "1.2.3.4", said) == 0
        said = Dataset()
        said.ReasonForCancellation = "Why"
        assert peer.report(watch.port, 2, "1.2.3.4", said) == 0
        assert watch.process.wait(30) == 0
        assert watch.process.stdout is not None
        told = tools.Ran(0, watch.process.stdout.read(), "").objects()
    assert [(event["event"], event["sop_instance_uid"]) for event in told] == [(1, "1.2.3.4"), (2, "1.2.3.4")]
    assert told[1]["information"]["00741238"]["Value"] == ["Why"]


def test_who_asks_nobody_or_for_nothing() -> None:
    assert run("upsscu", "-c", f"UPSSCP@127.0.0.1:{free_port()}").code == 3
    for words in (("-O", "get"), ("-O", "changeState", "-u", "1.2"), ("-O", "receive"), ("-s", "Nonsense=1")):
        assert run("upsscu", "-c", "UPSSCP@127.0.0.1:1", *words).code == 2, words
    assert run("upsscu").code == 2


# Over the web


def ask(service: Web, *words: str) -> tools.Ran:
    return run("upsrs", "--url", service.url, *words)


def test_a_work_item_goes_through_its_life() -> None:
    worklist = Worklist()
    with web(worklist) as service:
        made = ask(service, "-s", "PatientID=4711", "-s", "PatientName=Müller", "--json")
        assert made.code == 0, made.err
        uid = made.objects()[0]["sop_instance_uid"]
        step = worklist.steps[uid]
        assert (step.PatientID, str(step.PatientName)) == ("4711", "Müller")
        assert ask(service, "-u", "1.2.3.5").code == 0
        exists = ask(service, "-u", "1.2.3.5")
        assert (exists.code, "409" in exists.err, "0111" in exists.err) == (1, True, True)
        found = ask(service, "-O", "find", "-m", "PatientID=4711", "--json")
        assert [row["00080018"]["Value"] for row in found.objects()] == [[uid]]
        named = ("-u", uid)
        assert ask(service, "-O", "changeState", *named, "-P", TX).code == 0
        assert ask(service, "-O", "update", *named, "-s", "WorklistLabel=W").code == 1
        assert ask(service, "-O", "update", *named, "-T", TX, "-s", "WorklistLabel=W").code == 0
        assert ask(service, "-O", "get", *named, "--json").objects()[0]["00741202"]["Value"] == ["W"]
        performed(step)
        done = ask(service, "-O", "changeState", *named, "-C", TX, "--json")
        assert done.objects()[0]["state"] == "COMPLETED"
        assert ask(service, "-O", "requestCancel", "-u", "1.2.3.5", "--reason", "Why").code == 0
        assert ask(service, "-O", "get", "-u", "9.9").code == 1
    assert step.ProcedureStepState == "COMPLETED"
    assert worklist.cancel_requests[0].ReasonForCancellation == "Why"
    assert f"POST /workitems/{uid}?{TX}" in service.asked
    assert "POST /workitems?1.2.3.5" in service.asked


def test_events_come_over_the_channel() -> None:
    worklist = Worklist()
    worklist.add("1.2.3.4")
    with web(worklist) as service:
        made = ask(service, "-O", "subscribe", "-u", "1.2.3.4", "--lock", "--json").objects()[0]
        filtered = ("--filtered-global", "-m", "WorklistLabel=CT", "-m", "PatientID=1*")
        assert ask(service, "-O", "subscribe", *filtered).code == 0
        assert worklist.watchers == {
            ("1.2.3.4", "LUMENARC"): {"lock": True, "filter": ""},
            (FILTERED, "LUMENARC"): {"lock": False, "filter": "WorklistLabel=CT,PatientID=1*"},
        }
        command = (*tools.PROGRAM, "upsrs", "--url", service.url, "-O", "receive", "--events", "2", "--json",
                   "--channel", made["channel"])  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
            assert ask(service, "-O", "changeState", "-u", "1.2.3.4", "-P", TX).code == 0
            assert ask(service, "-O", "requestCancel", "-u", "1.2.3.4", "--reason", "Why").code == 0
            told: list[dict[str, Any]] = tools.Ran(0, watch.communicate(timeout=60)[0], "").objects()
        assert watch.returncode == 0
        assert [(event["event"], event["name"]) for event in told] == [(1, "state"), (2, "cancel requested")]
        assert told[0]["information"]["00741000"]["Value"] == ["IN PROGRESS"]
        assert ask(service, "-O", "suspendGlobal", "--filtered-global").code == 0
        assert ask(service, "-O", "unsubscribe", "-u", "1.2.3.4").code == 0
        assert ask(service, "-O", "unsubscribe", "-u", "1.2.3.4").code == 1
    assert not worklist.watchers
    nobody = run("upsrs", "--url", f"http://127.0.0.1:{free_port()}/dicom-web", "-O", "receive")
    assert nobody.code == 3
